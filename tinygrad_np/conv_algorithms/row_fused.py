"""The default convolution: spread x along W only; overlapping windows of memory do the rest.

x lies as H, C, W, N in memory (layout.py). `_spread` puts the KW columns that an output meets side
by side, so that every row of x becomes a matrix (KW*c, OW*N). The KH rows under one output row are
neighbours in memory: the im2col matrix (KH*KW*c, OW*N) of that output row is a window of them.

    spread   | row 0 | row 1 | row 2 | row 3 | row 4 |
             |------- window 0 ------|                   y[0] = w (f, KH*KW*c) @ window 0
                     |------- window 1 ------|           y[1] = w              @ window 1

The windows overlap, and np.matmul takes them as they are, one BLAS call each. So KW copies of x are
written instead of KH*KW: 0.03 ms instead of 0.14 for LeNet's first layer, and 3.5 ms instead of 5.1
for a whole training step.

    weight_grad   gw = sum over output rows r of window r @ g[r]^T
    input_grad    the same trick on g: the gradient of a spread row is w^T @ a window of g's rows

With a vertical dilation D the output rows a, a + D, a + 2D, ... meet only every D-th row of x: they
are an undilated convolution of their own, one of D phases.

Large convolutions are computed by several threads, each of them rows: of the spread, of the output,
of the gradient of the input; of the weights' each sums its output rows.

The three functions have compiled twins (fast/convolution.py), which need no spread and no BLAS: of
images (N, C, H, W) that lie in PyTorch's order, forward and backward on one core,

    depthwise 32, 3x3, 32x32, batch 32      21 ms -> 7     no call of BLAS for each tiny product
    4 groups of 16, 3x3, 16x16, batch 32    17 ms -> 8
    32-32, 3x3, dilation 2, 28x28, b. 32    32 ms -> 19    one copy of x, not KW
    64-64, 3x3, 16x16, batch 64             58 ms -> 42    100 to 125 GF/s, not 60 to 70
    LeNet's step, batch 64                  9.8 ms -> 6.2  with the pools and sums of other twins

In the shapes: G groups of c = C/G and f = F/G channels. Times are LeNet's, batch 64, one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..blas import one_thread
from ..compilable import compilable
from ..layout import Array, Shape, logical, memory
from ..threads import COPY, in_parts
from .geometry import Geometry, conv_output_shape, inside


@compilable("convolution.forward", at=0)
def forward(x: Array, w: Array, geometry: Geometry) -> tuple[Array, Any]:
    """y (N, F, OH, OW) of x (N, C, H, W) and w (F, c, KH, KW); the spread rows are the hint."""
    n, f, oh, ow = conv_output_shape(x.shape, w.shape, geometry)
    taps = _taps(w, geometry.groups)
    groups, kh, k, per_group = taps.shape
    # (G, KH, KW*c, f) -> (G, 1, KH*KW*c, f) -> (G, 1, f, KH*KW*c)
    matrix = taps.reshape(groups, 1, kh * k, per_group).swapaxes(2, 3)
    y = np.empty((oh, f, ow, n), np.result_type(x, w))
    spread = _spread(x, w.shape, geometry)
    for phase, rows in zip(_phases(x.shape, w.shape, geometry), spread, strict=True):
        windows, out = _windows(rows, kh, geometry.stride[0]), _rows(y, groups)[:, phase.outputs]
        flops = (2 * kh * k + COPY) * out.size
        _by_rows(lambda a, b: np.matmul(matrix, a, out=b), flops, windows, out)
    return logical(y), spread


@compilable("convolution.weight_grad", at=0)
def weight_grad(x: Array, g: Array, geometry: Geometry, w_shape: Shape, hint: Any = None) -> Array:
    """gw (F, c, KH, KW): one product for each output row, and their sum."""
    (f, c, kh, kw), groups = w_shape, geometry.groups
    # (G, OH, f, OW*N) -> (G, OH, OW*N, f): the larger matrix first, 0.41 ms instead of 0.89
    g_rows = _rows(memory(g), groups).swapaxes(2, 3)
    gw = np.zeros((groups, kh * kw * c, f // groups), np.result_type(x, g))
    spread = hint if isinstance(hint, list) else _spread(x, w_shape, geometry)
    for phase, rows in zip(_phases(x.shape, w_shape, geometry), spread, strict=True):
        windows, gs = _windows(rows, kh, geometry.stride[0]), g_rows[:, phase.outputs]
        flops = (2 * kh * kw * c + COPY) * gs.size
        gw += sum(_by_rows(lambda a, b: np.sum(a @ b, axis=1), flops, windows, gs))
    # (G, KH*KW*c, f) -> (G, KH, KW, c, f) -> (G, f, c, KH, KW) -> (F, c, KH, KW)
    taps = gw.reshape(groups, kh, kw, c, f // groups)
    return taps.transpose(0, 4, 3, 1, 2).reshape(w_shape)


@compilable("convolution.input_grad", at=0)
def input_grad(g: Array, w: Array, geometry: Geometry, x_shape: Shape) -> Array:
    """gx (N, C, H, W): the gradients of the spread rows, then KW shifted additions."""
    (n, c, h, width), (_, _, _, kw), groups = x_shape, w.shape, geometry.groups
    taps, g_rows = _taps(w, groups), _rows(memory(g), groups)
    gx = np.zeros((h, c, width, n), np.result_type(g, w))
    for phase in _phases(x_shape, w.shape, geometry):
        gs = np.ascontiguousarray(g_rows[:, phase.outputs])  # a copy for groups and phases only
        out = _rows(gx, groups)[:, phase.inputs]
        numbers = np.arange(phase.spread.start, phase.spread.stop)[None]  # of the spread rows
        flops = 2 * w[0].size * gs.size + COPY * kw * out.size
        if _is_own_spread(w.shape, geometry):
            _by_rows(partial(_spread_grad, gs, taps, geometry.stride[0]), flops, numbers, out)
        else:
            # (G, H', c, W*N) -> (G, H', c, W, N)
            images = out.reshape(*out.shape[:3], width, n)
            _by_rows(partial(_rows_grad, gs, taps, kw, geometry), flops, numbers, images)
    return logical(gx)


def _rows_grad(
    g: Array, taps: Array, kw: int, geometry: Geometry, numbers: Array, images: Array
) -> None:
    """Add to images (G, H', c, W, N) the gradients of the spread rows of these numbers."""
    groups, h, c, width, n = images.shape
    spread = np.empty((groups, h, kw * c, g.shape[3]), images.dtype)
    _spread_grad(g, taps, geometry.stride[0], numbers, spread)
    _, ow = geometry.output_size((1, width), (1, kw))
    # (G, H', KW*c, OW*N) -> (G, H', KW, c, OW, N)
    spread = spread.reshape(groups, h, kw, c, ow, n)
    for j, (there, column) in enumerate(geometry.taps(1, (1, width), (1, kw))):
        images[..., column, :] += spread[:, :, j, :, there]


def _by_rows(work: Callable[..., Any], flops: float, *arrays: Array) -> list[Any]:
    """`work` on arrays (G, H, ...): on all rows, or where it pays on parts of H by threads."""
    count = arrays[0].shape[1]
    with one_thread():
        return in_parts(lambda part: work(*(a[:, part] for a in arrays)), count, flops)


class _Phase(NamedTuple):
    """A phase's output rows; which of its spread rows lie in x, and where; how many they are."""

    outputs: slice
    spread: slice
    inputs: slice
    height: int


def _phases(x_shape: Shape, w_shape: Shape, geometry: Geometry) -> Iterator[_Phase]:
    (_, _, h, width), (_, _, kh, kw) = x_shape, w_shape
    oh, _ = geometry.output_size((h, width), (kh, kw))
    stride, top = geometry.stride[0], geometry.padding[0][0]
    step = geometry.dilation[0] if kh > 1 else 1
    for a in range(min(step, oh)):
        height = (oh - 1 - a) // step * stride + kh
        yield _Phase(slice(a, None, step), *inside(a * stride - top, step, h, height), height)


def _is_own_spread(w_shape: Shape, geometry: Geometry) -> bool:
    """Whether x is its own spread, as in a 1x1 convolution: then nothing is copied."""
    _, _, kh, kw = w_shape
    flat = kw == geometry.stride[1] == 1 and geometry.padding == ((0, 0), (0, 0))
    return flat and (kh == 1 or geometry.groups == geometry.dilation[0] == 1)


def _spread(x: Array, w_shape: Shape, geometry: Geometry) -> list[Array]:
    """For each phase the spread rows (G, H', KW*c, OW*N), the H' rows with the padding."""
    (n, _, h, width), (_, c, kh, kw), groups = x.shape, w_shape, geometry.groups
    x_rows = _rows(memory(x), groups)
    if _is_own_spread(w_shape, geometry):
        return [x_rows]
    _, ow = geometry.output_size((h, width), (kh, kw))
    # (G, H, c, W*N) -> (G, H, c, W, N)
    x_rows = x_rows.reshape(groups, h, c, width, n)
    columns, result = geometry.taps(1, (h, width), (kh, kw)), []

    def copy(rows: Array, inputs: Array) -> None:
        for j, (out, column) in enumerate(columns):
            part = rows[:, :, j]
            part[..., : out.start, :] = 0
            part[..., out.stop :, :] = 0
            part[..., out, :] = inputs[..., column, :]

    for phase in _phases(x.shape, w_shape, geometry):
        spread = np.empty((groups, phase.height, kw, c, ow, n), x.dtype)
        # Padding is written as zeros here: x is never copied into a padded array.
        spread[:, : phase.spread.start] = 0
        spread[:, phase.spread.stop :] = 0
        inner = spread[:, phase.spread]
        _by_rows(copy, COPY * inner.size, inner, x_rows[:, phase.inputs])
        # (G, H', KW, c, OW, N) -> (G, H', KW*c, OW*N)
        result.append(spread.reshape(groups, phase.height, kw * c, ow * n))
    return result


def _spread_grad(g: Array, taps: Array, stride: int, numbers: Array, out: Array) -> None:
    """Write the gradients of the spread rows of these numbers (1, H') to out (G, H', KW*c, OW*N).

    Row h = t * stride + s of the spread met output row t - i with row s + i * stride of the kernel.
    So rows of one s get one product each: these rows of the kernel, in reverse, with a window of
    the rows of g (G, OH, f, OW*N). The first KH and last KH windows reach beyond g: there a column
    slice of the kernel does, and no rows of zeros are put around g.
    """
    groups, count, f, m = g.shape
    start = int(numbers[0, 0]) if numbers.size else 0
    for s in range(stride):
        reverse = taps[:, s::stride][:, ::-1]
        k = reverse.shape[1]
        # (G, k, KW*c, f) -> (G, KW*c, k, f) -> (G, KW*c, k*f)
        matrix = reverse.swapaxes(1, 2).reshape(groups, taps.shape[2], k * f)
        skip = (s - start) % stride
        rows = out[:, skip::stride]
        first = (start + skip) // stride - k + 1  # of the rows of g in the first window
        whole, windows = inside(first, 1, count - k + 1, rows.shape[1])
        np.matmul(matrix[:, None], _windows(g, k, 1)[:, windows], out=rows[:, whole])
        for r in (*range(whole.start), *range(whole.stop, rows.shape[1])):
            part, there = inside(first + r, 1, count, k)
            # (G, part, f, OW*N) -> (G, part*f, OW*N)
            window = g[:, there].reshape(groups, (there.stop - there.start) * f, m)
            np.matmul(matrix[:, :, part.start * f : part.stop * f], window, out=rows[:, r])


def _windows(rows: Array, k: int, stride: int) -> Array:
    """Every `stride`-th window of k rows, copying nothing: (G, H, K, M) -> (G, OH, k*K, M)."""
    groups, count, height, m = rows.shape
    shape = (groups, max(0, (count - k) // stride + 1), k * height, m)
    group, row, *matrix = rows.strides
    return as_strided(rows, shape, (group, stride * row, *matrix), writeable=False)


def _rows(m: Array, groups: int) -> Array:
    h, c, w, n = m.shape
    # (H, C, W, N) -> (H, G, c, W*N) -> (G, H, c, W*N)
    return m.reshape(h, groups, c // groups, w * n).swapaxes(0, 1)


def _taps(w: Array, groups: int) -> Array:
    f, c, kh, kw = w.shape
    # (F, c, KH, KW) -> (G, f, c, KH, KW) -> (G, KH, KW, c, f) -> (G, KH, KW*c, f)
    taps = w.reshape(groups, f // groups, c, kh, kw).transpose(0, 3, 4, 2, 1)
    return taps.reshape(groups, kh, kw * c, f // groups)
