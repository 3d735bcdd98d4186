"""Where the runs of convolution.py lie: which positions of a kernel an output row meets, and where.

What follows from shapes alone, computed once for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy

from ..conv_algorithms.geometry import Geometry

Ints = tuple[int, ...]


class Runs(NamedTuple):
    """Where the runs of each output row lie in a flat memory, those of the first group.

    A run starts at starts[row] + offsets[k]; k is met if met[row, 0] <= k < met[row, 1].
    """

    starts: Any
    offsets: Any
    met: Any
    edges: list[int]  # the rows before which another range of k is met


@lru_cache(256)
def windows(x_shape: Ints, w_shape: Ints, out: Ints, geometry: Geometry) -> tuple[int, Runs]:
    """How wide each remainder of a padded row is, and the runs that meet (c, KH, KW) there."""
    (n, channels, h, _), (_, c, kh, kw), (sh, s) = x_shape, w_shape, geometry.stride
    (dh, dw), top = geometry.dilation, geometry.padding[0][0]
    wide = (kw - 1) * dw // s + out[1]
    columns = [(j * dw % s) * wide + j * dw // s for j in range(kw)]
    bases = numpy.arange(-top, out[0] * sh - top, sh)
    shape = h, channels, s, wide, n
    return wide, _runs(shape, bases, [i * dh for i in range(kh)], c, columns)


@lru_cache(256)
def of_gradient(
    g_shape: Ints, w_shape: Ints, geometry: Geometry, size: Ints
) -> tuple[int, int, list[Any]]:
    """The padding before rows of g, their width with it, and the convolutions that give x (H, W).

    By remainders of the columns: (its number, the kernel's columns met, by remainders of the rows:
    (its number, the kernel's rows met, their runs in g)).
    """
    (n, f, oh, _), (_, _, kh, kw), (sh, sw) = g_shape, w_shape, geometry.stride
    (h, width), phases = size, []
    meet_h, meet_w = _meeting(geometry, 0, h, kh), _meeting(geometry, 1, width, kw)
    left, wide = _reach(meet_w, width, sw)
    for b, columns in enumerate(meet_w):
        there, of_rows = [left + start for start, _ in columns], []
        for a, rows in enumerate(meet_h):
            bases, shape = numpy.arange(len(range(a, h, sh))), (oh, f, 1, wide, n)
            runs = _runs(shape, bases, [r for r, _ in rows], f // geometry.groups, there)
            of_rows.append((a, ints(i for _, i in rows), runs))
        phases.append((b, ints(j for _, j in columns), of_rows))
    return left, wide, phases


def _runs(shape: Ints, bases: Any, rows: list[int], channels: int, columns: list[int]) -> Runs:
    """Of output rows that meet the `rows` (ascending) and `columns` after their base rows.

    The memory has this shape (H, C, s, W/s, N). A base row before the first starts before it.
    """
    h, c, s, w, n = shape
    row, channel, column = numpy.ix_(ints(rows), ints(range(channels)), ints(columns))
    offsets = (((row * c + channel) * s * w + column) * n).reshape(-1)
    ends = [numpy.searchsorted(row.reshape(-1), end - bases) for end in (0, h)]
    met = numpy.stack(ends, 1) * (channels * len(columns))
    edges = numpy.flatnonzero((met[1:] != met[:-1]).any(1)) + 1
    return Runs(bases * (c * s * w * n), offsets, met, edges.tolist())


def ints(values: Iterable[int]) -> Any:
    return numpy.array([*values], numpy.int64)


@lru_cache(64)
def all_of(count: int) -> Any:
    return ints(range(count))


def _meeting(geometry: Geometry, axis: int, size: int, kernel: int) -> list[list[tuple[int, int]]]:
    """For inputs a, a + s, ... of an axis with stride s: [(first output met, kernel position)].

    The t-th of them meets the output t after the first. In the order of these outputs.
    """
    s, d, before = geometry.stride[axis], geometry.dilation[axis], geometry.padding[axis][0]
    places = ((a, k, a + before - k * d) for a in range(s) for k in range(kernel))
    result: list[list[tuple[int, int]]] = [[] for _ in range(s)]
    for a, k, place in places:
        if place % s == 0:
            result[a].append((place // s, k))
    return [sorted(pairs) for pairs in result[: min(s, size)]]


def _reach(meet: list[list[tuple[int, int]]], size: int, s: int) -> tuple[int, int]:
    """The outputs that `_meeting` names: how many before the first, and how many with those."""
    ends = [(first, first + len(range(a, size, s))) for a, m in enumerate(meet) for first, _ in m]
    before = max([0, *(-first for first, _ in ends)])
    return before, before + max([1, *(end for _, end in ends)])
