"""The rectifier, one pass forward and one backward, and the choice that backward rules make."""

from __future__ import annotations

from typing import Any

import numpy

from ..threads import in_parts
from . import alike, flat, kernel
from .copies import laid_as

COST = 100  # flops that take as long as a number here


def relu(op: Any, x: Any) -> Any:
    """`ReLU.forward`."""
    return _mapped(_relu, x, x)


def relu_dx(op: Any, g: Any, out: Any) -> Any:
    """`ReLU.dx`."""
    return _mapped(_relu_dx, laid_as(out, g), out)


def keep(op: Any, x: Any, mask: Any) -> Any:
    """`Keep.forward`."""
    if not alike(x) or getattr(mask, "shape", None) != x.shape:
        return NotImplemented
    if mask.strides != tuple(stride // x.itemsize for stride in x.strides):
        return NotImplemented
    return _written(_keep, x, mask)


def _mapped(loop: Any, a: Any, b: Any) -> Any:
    return _written(loop, a, b) if alike(a, b) else NotImplemented


def _written(loop: Any, a: Any, b: Any) -> Any:
    """A loop over two arrays in one memory order, which makes one like the first."""
    y = numpy.empty_like(a)
    one, two, made = flat(a), flat(b), flat(y)
    in_parts(lambda part: loop(one[part], two[part], made[part]), a.size, COST * a.size)
    return y


@kernel
def _relu(x, _, y):
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= 0 else x[i]  # so nan stays


@kernel
def _relu_dx(g, out, dx):
    zero = g.dtype.type(0)
    for i in range(g.size):
        dx[i] = zero if out[i] <= 0 else g[i]


@kernel
def _keep(x, mask, y):
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] if mask[i] else zero
