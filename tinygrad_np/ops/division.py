"""Quotients and remainders: true, rounded down as in Python, rounded towards zero as in C."""

from __future__ import annotations

from typing import Any

import numpy

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import in_floats, not_implemented
from .creation import ones
from .keep import nothing
from .rounding import Trunc


class Div(Op):
    """y = a / b;   da = g / b,   db = -g * y / b"""

    def forward(self, a, b):
        return a / b

    def da(self, g, b):
        return g / b

    def db(self, g, b, out):
        return -g * out / b

    def samples(r):
        yield from r.broadcasting(r.positive)
        yield Sample(r.normal(2), -r.positive(2))
        yield ErrorSample(lambda: div(ones(2), 2, rounding_mode="up"), "but found 'up'")

    def reference(self, torch, a, b):
        return torch.div(a, b)


class Stepwise(Op):
    """The base of what Python's and C's integer division give; no integer is divided by 0."""

    def checked(self, a, b):
        """Raise where there is no result."""
        if a.dtype == numpy.bool_:
            raise not_implemented(f"{type(self).__name__.lower()}_cpu", a)
        if a.dtype.kind in "iu" and not b.all():
            raise RuntimeError("ZeroDivisionError")

    def samples(r):
        yield Sample(r.normal(3, 4) * 5, r.positive(4))
        yield Sample(r.uniform(0.1, 0.9, (2, 3)) - 2, numpy.array(-1.0))
        yield Sample(r.integers(-9, 9, (3, 4)), r.integers(1, 5, (3, 1)))


class FloorDivide(Stepwise):
    """y = floor(a / b);   da = 0,   db = 0   (y is constant between its steps)"""

    def forward(self, a, b):
        self.checked(a, b)
        y = self.xp.floor_divide(a, b)
        return self.xp.where(b == 0, a / b, y) if a.dtype.kind == "f" else y

    def da(self, g):
        return nothing(g)

    def db(self, g):
        return nothing(g)

    def samples(r):
        yield from Stepwise.samples(r)
        yield ErrorSample(lambda: floor_divide(ones(2).long(), 0), "ZeroDivisionError")

    def reference(self, torch, a, b):
        return torch.div(a, b, rounding_mode="floor")


class TruncDivide(Stepwise):
    """y = trunc(a / b);   da = 0,   db = 0   (y is constant between its steps)"""

    def forward(self, a, b):
        self.checked(a, b)
        if a.dtype.kind == "f":
            return self.xp.trunc(a / b)
        return self.xp.floor_divide(a - self.xp.fmod(a, b), b)

    def da(self, g):
        return nothing(g)

    def db(self, g):
        return nothing(g)

    def samples(r):
        yield from Stepwise.samples(r)
        yield ErrorSample(
            lambda: div(ones(2).long(), 0, rounding_mode="trunc"), "ZeroDivisionError"
        )

    def reference(self, torch, a, b):
        return torch.div(a, b, rounding_mode="trunc")


class Remainder(Stepwise):
    """y = a - floor(a / b) * b;   da = g,   db = -g * floor(a / b)"""

    def forward(self, a, b):
        self.checked(a, b)
        return self.xp.remainder(a, b)

    def da(self, g):
        return g

    def db(self, g, a, b):
        return -g * FloorDivide()(a, b)

    def samples(r):
        yield from Stepwise.samples(r)
        yield ErrorSample(lambda: remainder(ones(2).long(), 0), "ZeroDivisionError")

    def reference(self, torch, a, b):
        return torch.remainder(a, b)


class Fmod(Stepwise):
    """y = a - trunc(a / b) * b;   da = g,   db = -g * trunc(a / b)"""

    def forward(self, a, b):
        self.checked(a, b)
        return self.xp.fmod(a, b)

    def da(self, g):
        return g

    def db(self, g, a, b):
        return -g * Trunc()(a / b)

    def samples(r):
        yield from Stepwise.samples(r)
        yield ErrorSample(lambda: fmod(ones(2).long(), 0), "ZeroDivisionError")

    def reference(self, torch, a, b):
        return torch.fmod(a, b)


@tensor_method(
    "divide",
    "true_divide",
    "__truediv__",
    reflected="__rtruediv__",
    in_place=("div_", "divide_", "__itruediv__"),
    ufunc=numpy.true_divide,
)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """input / other: true division, also of integers; or rounded to "floor" or "trunc".

    Raises RuntimeError for another rounding_mode. Source: PyTorch, torch.div.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1, 2]) / 2
    tensor([0.5000, 1.0000])
    """
    if rounding_mode is None:
        return Div()(*in_floats(input, other))
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' "
            f"but found '{rounding_mode}'"
        )
    return (FloorDivide if rounding_mode == "floor" else TruncDivide)()(*promoted(input, other))


divide = true_divide = div


@tensor_method(
    "__floordiv__",
    reflected="__rfloordiv__",
    in_place=("floor_divide_", "__ifloordiv__"),
    ufunc=numpy.floor_divide,
)
def floor_divide(input: Any, other: Any) -> Tensor:
    """input // other, rounded down as in Python.

    Its gradient is 0, where PyTorch's backward fails. Source: PyTorch, torch.floor_divide.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([-3, 3]) // 2
    tensor([-2,  1])
    """
    return FloorDivide()(*promoted(input, other))


@tensor_method(
    "__mod__", reflected="__rmod__", in_place=("remainder_", "__imod__"), ufunc=numpy.remainder
)
def remainder(input: Any, other: Any) -> Tensor:
    """input % other, with the sign of `other` as in Python.

    Source: PyTorch, torch.remainder.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([-3.0, 3.5]) % 2
    tensor([1.0000, 1.5000])
    """
    return Remainder()(*promoted(input, other))


@tensor_method(in_place=("fmod_",), ufunc=numpy.fmod)
def fmod(input: Any, other: Any) -> Tensor:
    """The remainder with the sign of `input`, as in C.

    Source: PyTorch, torch.fmod.

    >>> import tinygrad_np as tnp
    >>> tnp.fmod(tnp.tensor([-3.0, 3.5]), 2)
    tensor([-1.0000,  1.5000])
    """
    return Fmod()(*promoted(input, other))
