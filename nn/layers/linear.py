"""Linear, and the layer that does nothing."""

from __future__ import annotations

import math
from typing import Any

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import init
from ..functional import linear
from ..module import Module
from ..parameter import Parameter


class Linear(Module):
    """y = x @ weight^T + bias, over the last dimension: `(*, in_features) -> (*, out_features)`.

    weight `(out_features, in_features)` and bias start uniform within 1 / sqrt(in_features).
    Source: PyTorch, torch.nn.Linear.

    >>> Linear(3, 2)(tnp.ones(5, 3)).shape
    tinygrad_np.Size([5, 2])
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        options = {"device": device, "dtype": dtype}
        self.weight = Parameter(tnp.empty(out_features, in_features, **options))
        self.bias = Parameter(tnp.empty(out_features, **options)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        reset_uniformly(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def reset_uniformly(weight: Tensor, bias: Tensor | None) -> None:
    """PyTorch's start of Linear and Conv2d: uniform within 1 / sqrt(fan_in), weight first."""
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        fan_in = math.prod(weight.shape[1:])
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(bias, -bound, bound)


class Identity(Module):
    """y = x, whatever the arguments: a place to put a layer later.

    Source: PyTorch, torch.nn.Identity.

    >>> Identity(54, unused=True)(tnp.ones(1))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input
