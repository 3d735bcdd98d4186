"""The error function, which NumPy does not have: a quotient of two polynomials in x^2."""

from __future__ import annotations

import math

import numpy

from ..samples import Sample
from .elementwise import Exp
from .pointwise import Pointwise, pointwise

_PIECE = 65536

# erf(x) / x = P(x^2) / Q(x^2) up to `end`, beyond which erf rounds to 1. All coefficients are
# positive, so that nothing cancels. Least squares in 50 digits, reweighted towards the smallest
# largest error: 6e-18 for float64 and 2.4e-9 for float32, relative to erf.
_FITS = {
    numpy.dtype("float64"): (
        5.93,
        (
            *(1.1283791670955126, 0.22298613825551558, 0.06697503997379273, 0.007112458270280457),
            *(8.903310239439609e-4, 6.0832860389614375e-5, 4.2590628866027205e-6),
            *(1.9267654359404632e-7, 8.076001091356048e-9, 2.2180027874220238e-10),
            *(4.946386610745093e-12, 4.495757429026817e-14, 7.562374035371307e-17),
        ),
        (
            *(1.0, 0.530949653058103, 0.13633830144407702, 0.022463911010397013),
            *(2.6552042947575434e-3, 2.3821426262131645e-4, 1.6714983451181303e-5),
            *(9.292671557928573e-7, 4.08532172461752e-8, 1.3913967155430872e-9),
            *(3.475965616663182e-11, 5.571094745182716e-13, 2.4008795729537174e-15),
            *(1.0611464058208302e-18,),
        ),
    ),
    numpy.dtype("float32"): (
        3.92,
        (
            *(1.1283791693523992, 0.1924753416715565, 0.05557123231471885, 0.004193460026600982),
            *(4.0512950363706993e-4, 6.564157124189504e-6),
        ),
        (
            *(1.0, 0.5039102454148938, 0.11721826195563596, 0.016209016866672848),
            *(1.4065296498680057e-3, 7.093524102138678e-5, 2.4765591010904233e-7),
        ),
    ),
}


def _polynomial(coefficients, u):
    y = numpy.full_like(u, coefficients[-1])
    for c in coefficients[-2::-1]:
        y *= u
        y += c
    return y


class Erf(Pointwise):
    """y = 2 / sqrt(pi) * integral of e^(-t^2) from 0 to x;   dx = g * 2 / sqrt(pi) * e^(-x^2)"""

    def forward(self, x):
        if x.dtype == numpy.float16:
            return self.forward(x.astype(numpy.float32)).astype(numpy.float16)
        if x.size > _PIECE:  # pieces stay in the cache: 10.9 to 7.2 ms for a million numbers
            flat = x.ravel()
            pieces = [self.forward(flat[i : i + _PIECE]) for i in range(0, x.size, _PIECE)]
            return self.xp.concatenate(pieces).reshape(x.shape)
        end, above, below = _FITS[x.dtype]
        x = self.xp.clip(x, -end, end)
        u = x * x
        return self.xp.clip(x * _polynomial(above, u) / _polynomial(below, u), -1, 1)

    def dx(self, g, x):
        return g * (Exp()(-x * x) * (2 / math.sqrt(math.pi)))

    def samples(r):
        yield Sample(r.normal(3, 4) * 2)
        yield from Pointwise.samples(r)


erf = pointwise(Erf, "The error function of every element: 1 - erf is the normal tail.")
