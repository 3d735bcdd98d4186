"""Copies of four axes into another memory order, in square pieces that the first cache holds."""

from __future__ import annotations

from typing import Any

import numpy

from ..backend import aligned
from ..threads import COPY, in_parts
from .tiles import transpose


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


def copy_to(to: Any, x: Any) -> None:
    """to[...] = x for four axes, along the last of which `to` is contiguous."""
    if 0 in x.shape:
        return
    steps = [abs(s) if n > 1 else 1 << 62 for s, n in zip(x.strides, x.shape, strict=True)]
    axis = int(numpy.argmin(steps))
    short = min(x.shape[axis], x.shape[3]) * x.itemsize < 32
    if short or axis == 3 or (steps[axis], to.strides[3]) != (x.itemsize, x.itemsize):
        numpy.copyto(to, x)
        return
    last_outside = x.strides[3] > to.strides[axis]
    far = x if last_outside else to
    others = sorted((i for i in range(3) if i != axis), key=lambda i: -far.strides[i])
    order = [*others, axis, 3]
    transpose(to.transpose(order), x.transpose(order), last_outside)
