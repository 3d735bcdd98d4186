"""The inputs on which an op must be right: each op class yields them from `samples`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy

_BROADCASTING = [
    *[((3, 4), (3, 4)), ((3, 4), (4,)), ((), (2, 3)), ((3, 1), (1, 4))],
    *[((0, 3), (3,)), ((), ())],
]


class Sample:
    """Inputs (float64 arrays, or others where the op takes them) and the op's configuration."""

    def __init__(self, *inputs: Any, **config: Any) -> None:
        self.inputs = inputs
        self.config = config

    def __repr__(self) -> str:
        inputs = [f"{x.dtype}{list(x.shape)}" for x in self.inputs]
        config = [f"{name}={value!r:.60}" for name, value in self.config.items()]
        return f"Sample({', '.join(inputs + config)})"


class ErrorSample:
    """A call that must raise `error`, with a text that matches the regular expression `match`."""

    def __init__(
        self, call: Callable[[], Any], match: str, error: type[Exception] = RuntimeError
    ) -> None:
        self.call, self.match, self.error = call, match, error


class Rng:
    """Seeded arrays for samples, kept away from the points where an op has no derivative."""

    def __init__(self, seed: int = 0) -> None:
        self.generator = numpy.random.default_rng(seed)

    def normal(self, *shape: int) -> numpy.ndarray:
        """Standard normal numbers."""
        return self.generator.normal(size=shape)

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> numpy.ndarray:
        """Numbers between `low` and `high`."""
        return self.generator.uniform(low, high, shape)

    def positive(self, *shape: int) -> numpy.ndarray:
        """Numbers between 0.5 and 2."""
        return self.generator.uniform(0.5, 2.0, shape)

    def away_from(self, points: Any, shape: tuple[int, ...]) -> numpy.ndarray:
        """Normal numbers that are at least 0.1 away from every one of `points`."""
        x = self.generator.normal(size=shape)
        for point in numpy.atleast_1d(points):
            x = numpy.where(abs(x - point) < 0.1, point + numpy.where(x < point, -0.15, 0.15), x)
        return x

    def distinct(self, *shape: int) -> numpy.ndarray:
        """Numbers in random order that differ by at least 0.1: no ties for max and sort."""
        size = int(numpy.prod(shape))
        return (self.generator.permutation(size) * 0.1 - size * 0.05 + 0.025).reshape(shape)

    def broadcasting(self, draw: Callable[..., Any] | None = None) -> Iterator[Sample]:
        """Pairs that broadcast in every way: equal, missing axes, one-sided, two-sided, empty."""
        draw = draw or self.normal
        for a, b in _BROADCASTING:
            yield Sample(draw(*a), draw(*b))

    def integers(self, low: int, high: int, shape: tuple[int, ...]) -> numpy.ndarray:
        """int64 numbers from `low` to below `high`."""
        return self.generator.integers(low, high, shape)

    def mask(self, *shape: int) -> numpy.ndarray:
        """Booleans."""
        return self.generator.random(shape) < 0.5
