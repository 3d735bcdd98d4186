"""The distribution of one of K classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy

from ..dtypes import int64
from ..ops import broadcast_tensors, clamp, full, log, logsumexp, multinomial, softmax
from ..tensor import Tensor
from . import constraints
from .distribution import Discrete, clamped


class Categorical(Discrete):
    """P(k) = probs[k], for k in 0 ... K - 1; a batch of them for probs `(*batch_shape, K)`.

    `probs` need not sum to 1, nor exp of `logits`, which are logarithms: both are normalised.
    Samples are int64. Raises as `Distribution`, and ValueError unless one of the two is given.
    Source: PyTorch, torch.distributions.Categorical.

    >>> from tinygrad_np import tensor
    >>> Categorical(tensor([1.0, 3.0])).log_prob(tensor([0, 1]))
    tensor([-1.3863, -0.2877])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        def normalised(name: str, x: Tensor) -> Tensor:
            if x.ndim < 1:
                raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
            if name == "probs":
                return x / x.sum(-1, keepdim=True)
            return x - logsumexp(x, -1, keepdim=True)

        self._set(probs, logits, normalised)
        self.support = constraints.integer_interval(0, self.param_shape[-1] - 1)
        super().__init__(self.param_shape[:-1], validate_args)

    @cached_property
    def probs(self) -> Tensor:
        """The probabilities, which sum to 1."""
        return softmax(self.logits, -1)

    @cached_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return log(clamped(self.probs))

    @property
    def mean(self) -> Tensor:
        """nan: the classes have no order."""
        return full(self.batch_shape, math.nan, dtype=self.probs.dtype)

    @property
    def variance(self) -> Tensor:
        return self.mean

    @property
    def mode(self) -> Tensor:
        """The most probable class, the first of several."""
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        rows = self.probs.detach().reshape(-1, self.param_shape[-1])
        drawn = multinomial(rows, math.prod(sample_shape), True)
        return drawn.T.reshape(self._shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._check_value(value)
        index, logits = broadcast_tensors(value.to(int64).unsqueeze(-1), self.logits)
        return logits.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = clamp(
            self.logits, min=float(numpy.finfo(self.logits.array.dtype).min)
        )  # 0 * -inf is nan
        return -(logits * self.probs).sum(-1)
