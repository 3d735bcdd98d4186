"""Copies of four axes into another memory order, in square pieces that the first cache holds."""

from __future__ import annotations

from typing import Any

import numpy

from ..allocation import aligned
from ..threads import COPY, in_parts
from . import is_dense, kernel, memory_order
from .tiles import LARGE, SQUARE, turn


def copied(x: Any) -> Any:
    """`layout._copied`."""
    if x.dtype.itemsize not in (4, 8) or x.dtype.kind != "f":
        return NotImplemented
    copy = aligned(x.shape, x.dtype)
    axis = int(numpy.argmax(x.shape[:2]))

    def part(here: slice) -> None:
        there = (slice(None),) * axis + (here,)
        copy_to(copy[there], x[there])

    in_parts(part, x.shape[axis], COPY * x.size)
    return copy


def laid_as(x: Any, g: Any) -> Any:
    """g in the memory order of x; g itself where it has that, or x another shape or gaps."""
    if g.strides == x.strides or g.shape != x.shape or not is_dense(x):
        return g
    y = numpy.empty_like(x, g.dtype)
    order = memory_order(x)
    to, there = y.transpose(order), g.transpose(order)
    if y.ndim == 4 and y.itemsize in (4, 8):
        copy_to(to, there)
    else:
        to[...] = there
    return y


def copy_to(to: Any, x: Any) -> None:
    """to[...] = x for four axes, along the last of which `to` is contiguous."""
    if 0 in x.shape:
        return
    pairs = zip(x.strides, x.shape, strict=True)
    steps = [s if n > 1 and s > 0 else 1 << 62 for s, n in pairs]
    axis = int(numpy.argmin(steps))
    short = min(x.shape[axis], x.shape[3]) * x.itemsize < 32
    if short or axis == 3 or (steps[axis], to.strides[3]) != (x.itemsize, x.itemsize):
        numpy.copyto(to, x)
        return
    last_outside = x.strides[3] > to.strides[axis]
    far = x if last_outside else to
    others = sorted((i for i in range(3) if i != axis), key=lambda i: -far.strides[i])
    order = [*others, axis, 3]
    large = min(x.shape[axis], x.shape[3]) * x.itemsize >= LARGE
    _transpose(to.transpose(order), x.transpose(order), last_outside, large)


@kernel
def _transpose(to, x, last_outside, large):
    """to[...] = x for four axes, `to` contiguous along the last and x along the one before.

    Neither is shorter than a square, nor than a large one if `large`: whole lines of the cache take
    half the time of half ones. `last_outside` says which of the two the outer loop is over: the one
    of longer steps, so that few pages of memory are in use at a time.
    """
    p, q, r, s = x.shape
    size = x.itemsize
    lanes = (LARGE if large else SQUARE) // size
    ahead = 64 // size  # what is outside goes on in whole lines of the cache
    t0, t1, t2, _ = to.strides
    x0, x1, _, x3 = x.strides
    outside, inside = (s, r) if last_outside else (r, s)
    for a in range(p):
        for out in range(0, outside, ahead):
            for b in range(q):
                for inner in range(0, inside, lanes):
                    for o in range(out, min(out + ahead, outside), lanes):
                        j, i = (inner, o) if last_outside else (o, inner)
                        j, i = min(j, r - lanes), min(i, s - lanes)  # the last may repeat some
                        to_at = (a * t0 + b * t1 + j * t2) // size + i
                        x_at = (a * x0 + b * x1 + i * x3) // size + j
                        if large:
                            turn(to, to_at, t2 // size, x, x_at, x3 // size, LARGE)
                        else:
                            turn(to, to_at, t2 // size, x, x_at, x3 // size, SQUARE)
