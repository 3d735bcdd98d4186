"""Max and average pooling on plain arrays: loops over the positions in the kernel, never outputs.

Of each window a max pool remembers the `tap` alone: the number i * KW + j of the kernel position
that held the maximum, one byte for kernels up to 16x16. Results have the internal memory order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..layout import Array, Shape, logical, memory
from .geometry import Geometry, Pair, pool_output_shape


def max_pool(x: Array, kernel: Pair, geometry: Geometry) -> tuple[Array, Array]:
    """y = max over the window of x (N, C, H, W), and the taps: both (N, C, OH, OW).

    As PyTorch: of equal maxima the first wins, a nan wins (the last of them), padding never wins.

    >>> y, taps = max_pool(np.array([[[[1, 3], [3, 2]]]]), (2, 2), Geometry())
    >>> y.item(), taps.item()
    (3, 1)

    Raises: TypeError for other dtypes than integers and floats; RuntimeError for a window wholly in
    the padding, where PyTorch gives -inf and an index outside of x.
    """
    n, c, oh, ow = pool_output_shape(x.shape, kernel, geometry)
    _require_numbers("max_pool2d", x)
    x = memory(x)
    y, taps = _running_max(x, (oh, c, ow, n), kernel, geometry, np.greater)
    if (y != y).any():  # only nan differs from itself; asked here, it costs the loop nothing
        y, taps = _running_max(x, (oh, c, ow, n), kernel, geometry, _greater_or_nan)
    return logical(y), logical(taps)


def _running_max(
    x: Array,
    y_shape: Shape,
    kernel: Pair,
    geometry: Geometry,
    wins: Callable[[Array, Array], Array],
) -> tuple[Array, Array]:
    y = np.full(y_shape, -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min, x.dtype)
    taps = np.empty(y_shape, np.min_scalar_type(kernel[0] * kernel[1] - 1))
    taps[...] = _first_taps(x.shape, y_shape, kernel, geometry)
    for tap, (oh, ow), (h, w) in geometry.positions((x.shape[0], x.shape[2]), kernel):
        new, best, winner = x[h, :, w], y[oh, :, ow], taps[oh, :, ow]
        if tap > 0:
            # Taps only grow, so a maximum stores the new one; np.where takes 6 times as long.
            np.maximum(winner, wins(new, best).view(np.uint8) * taps.dtype.type(tap), out=winner)
        np.maximum(best, new, out=best)
    return y, taps


def _greater_or_nan(new: Array, best: Array) -> Array:
    return (new > best) | (new != new)


def _first_taps(x_shape: Shape, y_shape: Shape, kernel: Pair, geometry: Geometry) -> Array:
    """The first tap of each window that is not padding, (OH, 1, OW, 1)."""
    first = []
    for axis, starts in enumerate(_starts(y_shape, geometry)):
        dilation, size = geometry.dilation[axis], x_shape[2 * axis]
        first.append(np.maximum(0, -(starts // dilation)))  # ceil(-start / dilation)
        if (starts + first[axis] * dilation >= size).any():
            raise RuntimeError(
                "max_pool2d: a window lies wholly in the padding, with kernel size "
                f"{kernel[axis]}, dilation {dilation}, padding {geometry.padding[axis][0]} "
                f"and input size {size}"
            )
    return first[0] * kernel[1] + first[1]


def tap_pick(x: Array, taps: Array, kernel: Pair, geometry: Geometry) -> Array:
    """The values (N, C, OH, OW) of x (N, C, H, W) at the taps.

    >>> tap_pick(np.array([[[[1, 3], [4, 2]]]]), np.array([[[[2]]]]), (2, 2), Geometry()).item()
    4
    """
    places = _places(taps, kernel, geometry, x.shape)
    return logical(memory(x).reshape(-1)[places])


def tap_scatter(g: Array, taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """`tap_pick`'s adjoint: gx (N, C, H, W), each g (N, C, OH, OW) added at its tap.

    >>> tap_scatter(np.ones((1, 1, 1, 1)), np.array([[[[2]]]]), (2, 2), Geometry(), (1, 1, 2, 2))
    array([[[[0., 0.],
             [1., 0.]]]])
    """
    n, c, h, w = x_shape
    gx = np.zeros((h, c, w, n), g.dtype)
    # On flat arrays np.add.at is fast: as masked sums for 2x2, twice for 3x3, 7 times for 7x7.
    places = _places(taps, kernel, geometry, x_shape).reshape(-1)
    np.add.at(gx.reshape(-1), places, memory(g).reshape(-1))
    return logical(gx)


def tap_indices(taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """The taps (N, C, OH, OW) as PyTorch's return_indices: int64, row * W + column in x.

    >>> taps = np.full((1, 1, 2, 2), 3)
    >>> tap_indices(taps, (2, 2), Geometry(stride=(2, 2)), (1, 1, 4, 4)).tolist()
    [[[[5, 7], [13, 15]]]]
    """
    return logical(_offsets(memory(taps), kernel, geometry, x_shape[3], 1))


def _places(taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """Where in memory (H, C, W, N), counted flat, the taps (OH, C, OW, N) point."""
    n, c, _, w = x_shape
    channels = np.arange(c)[:, None, None] * (w * n)
    places = _offsets(memory(taps), kernel, geometry, c * w * n, n, channels)
    places += np.arange(n)
    return places


def _offsets(
    taps: Array, kernel: Pair, geometry: Geometry, row: int, column: int, more: Array | int = 0
) -> Array:
    """row * (the row in x) + column * (the column) + more, of each of the taps (OH, C, OW, N)."""
    (rows, columns), (dh, dw), (kh, kw) = _starts(taps.shape, geometry), geometry.dilation, kernel
    table = np.add.outer(np.arange(kh) * (dh * row), np.arange(kw) * (dw * column))
    offsets = table.reshape(-1).take(taps, mode="clip")  # "raise" takes 1.6 times as long
    offsets += rows * row + columns * column + more
    return offsets


def avg_pool(
    x: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """y (N, C, OH, OW) = the sum over the window of x (N, C, H, W) / its size.

    The size is divisor_override, else the part of the window within the padded input, else, unless
    count_include_pad, within the input. Sums of float16 are taken in float32, as PyTorch does.

    >>> avg_pool(np.array([[[[1.0, 3.0], [3.0, 2.0]]]]), (2, 2), Geometry()).item()
    2.25

    Raises: TypeError for other dtypes than integers and floats; RuntimeError for a divisor of 0.
    """
    n, c, oh, ow = pool_output_shape(x.shape, kernel, geometry)
    _require_numbers("avg_pool2d", x)
    y = np.zeros((oh, c, ow, n), np.result_type(x, np.float32))
    images = memory(x)
    for _, (out_h, out_w), (h, w) in geometry.positions(x.shape[2:], kernel):
        y[out_h, :, out_w] += images[h, :, w]
    y /= _sizes(y.shape, x.shape, kernel, geometry, count_include_pad, divisor_override)
    return logical(y.astype(x.dtype, copy=False))


def avg_pool_adjoint(
    g: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool,
    divisor_override: int | None,
    x_shape: Shape,
) -> Array:
    """gx (N, C, H, W): g (N, C, OH, OW) / size, added to every input of its window.

    >>> avg_pool_adjoint(np.ones((1, 1, 1, 1)), (2, 2), Geometry(), True, None, (1, 1, 2, 2))
    array([[[[0.25, 0.25],
             [0.25, 0.25]]]])
    """
    n, c, height, width = x_shape
    share = memory(g)
    share = share / _sizes(
        share.shape, x_shape, kernel, geometry, count_include_pad, divisor_override
    )
    gx = np.zeros((height, c, width, n), share.dtype)
    for _, (out_h, out_w), (h, w) in geometry.positions((height, width), kernel):
        gx[h, :, w] += share[out_h, :, out_w]
    return logical(gx.astype(g.dtype, copy=False))


def _sizes(
    y_shape: Shape,
    x_shape: Shape,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array | int:
    """What the sums are divided by: one number, or (OH, 1, OW, 1)."""
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if divisor_override is not None:
        return divisor_override
    lengths = []
    for axis, starts in enumerate(_starts(y_shape, geometry)):
        before, after = geometry.padding[axis] if count_include_pad else (0, 0)
        ends = np.minimum(starts + kernel[axis], x_shape[2 + axis] + after)
        lengths.append(ends - np.maximum(starts, -before))
    return (lengths[0] * lengths[1]).astype(np.float32)  # dividing by float64 takes 4 times as long


def _starts(y_shape: Shape, geometry: Geometry) -> tuple[Array, Array]:
    """Where in x each window of y (OH, C, OW, N) starts: rows (OH, 1, 1, 1), columns (OW, 1)."""
    (sh, sw), ((top, _), (left, _)) = geometry.stride, geometry.padding
    rows, columns = np.arange(y_shape[0]) * sh - top, np.arange(y_shape[2]) * sw - left
    return rows[:, None, None, None], columns[:, None]


def _require_numbers(name: str, x: Array) -> None:
    if x.dtype.kind not in "iuf":
        raise TypeError(f"{name} takes integers or floating-point numbers, but got {x.dtype}")
