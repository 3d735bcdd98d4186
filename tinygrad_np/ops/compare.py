"""Comparisons and logic. Results are boolean, except that & | ^ ~ work by bits on integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from .. import dtypes
from ..backend import quiet
from ..methods import of_tensors, promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .cast import not_implemented
from .creation import must_be_tensor

_UFUNCS = {
    "eq": (numpy.equal, "=="),
    "ne": (numpy.not_equal, "!="),
    "lt": (numpy.less, "<"),
    "le": (numpy.less_equal, "<="),
    "gt": (numpy.greater, ">"),
    "ge": (numpy.greater_equal, ">="),
    "bitwise_and": (numpy.bitwise_and, "&"),
    "bitwise_or": (numpy.bitwise_or, "|"),
    "bitwise_xor": (numpy.bitwise_xor, "^"),
    "bitwise_left_shift": (numpy.left_shift, "<<"),
    "bitwise_right_shift": (numpy.right_shift, ">>"),
    "logical_and": (numpy.logical_and, "and"),
    "logical_or": (numpy.logical_or, "or"),
    "logical_xor": (numpy.logical_xor, "!="),
}
_KERNELS = {"bitwise_left_shift": "lshift_cpu", "bitwise_right_shift": "rshift_cpu"}


class Compare(Op):
    """y = [a == b], or another comparison or logical function;   no gradient"""

    function: str
    differentiable = False

    def forward(self, a, b):
        if self.function.startswith("bitwise") and a.dtype.kind not in self.kinds():
            raise not_implemented(_KERNELS.get(self.function, f"{self.function}_cpu"), a)
        return _UFUNCS[self.function][0](a, b)

    def kinds(self):
        """What has bits."""
        return "iu" if self.function in _KERNELS else "iub"

    def samples(r):
        for name in _UFUNCS:
            yield Sample(r.integers(0, 3, (3, 4)), r.integers(0, 3, (4,)), function=name)
            if "bitwise" not in name:
                yield Sample(r.normal(3), r.normal(3), function=name)
            elif name not in _KERNELS:
                yield Sample(r.mask(3, 4), r.mask(4), function=name)
        yield ErrorSample(
            lambda: wrap(numpy.ones(2)) & wrap(numpy.ones(2)),
            "\"bitwise_and_cpu\" not implemented for 'Double'",
        )
        yield ErrorSample(
            lambda: wrap(numpy.ones(2)) << 1, "\"lshift_cpu\" not implemented for 'Double'"
        )

    def reference(self, torch, a, b):
        return getattr(torch, self.function)(a, b)


class Not(Op):
    """y = not x for booleans, every bit turned for integers;   no gradient"""

    differentiable = False

    def forward(self, x):
        if x.dtype.kind == "f":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
            )
        return self.xp.invert(x)

    def samples(r):
        yield Sample(r.mask(3, 4))
        yield Sample(r.integers(-9, 9, (3,)))
        yield ErrorSample(lambda: ~wrap(numpy.ones(2)), "only implemented on integer")

    def reference(self, torch, x):
        return torch.bitwise_not(x)


class Is(Op):
    """y = [x is nan], or infinite, or finite;   no gradient"""

    kind: str
    differentiable = False

    def forward(self, x):
        return getattr(self.xp, f"is{self.kind}")(x)

    def samples(r):
        for kind in ("nan", "inf", "finite", "posinf", "neginf"):
            yield Sample(
                numpy.array([[1.0, numpy.nan, -numpy.inf], [numpy.inf, -0.0, 2]]), kind=kind
            )
            yield Sample(r.integers(0, 3, (2,)), kind=kind)
        yield ErrorSample(lambda: isnan("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return getattr(torch, f"is{self.kind}")(x)


def _compares(
    name: str, *operators: str, reflected: str | None = None
) -> Callable[[Any, Any], Tensor]:
    ufunc, symbol = _UFUNCS[name]

    def compare(input: Any, other: Any) -> Tensor:
        return Compare(name)(*promoted(input, other))

    compare.__name__ = compare.__qualname__ = name
    compare.__doc__ = (
        f"input {symbol} other, element by element, with broadcasting and type promotion.\n\n"
        f"Source: PyTorch, torch.{name}."
    )
    changing = [o.replace("__", "__i", 1) for o in operators if reflected]
    return tensor_method(
        *operators, reflected=reflected, in_place=(f"{name}_", *changing), ufunc=ufunc
    )(of_tensors(compare) if name.startswith("logical") else compare)


eq = _compares("eq", "__eq__")
ne = not_equal = _compares("ne", "__ne__", "not_equal")
lt = less = _compares("lt", "__lt__", "less")
le = less_equal = _compares("le", "__le__", "less_equal")
gt = greater = _compares("gt", "__gt__", "greater")
ge = greater_equal = _compares("ge", "__ge__", "greater_equal")
bitwise_and = _compares("bitwise_and", "__and__", reflected="__rand__")
bitwise_or = _compares("bitwise_or", "__or__", reflected="__ror__")
bitwise_xor = _compares("bitwise_xor", "__xor__", reflected="__rxor__")
bitwise_left_shift = _compares("bitwise_left_shift", "__lshift__", reflected="__rlshift__")
bitwise_right_shift = _compares("bitwise_right_shift", "__rshift__", reflected="__rrshift__")
logical_and = _compares("logical_and")
logical_or = _compares("logical_or")
logical_xor = _compares("logical_xor")


@tensor_method("__invert__", in_place=("bitwise_not_",), ufunc=numpy.invert)
def bitwise_not(input: Tensor) -> Tensor:
    """`not` for booleans, every bit turned for integers. Source: PyTorch, torch.bitwise_not.

    >>> import tinygrad_np as tnp
    >>> ~tnp.tensor([True, False])
    tensor([False,  True])
    """
    return Not()(*promoted(input))


@tensor_method(in_place=("logical_not_",), ufunc=numpy.logical_not)
def logical_not(input: Tensor) -> Tensor:
    """Whether each element is zero. Source: PyTorch, torch.logical_not.

    >>> import tinygrad_np as tnp
    >>> tnp.logical_not(tnp.tensor([0, 2]))
    tensor([ True, False])
    """
    return eq(input, 0)


def _asks(kind: str, summary: str, ufunc: Any) -> Callable[[Any], Tensor]:
    def ask(input: Any) -> Tensor:
        return Is(kind)(*promoted(input))

    ask.__name__ = ask.__qualname__ = f"is{kind}"
    ask.__doc__ = f"Whether each element is {summary}.\n\nSource: PyTorch, torch.is{kind}."
    return tensor_method(ufunc=ufunc)(ask)


isnan = _asks("nan", "nan", numpy.isnan)
isinf = _asks("inf", "inf or -inf", numpy.isinf)
isfinite = _asks("finite", "neither nan nor infinite", numpy.isfinite)
isposinf = _asks("posinf", "inf", None)
isneginf = _asks("neginf", "-inf", None)


@tensor_method()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and elements. Source: PyTorch, torch.equal.

    >>> import tinygrad_np as tnp
    >>> tnp.equal(tnp.tensor([1, 2]), tnp.tensor([1, 2]))
    True
    """
    return numpy.array_equal(input.array, other.array)


@tensor_method()
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Where |input - other| <= atol + rtol * |other|, or both are the same infinity.

    Raises RuntimeError for different dtypes. Source: PyTorch, torch.isclose.

    >>> import tinygrad_np as tnp
    >>> tnp.isclose(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0 + 1e-6, 2.1]))
    tensor([ True, False])
    """
    must_be_tensor(input, "isclose", "input")
    must_be_tensor(other, "isclose", "other", 2)
    a, b = input.array, other.array
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{dtypes.scalar_name(a.dtype)} did not match {dtypes.scalar_name(b.dtype)}"
        )
    return wrap(quiet(numpy.isclose)(a, b, rtol, atol, equal_nan))


@tensor_method()
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether |input - other| <= atol + rtol * |other| everywhere; see `isclose`.

    Source: PyTorch, torch.allclose.

    >>> import tinygrad_np as tnp
    >>> tnp.allclose(tnp.tensor([1.0]), tnp.tensor([1.0 + 1e-6]))
    True
    """
    must_be_tensor(input, "allclose", "input")
    must_be_tensor(other, "allclose", "other", 2)
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())
