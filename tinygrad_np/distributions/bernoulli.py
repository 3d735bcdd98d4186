"""The distribution of 0 or 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from ..ops import bernoulli, exp, log, log1p, maximum, sigmoid, where, zeros_like
from ..tensor import Tensor
from . import constraints
from .distribution import Discrete, broadcast_all, clamped


class Bernoulli(Discrete):
    """P(1) = probs = sigmoid(logits), P(0) = 1 - probs; numbers or tensors.

    Raises as `Distribution`, and ValueError unless one of the two is given.
    Source: PyTorch, torch.distributions.Bernoulli.

    >>> from tinygrad_np import tensor
    >>> Bernoulli(0.25).log_prob(tensor([0.0, 1.0]))
    tensor([-0.2877, -1.3863])
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._set(probs, logits, lambda _, x: broadcast_all(x)[0])
        super().__init__(self.param_shape, validate_args)

    @cached_property
    def probs(self) -> Tensor:
        """The probability of 1."""
        return sigmoid(self.logits)

    @cached_property
    def logits(self) -> Tensor:
        """log(probs / (1 - probs))."""
        probs = clamped(self.probs)
        return log(probs) - log1p(-probs)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    @property
    def mode(self) -> Tensor:
        """The more probable value, nan where both are."""
        likely = (self.probs >= 0.5).to(self.probs.dtype)
        return where(self.probs == 0.5, math.nan, likely)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return bernoulli(self.probs.detach().expand(self._shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check_value(value)
        return -self._cross_entropy(value)

    def entropy(self) -> Tensor:
        return self._cross_entropy(self.probs)

    def _cross_entropy(self, y: Tensor) -> Tensor:
        return y * softplus(-self.logits) + (1 - y) * softplus(self.logits)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x)), whose derivative is sigmoid(x) at 0, too."""
    return maximum(x, zeros_like(x)) + log1p(exp(-abs(x)))
