"""Max and average pooling on plain arrays: loops over the positions in the kernel, never outputs.

A window's maximum is that of the maxima of its rows, and its sum the sum of theirs: so a pool runs
over KW columns and over KH rows, not over KH * KW positions. Of each window a max pool remembers
the `tap` alone: the number i * KW + j of the kernel position that held the maximum, one byte for
kernels up to 16x16.

A result lies in memory as its input does, in the order of its shape or in the internal one: to
transpose an input would take longer than to pool it. Any other order becomes the internal one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compilable import compilable
from ..layout import Array, Shape, in_order_of, kept, order, zeros
from .geometry import Geometry, Pair, pool_output_shape


@compilable("pooling.max_pool", at=0)
def max_pool(x: Array, kernel: Pair, geometry: Geometry) -> tuple[Array, Array]:
    """y = max over the window of x (N, C, H, W), and the taps: both (N, C, OH, OW).

    As PyTorch: of equal maxima the first wins, a nan wins (the last of them), padding never wins.

    >>> y, taps = max_pool(np.array([[[[1, 3], [3, 2]]]]), (2, 2), Geometry())
    >>> y.item(), taps.item()
    (3, 1)

    Raises: TypeError for other dtypes than integers and floats; RuntimeError for a window wholly in
    the padding, where PyTorch gives -inf and an index outside of x.
    """
    pool_output_shape(x.shape, kernel, geometry)
    _require_numbers("max_pool2d", x)
    x = kept(x)
    y, taps = _maxima(x, kernel, geometry, nan=False)
    if y.dtype.kind == "f" and np.isnan(y.max(initial=-np.inf)):
        return _maxima(x, kernel, geometry, nan=True)  # asked here, it costs other inputs nothing
    return y, taps


def _maxima(x: Array, kernel: Pair, geometry: Geometry, nan: bool) -> tuple[Array, Array]:
    """Along W, then along H: so the first in row-major order wins a tie."""
    dtype = np.min_scalar_type(kernel[0] * kernel[1] - 1)
    y, columns = _running_max(1, x, x.shape, kernel, geometry, dtype, nan)
    y, rows = _running_max(0, y, x.shape, kernel, geometry, dtype, nan)
    taps = np.zeros_like(rows)
    for i, (out, at) in enumerate(_positions(0, x.shape, kernel, geometry)):
        taps[out] += (rows[out] == i).view(np.uint8) * (columns[at] + dtype.type(i * kernel[1]))
    return y, taps


def _running_max(
    axis: int, x: Array, x_shape: Shape, kernel: Pair, geometry: Geometry, dtype: Any, nan: bool
) -> tuple[Array, Array]:
    """The maxima along an axis, and their positions in the kernel; x_shape is the pool's."""
    positions = _positions(axis, x_shape, kernel, geometry)
    y = _resized(axis, x, geometry.output_size(x_shape[2:], kernel)[axis])
    if lead := _whole(positions[:2], y.shape[2 + axis]):
        # The first two meet in x, nothing is filled or copied before: 0.5 ms and not 0.8 for LeNet.
        first, second = x[positions[0][1]], x[positions[1][1]]
        np.maximum(first, second, out=y)
        taps = _wins(second, first, nan).view(np.uint8).astype(dtype, copy=False)
    else:
        y.fill(-np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
        taps = np.empty_like(y, dtype)
        first = _first_positions(axis, y.shape[2 + axis], x_shape, kernel, geometry)
        taps[...] = first if axis == 1 else first[:, None]
    for k, (out, at) in [*enumerate(positions)][2 * lead :]:
        new, old, tap = x[at], y[out], taps[out]
        if k > 0:
            # Positions only grow, so a maximum stores one; np.where takes 6 times as long.
            np.maximum(tap, _wins(new, old, nan).view(np.uint8) * dtype.type(k), out=tap)
        np.maximum(old, new, out=old)
    return y, taps


def _wins(new: Array, old: Array, nan: bool) -> Array:
    return (new > old) | (new != new) if nan else new > old


def _positions(axis: int, x_shape: Shape, kernel: Pair, geometry: Geometry) -> list[Any]:
    """For each kernel position along an axis: which windows meet x there, and what of x."""
    rest = (slice(None),) if axis == 0 else ()
    slices = geometry.taps(axis, x_shape[2:], kernel)
    return [((..., out, *rest), (..., at, *rest)) for out, at in slices]


def _whole(positions: list[Any], count: int) -> bool:
    """Whether these are two positions, and every window meets x there."""
    return len(positions) == 2 and all(out[1] == slice(0, count) for out, _ in positions)


def _resized(axis: int, x: Array, size: int) -> Array:
    """An array as x, but for its size along an axis."""
    n, c, h, w = x.shape
    return np.empty_like(x, shape=(n, c, size, w) if axis == 0 else (n, c, h, size))


def _first_positions(
    axis: int, count: int, x_shape: Shape, kernel: Pair, geometry: Geometry
) -> Array:
    """The first kernel position of each window that is not padding."""
    starts, dilation = _starts(axis, count, geometry), geometry.dilation[axis]
    first = np.maximum(0, -(starts // dilation))  # ceil(-start / dilation)
    if (starts + first * dilation >= x_shape[2 + axis]).any():
        raise RuntimeError(
            "max_pool2d: a window lies wholly in the padding, with kernel size "
            f"{kernel[axis]}, dilation {dilation}, padding {geometry.padding[axis][0]} "
            f"and input size {x_shape[2 + axis]}"
        )
    return first


def _starts(axis: int, count: int, geometry: Geometry) -> Array:
    """Where along an axis of x each window starts."""
    return np.arange(count) * geometry.stride[axis] - geometry.padding[axis][0]


def tap_pick(x: Array, taps: Array, kernel: Pair, geometry: Geometry) -> Array:
    """The values (N, C, OH, OW) of x (N, C, H, W) at the taps.

    >>> tap_pick(np.array([[[[1, 3], [4, 2]]]]), np.array([[[[2]]]]), (2, 2), Geometry()).item()
    4
    """
    x = kept(x)
    values = _flat(x)[_places(in_order_of(x, taps), kernel, geometry, x)]
    return values.transpose(np.argsort(order(x)))


@compilable("pooling.tap_scatter", at=0)
def tap_scatter(g: Array, taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """`tap_pick`'s adjoint: gx (N, C, H, W), each g (N, C, OH, OW) added at its tap.

    >>> tap_scatter(np.ones((1, 1, 1, 1)), np.array([[[[2]]]]), (2, 2), Geometry(), (1, 1, 2, 2))
    array([[[[0., 0.],
             [1., 0.]]]])
    """
    taps = kept(taps)
    g = in_order_of(taps, g)
    gx = np.zeros(x_shape, g.dtype) if taps.flags.c_contiguous else zeros(x_shape, g.dtype)
    (eh, ew), (sh, sw) = geometry.extent(kernel), geometry.stride
    if eh <= sh and ew <= sw and kernel[0] * kernel[1] <= 4:  # no window meets another
        for tap, (rows, columns), (h, w) in geometry.positions(x_shape[2:], kernel):
            _masked(g[..., rows, columns], taps[..., rows, columns] == tap, gx[..., h, w])
    else:
        # Flat, np.add.at is fast: 3x3 windows at every second place take 4 ms, by masked sums 21.
        np.add.at(_flat(gx), _places(taps, kernel, geometry, gx).reshape(-1), _flat(g))
    return gx


def _masked(x: Array, mask: Array, out: Array) -> None:
    """Write x to out where the mask is true, else 0."""
    bits = f"u{x.itemsize}"  # inf * 0 would be nan, and np.where takes 8 times as long
    np.multiply(x.view(bits), mask, out=out.view(bits))


def tap_indices(taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """The taps (N, C, OH, OW) as PyTorch's return_indices: int64, row * W + column in x.

    >>> taps = np.full((1, 1, 2, 2), 3)
    >>> tap_indices(taps, (2, 2), Geometry(stride=(2, 2)), (1, 1, 4, 4)).tolist()
    [[[[5, 7], [13, 15]]]]
    """
    taps = kept(taps)
    offsets = _offsets(taps, kernel, geometry, (0, 0, x_shape[3], 1))
    return offsets.transpose(np.argsort(order(taps)))


def _places(taps: Array, kernel: Pair, geometry: Geometry, x: Array) -> Array:
    """Where in the memory of x, counted flat, the taps point; the axes as they lie in memory."""
    n, c, row, column = (stride // x.itemsize for stride in x.strides)
    return _offsets(taps, kernel, geometry, (n, c, row, column))


def _offsets(taps: Array, kernel: Pair, geometry: Geometry, strides: Shape) -> Array:
    """The sum of strides * (N, C, the row in x, the column in x) of each tap (N, C, OH, OW)."""
    (kh, kw), (dh, dw), (n, c, row, column) = kernel, geometry.dilation, strides
    table = np.add.outer(np.arange(kh) * (dh * row), np.arange(kw) * (dw * column)).reshape(-1)
    # "raise" takes 1.6 times as long, and so do axes in another order than that of memory
    offsets = table.take(taps.transpose(order(taps)), mode="clip")
    images, channels, *counts = taps.shape
    rows, columns = (_starts(axis, count, geometry) for axis, count in enumerate(counts))
    grid = np.ix_(np.arange(images) * n, np.arange(channels) * c, rows * row, columns * column)
    offsets += sum(np.transpose(a, order(taps)) for a in grid)
    return offsets


def _flat(x: Array) -> Array:
    """The memory of x, a view."""
    return x.transpose(order(x)).reshape(-1)


@compilable("pooling.avg_pool", at=0)
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
    pool_output_shape(x.shape, kernel, geometry)
    _require_numbers("avg_pool2d", x)
    sizes = _sizes(x.shape, kernel, geometry, count_include_pad, divisor_override)
    y = kept(x).astype(np.result_type(x, np.float32), copy=False)
    for axis in (0, 1):
        y = _sums(axis, y, x.shape, kernel, geometry)
    y /= sizes
    return y.astype(x.dtype, copy=False)


def _sums(axis: int, x: Array, x_shape: Shape, kernel: Pair, geometry: Geometry) -> Array:
    """The sum of each window along an axis."""
    positions = _positions(axis, x_shape, kernel, geometry)
    y = _resized(axis, x, geometry.output_size(x_shape[2:], kernel)[axis])
    if _whole(positions[:2], y.shape[2 + axis]):
        (_, first), (_, second), *positions = positions
        np.add(x[first], x[second], out=y)
    else:
        y.fill(0)
    for out, at in positions:
        y[out] += x[at]
    return y


@compilable("pooling.avg_pool_adjoint", at=0)
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
    gx = kept(g) / _sizes(x_shape, kernel, geometry, count_include_pad, divisor_override)
    for axis in (1, 0):
        gx = _sums_adjoint(axis, gx, x_shape, kernel, geometry)
    return gx.astype(g.dtype, copy=False)


def _sums_adjoint(axis: int, g: Array, x_shape: Shape, kernel: Pair, geometry: Geometry) -> Array:
    positions, size = _positions(axis, x_shape, kernel, geometry), x_shape[2 + axis]
    gx = _resized(axis, g, size)
    apart = geometry.extent(kernel)[axis] <= geometry.stride[axis]
    if not apart or sum(out[1].stop - out[1].start for out, _ in positions) < size:
        gx.fill(0)
    for out, at in positions:
        if apart:
            gx[at] = g[out]
        else:
            gx[at] += g[out]
    return gx


def _sizes(
    x_shape: Shape,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array | int:
    """What the sums are divided by: one number, or (OH, OW)."""
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if divisor_override is not None:
        return divisor_override
    lengths = []
    for axis, count in enumerate(geometry.output_size(x_shape[2:], kernel)):
        before, after = geometry.padding[axis] if count_include_pad else (0, 0)
        starts = _starts(axis, count, geometry)
        ends = np.minimum(starts + kernel[axis], x_shape[2 + axis] + after)
        lengths.append(ends - np.maximum(starts, -before))
    sizes = np.outer(*lengths).astype(np.float32)  # dividing by float64 takes 4 times as long
    return kernel[0] * kernel[1] if (sizes == kernel[0] * kernel[1]).all() else sizes


def _require_numbers(name: str, x: Array) -> None:
    if x.dtype.kind not in "iuf":
        raise TypeError(f"{name} takes integers or floating-point numbers, but got {x.dtype}")
