"""Powers."""

from __future__ import annotations

from typing import Any

import numpy

from ..errors import OpError
from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import not_implemented
from .creation import ones
from .elementwise import Log
from .keep import Keep, nothing


class PowScalar(Op):
    """y = x^n;   dx = g * n * x^(n-1)"""

    torch_name = "Pow"
    exponent: float

    def forward(self, x):
        return (x**self.exponent).astype(x.dtype, copy=False)  # NumPy makes int8 of booleans

    def dx(self, g, x):
        if self.exponent == 0:
            return nothing(g)
        return g * (PowScalar(self.exponent - 1)(x) * self.exponent)

    def samples(r):
        for exponent in (2, 3, 1, 0, -1):
            yield Sample(r.away_from(0, (3, 4)), exponent=exponent)
        for exponent in (0.5, -1.5, 2.5):
            yield Sample(r.positive(2, 3), exponent=exponent)
        yield ErrorSample(lambda: pow(ones(2).long(), -1), "Integers to negative integer powers")

    def reference(self, torch, x):
        return torch.pow(x, self.exponent)


class Pow(Op):
    """y = a^b;   da = g * b * a^(b-1)   (0 where b = 0),   db = g * y * log a   (0 where a = 0)"""

    def forward(self, a, b):
        if a.dtype.kind != "i" or (b >= 0).all():
            return a**b
        upwards = a ** abs(b)  # of whole numbers only 1 and -1 have whole reciprocals
        return self.xp.where((b >= 0) | (abs(a) == 1), upwards, 0).astype(a.dtype)

    def da(self, g, a, b):
        return Keep()(g * b * Pow()(a, b - 1.0), b != 0)

    def db(self, g, a, b, out):
        return g * Keep()(out * Log()(a), ~((a == 0) & (b >= 0)))

    def samples(r):
        yield from r.broadcasting(r.positive)
        yield ErrorSample(lambda: pow(ones(3), ones(4)), r"tensor a \(3\) must match")

    def reference(self, torch, a, b):
        return torch.pow(a, b)

    def name(self):
        number = self.edges[0] is None and self.shapes[0] == ()
        return "PowBackward2" if number else "PowBackward1"


@tensor_method("__pow__", reflected="__rpow__", in_place=("pow_", "__ipow__"), ufunc=numpy.power)
def pow(input: Any, exponent: Any) -> Tensor:
    """input ** exponent, with broadcasting and type promotion.

    Raises RuntimeError for integers to a negative integer power. Source: PyTorch, torch.pow.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1, 2, 3]) ** 2, 2 ** tnp.tensor([0.5, 3.0])
    (tensor([1, 4, 9]), tensor([1.4142, 8.0000]))
    """
    base, power = promoted(input, exponent)
    kind = getattr(base, "array", base).dtype.kind
    if kind == "b" and not isinstance(exponent, bool):
        raise not_implemented("pow", base)
    if kind in "iu" and isinstance(exponent, int) and exponent < 0:
        raise OpError("Integers to negative integer powers are not allowed.")
    if isinstance(exponent, int | float):
        return PowScalar(exponent)(base)
    return Pow()(base, power)


@tensor_method(in_place=("square_",))
def square(input: Any) -> Tensor:
    """x^2 of every element.

    Source: PyTorch, torch.square.

    >>> import tinygrad_np as tnp
    >>> tnp.square(tnp.tensor([2, -3]))
    tensor([4, 9])
    """
    return pow(input, 2)
