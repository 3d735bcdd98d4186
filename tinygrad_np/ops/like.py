"""New tensors with the shape, the dtype and the memory order of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..random import Generator
from ..tensor import Tensor
from .creation import empty, full, must_be_tensor, ones, zeros
from .permute import Permute
from .strides import memory_order


def zeros_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """Zeros with the shape and dtype of `input`. Source: PyTorch, torch.zeros_like.

    >>> import tinygrad_np as tnp
    >>> zeros_like(tnp.tensor([1, 2]))
    tensor([0, 0])
    """
    return _like("zeros_like", zeros, input, dtype, **options)


def ones_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """Ones with the shape and dtype of `input`. Source: PyTorch, torch.ones_like.

    >>> import tinygrad_np as tnp
    >>> ones_like(tnp.tensor([1, 2]))
    tensor([1, 1])
    """
    return _like("ones_like", ones, input, dtype, **options)


def full_like(input: Tensor, fill_value: float, *, dtype: Any = None, **options: Any) -> Tensor:
    """One value with the shape and dtype of `input`. Source: PyTorch, torch.full_like.

    >>> import tinygrad_np as tnp
    >>> full_like(tnp.tensor([1, 2]), 5)
    tensor([5, 5])
    """
    return _like("full_like", full, input, dtype, fill_value=fill_value, **options)


def empty_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """Unset memory with the shape and dtype of `input`. Source: PyTorch, torch.empty_like.

    >>> import tinygrad_np as tnp
    >>> empty_like(tnp.zeros(2, 3).t()).stride()
    (1, 3)
    """
    return _like("empty_like", empty, input, dtype, **options)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    """`rand` with the shape and dtype of `input`. Source: PyTorch, torch.rand_like."""
    made = _like("rand_like", empty, input, dtype, **options)
    return made.uniform_(generator=generator).requires_grad_(requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    """`randn` with the shape and dtype of `input`. Source: PyTorch, torch.randn_like."""
    made = _like("randn_like", empty, input, dtype, **options)
    return made.normal_(generator=generator).requires_grad_(requires_grad)


def randint_like(
    input: Tensor,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    """`randint(low=0, high)` with the shape and dtype of `input`.

    Source: PyTorch, torch.randint_like.

    >>> import tinygrad_np as tnp
    >>> randint_like(tnp.ones(3), 10, generator=Generator().manual_seed(0))
    tensor([4., 9., 3.])
    """
    bounds = (0, low) if high is None else (low, high)
    made = _like("randint_like", empty, input, dtype, **options)
    return made.random_(*bounds, generator=generator).requires_grad_(requires_grad)


def _like(
    name: str,
    make: Callable[..., Tensor],
    input: Any,
    dtype: Any,
    requires_grad: bool = False,
    memory_format: Any = None,
    **options: Any,
) -> Tensor:
    """What `make` gives, as a view of a row-major tensor where `input` is such a view."""
    must_be_tensor(input, name, "input")
    dtype = input.dtype if dtype is None else dtype
    keeps = memory_format is None or str(memory_format) == "torch.preserve_format"
    order = memory_order(input) if keeps else None
    if order is None:
        return make(size=input.shape, dtype=dtype, requires_grad=requires_grad, **options)
    made = make(size=tuple(input.shape[d] for d in order), dtype=dtype, **options)
    back = tuple(order.index(d) for d in range(len(order)))
    return Permute(back)(made).requires_grad_(requires_grad)
