"""New tensors in the dtype of another: `x.new_zeros(2)`."""

from __future__ import annotations

from typing import Any

from ..methods import tensor_method
from ..tensor import Tensor
from .creation import empty, full, like, ones, placed, tensor, zeros


@tensor_method()
@placed
def new_tensor(
    self: Tensor,
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`tensor(data)` in the dtype of this one. Source: PyTorch, torch.Tensor.new_tensor."""
    return tensor(data, device=device, requires_grad=requires_grad, **like(self, dtype))


@tensor_method()
@placed
def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`full(size, fill_value)` in the dtype of this tensor.

    Source: PyTorch, torch.Tensor.new_full.
    """
    return full(size, fill_value, device=device, requires_grad=requires_grad, **like(self, dtype))


@tensor_method()
def new_zeros(self: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """`zeros(size)` in the dtype of this tensor. Source: PyTorch, torch.Tensor.new_zeros.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1, 2]).new_zeros(3)
    tensor([0, 0, 0])
    """
    return zeros(*size, **like(self, dtype), **options)


@tensor_method()
def new_ones(self: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """`ones(size)` in the dtype of this tensor. Source: PyTorch, torch.Tensor.new_ones."""
    return ones(*size, **like(self, dtype), **options)


@tensor_method()
def new_empty(self: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """`empty(size)` in the dtype of this tensor. Source: PyTorch, torch.Tensor.new_empty."""
    return empty(*size, **like(self, dtype), **options)
