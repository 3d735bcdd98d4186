"""Rounding, and what it cuts off."""

from __future__ import annotations

from typing import Any

import numpy

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import not_implemented
from .creation import ones
from .keep import nothing
from .pointwise import pointwise


class Rounding(Op):
    """The base of functions that are constant between their steps; integers stay as they are."""

    def dx(self, g):
        return nothing(g)

    def samples(r):
        yield Sample(r.integers(-3, 3, (3, 4)) + r.uniform(0.1, 0.4, (3, 4)))
        yield Sample(r.integers(-3, 3, (2, 0)))
        yield Sample(numpy.array([0.5, 1.5, -2.5, numpy.inf, numpy.nan, -0.0]))

    def reference(self, torch, x):
        return getattr(torch, type(self).__name__.lower())(x)


class Floor(Rounding):
    """y = the largest whole number <= x;   dx = 0"""

    def forward(self, x):
        return self.xp.floor(x)


class Ceil(Rounding):
    """y = the smallest whole number >= x;   dx = 0"""

    def forward(self, x):
        return self.xp.ceil(x)


class Trunc(Rounding):
    """y = x without what stands behind the point;   dx = 0"""

    def forward(self, x):
        return self.xp.trunc(x)


class Round(Rounding):
    """y = the multiple of 10^-decimals next to x, an even one at halves;   dx = 0"""

    decimals: int = 0

    def forward(self, x):
        if x.dtype.kind != "f":
            return x.copy()
        scale = 10.0 ** abs(self.decimals)
        if self.decimals > 0:
            return self.xp.rint(x * scale) / scale
        return self.xp.rint(x / scale) * scale if self.decimals else self.xp.rint(x)

    def samples(r):
        yield from Rounding.samples(r)
        yield Sample(numpy.array([1.2345, -0.015, 2.5]), decimals=2)
        yield Sample(numpy.array([1234.5, -350.0, 2.5]), decimals=-2)
        yield ErrorSample(
            lambda: round(ones(2).long(), decimals=1), "\"round_cpu\" not implemented for 'Long'"
        )

    def reference(self, torch, x):
        return torch.round(x, decimals=self.decimals) if self.decimals else torch.round(x)


def _numbers(x: Tensor, name: str) -> Tensor:
    if x.dtype == numpy.bool_:
        raise not_implemented(f"{name}_vml_cpu", x)
    return x


floor = pointwise(Floor, "The largest whole number <= x.", ufunc=numpy.floor, taken=_numbers)
ceil = pointwise(Ceil, "The smallest whole number >= x.", ufunc=numpy.ceil, taken=_numbers)
trunc = fix = pointwise(
    Trunc, "x without its digits behind the point.", "fix", ufunc=numpy.trunc, taken=_numbers
)


@tensor_method(in_place=("round_",), ufunc=numpy.rint)
def round(input: Any, *, decimals: int = 0) -> Tensor:
    """Every element to the nearest whole number, or to `decimals` digits; halves to even.

    Raises NotImplementedError for `decimals` of integers. Source: PyTorch, torch.round.

    >>> import tinygrad_np as tnp
    >>> tnp.round(tnp.tensor([0.5, 1.5, -1.2345])), tnp.round(tnp.tensor([1.2345]), decimals=2)
    (tensor([ 0.,  2., -1.]), tensor([1.2300]))
    """
    (x,) = promoted(input)
    if numpy.dtype(x.dtype).kind != "f" and (decimals or x.dtype == numpy.bool_):
        raise not_implemented("round_cpu", x)
    return Round(decimals)(x)


@tensor_method(in_place=("frac_",))
def frac(input: Tensor) -> Tensor:
    """What stands behind the point: x - trunc(x), with the sign of x.

    Raises NotImplementedError for integers. Source: PyTorch, torch.frac.

    >>> import tinygrad_np as tnp
    >>> tnp.frac(tnp.tensor([1.5, -1.25]))
    tensor([ 0.5000, -0.2500])
    """
    if input.array.dtype.kind != "f":
        raise not_implemented("frac_cpu", input)
    return input - trunc(input)
