"""Shapes."""

from __future__ import annotations

import math
from typing import Any

from .spelling import spelled


class Size(tuple):
    """A shape, as PyTorch's torch.Size: slices, sums and multiples of it are shapes too.

    >>> Size((2, 3)).numel(), Size((2, 3))[1:] + (4,)
    (6, tinygrad_np.Size([3, 4]))
    """

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return Size(part) if isinstance(index, slice) else part

    def __add__(self, other: Any) -> Any:
        return Size((*self, *other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size((*other, *self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: Any) -> Any:
        return Size(tuple(self) * times)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return spelled(f"Size({list(self)})")
