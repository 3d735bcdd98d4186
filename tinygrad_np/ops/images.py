"""How inputs with one or two axes behind the channels, in batches or alone, become (N, C, H, W)."""

from __future__ import annotations

from ..errors import OpError
from ..tensor import Tensor


def images(name: str, input: Tensor) -> Tensor:
    """`input` as `(N, C, H, W)`: (C, H, W) is a batch of one, (*, L) an image of height 1.

    The number of axes stands in the name of the function, as in conv1d. Raises OpError for others.
    """
    n = int(name[-2])
    if input.ndim not in (n + 1, n + 2):
        raise OpError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, "
            f"but got input of size: {list(input.shape)}"
        )
    x = input.unsqueeze(0) if input.ndim == n + 1 else input
    return x.unsqueeze(2) if n == 1 else x


def restored(name: str, y: Tensor, input: Tensor) -> Tensor:
    """The result `(N, C, H, W)` with the axes that `input` has."""
    n = int(name[-2])
    y = y.squeeze(2) if n == 1 else y
    return y.squeeze(0) if input.ndim == n + 1 else y
