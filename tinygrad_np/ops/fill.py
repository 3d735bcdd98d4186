"""Writing whole tensors in place."""

from __future__ import annotations

from typing import Any

from ..methods import must_be_apart, tensor_method
from ..tensor import Tensor, wrap
from .cast import Clone
from .creation import number
from .expand import broadcast_shapes, expand
from .index import setitem


@tensor_method()
def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the elements of `src`, broadcast and cast, into `self`; gradients flow to `src`.

    Source: PyTorch, torch.Tensor.copy_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2).copy_(tnp.tensor(3))
    tensor([3., 3.])
    """
    if not isinstance(src, Tensor):
        src = wrap(number(src, self.array.dtype))
    must_be_apart(self, src)
    shape = broadcast_shapes(self.shape, src.shape)
    if shape != self.shape:
        raise RuntimeError(
            f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(shape)}"
        )
    setitem(self, Ellipsis, Clone()(expand(src, shape)))
    return self


@tensor_method()
def fill_(self: Tensor, value: Any) -> Tensor:
    """Write one value everywhere. Source: PyTorch, torch.Tensor.fill_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(
            "fill_ only supports 0-dimension value tensor but got tensor with "
            f"{value.ndim} dimensions."
        )
    setitem(self, Ellipsis, value)
    return self


@tensor_method()
def zero_(self: Tensor) -> Tensor:
    """Write 0 everywhere. Source: PyTorch, torch.Tensor.zero_."""
    return fill_(self, 0)
