"""+ - * and their kin, with broadcasting: gradients of what was broadcast are summed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .creation import ones

_NO_MASK = (
    "{} a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
    "`logical_not()` operator instead."
)


class Add(Op):
    """y = a + b;   da = g,   db = g"""

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

    def forward(self, a, b):
        if a.dtype == b.dtype == bool:
            raise RuntimeError(
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
        yield ErrorSample(lambda: sub(ones(3), True), "`-` operator, with a bool tensor is not")
        yield ErrorSample(
            lambda: sub(ones(3).long(), 1, alpha=0.5), "alpha must not be a floating point number"
        )

    def reference(self, torch, a, b):
        return torch.sub(a, b)


class Mul(Op):
    """y = a * b;   da = g * b,   db = g * a"""

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


class Neg(Op):
    """y = -x;   dx = -g"""

    def forward(self, x):
        if x.dtype == bool:
            raise RuntimeError(_NO_MASK.format("Negation, the `-` operator, on"))
        return -x

    def dx(self, g):
        return -g

    def samples(r):
        yield Sample(r.normal(3, 4))
        yield ErrorSample(lambda: neg(ones(2) > 0), "Negation, the `-` operator, on a bool tensor")

    def reference(self, torch, x):
        return torch.neg(x)


def _scaled(input: Any, other: Any, alpha: float) -> Sequence[Any]:
    """The operands in their common dtype, the second times alpha."""
    a, b = pair = promoted(input, other)
    if alpha == 1:
        return pair
    if isinstance(alpha, float) and getattr(a, "array", a).dtype.kind != "f":
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    return promoted(a, mul(b, alpha))


def _is_bool(x: Any) -> bool:
    return x.array.dtype.kind == "b" if isinstance(x, Tensor) else isinstance(x, bool | numpy.bool_)


@tensor_method("__add__", reflected="__radd__", in_place=("add_", "__iadd__"), ufunc=numpy.add)
def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input + alpha * other, with broadcasting and type promotion.

    Source: PyTorch, torch.add.

    >>> import tinygrad_np as tnp
    >>> tnp.add(tnp.tensor([1, 2]), 10, alpha=2)
    tensor([21, 22])
    """
    return Add()(*_scaled(input, other, alpha))


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
    if _is_bool(input) != _is_bool(other):
        raise RuntimeError(_NO_MASK.format("Subtraction, the `-` operator, with"))
    return Sub()(*_scaled(input, other, alpha))


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


@tensor_method("negative", "__neg__", in_place=("neg_",), ufunc=numpy.negative)
def neg(input: Any) -> Tensor:
    """-input, element by element.

    Source: PyTorch, torch.neg.

    >>> import tinygrad_np as tnp
    >>> -tnp.tensor([1, -2])
    tensor([-1,  2])
    """
    return Neg()(*promoted(input))
