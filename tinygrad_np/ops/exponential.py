"""Powers and logarithms of fixed bases, and what is exact near 0."""

from __future__ import annotations

import math

import numpy

from .pointwise import Pointwise, pointwise


class Exp2(Pointwise):
    """y = 2^x;   dx = g * y * ln 2"""

    def forward(self, x):
        return self.xp.exp2(x)

    def dx(self, g, out):
        return g * (out * math.log(2))


class Expm1(Pointwise):
    """y = e^x - 1;   dx = g * (y + 1)"""

    def forward(self, x):
        return self.xp.expm1(x)

    def dx(self, g, out):
        return g * (out + 1.0)


class Log2(Pointwise):
    """y = ln x / ln 2;   dx = g / (x ln 2)"""

    def forward(self, x):
        return self.xp.log2(x)

    def dx(self, g, x):
        return g / (x * math.log(2))


class Log10(Pointwise):
    """y = ln x / ln 10;   dx = g / (x ln 10)"""

    def forward(self, x):
        return self.xp.log10(x)

    def dx(self, g, x):
        return g / (x * math.log(10))


class Log1p(Pointwise):
    """y = ln(1 + x);   dx = g / (1 + x)"""

    torch_name = "Log1P"

    def forward(self, x):
        return self.xp.log1p(x)

    def dx(self, g, x):
        return g / (1.0 + x)


class Rsqrt(Pointwise):
    """y = 1 / sqrt(x);   dx = -g * y^3 / 2"""

    def forward(self, x):
        return 1 / self.xp.sqrt(x)

    def dx(self, g, out):
        return g * (out * out * out * -0.5)


class Reciprocal(Pointwise):
    """y = 1 / x;   dx = -g * y^2"""

    def forward(self, x):
        return 1 / x

    def dx(self, g, out):
        return -g * (out * out)


exp2 = pointwise(Exp2, "2 to the power of every element.", ufunc=numpy.exp2)
expm1 = pointwise(Expm1, "e^x - 1, exact for small x.", ufunc=numpy.expm1)
log2 = pointwise(Log2, "The logarithm to base 2 of every element.", ufunc=numpy.log2)
log10 = pointwise(Log10, "The logarithm to base 10 of every element.", ufunc=numpy.log10)
log1p = pointwise(Log1p, "ln(1 + x), exact for small x.", ufunc=numpy.log1p)
rsqrt = pointwise(Rsqrt, "One over the square root of every element.")
reciprocal = pointwise(Reciprocal, "One over every element.", ufunc=numpy.reciprocal)
