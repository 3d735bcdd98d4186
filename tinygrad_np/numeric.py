"""Numeric derivatives, and the verdict on an analytic one: right, wrong, or at a kink.

A derivative along `direction` is measured by moving the input's memory in place by `step` and back.

         f(-s)   f(-s/2)      f(s/2)   f(s)
    -------o--------o-----x------o-------o------>  direction
             left      across      right           the three slopes of a second look

Where central difference and rule disagree, three slopes are taken at each of three steps. If the
slope across agrees with one beside it at some step, the function is smooth at x and that slope
decides. If left and right have settled, yet differ from the slope across, x is a kink or a jump:
the rule may return anything between left and right. No wrong rule at a smooth point is excused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy

Array = numpy.ndarray[Any, numpy.dtype[numpy.float64]]
Values = Callable[[], Array]  # what the function gives for the present content of the memory

SHRINK = numpy.array([1, 1 / 8, 1 / 64])  # the steps of a second look, in units of the first


@dataclass
class Limits:
    """The step of central differences, and which error is still none."""

    eps: float = 1e-6
    atol: float = 1e-5
    rtol: float = 1e-3

    def tolerance(self, slope: Array) -> Array:
        """How far from `slope` an analytic value may lie."""
        return self.atol + self.rtol * abs(slope)


class Verdict(NamedTuple):
    """Per output: the derivative that decided, whether the rule is wrong, whether at a kink."""

    numeric: Array
    wrong: Any
    kink: Any


def moved(values: Values, memory: Array, direction: Array, distance: float) -> Array:
    """The values with `distance * direction` added to `memory`, which is then restored."""
    before = memory.copy()
    try:
        memory += distance * direction
        return values()
    finally:
        memory[...] = before


@numpy.errstate(all="ignore")
def judge(
    values: Values, here: Array, memory: Array, direction: Array, analytic: Array, limits: Limits
) -> Verdict:
    """Compare analytic derivatives along `direction`, one per output, with central differences.

    `here` are the values at rest. The movement has the Euclidean norm `limits.eps`.
    """
    step = limits.eps / max(float(numpy.linalg.norm(direction)), 1.0)
    ahead, behind = (moved(values, memory, direction, s) for s in (step, -step))
    numeric = (ahead - behind) / (2 * step)
    tolerance = limits.tolerance(numeric)
    error, bend = abs(analytic - numeric), abs(ahead - 2 * here + behind) / step
    wrong, bent = ~(error <= tolerance), bend > tolerance
    if not (wrong | bent).any():
        return Verdict(numeric, wrong, bent)
    looks = [_slopes(values, memory, direction, s) for s in step * SHRINK]
    slopes, noise = (numpy.array(part) for part in zip(*looks, strict=True))
    to_explain = numpy.nan_to_num(numpy.maximum(error, bend), nan=numpy.inf)
    second = _second_look(slopes, noise, analytic, limits, to_explain)
    numeric = numpy.where(wrong, second.numeric, numeric)
    return Verdict(numeric, wrong & second.wrong, (wrong | bent) & second.kink)


def _second_look(
    slopes: Array, noise: Array, analytic: Array, limits: Limits, to_explain: Array
) -> Verdict:
    """Judge by the slopes at all steps; they are indexed by step, left | across | right, output."""
    tolerance = limits.tolerance(slopes) + noise
    spread = numpy.fmin(*abs(slopes[:, ::2] - slopes[:, 1:2]).swapaxes(0, 1))
    best = numpy.nan_to_num(spread + noise[:, 1], nan=numpy.inf).argmin(axis=0)
    outputs = numpy.arange(len(analytic))
    across, margin = slopes[best, 1, outputs], tolerance[best, 1, outputs]
    smooth = spread[best, outputs] <= margin

    usable = (numpy.nan_to_num(noise[:, 1]) <= to_explain / 4).sum(axis=0)  # steps, longest first
    ends, margins, settled = _limits_of(slopes[:, ::2], tolerance[:, ::2], usable)
    kink = ~smooth & settled
    low = numpy.where(kink, numpy.fmin.reduce(ends), across)
    high = numpy.where(kink, numpy.fmax.reduce(ends), across)
    margin = numpy.where(kink, numpy.fmax.reduce(margins), margin)
    nearest = numpy.clip(numpy.where(numpy.isnan(analytic), low, analytic), low, high)
    right = (analytic == nearest) | (abs(analytic - nearest) <= margin)
    return Verdict(nearest, ~right, kink & right)


def _slopes(values: Values, memory: Array, direction: Array, step: float) -> tuple[Array, Array]:
    """The slopes left of, across and right of the point, and their noise from rounding."""
    half = step / 2
    f = numpy.array([moved(values, memory, direction, s) for s in (-step, -half, half, step)])
    slopes = numpy.diff(f, axis=0) / numpy.array([[half], [step], [half]])
    reach = abs(memory * direction).max(initial=0.0)
    unit = 8 * numpy.finfo(float).eps / step  # a few roundings of f, and of x + step * direction
    return slopes, unit * (numpy.fmax.reduce(abs(f)) + reach * abs(slopes))


def _limits_of(sides: Array, tolerance: Array, usable: Any) -> tuple[Array, Array, Any]:
    """Where the slopes of the two sides go as the step shrinks, how exactly, and if both are known.

    A side's slope settles, or grows without bound as that of sqrt at 0, or does not exist (nan) as
    the function ends there. Steps at which it would drown in rounding errors are not `usable`.
    """
    levels = numpy.maximum(usable - numpy.array([[3], [2], [1]]), 0)
    first, before, last = numpy.take_along_axis(sides, levels[:, None], axis=0)
    margin = numpy.take_along_axis(tolerance, levels[:, None], axis=0)[-1]
    grows = (abs(last) > 2 * abs(before)) & (abs(before) > 2 * abs(first)) & (abs(last) > margin)
    ends = numpy.where(grows, numpy.copysign(numpy.inf, last), last)
    change, gap = abs(last - before), numpy.nan_to_num(abs(last[0] - last[1]))
    known = grows | numpy.isnan(ends) | (change <= numpy.maximum(margin, gap / 8))
    margin = margin + numpy.where(grows, 0, change)
    return ends, margin, known.all(axis=0) & ~numpy.isnan(ends).all(axis=0) & (usable > 1)
