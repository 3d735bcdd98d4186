"""Shapes."""

from __future__ import annotations

import math


class Size(tuple):
    """A shape, as PyTorch's torch.Size.

    >>> Size((2, 3)).numel()
    6
    """

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"tinygrad_np.Size({list(self)})"
