"""What parameters and values of distributions may be."""

from __future__ import annotations

from collections.abc import Callable

from ..tensor import Tensor


class Constraint:
    """What values may be: `check` says where they are so, the text says it in PyTorch's words."""

    def __init__(self, text: str, check: Callable[[Tensor], Tensor]) -> None:
        self.text, self.check = text, check

    def __repr__(self) -> str:
        return self.text


def integer_interval(lower_bound: int, upper_bound: int) -> Constraint:
    return Constraint(
        f"IntegerInterval(lower_bound={lower_bound}, upper_bound={upper_bound})",
        lambda x: (x % 1 == 0) & (x >= lower_bound) & (x <= upper_bound),
    )


real = Constraint("Real()", lambda x: x == x)
real_vector = Constraint("IndependentConstraint(Real(), 1)", lambda x: (x == x).all(-1))
positive = Constraint("GreaterThan(lower_bound=0.0)", lambda x: x > 0)
unit_interval = Constraint(
    "Interval(lower_bound=0.0, upper_bound=1.0)", lambda x: (x >= 0) & (x <= 1)
)
simplex = Constraint("Simplex()", lambda x: (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6))
boolean = Constraint("Boolean()", lambda x: (x == 0) | (x == 1))
