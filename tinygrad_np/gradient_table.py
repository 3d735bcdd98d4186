"""The gradients of a number, a row for each tensor that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from .grad_mode import enable_grad
from .gradcheck import GradcheckError
from .jacobian import backward, signs
from .numeric import Limits, judge
from .problem import Problem
from .tensor import Tensor

HEADER = ("parameter", "shape", "checked", "wrong", "largest error", "at", "analytic", "numeric")


@dataclass(frozen=True)
class GradientRow:
    """One tensor: how many elements were compared, of these wrong or at kinks, and the worst."""

    name: str
    shape: tuple[int, ...]
    checked: int
    wrong: int
    kinks: int
    error: float
    index: tuple[int, ...]
    analytic: float
    numeric: float

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEADER`."""
        size = int(numpy.prod(self.shape))
        numbers = [f"{self.error:.1e}", str(list(self.index))]
        numbers += [f"{x:.6g}" for x in (self.analytic, self.numeric)]
        shape, checked = str(list(self.shape)), f"{self.checked} of {size}"
        return (self.name, shape, checked, str(self.wrong), *numbers)


@dataclass(frozen=True)
class GradientTable:
    """The rows; true if no gradient is wrong. Printed, they are a table."""

    rows: list[GradientRow]

    def __bool__(self) -> bool:
        return not any(row.wrong for row in self.rows)

    def __str__(self) -> str:
        table = [HEADER, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
            for cells in table
        ]
        if kinks := sum(row.kinks for row in self.rows):
            lines.append(f"{kinks} elements at kinks, where any value between the slopes is right")
        return "\n".join(lines)


@enable_grad
def gradient_table(
    func: Callable[[], Tensor],
    parameters: Mapping[str, Tensor],
    *,
    elements: int | None = 100,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> GradientTable:
    """Compare the gradients of `func()`, one number, with central differences: a row each.

    `func` computes from the present content of `parameters`, float64 tensors that require grad. Of
    each, `elements` drawn ones are compared one by one (None: all), and all of them together along
    a random direction; where that disagrees, every element is. Limits as in `gradcheck`.
    Raises GradcheckError with the table for a wrong gradient unless raise_exception=False, and for
    a function that is not deterministic; ValueError for what cannot be checked.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([1.0, 2.0], dtype=tnp.float64, requires_grad=True)
    >>> print(gradient_table(lambda: (x**3).sum(), {"x": x}).rows[0].analytic)
    12.0
    """
    problem = Problem("gradient table", lambda: {"output": func()}, dict(parameters), {})
    here = _one_number(problem)
    limits, random = Limits(eps, atol, rtol), numpy.random.default_rng(0)
    gradients = backward([problem.run()["output"]], [numpy.ones(())], problem)
    compare = _Comparison(problem, here, limits, elements, random)
    rows = [
        compare.row(name, leaf, g)
        for (name, leaf), g in zip(parameters.items(), gradients, strict=True)
    ]
    table = GradientTable(rows)
    if raise_exception and not table:
        names = ", ".join(row.name for row in rows if row.wrong)
        raise GradcheckError(f"the gradient of {names} is wrong\n{table}")
    return table


def _one_number(problem: Problem) -> numpy.ndarray:
    """The value, of shape (1,), which must be the same twice."""
    here, again = problem.values(), problem.values()
    if here.shape != (1,):
        raise ValueError(f"gradient table: expected a function of one number, got {here.size}")
    if here != again and not numpy.isnan(here + again).all():
        raise GradcheckError(
            f"gradient table: two calls gave {here[0]} and {again[0]}: are random numbers drawn, "
            "as by dropout? Switch the model to eval()."
        )
    return here


@dataclass
class _Comparison:
    problem: Problem
    here: numpy.ndarray
    limits: Limits
    elements: int | None
    random: numpy.random.Generator

    def row(self, name: str, leaf: Tensor, g: numpy.ndarray) -> GradientRow:
        found: list[Any] = []
        for index in self._chosen(leaf, g):
            unit = numpy.zeros(leaf.shape)
            unit[index] = 1.0
            numeric, wrong, kink = self._judge(leaf, unit, g[index], self.limits)
            found.append((abs(g[index] - numeric), index, float(g[index]), numeric, wrong, kink))
        wrong_count, kinks = (sum(row[i] for row in found) for i in (4, 5))
        if not found:
            return GradientRow(name, leaf.shape, 0, 0, 0, 0.0, (), 0.0, 0.0)
        # nan is the worst error, and a wrong element is worse than a right one
        worst = max(found, key=lambda row: (row[4], numpy.nan_to_num(row[0], nan=numpy.inf)))
        return GradientRow(name, leaf.shape, len(found), wrong_count, kinks, *worst[:4])

    def _chosen(self, leaf: Tensor, g: numpy.ndarray) -> list[tuple[int, ...]]:
        """The elements to compare one by one: all, if all together look wrong."""
        every = list(numpy.ndindex(*leaf.shape))
        if self.elements is None or len(every) <= self.elements:
            return every
        direction = signs(self.random, leaf.shape)
        limits = self.limits
        strict = Limits(limits.eps, limits.atol / 100, limits.rtol / 100)
        _, wrong, kink = self._judge(leaf, direction, (g * direction).sum(), strict)
        if wrong or kink:
            return every
        drawn = self.random.choice(len(every), self.elements, replace=False)
        return [every[i] for i in sorted(drawn)]

    def _judge(
        self, leaf: Tensor, direction: numpy.ndarray, analytic: float, limits: Limits
    ) -> tuple[float, bool, bool]:
        claim = numpy.array([analytic])
        verdict = judge(self.problem.values, self.here, leaf.array, direction, claim, limits)
        return float(verdict.numeric[0]), bool(verdict.wrong[0]), bool(verdict.kink[0])
