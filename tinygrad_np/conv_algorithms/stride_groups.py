"""Stride groups: only windows that do not meet are taken together, and one reshape reads them all.

Along an axis a window reaches over e = (k - 1) * dilation + 1 inputs, and the next one starts a
stride s later. So every q-th, q = ceil(e / s), starts after the end of the one before: these
outputs are a group, and their windows stand at the starts of blocks of q * s inputs, side by side.

    inputs     0 1 2 3 4 5 6 7 8 9     k = 3, s = 2: q = 2 groups, blocks of 4
    group 0   |0 1 2 .|4 5 6 .|        outputs 0 and 2
    group 1       |2 3 4 .|6 7 8 .|    outputs 1 and 3

Python loops over the groups of both axes: at most k * k without dilation (e * e with it), exactly 1
where the stride is the kernel's size or more. It never loops over images, channels, filters or
positions. As the windows of a group are a view and do not overlap, what is added to them arrives:
the way back needs no np.add.at. At a time there are the columns of one group only.

A kernel [[A, B], [C, D]] on the inputs 1 to 16, 4 in a row; what does C multiply in each group?

>>> inputs = np.arange(1, 17).reshape(1, 1, 4, 4)
>>> for _, windows in groups(inputs, (2, 2), Geometry(), (3, 3)):
...     print(windows[..., 1, 0].ravel())
[ 5  7 13 15]
[ 6 14]
[ 9 11]
[10]

The idea is that of a published NumPy network (cnn-numpy), which had it for the strides 1 and k.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..layout import Array, Shape
from .geometry import Geometry, Pair, Slices, conv_output_shape
from .padding import crop, pad


def forward(x: Array, w: Array, geometry: Geometry) -> tuple[Array, None]:
    """y (N, F, OH, OW) of x (N, C, H, W) and w (F, C/G, KH, KW), and no hint."""
    n, f, oh, ow = conv_output_shape(x.shape, w.shape, geometry)
    y, kernel = np.empty((n, f, oh, ow), np.result_type(x, w)), w.shape[2:]
    for (rows, columns), windows in groups(room(x, kernel, geometry), kernel, geometry, (oh, ow)):
        product = _matrices(w, geometry) @ _columns(windows, geometry)
        # (G, F/G, N*M*M') -> (F, N, M, M') -> (N, F, M, M')
        y[:, :, rows, columns] = product.reshape(f, n, *windows.shape[2:4]).swapaxes(0, 1)
    return y, None


def input_grad(g: Array, w: Array, geometry: Geometry, x_shape: Shape) -> Array:
    """gx (N, C, H, W): the gradients of a group's columns are added to its windows."""
    (n, c, _, _), (_, _, *kernel) = x_shape, w.shape
    gx = room(np.zeros(x_shape, np.result_type(g, w)), w.shape[2:], geometry)
    for (rows, columns), windows in groups(gx, w.shape[2:], geometry, g.shape[2:]):
        product = _matrices(w, geometry).swapaxes(1, 2) @ _outputs(g[:, :, rows, columns], geometry)
        # (G, C/G*KH*KW, N*M*M') -> (C, KH, KW, N, M, M') -> (N, C, M, M', KH, KW)
        product = product.reshape(c, *kernel, n, *windows.shape[2:4])
        windows += product.transpose(3, 0, 4, 5, 1, 2)
    return crop(gx, x_shape, geometry)


def weight_grad(x: Array, g: Array, geometry: Geometry, w_shape: Shape, hint: None = None) -> Array:
    """gw (F, C/G, KH, KW): every group adds the product of its outputs and its columns."""
    gw, kernel = np.zeros(w_shape, np.result_type(x, g)), w_shape[2:]
    for (rows, columns), windows in groups(
        room(x, kernel, geometry), kernel, geometry, g.shape[2:]
    ):
        product = _outputs(g[:, :, rows, columns], geometry) @ _columns(windows, geometry).mT
        gw += product.reshape(w_shape)  # (G, F/G, C/G*KH*KW) -> (F, C/G, KH, KW)
    return gw


def groups(
    room: Array, kernel: Pair, geometry: Geometry, counts: Pair
) -> Iterator[tuple[Slices, Array]]:
    """For each group: its outputs (rows, columns), and their windows (N, C, M, M', KH, KW).

    `room` is the input as the function `room` makes it, the windows are a view of it; `counts` are
    all the outputs (OH, OW), and a group has M rows and M' columns of them.
    """
    n, c, _, _ = room.shape
    (eh, ew), (dh, dw) = geometry.extent(kernel), geometry.dilation
    for rows, h, m, high in _blocks(0, kernel, geometry, counts[0]):
        for columns, w, m2, wide in _blocks(1, kernel, geometry, counts[1]):
            # (N, C, M*high, M'*wide) -> (N, C, M, high, M', wide) -> (N, C, M, M', high, wide)
            blocks = room[:, :, h, w].reshape(n, c, m, high, m2, wide).swapaxes(3, 4)
            yield (rows, columns), blocks[..., :eh:dh, :ew:dw]


def _blocks(
    axis: int, kernel: Pair, geometry: Geometry, count: int
) -> Iterator[tuple[slice, slice, int, int]]:
    """For each group along an axis: its outputs, their blocks of input, how many and how long."""
    stride, period = geometry.stride[axis], _period(axis, kernel, geometry)
    for first in range(min(period, count)):
        m, length = len(range(first, count, period)), period * stride
        start = first * stride
        yield slice(first, None, period), slice(start, start + m * length), m, length


def _period(axis: int, kernel: Pair, geometry: Geometry) -> int:
    """The outputs from one window of a group to its next: ceil(extent / stride)."""
    return -(-geometry.extent(kernel)[axis] // geometry.stride[axis])


def room(x: Array, kernel: Pair, geometry: Geometry, fill: float = 0) -> Array:
    """x with its padding, and as much behind it as the last block of every group reaches over."""
    size, widths = (x.shape[2], x.shape[3]), []
    for axis, count in enumerate(geometry.output_size(size, kernel)):
        before = geometry.padding[axis][0]
        reach = (count + _period(axis, kernel, geometry) - 1) * geometry.stride[axis]
        widths.append((before, reach - before - size[axis]))
    return pad(x, replace(geometry, padding=(widths[0], widths[1])), fill)


def _columns(windows: Array, geometry: Geometry) -> Array:
    n, c, *counts, kh, kw = windows.shape
    # (N, C, M, M', KH, KW) -> (C, KH, KW, N, M, M') -> (G, C/G*KH*KW, N*M*M')
    columns = windows.transpose(1, 4, 5, 0, 2, 3)
    return columns.reshape(geometry.groups, c // geometry.groups * kh * kw, n * math.prod(counts))


def _outputs(g: Array, geometry: Geometry) -> Array:
    n, f, *counts = g.shape
    # (N, F, M, M') -> (F, N, M, M') -> (G, F/G, N*M*M')
    return g.swapaxes(0, 1).reshape(geometry.groups, f // geometry.groups, n * math.prod(counts))


def _matrices(w: Array, geometry: Geometry) -> Array:
    f, per_group, kh, kw = w.shape
    # (F, C/G, KH, KW) -> (G, F/G, C/G*KH*KW)
    return w.reshape(geometry.groups, f // geometry.groups, per_group * kh * kw)
