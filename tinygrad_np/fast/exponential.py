"""e^x of a float32 for kernels: Numba calls a library for each number, this runs in SIMD.

x = n ln 2 + r with n an integer and |r| <= ln 2 / 2; e^r is 1 + r + r^2 q(r), and 2^n is made of
bits. q interpolates at Chebyshev's points: 1e-8 of e^r at most. Numba keeps the kernels that call
`power` by the dates of their own files: after a change here, delete their `__pycache__`.
"""

from __future__ import annotations

import numba
import numpy

# No reassociation: it would take (z + ROUND) - ROUND for z.
exact = numba.njit(nogil=True, cache=True, fastmath={"contract"})

_f, _i = numpy.float32, numpy.int32
LEAST = _f(-87.33)  # e^x is a normal number above
_PER_LN2 = _f(1.4426950408889634)
_ROUND = _f(1.5 * 2**23)  # z + _ROUND is rounded to an integer, which is in its lowest bits
_LN2, _LN2_REST = _f(0.693145751953125), _f(1.428606765330187e-06)  # n _LN2 is exact
_Q0, _Q1, _Q2 = _f(0.5), _f(0.16666576), _f(0.041666556)
_Q3, _Q4 = _f(0.008363203), _f(0.0013926213)


@exact
def power(x):
    """e^x within 1.1 units in the last place, for x <= 88; 0 below -87.33; nan for nan."""
    t = LEAST if x < LEAST else x
    z = t * _PER_LN2 + _ROUND
    scale = _i((_f(z).view(_i) + _i(127)) << _i(23)).view(_f)
    n = z - _ROUND
    r = (t - n * _LN2) - n * _LN2_REST
    q = (((_Q4 * r + _Q3) * r + _Q2) * r + _Q1) * r + _Q0
    e = (q * r) * r + r + _f(1)
    return _f(0) if x < LEAST else e * scale
