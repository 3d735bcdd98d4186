"""Sums, means and variances along dimensions."""

from __future__ import annotations

import builtins
import math
from dataclasses import field
from typing import Any

import numpy

from .. import dtypes
from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..sums import summed
from ..tensor import Tensor, wrap
from .axes import along_axes, axes
from .cast import to
from .creation import ones, tensor
from .expand import Expand
from .keep import Keep
from .select import Where

Dims = tuple[int, ...]


def kept(x: Any, dims: Dims, shape: Dims) -> Any:
    """A result or gradient of a reduction with the reduced axes back, as axes of length 1."""
    return x.reshape(tuple(1 if i in dims else n for i, n in enumerate(shape)))


def spread(g: Any, dims: Dims, shape: Dims) -> Any:
    """The gradient of a sum: g for every element that was summed."""
    return Expand(shape)(kept(g, dims, shape))


class Reduction(Op):
    """The base of ops along `dims`, which all have the same samples."""

    dims: Dims
    keepdim: bool = False

    def samples(r):
        yield Sample(r.distinct(3, 4), dims=(0, 1))
        yield Sample(r.distinct(2, 3, 4), dims=(1,), keepdim=True)
        yield Sample(r.distinct(2, 3, 4), dims=(0, 2))
        yield Sample(r.distinct(), dims=())
        yield Sample(r.distinct(0, 3), dims=(1,))


class Sum(Reduction):
    """y = sum of x along dims;   dx = g, spread along dims"""

    overload: int = field(default=0, repr=False)  # in PyTorch's name: 1 where dim was named

    def forward(self, x):
        return summed(x, self.dims, self.keepdim)

    def dx(self, g):
        return spread(g, self.dims, self.shapes[0])

    def samples(r):
        yield from Reduction.samples(r)
        yield Sample(r.normal(0, 3), dims=(0,))
        yield ErrorSample(lambda: sum(ones(2), 1), r"range of \[-1, 0\], but got 1", IndexError)
        yield ErrorSample(lambda: sum(ones(2, 2), (0, -2)), "dim 0 appears multiple times")

    def reference(self, torch, x):
        return torch.sum(x, self.dims, self.keepdim) if x.ndim else x.clone()

    def name(self):
        return f"SumBackward{self.overload}"


class Mean(Reduction):
    """y = sum of x along dims / n;   dx = g / n, spread along dims"""

    overload: int = field(default=0, repr=False)  # in PyTorch's name: 1 where dim was named

    def forward(self, x):
        return summed(x, self.dims, self.keepdim) / count(x.shape, self.dims)

    def dx(self, g):
        return spread(g / count(self.shapes[0], self.dims), self.dims, self.shapes[0])

    def samples(r):
        yield from Reduction.samples(r)
        yield ErrorSample(lambda: mean(tensor([1])), r"mean\(\): could not infer output dtype")

    def reference(self, torch, x):
        return torch.mean(x, self.dims, self.keepdim) if x.ndim else x.clone()

    def name(self):
        return f"MeanBackward{self.overload}"


class Var(Reduction):
    """y = sum of (x - mean)^2 along dims / (n - c);   dx = g * 2 (x - mean) / (n - c)"""

    correction: float = 1

    def forward(self, x):
        squares = self.xp.square(x - Mean(self.dims, True)(x))
        freedom = builtins.max(count(x.shape, self.dims) - self.correction, 0)
        return summed(squares, self.dims, self.keepdim) / freedom

    def dx(self, g, x):
        freedom = builtins.max(count(self.shapes[0], self.dims) - self.correction, 0)
        centred = x - Mean(self.dims, True)(x)
        return kept(g, self.dims, self.shapes[0]) * (centred * 2.0 / freedom)

    def samples(r):
        yield Sample(r.normal(3, 4), dims=(0, 1))
        yield Sample(r.normal(2, 3, 4), dims=(1,), keepdim=True, correction=0)
        yield Sample(r.normal(2, 3, 4), dims=(0, 2), correction=2)
        yield Sample(r.normal(0, 3), dims=(1,))
        yield ErrorSample(lambda: var(tensor([1])), "std and var only support floating point")

    def reference(self, torch, x):
        return torch.var(x, self.dims, correction=self.correction, keepdim=self.keepdim)


class Std(Var):
    """y = sqrt(var x);   dx = g * (x - mean) / ((n - c) y)      (0 where y = 0, as PyTorch)"""

    def forward(self, x):
        return self.xp.sqrt(Var.forward(self, x))

    def dx(self, g, x, out):
        flat = out == 0
        slope = 0.5 / Where()(flat, out + 1.0, out)
        return Var.dx(self, Keep()(g * slope, ~flat), x)

    def reference(self, torch, x):
        return torch.std(x, self.dims, correction=self.correction, keepdim=self.keepdim)


class AnyAll(Op):
    """y = whether any (or, with `every`, all) of x is not 0 along dims;   no gradient"""

    dims: Dims
    keepdim: bool = False
    every: bool = False
    differentiable = False

    def forward(self, x):
        y = (self.xp.all if self.every else self.xp.any)(x, self.dims, keepdims=self.keepdim)
        return y.astype(x.dtype) if x.dtype == numpy.uint8 else y  # as PyTorch

    def samples(r):
        for every in (False, True):
            yield Sample(r.mask(3, 4), dims=(1,), every=every)
            yield Sample(numpy.array([0, 2], numpy.uint8), dims=(0,), every=every)
            yield Sample(r.integers(0, 2, (2, 3)), dims=(0, 1), keepdim=True, every=every)
            yield Sample(r.mask(0, 3), dims=(0,), every=every)
            yield Sample(r.mask(2, 3), dims=(), every=every)
        yield ErrorSample(lambda: any(ones(2), 1), "but got 1", IndexError)

    def reference(self, torch, x):
        return (torch.all if self.every else torch.any)(x, self.dims, keepdim=self.keepdim)


def count(shape: Dims, dims: Dims) -> int:
    """How many elements of `shape` go into one result of a reduction along `dims`."""
    return math.prod(shape[i] for i in dims)


@tensor_method()
@along_axes
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of all elements, or along `dim` (an int or several); of integers and booleans int64.

    Source: PyTorch, torch.sum.

    >>> import tinygrad_np as tnp
    >>> tnp.sum(tnp.tensor([[1, 2], [3, 4]]), dim=0)
    tensor([4, 6])
    """
    (x,) = promoted(input)
    if dtype is None and numpy.dtype(x.dtype).kind != "f":
        dtype = dtypes.int64
    x = x if dtype is None else to(x if isinstance(x, Tensor) else wrap(x), dtype)
    return Sum(axes(dim, x.ndim), keepdim, int(dim is not None))(x)


@tensor_method()
@along_axes
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of all elements, or along `dim` (an int or several).

    Raises RuntimeError for integers, unless `dtype` says in which floats to compute.
    Source: PyTorch, torch.mean.

    >>> import tinygrad_np as tnp
    >>> tnp.mean(tnp.tensor([1.0, 2.0]))
    tensor(1.5000)
    """
    (x,) = promoted(input)
    x = x if dtype is None else to(x, dtype)
    if numpy.dtype(x.dtype).kind != "f":
        which = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {which} dtype must be either a floating point "
            f"or complex dtype. Got: {dtypes.scalar_name(x.dtype)}"
        )
    return Mean(axes(dim, x.ndim), keepdim, int(dim is not None))(x)


def spread_options(
    x: Any, dim: Any, unbiased: bool | None, correction: float | None
) -> tuple[Dims, float]:
    """The axes and the correction of `var` and `std`; `var(False)` names the correction only."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    if numpy.dtype(x.dtype).kind != "f":
        raise RuntimeError("std and var only support floating point and complex dtypes")
    return axes(dim, x.ndim), correction


@tensor_method()
@along_axes
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The variance of all elements, or along `dim`: divided by n - 1, or by n - `correction`.

    Raises RuntimeError for integers. Source: PyTorch, torch.var.

    >>> import tinygrad_np as tnp
    >>> tnp.var(tnp.tensor([1.0, 3.0])), tnp.var(tnp.tensor([1.0, 3.0]), correction=0)
    (tensor(2.), tensor(1.))
    """
    dims, correction = spread_options(input, dim, unbiased, correction)
    return Var(dims, keepdim, correction)(input)


@tensor_method()
@along_axes
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation of all elements, or along `dim`: see `var`.

    Source: PyTorch, torch.std.

    >>> import tinygrad_np as tnp
    >>> tnp.std(tnp.tensor([1.0, 3.0]))
    tensor(1.4142)
    """
    dims, correction = spread_options(input, dim, unbiased, correction)
    return Std(dims, keepdim, correction)(input)


def _some(dim: Any, ndim: int) -> Dims:
    """The axes of `any` and `all`, to which an empty `dim` means none and not all."""
    return () if isinstance(dim, tuple | list) and not dim else axes(dim, ndim)


@tensor_method()
@along_axes
def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether any element is not 0, or any along `dim`. Source: PyTorch, torch.any.

    >>> import tinygrad_np as tnp
    >>> tnp.any(tnp.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return AnyAll(_some(dim, input.ndim), keepdim)(input)


@tensor_method()
@along_axes
def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether no element is 0, or none along `dim`. Source: PyTorch, torch.all.

    >>> import tinygrad_np as tnp
    >>> tnp.all(tnp.tensor([[True, False], [True, True]]), dim=1)
    tensor([False,  True])
    """
    return AnyAll(_some(dim, input.ndim), keepdim, True)(input)
