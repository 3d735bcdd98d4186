"""What functions with several results return: named tuples, as in torch.return_types.

>>> import tinygrad_np as tnp
>>> values, indices = tnp.tensor([3, 1, 2]).sort()
>>> tnp.tensor([3, 1, 2]).max(0)
tinygrad_np.return_types.max(
values=tensor(3),
indices=tensor(0))
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .spelling import spelled
from .tensor import Tensor


def text(result: Any) -> str:
    """A named tuple of tensors as PyTorch prints it."""
    fields = ",\n".join(f"{name}={value!r}" for name, value in result._asdict().items())
    return spelled(f"return_types.{type(result).__name__}(\n{fields})")


class ValuesIndices(NamedTuple):
    """Elements, and where they stood."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return text(self)


class max(ValuesIndices):
    """What `max(dim)` returns."""


class min(ValuesIndices):
    """What `min(dim)` returns."""


class median(ValuesIndices):
    """What `median(dim)` returns."""


class sort(ValuesIndices):
    """What `sort` returns."""


class topk(ValuesIndices):
    """What `topk` returns."""


class aminmax(NamedTuple):
    """What `aminmax` returns."""

    min: Tensor
    max: Tensor

    def __repr__(self) -> str:
        return text(self)
