"""Pooling by the stride groups of `stride_groups`: the windows of a group, all of them at once.

A group is an array (N, C, M, M', KH, KW), a view of the input, in which no element stands twice: a
pool reduces its last two axes, and the way back writes to it. Where stride and kernel have one
size, the one group is the reshape with which pooling is often written.

The results are those of `pooling`, which has the docstrings.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..layout import Array, Shape
from .geometry import Geometry, Pair
from .padding import crop, pad
from .pooling_naive import avg_pool_shape, max_pool_shape
from .stride_groups import groups, room


def max_pool(x: Array, kernel: Pair, geometry: Geometry) -> tuple[Array, Array]:
    """y = max over the window of x (N, C, H, W), and the taps: both (N, C, OH, OW)."""
    shape = max_pool_shape(x, kernel, geometry)
    count = kernel[0] * kernel[1]
    y, taps = np.empty(shape, x.dtype), np.empty(shape, np.min_scalar_type(count - 1))
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    inputs = room(x, kernel, geometry, fill=lowest)
    inside = room(np.ones(x.shape, bool), kernel, geometry)
    for (out, windows), (_, real) in zip(
        groups(inputs, kernel, geometry, shape[2:]),
        groups(inside, kernel, geometry, shape[2:]),
        strict=True,
    ):
        # (N, C, M, M', KH, KW) -> (N, C, M, M', KH*KW)
        values = windows.reshape(*windows.shape[:4], count)
        y[..., *out] = best = values.max(axis=4)
        wins = (values == best[..., None]) & real.reshape(values.shape)
        last_nan = count - 1 - np.isnan(values[..., ::-1]).argmax(axis=4)
        taps[..., *out] = np.where(best != best, last_nan, wins.argmax(axis=4))
    return y, taps


def tap_pick(x: Array, taps: Array, kernel: Pair, geometry: Geometry) -> Array:
    """The values (N, C, OH, OW) of x (N, C, H, W) at the taps."""
    y = np.empty(taps.shape, x.dtype)
    for out, windows in groups(room(x, kernel, geometry), kernel, geometry, taps.shape[2:]):
        tapped = _tapped(taps[..., *out], kernel)
        y[..., *out] = windows[tapped].reshape(windows.shape[:4])
    return y


def tap_scatter(g: Array, taps: Array, kernel: Pair, geometry: Geometry, x_shape: Shape) -> Array:
    """gx (N, C, H, W): every g is added at its tap."""
    gx = room(np.zeros(x_shape, g.dtype), kernel, geometry)
    for out, windows in groups(gx, kernel, geometry, g.shape[2:]):
        windows[_tapped(taps[..., *out], kernel)] += g[..., *out].ravel()
    return crop(gx, x_shape, geometry)


def _tapped(taps: Array, kernel: Pair) -> Array:
    """Where in its window each tap points: one True in each, (N, C, M, M', KH, KW)."""
    return taps[..., None, None] == np.arange(kernel[0] * kernel[1]).reshape(kernel)


def avg_pool(
    x: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """y (N, C, OH, OW) = the sum over the window of x (N, C, H, W) / its size."""
    shape = avg_pool_shape(x, kernel, geometry, divisor_override)
    sums = _sums(x.astype(np.result_type(x, np.float32)), shape, kernel, geometry)
    sizes = divisor_override or _sizes(x.shape, shape, kernel, geometry, count_include_pad)
    return (sums / sizes).astype(x.dtype)


def avg_pool_adjoint(
    g: Array,
    kernel: Pair,
    geometry: Geometry,
    count_include_pad: bool,
    divisor_override: int | None,
    x_shape: Shape,
) -> Array:
    """gx (N, C, H, W): every g / size is added to all inputs of its window."""
    sizes = divisor_override or _sizes(x_shape, g.shape, kernel, geometry, count_include_pad)
    shares = g.astype(np.result_type(g, np.float32)) / sizes
    gx = room(np.zeros(x_shape, shares.dtype), kernel, geometry)
    for out, windows in groups(gx, kernel, geometry, g.shape[2:]):
        windows += shares[..., *out][..., None, None]
    return crop(gx, x_shape, geometry).astype(g.dtype)


def _sums(x: Array, shape: Shape, kernel: Pair, geometry: Geometry) -> Array:
    y = np.empty(shape, x.dtype)
    for out, windows in groups(room(x, kernel, geometry), kernel, geometry, shape[2:]):
        y[..., *out] = windows.sum(axis=(4, 5))
    return y


def _sizes(
    x_shape: Shape, shape: Shape, kernel: Pair, geometry: Geometry, count_include_pad: bool
) -> Array:
    """The sums over an input of ones, whose padding counts or not: (1, 1, OH, OW)."""
    ones = pad(np.ones((1, 1, *x_shape[2:]), np.float32), geometry, fill=float(count_include_pad))
    return _sums(ones, (1, 1, *shape[2:]), kernel, replace(geometry, padding=((0, 0), (0, 0))))
