"""Activations: the functions between the linear layers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from typing import Any

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


@dataclass(eq=False, repr=False)
class Activation(Module):
    """Annotations of a subclass are its options: arguments, attributes, and shown when printed."""

    def __post_init__(self) -> None:
        super().__init__()

    def extra_repr(self) -> str:
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        if not options.get("inplace"):
            options.pop("inplace", None)
        return ", ".join(f"{name}={value!r}" for name, value in options.items())


@dataclass(eq=False, repr=False)
class ReLU(Activation):
    """y = max(x, 0), written over x if `inplace`. Source: PyTorch, torch.nn.ReLU.

    >>> ReLU()(tnp.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


@dataclass(eq=False, repr=False)
class ReLU6(Activation):
    """y = min(max(x, 0), 6). Source: PyTorch, torch.nn.ReLU6.

    >>> ReLU6()(tnp.tensor([-1.0, 9.0]))
    tensor([0., 6.])
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, self.inplace)


@dataclass(eq=False, repr=False)
class LeakyReLU(Activation):
    """y = x where x > 0, else negative_slope * x. Source: PyTorch, torch.nn.LeakyReLU.

    >>> LeakyReLU(0.1)(tnp.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    negative_slope: float = 0.01
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class PReLU(Module):
    """y = x where x > 0, else weight * x, with one weight or one per channel, `init` at first.

    See `functional.prelu`. Source: He et al., arXiv:1502.01852; PyTorch, torch.nn.PReLU.

    >>> PReLU()(tnp.tensor([-1.0, 2.0])).detach()
    tensor([-0.2500,  2.0000])
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(tnp.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Back to the first weight."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


@dataclass(eq=False, repr=False)
class ELU(Activation):
    """y = x where x > 0, else alpha * (e^x - 1). Source: PyTorch, torch.nn.ELU.

    >>> ELU()(tnp.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


@dataclass(eq=False, repr=False)
class SELU(Activation):
    """The ELU that keeps mean 0 and variance 1. Source: PyTorch, torch.nn.SELU.

    >>> SELU()(tnp.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


@dataclass(eq=False, repr=False)
class CELU(Activation):
    """y = x where x > 0, else alpha * (e^(x / alpha) - 1). Source: PyTorch, torch.nn.CELU.

    >>> CELU(2.0)(tnp.tensor([-1.0, 2.0]))
    tensor([-0.7869,  2.0000])
    """

    alpha: float = 1.0
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


class Hardtanh(Module):
    """y = x limited to [min_val, max_val]. Source: PyTorch, torch.nn.Hardtanh.

    Raises AssertionError unless min_val < max_val. Warns of the old names of the limits.

    >>> Hardtanh()(tnp.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        for end, value in (("min", min_value), ("max", max_value)):
            if value is not None:
                warnings.warn(
                    f"keyword argument `{end}_value` is deprecated and renamed to `{end}_val`",
                    FutureWarning,
                    stacklevel=2,
                )
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(
                f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})"
            )

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        inplace = ", inplace=True" if self.inplace else ""
        return f"min_val={self.min_val}, max_val={self.max_val}{inplace}"


@dataclass(eq=False, repr=False)
class Threshold(Activation):
    """y = x where x > threshold, else value. Source: PyTorch, torch.nn.Threshold.

    >>> Threshold(1.0, 20.0)(tnp.tensor([1.0, 2.0]))
    tensor([20.,  2.])
    """

    threshold: float
    value: float
    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)


@dataclass(eq=False, repr=False)
class Hardsigmoid(Activation):
    """y = min(max(x + 3, 0), 6) / 6. Source: PyTorch, torch.nn.Hardsigmoid.

    >>> Hardsigmoid()(tnp.tensor([0.0, 4.0]))
    tensor([0.5000, 1.0000])
    """

    inplace: bool = False
    extra_repr = Module.extra_repr  # PyTorch shows nothing

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


@dataclass(eq=False, repr=False)
class Hardswish(Activation):
    """y = x * hardsigmoid(x). Source: PyTorch, torch.nn.Hardswish.

    >>> Hardswish()(tnp.tensor([1.0, 4.0]))
    tensor([0.6667, 4.0000])
    """

    inplace: bool = False
    extra_repr = Module.extra_repr  # PyTorch shows nothing

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)
