"""Sigmoid, tanh and the normal distribution: one pass forward and one backward, in float32."""

from __future__ import annotations

from typing import Any

import numpy

from ..threads import in_parts
from . import alike, flat, kernel
from .exponential import power
from .vectors import whole_vectors

COST = 50  # flops that take as long as a number here
_f = numpy.float32
_SQRT_HALF, _DENSITY_AT_0 = _f(0.7071067811865476), _f(0.3989422804014327)
_END = _f(3.92)  # erf rounds to 1 beyond; the coefficients are those of `ops.error_function`
_P0, _P1, _P2 = _f(1.1283791693523992), _f(0.1924753416715565), _f(0.05557123231471885)
_P3, _P4, _P5 = _f(0.004193460026600982), _f(4.0512950363706993e-4), _f(6.564157124189504e-6)
_Q1, _Q2, _Q3 = _f(0.5039102454148938), _f(0.11721826195563596), _f(0.016209016866672848)
_Q4, _Q5, _Q6 = _f(1.4065296498680057e-3), _f(7.093524102138678e-5), _f(2.4765591010904233e-7)


def sigmoid(op: Any, x: Any) -> Any:
    """`Sigmoid.forward`; 0 for what is no normal number, below -87.33."""
    return _mapped(_sigmoid, x)


def sigmoid_dx(op: Any, g: Any, out: Any) -> Any:
    """`Sigmoid.dx`."""
    return _mapped(_sigmoid_dx, g, out)


def tanh_dx(op: Any, g: Any, out: Any) -> Any:
    """`Tanh.dx`; NumPy's own tanh is as fast as one here."""
    return _mapped(_tanh_dx, g, out)


def normal_cdf(op: Any, x: Any) -> Any:
    """`NormalCdf.forward`."""
    return _mapped(_normal_cdf, x)


def normal_cdf_dx(op: Any, g: Any, x: Any) -> Any:
    """`NormalCdf.dx`."""
    return _mapped(_normal_cdf_dx, g, x)


def _mapped(loop: Any, *inputs: Any) -> Any:
    if inputs[0].dtype != numpy.float32 or not alike(*inputs):
        return NotImplemented
    y = numpy.empty_like(inputs[0])
    arrays = [flat(v) for v in (*inputs, y)]
    in_parts(lambda part: loop(*(v[part] for v in arrays)), y.size, COST * y.size)
    return y


@kernel
def _sigmoid(x, y):
    whole_vectors()
    one = _f(1)
    for i in range(x.size):
        v = x[i]
        e = power(v if v < 0 else -v)
        above = e if v < 0 else one
        y[i] = above / (one + e)


@kernel
def _sigmoid_dx(g, y, dx):
    one = _f(1)
    for i in range(g.size):
        dx[i] = g[i] * (y[i] * (one - y[i]))


@kernel
def _tanh_dx(g, y, dx):
    one = _f(1)
    for i in range(g.size):
        dx[i] = g[i] * (one - y[i] * y[i])


@kernel
def _normal_cdf(x, y):
    whole_vectors()
    one, half = _f(1), _f(0.5)
    for i in range(x.size):
        z = x[i] * _SQRT_HALF
        z = -_END if z < -_END else z  # so nan stays
        z = _END if z > _END else z
        u = z * z
        above = ((((_P5 * u + _P4) * u + _P3) * u + _P2) * u + _P1) * u + _P0
        below = (((((_Q6 * u + _Q5) * u + _Q4) * u + _Q3) * u + _Q2) * u + _Q1) * u + one
        erf = z * above / below
        erf = -one if erf < -one else erf
        erf = one if erf > one else erf
        y[i] = (erf + one) * half


@kernel
def _normal_cdf_dx(g, x, dx):
    whole_vectors()
    half = _f(-0.5)
    for i in range(g.size):
        dx[i] = g[i] * (power(x[i] * x[i] * half) * _DENSITY_AT_0)
