"""Convolution as its definition reads: four loops, one window at a time. The oracle of the others.

    y[n, f, oh, ow] = sum of window * w[f]

Both gradients walk the same windows. Python runs each step, so a LeNet layer takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..layout import Array, Shape
from .geometry import Geometry, conv_output_shape
from .padding import crop, pad


def forward(x: Array, w: Array, geometry: Geometry) -> tuple[Array, None]:
    """y (N, F, OH, OW) of x (N, C, H, W) and w (F, C/groups, KH, KW), and no hint."""
    y = np.zeros(conv_output_shape(x.shape, w.shape, geometry), np.result_type(x, w))
    for n, f, oh, ow, window in _windows(pad(x, geometry), y.shape, w.shape, geometry):
        y[n, f, oh, ow] = np.sum(window * w[f])
    return y, None


def input_grad(g: Array, w: Array, geometry: Geometry, x_shape: Shape) -> Array:
    """gx (N, C, H, W): every output hands its weights, times g, back to the window it saw."""
    padded = pad(np.zeros(x_shape, np.result_type(g, w)), geometry)
    for n, f, oh, ow, window in _windows(padded, g.shape, w.shape, geometry):
        window += g[n, f, oh, ow] * w[f]
    return crop(padded, x_shape, geometry)


def weight_grad(x: Array, g: Array, geometry: Geometry, w_shape: Shape, hint: None = None) -> Array:
    """gw (F, C/groups, KH, KW): every output adds the window it saw, times g, to its filter."""
    gw = np.zeros(w_shape, np.result_type(x, g))
    for n, f, oh, ow, window in _windows(pad(x, geometry), g.shape, w_shape, geometry):
        gw[f] += g[n, f, oh, ow] * window
    return gw


def _windows(
    padded: Array, y_shape: Shape, w_shape: Shape, geometry: Geometry
) -> Iterator[tuple[int, int, int, int, Array]]:
    """The index of each output, and the window (C/groups, KH, KW) of the padded input it sees."""
    count, filters, height, width = y_shape
    _, channels, kh, kw = w_shape
    (sh, sw), (dh, dw) = geometry.stride, geometry.dilation
    for n in range(count):
        for f in range(filters):
            first = f * geometry.groups // filters * channels  # of the channels f's group sees
            for oh in range(height):
                for ow in range(width):
                    top, left = oh * sh, ow * sw
                    rows = slice(top, top + kh * dh, dh)
                    columns = slice(left, left + kw * dw, dw)
                    yield n, f, oh, ow, padded[n, first : first + channels, rows, columns]
