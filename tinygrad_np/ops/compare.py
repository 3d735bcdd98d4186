"""Comparisons and logic. Results are boolean, except that & | ^ ~ work by bits on integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap

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
    "logical_and": (numpy.logical_and, "and"),
    "logical_or": (numpy.logical_or, "or"),
    "logical_xor": (numpy.logical_xor, "!="),
}


class Compare(Op):
    """y = [a == b], or another comparison or logical function;   no gradient"""

    function: str
    differentiable = False

    def forward(self, a, b):
        return _UFUNCS[self.function][0](a, b)

    def samples(r):
        for name in _UFUNCS:
            yield Sample(r.integers(0, 3, (3, 4)), r.integers(0, 3, (4,)), function=name)
            if "bitwise" in name:
                yield Sample(r.mask(3, 4), r.mask(4), function=name)
            else:
                yield Sample(r.normal(3), r.normal(3), function=name)
        yield ErrorSample(
            lambda: wrap(numpy.ones(2)) & wrap(numpy.ones(2)), "bitwise_and' not supp"
        )

    def reference(self, torch, a, b):
        return getattr(torch, self.function)(a, b)


class Not(Op):
    """y = not x for booleans, every bit turned for integers;   no gradient"""

    differentiable = False

    def forward(self, x):
        return self.xp.invert(x)

    def samples(r):
        yield Sample(r.mask(3, 4))
        yield Sample(r.integers(-9, 9, (3,)))
        yield ErrorSample(lambda: ~wrap(numpy.ones(2)), "ufunc 'invert' not supported")

    def reference(self, torch, x):
        return torch.bitwise_not(x)


class IsNan(Op):
    """y = [x is nan];   no gradient"""

    differentiable = False

    def forward(self, x):
        return self.xp.isnan(x)

    def samples(r):
        yield Sample(numpy.array([[1.0, numpy.nan], [numpy.inf, -0.0]]))
        yield ErrorSample(lambda: isnan("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.isnan(x)


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
    return tensor_method(*operators, reflected=reflected, ufunc=ufunc)(compare)


eq = _compares("eq", "__eq__")
ne = not_equal = _compares("ne", "__ne__", "not_equal")
lt = less = _compares("lt", "__lt__", "less")
le = less_equal = _compares("le", "__le__", "less_equal")
gt = greater = _compares("gt", "__gt__", "greater")
ge = greater_equal = _compares("ge", "__ge__", "greater_equal")
bitwise_and = _compares("bitwise_and", "__and__", reflected="__rand__")
bitwise_or = _compares("bitwise_or", "__or__", reflected="__ror__")
bitwise_xor = _compares("bitwise_xor", "__xor__", reflected="__rxor__")
logical_and = _compares("logical_and")
logical_or = _compares("logical_or")
logical_xor = _compares("logical_xor")


@tensor_method("__invert__", ufunc=numpy.invert)
def bitwise_not(input: Tensor) -> Tensor:
    """`not` for booleans, every bit turned for integers. Source: PyTorch, torch.bitwise_not.

    >>> import tinygrad_np as tnp
    >>> ~tnp.tensor([True, False])
    tensor([False,  True])
    """
    return Not()(*promoted(input))


@tensor_method(ufunc=numpy.logical_not)
def logical_not(input: Tensor) -> Tensor:
    """Whether each element is zero. Source: PyTorch, torch.logical_not.

    >>> import tinygrad_np as tnp
    >>> tnp.logical_not(tnp.tensor([0, 2]))
    tensor([ True, False])
    """
    return eq(input, 0)


@tensor_method(ufunc=numpy.isnan)
def isnan(input: Tensor) -> Tensor:
    """Whether each element is nan. Source: PyTorch, torch.isnan.

    >>> import tinygrad_np as tnp
    >>> tnp.isnan(tnp.tensor([1.0, float("nan")]))
    tensor([False,  True])
    """
    return IsNan()(*promoted(input))


@tensor_method()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and elements. Source: PyTorch, torch.equal.

    >>> import tinygrad_np as tnp
    >>> tnp.equal(tnp.tensor([1, 2]), tnp.tensor([1, 2]))
    True
    """
    return numpy.array_equal(input.array, other.array)


@tensor_method()
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether |input - other| <= atol + rtol * |other| everywhere. Source: PyTorch, torch.allclose.

    >>> import tinygrad_np as tnp
    >>> tnp.allclose(tnp.tensor([1.0]), tnp.tensor([1.0 + 1e-6]))
    True
    """
    return numpy.allclose(input.array, other.array, rtol, atol, equal_nan)
