"""+ - * / // % and their kin, with broadcasting: gradients of what was broadcast are summed."""

from __future__ import annotations

from typing import Any

import numpy

from ..backend import quiet
from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import Cast, floating
from .creation import ones
from .elementwise import abs, sign


class Add(Op):
    """y = a + b;   da = g,   db = g"""

    @quiet
    def forward(self, a, b):
        return a + b

    def da(self, g):
        return g

    def db(self, g):
        return g

    def samples(r):
        yield from r.broadcasting()
        yield ErrorSample(lambda: add(ones(3), ones(4)), r"The size of tensor a \(3\) must match")
        yield ErrorSample(lambda: add(ones(3), "4"), "expected a Tensor.*got str", TypeError)
        yield ErrorSample(lambda: ones(3) + "4", r"unsupported operand type\(s\) for \+", TypeError)

    def reference(self, torch, a, b):
        return torch.add(a, b)


class Sub(Op):
    """y = a - b;   da = g,   db = -g"""

    @quiet
    def forward(self, a, b):
        if a.dtype == b.dtype == bool:
            raise TypeError(
                "Subtraction, the `-` operator, with two bool tensors is not supported. "
                "Use the `^` or `logical_xor()` operator instead."
            )
        return a - b

    def da(self, g):
        return g

    def db(self, g):
        return -g

    def samples(r):
        yield from r.broadcasting()
        yield ErrorSample(lambda: sub(ones(3) > 0, ones(3) > 0), "two bool tensors is not")

    def reference(self, torch, a, b):
        return torch.sub(a, b)


class Mul(Op):
    """y = a * b;   da = g * b,   db = g * a"""

    @quiet
    def forward(self, a, b):
        return a * b

    def da(self, g, b):
        return g * b

    def db(self, g, a):
        return g * a

    def samples(r):
        yield from r.broadcasting()
        yield ErrorSample(lambda: mul(ones(3), ones(4)), r"tensor a \(3\) must match")

    def reference(self, torch, a, b):
        return torch.mul(a, b)


class Div(Op):
    """y = a / b;   da = g / b,   db = -g * y / b"""

    @quiet
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


class FloorDivide(Op):
    """y = floor(a / b);   da = 0,   db = 0   (y is constant between its steps)"""

    @quiet
    def forward(self, a, b):
        if a.dtype.kind in "iu" and not b.all():
            raise ValueError("ZeroDivisionError: integer division by zero")
        return self.xp.floor_divide(a, b)

    def da(self, g):
        return g * 0.0

    def db(self, g):
        return g * 0.0

    def samples(r):
        yield Sample(r.normal(3, 4) * 5, r.positive(4))
        yield Sample(r.integers(-9, 9, (3, 4)), r.integers(1, 5, (3, 1)))
        yield ErrorSample(lambda: floor_divide(ones(2).long(), 0), "ZeroDivisionError")

    def reference(self, torch, a, b):
        return torch.div(a, b, rounding_mode="floor")


class Remainder(Op):
    """y = a - floor(a / b) * b;   da = g,   db = -g * floor(a / b)"""

    @quiet
    def forward(self, a, b):
        if a.dtype.kind in "iu" and not b.all():
            raise ValueError("ZeroDivisionError: integer modulo by zero")
        return self.xp.remainder(a, b)

    def da(self, g):
        return g

    def db(self, g, a, b):
        return -g * FloorDivide()(a, b)

    def samples(r):
        yield Sample(r.uniform(0.1, 0.9, (3, 4)) + r.integers(-3, 3, (3, 4)), numpy.ones(4))
        yield Sample(r.uniform(0.1, 0.9, (2, 3)) - 2, numpy.array(-1.0))
        yield Sample(r.integers(-9, 9, (3, 4)), r.integers(1, 5, (3, 1)))
        yield ErrorSample(lambda: remainder(ones(2).long(), 0), "ZeroDivisionError")

    def reference(self, torch, a, b):
        return torch.remainder(a, b)


class Neg(Op):
    """y = -x;   dx = -g"""

    def forward(self, x):
        if x.dtype == bool:
            raise TypeError(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying "
                "to invert a mask, use the `~` or `logical_not()` operator instead."
            )
        return -x

    def dx(self, g):
        return -g

    def samples(r):
        yield Sample(r.normal(3, 4))
        yield ErrorSample(lambda: neg(ones(2) > 0), "Negation, the `-` operator, on a bool tensor")

    def reference(self, torch, x):
        return torch.neg(x)


@tensor_method("__add__", reflected="__radd__", in_place=("add_", "__iadd__"), ufunc=numpy.add)
def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input + alpha * other, with broadcasting and type promotion.

    Source: PyTorch, torch.add.

    >>> import tinygrad_np as tnp
    >>> tnp.add(tnp.tensor([1, 2]), 10, alpha=0.5)
    tensor([6., 7.])
    """
    return Add()(*promoted(input, other if alpha == 1 else mul(other, alpha)))


@tensor_method(
    "subtract", "__sub__", reflected="__rsub__", in_place=("sub_", "__isub__"), ufunc=numpy.subtract
)
def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input - alpha * other, with broadcasting and type promotion.

    Source: PyTorch, torch.sub.

    >>> import tinygrad_np as tnp
    >>> 5 - tnp.tensor([1, 2])
    tensor([4, 3])
    """
    return Sub()(*promoted(input, other if alpha == 1 else mul(other, alpha)))


@tensor_method(
    "multiply", "__mul__", reflected="__rmul__", in_place=("mul_", "__imul__"), ufunc=numpy.multiply
)
def mul(input: Any, other: Any) -> Tensor:
    """input * other, element by element, with broadcasting and type promotion.

    Source: PyTorch, torch.mul.

    >>> import tinygrad_np as tnp
    >>> tnp.mul(tnp.tensor([[1], [2]]), tnp.tensor([1, 10]))
    tensor([[ 1, 10],
            [ 2, 20]])
    """
    return Mul()(*promoted(input, other))


@tensor_method(
    "divide",
    "__truediv__",
    reflected="__rtruediv__",
    in_place=("div_", "__itruediv__"),
    ufunc=numpy.true_divide,
)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """input / other: true division, also of integers; or rounded to "floor" or "trunc".

    Raises RuntimeError for another rounding_mode. Source: PyTorch, torch.div.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1, 2]) / 2
    tensor([0.5000, 1.0000])
    """
    if rounding_mode == "floor":
        return floor_divide(input, other)
    a, b = promoted(input, other)
    if rounding_mode == "trunc":
        quotient = Div()(floating(a), floating(b))
        return Cast(a.dtype)(sign(quotient) * FloorDivide()(abs(a), abs(b)))
    if rounding_mode is not None:
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' "
            f"but found '{rounding_mode}'"
        )
    return Div()(floating(a), floating(b))


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


@tensor_method("negative", "__neg__", in_place=("neg_",), ufunc=numpy.negative)
def neg(input: Any) -> Tensor:
    """-input, element by element.

    Source: PyTorch, torch.neg.

    >>> import tinygrad_np as tnp
    >>> -tnp.tensor([1, -2])
    tensor([-1,  2])
    """
    return Neg()(*promoted(input))
