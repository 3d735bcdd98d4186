"""Max and average pooling on plain arrays: loops over the positions in the kernel, never outputs.

Of each window a max pool remembers the `tap` alone: the number i * KW + j of the kernel position
that held the maximum, one byte for kernels up to 16x16. Results have the internal memory order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..layout import Array, Shape, logical, memory
from .geometry import Geometry, Pair, pool_output_shape

Compare = Callable[[Array, Array], Array]


def max_pool(x: Array, kernel: Pair, geometry: Geometry) -> tuple[Array, Array]:
    """y = max over the window of x (N, C, H, W), and the taps: both (N, C, OH, OW).

    As PyTorch: the first of equal maxima wins, a nan wins (the last one), padding never wins.

    >>> y, taps = max_pool(np.array([[[[1, 3], [3, 2]]]]), (2, 2), Geometry())
    >>> y.item(), taps.item()
    (3, 1)

    Raises: TypeError for other dtypes than integers and floats.
    """
    n, c, oh, ow = pool_output_shape(x.shape, kernel, geometry)
    _require_numbers("max_pool2d", x)
    x = memory(x)
    y, taps = _running_max(x, (oh, c, ow, n), kernel, geometry, np.greater)
    if (y != y).any():  # only nan differs from itself; asking here keeps it out of the loop
        y, taps = _running_max(x, (oh, c, ow, n), kernel, geometry, _greater_or_nan)
    return logical(y), logical(taps)


def _running_max(
    x: Array, y_shape: Shape, kernel: Pair, geometry: Geometry, wins: Compare
) -> tuple[Array, Array]:
    y = np.full(y_shape, -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min, x.dtype)
    taps = np.empty(y_shape, np.min_scalar_type(kernel[0] * kernel[1] - 1))
    rows, columns = _window_starts(y_shape, geometry)
    (dh, dw), first = geometry.dilation, np.maximum
    # (OH, 1, 1, 1) and (OW, 1): a window's first position that is not padding, ceil(-start / d)
    taps[...] = first(0, -(rows // dh)) * kernel[1] + first(0, -(columns // dw))
    for tap, (oh, ow), (h, w) in geometry.positions((x.shape[0], x.shape[2]), kernel):
        new, best, winner = x[h, :, w], y[oh, :, ow], taps[oh, :, ow]
        if tap > 0:
            # Taps only grow, so a maximum stores the new one; np.where takes 6 times as long.
            np.maximum(winner, wins(new, best).view(np.uint8) * taps.dtype.type(tap), out=winner)
        np.maximum(best, new, out=best)
    return y, taps


def _greater_or_nan(new: Array, best: Array) -> Array:
    return (new > best) | (new != new)


def tap_pick(x: Array, taps: Array, kernel: Pair, geometry: Geometry) -> Array:
    """The values (N, C, OH, OW) of x (N, C, H, W) at the taps.

    >>> tap_pick(np.array([[[[1, 3], [4, 2]]]]), np.array([[[[2]]]]), (2, 2), Geometry()).item()
    4
    """
    x, taps = memory(x), memory(taps)
    y = np.zeros(taps.shape, x.dtype)
    for tap, (oh, ow), (h, w) in geometry.positions((x.shape[0], x.shape[2]), kernel):
        y[oh, :, ow] += _masked(x[h, :, w], taps[oh, :, ow] == tap)
    return logical(y)


def tap_scatter(g: Array, taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """`tap_pick`'s adjoint: gx (N, C, H, W) with each g (N, C, OH, OW) added at its tap.

    >>> tap_scatter(np.ones((1, 1, 1, 1)), np.array([[[[2]]]]), (2, 2), Geometry(), (1, 1, 2, 2))
    array([[[[0., 0.],
             [1., 0.]]]])
    """
    g, taps = memory(g), memory(taps)

    def part(tap: int, oh: slice, ow: slice) -> Array:
        return _masked(g[oh, :, ow], taps[oh, :, ow] == tap)

    return _add_back(part, g.dtype, kernel, geometry, x_shape)


def tap_indices(taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """The taps (N, C, OH, OW) as PyTorch's return_indices: int64, row * W + column in x.

    >>> taps = np.full((1, 1, 2, 2), 3)
    >>> tap_indices(taps, (2, 2), Geometry(stride=(2, 2)), (1, 1, 4, 4)).tolist()
    [[[[5, 7], [13, 15]]]]
    """
    taps = memory(taps)
    rows, columns = _window_starts(taps.shape, geometry)
    i, j = np.divmod(taps.astype(np.int64), kernel[1])
    dh, dw = geometry.dilation
    return logical((rows + i * dh) * x_shape[3] + columns + j * dw)


def avg_pool(
    x: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """y (N, C, OH, OW) = the sum over the window of x (N, C, H, W), divided by its size.

    The size is divisor_override, or counts the window within the padded input, or, unless
    count_include_pad, within the input. Sums of float16 are taken in float32, as PyTorch does.

    >>> avg_pool(np.array([[[[1.0, 3.0], [3.0, 2.0]]]]), (2, 2), Geometry()).item()
    2.25

    Raises: TypeError for other dtypes than integers and floats; RuntimeError for a divisor of 0.
    """
    n, c, oh, ow = pool_output_shape(x.shape, kernel, geometry)
    _require_numbers("avg_pool2d", x)
    m = memory(x)
    total = np.zeros((oh, c, ow, n), np.result_type(x.dtype, np.float32))
    for _, (out_h, out_w), (h, w) in geometry.positions((m.shape[0], m.shape[2]), kernel):
        total[out_h, :, out_w] += m[h, :, w]
    total /= _divisor(total.shape, x.shape, kernel, geometry, count_include_pad, divisor_override)
    return logical(total.astype(x.dtype, copy=False))


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
    m = memory(g)
    m = m / _divisor(m.shape, x_shape, kernel, geometry, count_include_pad, divisor_override)
    return _add_back(lambda tap, oh, ow: m[oh, :, ow], g.dtype, kernel, geometry, x_shape)


def _divisor(
    y_shape: Shape,
    x_shape: Shape,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array | int:
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if divisor_override is not None:
        return divisor_override
    ...
