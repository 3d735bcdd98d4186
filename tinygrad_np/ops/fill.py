"""Writing whole tensors in place."""

from __future__ import annotations

from typing import Any

from .. import random
from ..methods import before_change, tensor_method, write
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


@tensor_method()
def normal_(
    self: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    generator: random.Generator | None = None,
) -> Tensor:
    """Write normal numbers, PyTorch's for the same seed. Source: PyTorch, torch.Tensor.normal_."""
    generator = generator or random.default_generator
    drawn = generator.normal(self.array.shape, mean, std, self.array.dtype)
    return _drawn(self, drawn, "normal_")


@tensor_method()
def uniform_(
    self: Tensor,
    from_: float = 0.0,
    to: float = 1.0,
    *,
    generator: random.Generator | None = None,
) -> Tensor:
    """Write uniform numbers, PyTorch's for the seed. Source: PyTorch, torch.Tensor.uniform_."""
    generator = generator or random.default_generator
    return _drawn(
        self, generator.uniform(self.array.shape, from_, to, self.array.dtype), "uniform_"
    )


def _drawn(tensor: Tensor, numbers: Any, name: str) -> Tensor:
    before_change(tensor)
    write(tensor, wrap(numbers), name)
    return tensor
