"""The largest and smallest elements, and where they stand."""

from __future__ import annotations

from typing import Any

import numpy

from .. import return_types
from ..methods import tensor_method
from ..node import named
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import along_axes, axes, axis
from .creation import ones
from .gather import gather
from .keep import Keep
from .reduce import Dims, Reduction, kept
from .select import maximum, minimum
from .shape import squeeze, unsqueeze


class Amax(Reduction):
    """y = max of x along dims;   dx = g where x = y, split evenly among ties"""

    def forward(self, x):
        return x.max(self.dims, keepdims=self.keepdim)

    def dx(self, g, x, out):
        return split_among_ties(self, g, x, out)

    def samples(r):
        yield from Reduction.samples(r)
        yield ErrorSample(lambda: amax(ones(0, 2), 0), r"dim 0 to have non-zero size", IndexError)

    def reference(self, torch, x):
        return torch.amax(x, self.dims, self.keepdim)


class Amin(Reduction):
    """y = min of x along dims;   dx = g where x = y, split evenly among ties"""

    def forward(self, x):
        return x.min(self.dims, keepdims=self.keepdim)

    def dx(self, g, x, out):
        return split_among_ties(self, g, x, out)

    def samples(r):
        yield from Reduction.samples(r)
        yield ErrorSample(lambda: amin(ones(0, 2), 0), r"dim 0 to have non-zero size", IndexError)

    def reference(self, torch, x):
        return torch.amin(x, self.dims, self.keepdim)


class Max(Amax):
    """y = max of all x;   dx = g where x = y, split evenly among ties, nan being equal to nan"""

    torch_name = "MaxBackward1"
    forward = Amax.forward

    def dx(self, g, x, out):
        return split_among_ties(self, g, x, out, of_all=True)

    def samples(r):
        yield Sample(r.distinct(3, 4), dims=(0, 1))
        yield Sample(r.distinct(), dims=())
        yield Sample(numpy.array([1.0, numpy.nan, 2.0]), dims=(0,))
        yield Sample(r.integers(0, 3, (5,)), dims=(0,))
        yield ErrorSample(lambda: max(ones(0)), r"max\(\): Expected reduction dim to be specified")

    def reference(self, torch, x):
        return torch.max(x)


class Min(Amin):
    """y = min of all x;   dx = g where x = y, split evenly among ties, nan being equal to nan"""

    torch_name = "MinBackward1"
    forward = Amin.forward
    samples = Max.samples

    def dx(self, g, x, out):
        return split_among_ties(self, g, x, out, of_all=True)

    def reference(self, torch, x):
        return torch.min(x)


class Argmax(Op):
    """y = index of the first maximum along dim;   no gradient"""

    dim: int
    differentiable = False

    def forward(self, x):
        return self.xp.argmax(x, self.dim)

    def samples(r):
        yield Sample(r.integers(0, 3, (4, 5)), dim=1)
        yield Sample(r.distinct(2, 3), dim=0)
        yield Sample(numpy.array([1.0, numpy.nan, 2.0]), dim=0)
        yield ErrorSample(lambda: argmax(ones(2, 0), 1), r"argmax\(\): Expected", IndexError)
        yield ErrorSample(lambda: max(ones(2, 0), 1), r"^max\(\): Expected reduction", IndexError)

    def reference(self, torch, x):
        return torch.argmax(x, self.dim)


class Argmin(Argmax):
    """y = index of the first minimum along dim;   no gradient"""

    def forward(self, x):
        return self.xp.argmin(x, self.dim)

    def reference(self, torch, x):
        return torch.argmin(x, self.dim)


def split_among_ties(op: Reduction, g: Any, x: Any, out: Any, of_all: bool = False) -> Any:
    """g to the elements that equal the extreme, in equal parts: nan / 0 where none does.

    As in PyTorch the others get 0 for a maximum of all, and g * 0 along dimensions.
    """
    shape = op.shapes[0]
    g, out = kept(g, op.dims, shape), kept(out, op.dims, shape)
    equal = (x == out) | ((x != x) & (out != out)) if of_all else x == out
    ties: Any = equal.to(g.dtype) if isinstance(equal, Tensor) else numpy.asarray(equal, g.dtype)
    number = ties.sum(op.dims, keepdims=True)
    return Keep()(g / number, equal) if of_all else g * ties / number


def _not_empty(name: str, shape: Dims, dim: Any) -> Dims:
    """The axes of a maximum or minimum along `dim`: nothing has no extreme."""
    dims = axes(dim, len(shape))
    if dim in (None, ()) and 0 in shape:
        kind = IndexError if name.startswith("arg") else RuntimeError
        raise kind(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )
    for i in dims:
        if shape and shape[i] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {i} to have non-zero size.")
    return dims


@tensor_method()
@along_axes
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The largest of all elements, or along `dim`; ties share the gradient evenly.

    Raises IndexError along an empty dimension. Source: PyTorch, torch.amax.

    >>> import tinygrad_np as tnp
    >>> tnp.amax(tnp.tensor([[1, 5], [3, 2]]), dim=1)
    tensor([5, 3])
    """
    return Amax(_not_empty("amax", input.shape, dim), keepdim)(input)


@tensor_method()
@along_axes
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The smallest of all elements, or along `dim`; ties share the gradient evenly.

    Raises IndexError along an empty dimension. Source: PyTorch, torch.amin.

    >>> import tinygrad_np as tnp
    >>> tnp.amin(tnp.tensor([[1, 5], [3, 2]]), dim=1)
    tensor([1, 2])
    """
    return Amin(_not_empty("amin", input.shape, dim), keepdim)(input)


@tensor_method()
@along_axes
def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with `dim`, (values, indices) along it; with a tensor, `maximum`.

    Without `dim` ties share the gradient evenly; along `dim` the first maximum gets it.
    Source: PyTorch, torch.max.

    >>> import tinygrad_np as tnp
    >>> tnp.max(tnp.tensor([[1, 5], [3, 2]]), dim=1)
    tinygrad_np.return_types.max(
    values=tensor([5, 3]),
    indices=tensor([1, 0]))
    """
    if isinstance(dim, Tensor):
        return maximum(input, dim)
    if dim is None:
        return Max(_not_empty("max", input.shape, None), False)(input)
    return return_types.max(*_along("Max", input, dim, keepdim))


@tensor_method()
@along_axes
def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, `minimum`.

    Without `dim` ties share the gradient evenly; along `dim` the first minimum gets it.
    Source: PyTorch, torch.min.

    >>> import tinygrad_np as tnp
    >>> tnp.min(tnp.tensor([[1, 5], [3, 2]]), dim=0).values
    tensor([1, 2])
    """
    if isinstance(dim, Tensor):
        return minimum(input, dim)
    if dim is None:
        return Min(_not_empty("min", input.shape, None), False)(input)
    return return_types.min(*_along("Min", input, dim, keepdim))


def _along(name: str, input: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    indices = _arg(Argmax if name == "Max" else Argmin, name.lower(), input, dim, True)
    values = gather(input, dim, indices)
    if not keepdim:
        values, indices = squeeze(values, dim), squeeze(indices, dim)
    return named(values, name), indices


def _arg(op: type[Argmax], name: str, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    if not isinstance(dim, int | None):
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}")
    if name.startswith("arg") and input.array.dtype == bool:
        raise RuntimeError(f"{name}(): does not support bool input")
    _not_empty(name, input.shape, dim)
    if dim is None:
        found = op(0)(input.reshape(-1))
        return found.reshape((1,) * input.ndim) if keepdim else found
    if input.ndim == 0:
        return op(0)(input.reshape(1))
    dim = axis(dim, input.ndim)
    return unsqueeze(op(dim)(input), dim) if keepdim else op(dim)(input)


@tensor_method()
@along_axes
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first largest element, of the flattened tensor or along `dim`.

    Source: PyTorch, torch.argmax.

    >>> import tinygrad_np as tnp
    >>> tnp.argmax(tnp.tensor([[1, 5], [3, 2]]), dim=1)
    tensor([1, 0])
    """
    return _arg(Argmax, "argmax", input, dim, keepdim)


@tensor_method()
@along_axes
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first smallest element, of the flattened tensor or along `dim`.

    Source: PyTorch, torch.argmin.

    >>> import tinygrad_np as tnp
    >>> tnp.argmin(tnp.tensor([[1, 5], [3, 2]]), dim=1)
    tensor([0, 1])
    """
    return _arg(Argmin, "argmin", input, dim, keepdim)
