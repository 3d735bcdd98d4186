"""Tensors of random numbers: PyTorch's numbers, for the same seed."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..methods import tensor_method
from ..random import Generator
from ..tensor import Tensor, wrap
from .cast import not_implemented
from .creation import default_dtype, leaf, placed, shape_of
from .random_fill import source


@placed
def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn uniformly from [0, 1): PyTorch's, for the same seed.

    Source: PyTorch, torch.rand.

    >>> rand(2, generator=Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    drawn = source(generator, "rand").rand(shape_of(sizes, size), default_dtype(dtype))
    return leaf(drawn, requires_grad, device)


@placed
def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Standard normal numbers: PyTorch's, for the same seed.

    Source: PyTorch, torch.randn.

    >>> randn(2, generator=Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    drawn = source(generator, "randn").randn(shape_of(sizes, size), default_dtype(dtype))
    return leaf(drawn, requires_grad, device)


@placed
def randint(
    *bounds_and_size: Any,
    low: int = 0,
    high: int | None = None,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`randint(low=0, high, size)`: whole numbers from `low` to below `high`: PyTorch's.

    Raises RuntimeError where no number lies between. Source: PyTorch, torch.randint.

    >>> randint(10, (3,), generator=Generator().manual_seed(0))
    tensor([4, 9, 3])
    """
    *bounds, size = bounds_and_size if size is None else (*bounds_and_size, size)
    low, high = (low, high, *bounds)[-2:] if len(bounds) != 1 else (low, *bounds)
    dtype = dtypes.int64 if dtype is None else dtype
    drawn = source(generator, "randint").randint(low, high, shape_of((size,)), dtype)
    return leaf(drawn, requires_grad, device)


@placed
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order: PyTorch's, for the same seed.

    Source: PyTorch, torch.randperm.

    >>> randperm(4, generator=Generator().manual_seed(0))
    tensor([0, 1, 3, 2])
    """
    order = source(generator, "randperm").randperm(n)
    order = order if dtype is None else order.astype(dtypes.to_numpy(dtype))
    return leaf(order, requires_grad, device)


@placed
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers: `normal(mean, std, size)` of numbers, or of tensors that broadcast.

    Raises RuntimeError where std is negative, TypeError for numbers without a size.
    Source: PyTorch, torch.normal.

    >>> normal(10.0, 2.0, (2,), generator=Generator().manual_seed(0))
    tensor([13.0820,  9.4131])
    """
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    if not tensors:
        if size is None:
            raise TypeError("normal() of two numbers expected a size, as in normal(0.0, 1.0, (3,))")
        drawn = source(generator, "normal").normal(
            shape_of((size,)), mean, std, default_dtype(dtype)
        )
        return leaf(drawn, requires_grad, device)
    for x in tensors:
        if x.array.dtype.kind != "f":
            raise not_implemented("normal_kernel_cpu", x)
    loc, scale = (x.array if isinstance(x, Tensor) else x for x in (mean, std))
    if (numpy.asarray(scale) < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shape = numpy.broadcast_shapes(*(x.shape for x in tensors))
    return wrap(source(generator, "normal").randn(shape, tensors[0].array.dtype) * scale + loc)


@tensor_method()
def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that each element states (or p), else 0, in the dtype of `input`.

    Raises RuntimeError for integers, and unless probabilities are in [0, 1].
    Source: PyTorch, torch.bernoulli.

    >>> bernoulli(wrap(numpy.array([0.0, 1.0], numpy.float32)))
    tensor([0., 1.])
    """
    x = input.array
    if p is None and x.dtype.kind != "f":
        raise not_implemented("bernoulli_tensor_cpu_p_", input)
    return wrap(source(generator, "bernoulli").bernoulli(x.shape, x if p is None else p, x.dtype))


@tensor_method()
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices drawn with probabilities proportional to each row of `input`, (C,) or (N, C).

    Returns int64 `(num_samples,)` or `(N, num_samples)`. Raises RuntimeError for probabilities and
    numbers of samples that make no sense. Source: PyTorch, torch.multinomial.

    >>> multinomial(wrap(numpy.array([0.0, 0.3, 0.7])), 2, generator=Generator().manual_seed(0))
    tensor([2, 1])
    """
    return wrap(source(generator, "multinomial").multinomial(input.array, num_samples, replacement))
