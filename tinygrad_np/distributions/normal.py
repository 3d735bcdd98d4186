"""The normal distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from ..ops import erf, log, randn
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all


class Normal(Distribution):
    """p(x) = exp(-(x - loc)^2 / (2 scale^2)) / (scale sqrt(2 pi)).

    `loc` and `scale` are numbers or tensors, which are broadcast. `rsample` is loc + scale * z for
    standard normal z: its gradient flows to both. Raises as `Distribution`.
    Source: PyTorch, torch.distributions.Normal.

    >>> from tinygrad_np import tensor
    >>> Normal(0.0, 2.0).log_prob(tensor([0.0, 2.0]))
    tensor([-1.6121, -2.1121])
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        self.mean = self.mode = self.loc
        super().__init__(self.loc.shape, validate_args)

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.loc + randn(self._shape(sample_shape), dtype=self.loc.dtype) * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        self._check_value(value)
        z = (value - self.loc) / self.scale
        return -(z**2) / 2 - log(self.scale) - math.log(2 * math.pi) / 2

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a number up to `value`."""
        self._check_value(value)
        return (1 + erf((value - self.loc) / (self.scale * math.sqrt(2)))) / 2

    def entropy(self) -> Tensor:
        return 0.5 + 0.5 * math.log(2 * math.pi) + log(self.scale)
