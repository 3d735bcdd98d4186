"""Channels as pixels, and pixels as channels."""

from __future__ import annotations

from ..tensor import Tensor


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Each r * r channels as the pixels of squares: `(*, C * r^2, H, W) -> (*, C, H * r, W * r)`.

    Raises RuntimeError where the channels cannot be divided so.
    Source: Shi et al., arXiv:1609.05158; PyTorch, torch.pixel_shuffle.

    >>> import tinygrad_np as tnp
    >>> tnp.pixel_shuffle(tnp.arange(4).view(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    r = _factor("pixel_shuffle", input, "upscale_factor", upscale_factor)
    *batch, c, h, w = input.shape
    if c % r**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={c} is not divisible by {r**2}"
        )
    x = input.reshape(*batch, c // r**2, r, r, h, w)
    # (*, C, r, r, H, W) -> (*, C, H, r, W, r)
    x = x.permute(*range(x.ndim - 4), -2, -4, -1, -3)
    return x.reshape(*batch, c // r**2, h * r, w * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """The inverse of `pixel_shuffle`: `(*, C, H * r, W * r) -> (*, C * r^2, H, W)`.

    Raises RuntimeError where height or width cannot be divided so.
    Source: PyTorch, torch.pixel_unshuffle.

    >>> import tinygrad_np as tnp
    >>> tnp.pixel_unshuffle(tnp.arange(4).view(1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    r = _factor("pixel_unshuffle", input, "downscale_factor", downscale_factor)
    *batch, c, h, w = input.shape
    for what, dim in (("height", -2), ("width", -1)):
        if input.shape[dim] % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {what} to be divisible by downscale_factor, "
                f"but input.size({dim})={input.shape[dim]} is not divisible by {r}"
            )
    x = input.reshape(*batch, c, h // r, r, w // r, r)
    # (*, C, H, r, W, r) -> (*, C, r, r, H, W)
    x = x.permute(*range(x.ndim - 4), -3, -1, -4, -2)
    return x.reshape(*batch, c * r**2, h // r, w // r)


def _factor(name: str, input: Tensor, argument: str, r: int) -> int:
    if input.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with "
            f"{input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"{name} expects a positive {argument}, but got {r}")
    return r
