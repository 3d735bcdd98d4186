"""Choosing between values: where, maximum, minimum, clamp."""

from __future__ import annotations

from typing import Any

import numpy

from ..errors import OpError, described
from ..methods import of_tensors, promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .cast import not_implemented
from .keep import Keep


class Where(Op):
    """y = a where mask, else b;   da = g * mask,   db = g * (not mask)"""

    def forward(self, mask, a, b):
        return self.xp.where(mask, a, b)

    def da(self, g, mask):
        return Keep()(g, mask)

    def db(self, g, mask):
        return Keep()(g, ~mask)

    def samples(r):
        yield Sample(r.mask(3, 4), r.normal(3, 4), r.normal(4))
        yield Sample(r.mask(4), r.normal(3, 1), r.normal())
        yield ErrorSample(
            lambda: where(numpy.ones(2), numpy.ones(2), numpy.ones(2)),
            "expected condition to be a boolean tensor",
        )

    def reference(self, torch, mask, a, b):
        return torch.where(mask, a, b)


class Maximum(Op):
    """y = max(a, b);   da = g * [a >= b],   db = g * [b >= a]   (a half each at ties; 1 at nan)"""

    def forward(self, a, b):
        return self.xp.maximum(a, b)

    def da(self, g, a, b):
        return Keep()(g, ~(a <= b)) + Keep()(g * 0.5, a == b)

    def db(self, g, a, b):
        return Keep()(g, ~(b <= a)) + Keep()(g * 0.5, a == b)

    def samples(r):
        yield from r.broadcasting()
        yield ErrorSample(
            lambda: maximum(numpy.ones(3), "4"),
            "argument 'other' .position 2. must be Tensor, not str",
            TypeError,
        )

    def reference(self, torch, a, b):
        return torch.maximum(a, b)


class Minimum(Op):
    """y = min(a, b);   da = g * [a <= b],   db = g * [b <= a]   (a half each at ties; 1 at nan)"""

    def forward(self, a, b):
        return self.xp.minimum(a, b)

    def da(self, g, a, b):
        return Keep()(g, ~(a >= b)) + Keep()(g * 0.5, a == b)

    def db(self, g, a, b):
        return Keep()(g, ~(b >= a)) + Keep()(g * 0.5, a == b)

    samples = Maximum.samples

    def reference(self, torch, a, b):
        return torch.minimum(a, b)


class Clamp(Op):
    """y = min(max(x, low), high);   dx = g * [low <= x <= high],   dlow, dhigh where they rule"""

    def forward(self, x, low, high):
        return self.xp.minimum(self.xp.maximum(x, low), high)

    def dx(self, g, x, low, high):
        return Keep()(g, (x >= low) & (x <= high))

    def dlow(self, g, x, low, high):
        return Keep()(g, (x < low) & (low < high))

    def dhigh(self, g, x, low, high):
        return Keep()(g, (x > high) | (low > high))

    def samples(r):
        yield Sample(r.away_from([-0.5, 0.5], (3, 4)), numpy.array(-0.5), numpy.array(0.5))
        yield Sample(r.normal(3, 4), r.normal(4) - 1.0, r.normal(3, 1) + 1.0)
        yield Sample(r.normal(3), r.normal(3) + 3.0, r.normal(3) - 3.0)
        yield Sample(r.integers(-9, 9, (5,)), numpy.array(-2), numpy.array(3))
        yield ErrorSample(lambda: clamp(wrap(r.mask(2)), False), "not implemented for 'Bool'")
        yield ErrorSample(
            lambda: clamp(numpy.ones(2)), "At least one of 'min' or 'max' must not be None"
        )

    def reference(self, torch, x, low, high):
        return torch.clamp(x, low, high)

    def name(self):
        return "ClampBackward1" if self.shapes[1] == self.shapes[2] == () else "ClampBackward0"


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where `condition`, else `other`; with a condition alone, the indices where it holds.

    Raises RuntimeError for a condition that is not boolean. The gradient of the branch not taken
    is 0, yet a nan inside it can still reach what made it. Source: PyTorch, torch.where.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([-1.0, 2.0])
    >>> tnp.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    mask = condition.array if isinstance(condition, Tensor) else condition
    if input is None and other is None:
        return tuple(wrap(index) for index in numpy.nonzero(mask))
    if getattr(mask, "dtype", None) != numpy.bool_:
        raise OpError(
            f"where expected condition to be a boolean tensor, but got {described(condition)}"
        )
    return Where()(condition, *promoted(input, other))


@tensor_method(name="where")
def _where(self: Tensor, condition: Any, other: Any) -> Tensor:
    """`self` where `condition`, else `other`. Source: PyTorch, torch.Tensor.where."""
    return where(condition, self, other)


@tensor_method(ufunc=numpy.maximum)
@of_tensors
def maximum(input: Any, other: Any) -> Tensor:
    """The larger of each pair of elements; nan wins. At ties each gets half the gradient.

    Source: PyTorch, torch.maximum.

    >>> import tinygrad_np as tnp
    >>> tnp.maximum(tnp.tensor([1, 5]), tnp.tensor([4, 2]))
    tensor([4, 5])
    """
    return Maximum()(*promoted(input, other))


@tensor_method(ufunc=numpy.minimum)
@of_tensors
def minimum(input: Any, other: Any) -> Tensor:
    """The smaller of each pair of elements; nan wins. At ties each gets half the gradient.

    Source: PyTorch, torch.minimum.

    >>> import tinygrad_np as tnp
    >>> tnp.minimum(tnp.tensor([1, 5]), tnp.tensor([4, 2]))
    tensor([1, 2])
    """
    return Minimum()(*promoted(input, other))


@tensor_method(ufunc=numpy.fmax)
@of_tensors
def fmax(input: Any, other: Any) -> Tensor:
    """The larger of each pair of elements; a number wins against nan. Source: PyTorch, torch.fmax.

    >>> import tinygrad_np as tnp
    >>> tnp.fmax(tnp.tensor([1.0, float("nan")]), tnp.tensor([4.0, 2.0]))
    tensor([4., 2.])
    """
    a, b = promoted(input, other)
    return Where()((a >= b) | (b != b), a, b)


@tensor_method(ufunc=numpy.fmin)
@of_tensors
def fmin(input: Any, other: Any) -> Tensor:
    """The smaller of each pair of elements; a number wins against nan. Source: PyTorch, torch.fmin.

    >>> import tinygrad_np as tnp
    >>> tnp.fmin(tnp.tensor([1.0, float("nan")]), tnp.tensor([4.0, 2.0]))
    tensor([1., 2.])
    """
    a, b = promoted(input, other)
    return Where()((a <= b) | (b != b), a, b)


@tensor_method("clip", in_place=("clamp_", "clip_"))
def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Every element limited to [min, max]; either bound may be left out, or be a tensor.

    Where min > max the result is max. Raises RuntimeError without bounds.
    Source: PyTorch, torch.clamp.

    >>> import tinygrad_np as tnp
    >>> tnp.clamp(tnp.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise OpError("clamp: At least one of 'min' or 'max' must not be None")
    x, *bounds = promoted(input, *(bound for bound in (min, max) if bound is not None))
    if x.dtype == numpy.bool_:
        raise not_implemented("clamp_cpu", x)
    if min is None:
        bounds.insert(0, _limit(x.dtype, "min"))
    if max is None:
        bounds.append(_limit(x.dtype, "max"))
    return Clamp()(x, *bounds)


clip = clamp


def _limit(dtype: Any, end: str) -> numpy.ndarray:
    """The bound that limits nothing."""
    if numpy.dtype(dtype).kind == "f":
        return numpy.asarray(-numpy.inf if end == "min" else numpy.inf, dtype)
    return numpy.asarray(getattr(numpy.iinfo(dtype), end), dtype)
