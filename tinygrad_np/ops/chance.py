"""Tensors of random numbers: PyTorch's numbers, for the same seed."""

from __future__ import annotations

from typing import Any

from .. import dtypes, random
from ..random import Generator
from ..tensor import Tensor, wrap
from .creation import default_dtype, leaf, like, shape_of


def rand(
    *size: Any,
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
    drawn = (generator or random.default_generator).rand(shape_of(size), default_dtype(dtype))
    return leaf(drawn, requires_grad, device)


def randn(
    *size: Any,
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
    drawn = (generator or random.default_generator).randn(shape_of(size), default_dtype(dtype))
    return leaf(drawn, requires_grad, device)


def randint(
    *bounds_and_size: Any,
    low: int = 0,
    high: int | None = None,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
) -> Tensor:
    """`randint(low=0, high, size)`: whole numbers from `low` to below `high`: PyTorch's.

    Raises RuntimeError where no number lies between. Source: PyTorch, torch.randint.

    >>> randint(10, (3,), generator=Generator().manual_seed(0))
    tensor([4, 9, 3])
    """
    *bounds, size = bounds_and_size if size is None else (*bounds_and_size, size)
    low, high = (low, high, *bounds)[-2:] if len(bounds) != 1 else (low, *bounds)
    dtype = dtypes.int64 if dtype is None else dtype
    return wrap(
        (generator or random.default_generator).randint(low, high, shape_of((size,)), dtype)
    )


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """The numbers 0 to n - 1 in random order: PyTorch's, for the same seed.

    Source: PyTorch, torch.randperm.

    >>> randperm(4, generator=Generator().manual_seed(0))
    tensor([0, 1, 3, 2])
    """
    return wrap((generator or random.default_generator).randperm(n))


def rand_like(input: Tensor, *, dtype: Any = None) -> Tensor:
    """`rand` with the shape and dtype of `input`. Source: PyTorch, torch.rand_like."""
    return rand(input.shape, **like(input, dtype))


def randn_like(input: Tensor, *, dtype: Any = None) -> Tensor:
    """`randn` with the shape and dtype of `input`. Source: PyTorch, torch.randn_like."""
    return randn(input.shape, **like(input, dtype))
