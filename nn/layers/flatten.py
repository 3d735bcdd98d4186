"""Flatten."""

from __future__ import annotations

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
