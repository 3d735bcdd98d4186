"""Angles and their functions, circular and hyperbolic."""

from __future__ import annotations

from typing import Any

import numpy

from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import in_floats
from .creation import ones
from .elementwise import Sqrt
from .keep import Keep
from .pointwise import Pointwise, pointwise


class Sin(Pointwise):
    """y = sin x;   dx = g * cos x"""

    def forward(self, x):
        return self.xp.sin(x)

    def dx(self, g, x):
        return g * Cos()(x)


class Cos(Pointwise):
    """y = cos x;   dx = -g * sin x"""

    def forward(self, x):
        return self.xp.cos(x)

    def dx(self, g, x):
        return -g * Sin()(x)


class Tan(Pointwise):
    """y = tan x;   dx = g * (1 + y^2)"""

    def forward(self, x):
        return self.xp.tan(x)

    def dx(self, g, out):
        return g * (1.0 + out * out)


class Asin(Pointwise):
    """y = arcsin x;   dx = g / sqrt(1 - x^2)"""

    def forward(self, x):
        return self.xp.arcsin(x)

    def dx(self, g, x):
        return g / Sqrt()(1.0 - x * x)


class Acos(Pointwise):
    """y = arccos x;   dx = -g / sqrt(1 - x^2)"""

    def forward(self, x):
        return self.xp.arccos(x)

    def dx(self, g, x):
        return -g / Sqrt()(1.0 - x * x)


class Atan(Pointwise):
    """y = arctan x;   dx = g / (1 + x^2)"""

    def forward(self, x):
        return self.xp.arctan(x)

    def dx(self, g, x):
        return g / (1.0 + x * x)


class Sinh(Pointwise):
    """y = (e^x - e^-x) / 2;   dx = g * cosh x"""

    def forward(self, x):
        return self.xp.sinh(x)

    def dx(self, g, x):
        return g * Cosh()(x)


class Cosh(Pointwise):
    """y = (e^x + e^-x) / 2;   dx = g * sinh x"""

    def forward(self, x):
        return self.xp.cosh(x)

    def dx(self, g, x):
        return g * Sinh()(x)


class Atan2(Op):
    """y = angle of the point (b, a);   da = g * b / (a^2 + b^2),   db = -g * a / (a^2 + b^2)

    Both are 0 at the origin, as in PyTorch.
    """

    def forward(self, a, b):
        return self.xp.arctan2(a, b)

    def da(self, g, a, b):
        square = a * a + b * b
        return g * Keep()(b / square, square != 0)

    def db(self, g, a, b):
        square = a * a + b * b
        return g * Keep()(-a / square, square != 0)

    def samples(r):
        yield from r.broadcasting(r.positive)
        yield Sample(-r.positive(2, 3), r.normal(3))
        yield ErrorSample(lambda: atan2(ones(3), ones(4)), r"tensor a \(3\) must match")

    def reference(self, torch, a, b):
        return torch.atan2(a, b)


sin = pointwise(Sin, "The sine of every element, in radians.", ufunc=numpy.sin)
cos = pointwise(Cos, "The cosine of every element, in radians.", ufunc=numpy.cos)
tan = pointwise(Tan, "The tangent of every element, in radians.", ufunc=numpy.tan)
asin = arcsin = pointwise(
    Asin, "The angle in [-pi/2, pi/2] whose sine is x; nan beyond 1.", "arcsin", ufunc=numpy.arcsin
)
acos = arccos = pointwise(
    Acos, "The angle in [0, pi] whose cosine is x; nan beyond 1.", "arccos", ufunc=numpy.arccos
)
atan = arctan = pointwise(
    Atan, "The angle in [-pi/2, pi/2] whose tangent is x.", "arctan", ufunc=numpy.arctan
)
sinh = pointwise(Sinh, "The hyperbolic sine of every element.", ufunc=numpy.sinh)
cosh = pointwise(Cosh, "The hyperbolic cosine of every element.", ufunc=numpy.cosh)


@tensor_method("arctan2", in_place=("atan2_", "arctan2_"), ufunc=numpy.arctan2)
def atan2(input: Any, other: Any) -> Tensor:
    """The angle of the point (other, input) in [-pi, pi], by the signs of both.

    Source: PyTorch, torch.atan2.

    >>> import tinygrad_np as tnp
    >>> tnp.atan2(tnp.tensor([1.0, 0.0]), tnp.tensor([0.0, -1.0]))
    tensor([1.5708, 3.1416])
    """
    return Atan2()(*in_floats(input, other))


arctan2 = atan2
