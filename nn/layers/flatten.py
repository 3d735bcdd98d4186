"""Flatten and Unflatten."""

from __future__ import annotations

from typing import Any

from tinygrad_np import Tensor

from ..module import Module


class Flatten(Module):
    """The dimensions from `start_dim` to `end_dim` as one: `(N, C, H, W) -> (N, C * H * W)`.

    Source: PyTorch, torch.nn.Flatten.

    >>> import tinygrad_np as tnp
    >>> Flatten()(tnp.ones(2, 3, 4)).shape
    tinygrad_np.Size([2, 12])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The dimension `dim` as several, of the sizes `unflattened_size`: the inverse of `Flatten`.

    One size may be -1. Raises TypeError for sizes that are no ints. Source: PyTorch,
    torch.nn.Unflatten.

    >>> import tinygrad_np as tnp
    >>> Unflatten(1, (3, 4))(tnp.ones(2, 12)).shape
    tinygrad_np.Size([2, 3, 4])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, tuple | list):
            kind = type(unflattened_size).__name__
            raise TypeError(f"unflattened_size must be a tuple of ints, but found type {kind}")
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, "
                    f"but found element of type {type(size).__name__} at pos {i}"
                )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
