"""Rectifiers: activations with a rule for what is above a limit and another for what is below."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy

from .. import dtypes
from ..methods import attached, changed, promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .activations import applied
from .creation import ones
from .elementwise import Exp, ReLU
from .keep import Keep
from .select import Where


class HardTanh(Op):
    """y = min(max(x, low), high);   dx = g * [low < x < high]      (0 at the kinks, as PyTorch)"""

    low: float
    high: float

    def forward(self, x):
        low, high = x.dtype.type(self.low), x.dtype.type(self.high)
        return self.xp.minimum(self.xp.maximum(x, low), high)

    def dx(self, g, out):
        return Keep()(g, (out > self.low) & (out < self.high))

    def samples(r):
        yield Sample(r.away_from([-1, 0.5], (3, 4)), low=-1.0, high=0.5)
        yield Sample(numpy.array([-1.0, 0.5]), low=-1.0, high=0.5)
        yield Sample(r.integers(-9, 9, (5,)), low=-2.0, high=3.0)
        yield ErrorSample(
            lambda: hardtanh(ones(2), 2, 1), "min_val cannot be greater than max_val", ValueError
        )
        yield ErrorSample(lambda: hardtanh(ones(2).bool()), "Bool inputs not supported for hardt")

    def reference(self, torch, x):
        return torch.nn.functional.hardtanh(x, self.low, self.high)


class PReLU(Op):
    """y = max(x, 0) + w min(x, 0);   dx = g * (1 or w),   dw = g * min(x, 0)"""

    def forward(self, x, w):
        return self.xp.maximum(x, 0) + self.xp.minimum(x, 0) * w

    def dx(self, g, x, w):
        above = x > 0
        return g * (above + ~above * w)  # three times as fast as a choice by Where

    def dw(self, g, x):
        return Keep()(g * x, ~(x > 0))

    def samples(r):
        yield Sample(r.away_from(0, (3, 4)), r.normal())
        yield Sample(r.away_from(0, (2, 3, 4)), r.normal(3, 1))
        yield Sample(r.away_from(0, ()), r.normal(1))
        yield Sample(numpy.array([-numpy.inf, 0.0, numpy.inf]), r.positive())
        yield ErrorSample(
            lambda: prelu(ones(2, 3), ones(2)), "parameter numbers = 2 and channel size = 3"
        )
        yield ErrorSample(lambda: prelu(ones(()), ones(2)), "Not allow zero-dim input tensor")
        yield ErrorSample(
            lambda: prelu(ones(2), ones(1).double()), "not supported. Got Float and Double"
        )
        yield ErrorSample(
            lambda: leaky_relu(ones(2).long()), "\"leaky_relu_cpu\" not implemented for 'Long'"
        )

    def reference(self, torch, x, w):
        return torch._prelu_kernel(x, w)


class ELU(Op):
    """y = s (max(x, 0) + a (e^(k min(x, 0)) - 1));   dx = g * s, or g * s a k e^(k x)"""

    alpha: float
    scale: float = 1.0
    input_scale: float = 1.0

    def forward(self, x):
        below = self.xp.expm1(self.xp.minimum(x, 0) * self.input_scale) * self.alpha
        return (self.xp.maximum(x, 0) + below) * self.scale

    def dx(self, g, x):
        below = Exp()(ReLU()(-x) * -self.input_scale) * (self.alpha * self.input_scale)
        return g * (((x > 0) + (x <= 0) * below) * self.scale)

    def samples(r):
        yield Sample(r.away_from(0, (3, 4)), alpha=1.5, scale=0.7, input_scale=1.3)
        yield Sample(numpy.array([-1e4, -0.0, 0.0, 1e4]), alpha=1.5)
        yield Sample(r.away_from(0, ()), alpha=1.0)
        yield ErrorSample(lambda: celu(ones(2), 0.0), "alpha cannot be 0 for CELU")
        yield ErrorSample(lambda: elu(ones(2).int()), "\"elu_cpu\" not implemented for 'Int'")

    def reference(self, torch, x):
        return torch._C._nn.elu(x, self.alpha, self.scale, self.input_scale)


class HardSwish(Op):
    """y = x min(max(x + 3, 0), 6) / 6;   dx = g * (x / 3 + 1/2) inside (-3, 3), else 0 or g"""

    def forward(self, x):
        return x * self.xp.clip(x + 3.0, 0.0, 6.0) / 6.0

    def dx(self, g, x):
        slope = HardTanh(-3.0, 3.0)(x) / 3.0 + 0.5
        return Keep()(g * slope, (x > -3) & (x < 3)) + Keep()(g, ~(x < 3))

    def samples(r):
        yield Sample(r.away_from([-3, 3], (3, 4)) * 2)
        yield Sample(numpy.array([-1e4, -3.0, 3.0, 1e4]))
        yield ErrorSample(
            lambda: hardswish(ones(2).long()), "\"hardswish_cpu\" not implemented for 'Long'"
        )

    def reference(self, torch, x):
        return torch.nn.functional.hardswish(x)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Every element limited to [min_val, max_val]; the gradient is 0 at both ends and outside.

    Raises ValueError for min_val > max_val. Source: PyTorch, torch.nn.functional.hardtanh.

    >>> import tinygrad_np as tnp
    >>> hardtanh(tnp.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    (x,) = promoted(input)
    if x.dtype == numpy.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    op = HardTanh(min_val, max_val)
    return changed(input, op, "hardtanh_") if inplace else op(x)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6). Source: PyTorch, torch.nn.functional.relu6.

    >>> import tinygrad_np as tnp
    >>> relu6(tnp.tensor([-1.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope * x. Source: PyTorch, torch.nn.functional.leaky_relu.

    >>> import tinygrad_np as tnp
    >>> leaky_relu(tnp.tensor([-1.0, 2.0]))
    tensor([-0.0100,  2.0000])
    """

    def function(x: Any) -> Any:
        return PReLU()(*promoted(x, negative_slope))

    return applied(function, input, "leaky_relu_cpu", inplace)


@tensor_method()
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else weight * x, with one weight for all elements or one for each channel.

    Shapes: input `(N, C, *)`, weight `(1,)` or `(C,)`. Raises RuntimeError for others.
    Source: He et al., arXiv:1502.01852; PyTorch, torch.nn.functional.prelu.

    >>> import tinygrad_np as tnp
    >>> prelu(tnp.tensor([-1.0, 2.0]), tnp.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    if input.dtype != weight.dtype:
        kinds = " and ".join(dtypes.scalar_name(t.dtype) for t in (input, weight))
        raise RuntimeError(f"prelu: Type promoting not supported. Got {kinds}")
    if weight.numel() == 1:
        weight = weight.reshape(())
    else:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.size(1) if input.ndim > 1 else 1
        if weight.numel() != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
        weight = weight.reshape(-1, *[1] * (input.ndim - 2))  # (C,) -> (C, 1, ...)
    return applied(lambda x: PReLU()(x, weight), input, "prelu_cpu")


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (e^x - 1).

    Source: Clevert et al., arXiv:1511.07289; PyTorch, torch.nn.functional.elu.

    >>> import tinygrad_np as tnp
    >>> elu(tnp.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return applied(ELU(alpha), input, "elu_cpu", inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale * elu(x, alpha), whose constants keep mean 0 and variance 1 through layers.

    Source: Klambauer et al., arXiv:1706.02515; PyTorch, torch.nn.functional.selu.

    >>> import tinygrad_np as tnp
    >>> selu(tnp.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    return applied(ELU(1.6732632423543772, 1.0507009873554805), input, "elu_cpu", inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (e^(x / alpha) - 1): the slope at 0 is 1 for every alpha.

    Raises RuntimeError for alpha = 0.
    Source: Barron, arXiv:1704.07483; PyTorch, torch.nn.functional.celu.

    >>> import tinygrad_np as tnp
    >>> celu(tnp.tensor([-1.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return applied(ELU(alpha, 1.0, 1 / alpha), input, "elu_cpu", inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x + 3, 0), 6) / 6. Source: PyTorch, torch.nn.functional.hardsigmoid.

    >>> import tinygrad_np as tnp
    >>> hardsigmoid(tnp.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return applied(lambda x: HardTanh(0.0, 6.0)(x + 3) / 6, input, "hardsigmoid_cpu", inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * hardsigmoid(x).

    Source: Howard et al., arXiv:1905.02244; PyTorch, torch.nn.functional.hardswish.

    >>> import tinygrad_np as tnp
    >>> hardswish(tnp.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000, 0.6667, 4.0000])
    """
    return applied(HardSwish(), input, "hardswish_cpu", inplace)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else value. Source: PyTorch, torch.nn.functional.threshold.

    >>> import tinygrad_np as tnp
    >>> tnp.threshold(tnp.tensor([1.0, 2.0]), 1.0, 20.0)
    tensor([20.,  2.])
    """

    def function(x: Any) -> Any:
        limit, instead = (numpy.asarray(v, input.array.dtype) for v in (threshold, value))
        return Where()(x <= limit, instead, x)

    return changed(input, function, "threshold_") if inplace else function(input)


relu_ = attached["relu_"]
celu_, elu_, hardtanh_, leaky_relu_, selu_, threshold_ = (
    partial(function, inplace=True)
    for function in (celu, elu, hardtanh, leaky_relu, selu, threshold)
)
