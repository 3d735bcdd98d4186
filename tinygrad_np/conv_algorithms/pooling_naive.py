"""Pooling as its definition reads: one window at a time, one element of it after the other.

The oracle of the others. The results are those of `pooling`, which has the docstrings.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..layout import Array, Shape
from .geometry import Geometry, Pair, pool_output_shape
from .pooling import _first_positions, _require_numbers

Index = tuple[int, int, int, int]


def max_pool(x: Array, kernel: Pair, geometry: Geometry) -> tuple[Array, Array]:
    """y = max over the window of x (N, C, H, W), and the taps: both (N, C, OH, OW)."""
    shape = max_pool_shape(x, kernel, geometry)
    dtype = np.min_scalar_type(kernel[0] * kernel[1] - 1)
    y, taps = np.empty(shape, x.dtype), np.empty(shape, dtype)
    for at, window in _windows(x.shape, kernel, geometry):
        (tap, best), *others = window
        for number, place in others:
            if x[place] > x[best] or x[place] != x[place]:  # a nan wins
                tap, best = number, place
        y[at], taps[at] = x[best], tap
    return y, taps


def tap_pick(x: Array, taps: Array, kernel: Pair, geometry: Geometry) -> Array:
    """The values (N, C, OH, OW) of x (N, C, H, W) at the taps."""
    y = np.empty(taps.shape, x.dtype)
    for at, window in _windows(x.shape, kernel, geometry):
        y[at] = x[dict(window)[int(taps[at])]]
    return y


def tap_scatter(g: Array, taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """gx (N, C, H, W): every g is added at its tap."""
    gx = np.zeros(x_shape, g.dtype)
    for at, window in _windows(x_shape, kernel, geometry):
        gx[dict(window)[int(taps[at])]] += g[at]
    return gx


def avg_pool(
    x: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """y (N, C, OH, OW) = the sum over the window of x (N, C, H, W) / its size."""
    y = np.empty(avg_pool_shape(x, kernel, geometry, divisor_override), x.dtype)
    terms = x.astype(np.result_type(x, np.float32))
    for at, window in _windows(x.shape, kernel, geometry):
        size = divisor_override or _size(at, x.shape, kernel, geometry, count_include_pad)
        y[at] = sum(terms[place] for _, place in window) / size
    return y


def avg_pool_adjoint(
    g: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool,
    divisor_override: int | None,
    x_shape: Shape,
) -> Array:
    """gx (N, C, H, W): every g / size is added to all inputs of its window."""
    gx = np.zeros(x_shape, np.result_type(g, np.float32))
    for at, window in _windows(x_shape, kernel, geometry):
        size = divisor_override or _size(at, x_shape, kernel, geometry, count_include_pad)
        for _, place in window:
            gx[place] += g[at] / size
    return gx.astype(g.dtype)


def _windows(
    x_shape: Shape, kernel: Pair, geometry: Geometry
) -> Iterator[tuple[Index, list[tuple[int, Index]]]]:
    """The index of each output; of its window the taps that are no padding, and their inputs."""
    (kh, kw), (dh, dw) = kernel, geometry.dilation
    (_, _, h, w), (sh, sw), ((top, _), (left, _)) = x_shape, geometry.stride, geometry.padding
    for n, c, oh, ow in np.ndindex(*pool_output_shape(x_shape, kernel, geometry)):
        window = []
        for i in range(kh):
            for j in range(kw):
                row, column = oh * sh + i * dh - top, ow * sw + j * dw - left
                if 0 <= row < h and 0 <= column < w:
                    window.append((i * kw + j, (n, c, row, column)))
        yield (n, c, oh, ow), window


def _size(
    at: Index, x_shape: Shape, kernel: Pair, geometry: Geometry, count_include_pad: bool
) -> int:
    """How many positions of a window lie in the input, or with count_include_pad in the padded."""
    size = 1
    for axis, o in enumerate(at[2:]):
        before, after = geometry.padding[axis] if count_include_pad else (0, 0)
        start = o * geometry.stride[axis] - geometry.padding[axis][0]
        positions = range(start, start + kernel[axis])
        size *= sum(-before <= p < x_shape[2 + axis] + after for p in positions)
    return size


def max_pool_shape(x: Array, kernel: Pair, geometry: Geometry) -> Shape:
    """The shape of the result; raises as `pooling.max_pool` does."""
    _require_numbers("max_pool2d", x)
    shape = pool_output_shape(x.shape, kernel, geometry)
    for axis in (0, 1):
        _first_positions(axis, shape[2 + axis], x.shape, kernel, geometry)
    return shape


def avg_pool_shape(x: Array, kernel: Pair, geometry: Geometry, divisor: int | None) -> Shape:
    """The shape of the result; raises as `pooling.avg_pool` does."""
    _require_numbers("avg_pool2d", x)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    return pool_output_shape(x.shape, kernel, geometry)
