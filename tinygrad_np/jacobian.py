"""Analytic gradients beside numeric ones: whole Jacobians, random projections, and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy

from .engine import grad
from .numeric import Limits, judge
from .problem import Outputs, Problem
from .tensor import Tensor, wrap

ROWS = 10  # of the table of wrong elements


@dataclass
class Jacobian:
    """d output / d input; all arrays have the output's axes first, then the input's."""

    output: str
    input: str
    output_ndim: int
    analytic: numpy.ndarray
    numeric: numpy.ndarray
    wrong: numpy.ndarray
    kinks: numpy.ndarray  # there is no derivative there, and the rule's value is a fair choice


def signs(random: numpy.random.Generator, shape: tuple[int, ...]) -> numpy.ndarray:
    """Numbers of random sign between 0.5 and 1.5: no element of a projection gets lost."""
    return random.uniform(0.5, 1.5, shape) * random.choice([-1.0, 1.0], shape)


def backward(outputs: list[Tensor], weights: list[Any], problem: Problem) -> list[numpy.ndarray]:
    """The gradient of each leaf: zeros where no graph leads to it."""
    leaves = list(problem.leaves.values())
    pairs = [(y, wrap(w)) for y, w in zip(outputs, weights, strict=True) if y.requires_grad]
    if not pairs:
        return [numpy.zeros(leaf.shape) for leaf in leaves]
    ys, ws = (list(column) for column in zip(*pairs, strict=True))
    gradients = grad(ys, leaves, ws, retain_graph=True, allow_unused=True)
    return [
        numpy.zeros(leaf.shape) if g is None else g.array
        for g, leaf in zip(gradients, leaves, strict=True)
    ]


def agree(
    problem: Problem, limits: Limits, weights: dict[str, Any], rows: list[Any], random: Any
) -> bool:
    """Whether u^T (J v), numeric, equals (u^T J) v, analytic, for each output and leaf.

    `rows` are the u^T J of the outputs. The limit is a hundredth of that for an element, as one
    wrong element must show in the sum over all.
    """
    strict = Limits(limits.eps, limits.atol / 100, limits.rtol / 100)

    def projected() -> numpy.ndarray:
        return numpy.array([(weights[name] * y.array).sum() for name, y in problem.run().items()])

    here = projected()
    for i, leaf in enumerate(problem.leaves.values()):
        v = signs(random, leaf.shape)
        analytic = numpy.array([(row[i] * v).sum() for row in rows])
        verdict = judge(projected, here, leaf.array, v, analytic, strict)
        if verdict.wrong.any() or verdict.kink.any():
            return False
    return True


def jacobians(problem: Problem, outputs: Outputs, limits: Limits) -> list[Jacobian]:
    """Every element of every Jacobian: one backward per output element, two runs per input's."""
    if not outputs:
        return []
    claims = [rows for y in outputs.values() for rows in _rows(y, problem)]
    ends = numpy.cumsum([y.array.size for y in outputs.values()])[:-1]
    here = problem.values()
    found = []
    for i, (leaf_name, leaf) in enumerate(problem.leaves.items()):
        size = leaf.array.size
        claimed = numpy.array([rows[i].ravel() for rows in claims]).reshape(len(claims), size)
        compared = numpy.zeros((3, *claimed.shape))  # numeric, wrong, kink
        for k in range(size):
            unit = numpy.zeros(size)
            unit[k] = 1.0
            direction = unit.reshape(leaf.shape)
            compared[:, :, k] = judge(
                problem.values, here, leaf.array, direction, claimed[:, k], limits
            )
        parts = [numpy.split(array, ends) for array in (claimed, *compared)]
        for (name, y), *part in zip(outputs.items(), *parts, strict=True):
            a, n, wrong, kinks = (array.reshape(y.shape + leaf.shape) for array in part)
            found.append(Jacobian(name, leaf_name, y.ndim, a, n, wrong != 0, kinks != 0))
    return found


def _rows(output: Tensor, problem: Problem) -> list[list[numpy.ndarray]]:
    rows = []
    for k in range(output.array.size):
        unit = numpy.zeros(output.array.size)
        unit[k] = 1.0
        rows.append(backward([output], [unit.reshape(output.shape)], problem))
    return rows


def mismatches(jacobians: list[Jacobian]) -> str:
    """How many elements are wrong in which Jacobian, and a table of the worst of them."""
    lines = [
        f"Jacobian mismatch for {j.output} with respect to {j.input}: "
        f"{j.wrong.sum()} of {j.wrong.size} elements are wrong"
        for j in jacobians
        if j.wrong.any()
    ]
    wrong = [row for j in jacobians for row in _wrong(j)]
    worst = sorted(wrong, key=lambda row: -row[0])[:ROWS]
    table = [_HEADER, *(_cells(*row) for row in worst)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        lines.append("  " + "  ".join(padded).rstrip())
    if len(wrong) > ROWS:
        lines.append(f"  and {len(wrong) - ROWS} more with smaller errors")
    if kinks := sum(j.kinks.sum() for j in jacobians):
        lines.append(f"  Left out: {kinks} elements at kinks, where there is no derivative.")
    return "\n".join(lines)


_HEADER = ("input", "index", "output", "index", "analytic", "numeric", "error", "relative")


def _wrong(j: Jacobian) -> list[tuple[float, Jacobian, tuple[int, ...]]]:
    """The wrong elements: |analytic - numeric| (infinite where one is nan), and where it is."""
    with numpy.errstate(invalid="ignore"):  # inf - inf
        errors = numpy.nan_to_num(abs(j.analytic - j.numeric), nan=numpy.inf, posinf=numpy.inf)
    return [(errors[at], j, at) for at in map(tuple, numpy.argwhere(j.wrong).tolist())]


def _cells(error: float, j: Jacobian, at: tuple[int, ...]) -> tuple[str, ...]:
    """A row of the table."""
    analytic, numeric = j.analytic[at], j.numeric[at]
    relative = error / max(abs(analytic), abs(numeric)) if numpy.isfinite(error) else numpy.inf
    of_output, of_input = (str(list(part)) for part in (at[: j.output_ndim], at[j.output_ndim :]))
    numbers = [f"{x:.6g}" for x in (analytic, numeric, error, relative)]
    return (j.input, of_input, j.output, of_output, *numbers)
