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
    pairs = zip(gradients, leaves, strict=True)
    return [numpy.zeros(leaf.shape) if g is None else g.array for g, leaf in pairs]


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

    for i, leaf in enumerate(problem.leaves.values()):
        v = signs(random, leaf.shape)
        analytic = numpy.array([(row[i] * v).sum() for row in rows])
        verdict = judge(projected, leaf.array, v, analytic, strict)
        if verdict.wrong.any() or verdict.kink.any():
            return False
    return True


def jacobians(problem: Problem, outputs: Outputs, limits: Limits) -> list[Jacobian]:
    """Every element of every Jacobian: one backward per output element, two runs per input's."""
    claims = [rows for y in outputs.values() for rows in _rows(y, problem)]
    ends = numpy.cumsum([y.array.size for y in outputs.values()])[:-1]
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
                problem.values, leaf.array, direction, claimed[:, k], limits
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
    lines, rows = [], []
    for j in jacobians:
        wrong = int(j.wrong.sum())
        if wrong:
            lines.append(
                f"Jacobian mismatch for {j.output} with respect to {j.input}: "
                f"{wrong} of {j.wrong.size} elements are wrong"
            )
            rows += [_row(j, tuple(index)) for index in numpy.argwhere(j.wrong).tolist()]
    rows.sort(key=lambda row: -row[0])
    table = [_HEADER, *(texts for _, texts in rows[:ROWS])]
    widths = [max(len(text) for text in column) for column in zip(*table, strict=True)]
    for texts in table:
        cells = [text.ljust(width) for text, width in zip(texts, widths, strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    if len(rows) > ROWS:
        lines.append(f"  ... and {len(rows) - ROWS} more, with smaller errors")
    kinks = sum(int(j.kinks.sum()) for j in jacobians)
    if kinks:
        lines.append(f"({kinks} elements at kinks were left out: there is no derivative there)")
    return "\n".join(lines)


_HEADER = ("input", "index", "output", "index", "analytic", "numeric", "error", "relative")


def _row(j: Jacobian, index: tuple[int, ...]) -> tuple[float, tuple[str, ...]]:
    """The error, to sort by, and the texts of a row of the table."""
    analytic, numeric = float(j.analytic[index]), float(j.numeric[index])
    error = abs(analytic - numeric)
    error = numpy.inf if numpy.isnan(error) else error
    relative = error / max(abs(analytic), abs(numeric)) if numpy.isfinite(error) else numpy.inf
    places = [str(list(part)) for part in (index[j.output_ndim :], index[: j.output_ndim])]
    numbers = [f"{x:.6g}" for x in (analytic, numeric, error, relative)]
    return error, (j.input, places[0], j.output, places[1], *numbers)
