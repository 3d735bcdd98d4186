"""The base of distributions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy

from ..dtypes import get_default_dtype
from ..grad_mode import no_grad
from ..ops import broadcast_tensors, clamp, exp, sqrt, tensor
from ..size import Size
from ..tensor import Tensor
from .constraints import Constraint


class Distribution:
    """The base of distributions: a batch of them, one for each element of `batch_shape`.

    `sample(sample_shape)` gives a tensor `(*sample_shape, *batch_shape)`, outside the graph;
    `rsample` the same numbers inside it; `log_prob(value)` the logarithm of density or
    probability; `entropy()`, `mean`, `mode`, `variance` and `stddev` a tensor `(*batch_shape,)`.
    Raises ValueError, unless `validate_args=False`, for parameters and values out of range.
    Source: PyTorch, torch.distributions.Distribution.
    """

    arg_constraints: ClassVar[Mapping[str, Constraint]] = {}
    support: Constraint
    has_rsample = False
    event_shape = Size()
    _validate_args: bool = __debug__

    def __init__(self, batch_shape: Sequence[int] = (), validate_args: bool | None = None) -> None:
        self.batch_shape = Size(batch_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        for name, constraint in self.arg_constraints.items() if self._validate_args else ():
            value = vars(self).get(name)
            if value is not None and not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} {_told(value)} of distribution {self!r} to satisfy "
                    f"the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return sqrt(self.variance)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values `(*sample_shape, *batch_shape)`."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values as a differentiable function of the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample")

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, of `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def entropy(self) -> Tensor:
        """The entropy, in nats."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy")

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return exp(self.entropy())

    def _shape(self, sample_shape: Sequence[int]) -> Size:
        return Size((*sample_shape, *self.batch_shape))

    def _check_value(self, value: Tensor) -> None:
        if not self._validate_args:
            return
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        for i, j in zip(reversed(value.shape), reversed(self.batch_shape), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    "Value is not broadcastable with batch_shape+event_shape: "
                    f"{value.shape} vs {self.batch_shape}."
                )
        if not self.support.check(value).all():
            raise ValueError(
                f"Expected value argument {_told(value)} to be within the support "
                f"({self.support!r}) of the distribution {self!r}, "
                f"but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        given = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        told = [f"{n}: {x if x.numel() == 1 else x.size()}" for n, x in given.items()]
        return f"{type(self).__name__}({', '.join(told)})"


def _told(value: Tensor) -> str:
    return f"({type(value).__name__} of shape {tuple(value.shape)})"


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor."""
    if not all(isinstance(value, Tensor | int | float) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, "
            "torch.Tensor or objects implementing __torch_function__."
        )
    dtypes = [value.dtype for value in values if isinstance(value, Tensor)]
    dtype = (dtypes or [get_default_dtype()])[0]
    return broadcast_tensors(
        *(value if isinstance(value, Tensor) else tensor(value, dtype=dtype) for value in values)
    )


class Discrete(Distribution):
    """What is given by `probs` or by `logits`; the other one is computed where it is asked for."""

    param_shape: Size

    def _set(self, probs: Any, logits: Any, normalised: Callable[[str, Any], Tensor]) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name, given = ("probs", probs) if logits is None else ("logits", logits)
        vars(self)[name] = normalised(name, given)
        self.param_shape = vars(self)[name].shape


def clamped(probs: Tensor) -> Tensor:
    """Probabilities whose logarithm is finite, that of 1 - p too."""
    eps = float(numpy.finfo(probs.array.dtype).eps)
    return clamp(probs, eps, 1 - eps)
