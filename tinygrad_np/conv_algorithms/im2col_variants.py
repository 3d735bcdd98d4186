"""Three more ways to the columns of `im2col`, each with its adjoint: the same matrix, other loops.

    positions   a loop over the OH*OW outputs: each step copies one window of all images
    indices     no loop: index arrays say which input stands where, np.add.at adds them back
    strided     no loop and one copy: all windows are a view of the padded input. They overlap, so
                the way back loops over the KH*KW kernel positions, where they do not

Columns are made as (C, KH, KW, OH, OW, N), padded inputs lie as (N, C, H, W).

Source of `indices`: github.com/3outeille/CNNumpy, its fast version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..layout import Array, Shape
from .geometry import Geometry, Pair, Slices
from .im2col import Im2col
from .padding import crop, pad


def _positions_im2col(x: Array, w_shape: Shape, geometry: Geometry) -> Array:
    padded, shape = pad(x, geometry), _columns_shape(x.shape, w_shape, geometry)
    columns = np.empty(shape, x.dtype)
    for (oh, ow), (rows, cols) in _windows(shape, geometry):
        # (N, C, KH, KW) -> (C, KH, KW, N)
        columns[:, :, :, oh, ow] = padded[:, :, rows, cols].transpose(1, 2, 3, 0)
    return _matrix(columns, geometry)


def _positions_col2im(columns: Array, w_shape: Shape, geometry: Geometry, x_shape: Shape) -> Array:
    padded, shape = _zeros(columns, geometry, x_shape), _columns_shape(x_shape, w_shape, geometry)
    columns = columns.reshape(shape)
    for (oh, ow), (rows, cols) in _windows(shape, geometry):
        # (C, KH, KW, N) -> (N, C, KH, KW)
        padded[:, :, rows, cols] += columns[:, :, :, oh, ow].transpose(3, 0, 1, 2)
    return crop(padded, x_shape, geometry)


def _windows(shape: tuple[int, ...], geometry: Geometry) -> Iterator[tuple[Pair, Slices]]:
    """For each output position: itself, and the (rows, columns) of its window."""
    (_, kh, kw, oh, ow, _), (sh, sw), (dh, dw) = shape, geometry.stride, geometry.dilation
    for i in range(oh):
        for j in range(ow):
            top, left = i * sh, j * sw
            yield (i, j), (slice(top, top + kh * dh, dh), slice(left, left + kw * dw, dw))


def _indices_im2col(x: Array, w_shape: Shape, geometry: Geometry) -> Array:
    rows, cols = _indices(_columns_shape(x.shape, w_shape, geometry), geometry)
    # (N, C, H, W) -> (C, H, W, N) -> (C, KH, KW, OH, OW, N)
    columns = pad(x, geometry).transpose(1, 2, 3, 0)[:, rows, cols]
    return _matrix(columns, geometry)


def _indices_col2im(columns: Array, w_shape: Shape, geometry: Geometry, x_shape: Shape) -> Array:
    padded, shape = _zeros(columns, geometry, x_shape), _columns_shape(x_shape, w_shape, geometry)
    places: Any = slice(None), *_indices(shape, geometry)
    # `padded[places] += columns` would add once where windows overlap
    np.add.at(padded.transpose(1, 2, 3, 0), places, columns.reshape(shape))
    return crop(padded, x_shape, geometry)


def _indices(shape: tuple[int, ...], geometry: Geometry) -> tuple[Array, Array]:
    """Row (KH, 1, OH, 1) and column (1, KW, 1, OW) of the padded input, for each of the columns."""
    (_, kh, kw, oh, ow, _), (sh, sw), (dh, dw) = shape, geometry.stride, geometry.dilation
    rows = np.arange(kh)[:, None] * dh + np.arange(oh) * sh  # (KH, OH)
    cols = np.arange(kw)[:, None] * dw + np.arange(ow) * sw  # (KW, OW)
    return rows[:, None, :, None], cols[None, :, None, :]


def _strided_im2col(x: Array, w_shape: Shape, geometry: Geometry) -> Array:
    shape = _columns_shape(x.shape, w_shape, geometry)
    return _matrix(_view(pad(x, geometry), shape, geometry), geometry)


def _strided_col2im(columns: Array, w_shape: Shape, geometry: Geometry, x_shape: Shape) -> Array:
    padded, shape = _zeros(columns, geometry, x_shape), _columns_shape(x_shape, w_shape, geometry)
    view, columns = _view(padded, shape, geometry), columns.reshape(shape)
    for i, j in np.ndindex(shape[1:3]):
        view[:, i, j] += columns[:, i, j]
    return crop(padded, x_shape, geometry)


def _view(padded: Array, shape: tuple[int, ...], geometry: Geometry) -> Array:
    """The columns (C, KH, KW, OH, OW, N) in the memory of the padded input."""
    (_, kh, kw, oh, ow, _), (sh, sw), (dh, dw) = shape, geometry.stride, geometry.dilation
    extent = geometry.extent((kh, kw))
    # (N, C, H, W) -> (N, C, H - EH + 1, W - EW + 1, EH, EW) -> (N, C, OH, OW, KH, KW)
    windows = sliding_window_view(padded, extent, (2, 3), writeable=True)
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw][:, :, :oh, :ow]
    return windows.transpose(1, 4, 5, 2, 3, 0)


def _columns_shape(x_shape: Shape, w_shape: Shape, geometry: Geometry) -> tuple[int, ...]:
    (n, c, *size), kernel = x_shape, w_shape[2:]
    return c, *kernel, *geometry.output_size((size[0], size[1]), kernel), n


def _matrix(columns: Array, geometry: Geometry) -> Array:
    c, kh, kw, oh, ow, n = columns.shape
    # (C, KH, KW, OH, OW, N) -> (G, C/G*KH*KW, OH*OW*N)
    return columns.reshape(geometry.groups, c // geometry.groups * kh * kw, oh * ow * n)


def _zeros(columns: Array, geometry: Geometry, x_shape: Shape) -> Array:
    return pad(np.zeros(x_shape, columns.dtype), geometry)


positions = Im2col(_positions_im2col, _positions_col2im)
indices = Im2col(_indices_im2col, _indices_col2im)
strided = Im2col(_strided_im2col, _strided_col2im)
