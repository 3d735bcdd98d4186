"""Smooth activations: what stands between the linear layers of a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from ..compilable import compilable
from ..methods import attached, changed, promoted
from ..node import named
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import axis
from .cast import not_implemented
from .creation import ones
from .elementwise import Exp, Sigmoid, abs, tanh
from .error_function import Erf
from .index import getitem

_SQRT_HALF, _DENSITY_AT_0 = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)


class Softplus(Op):
    """y = ln(1 + e^(b x)) / b, or x where b x > threshold;   dx = g * sigmoid(b x), or g"""

    beta: float = 1.0
    threshold: float = 20.0

    def forward(self, x):
        xp, z = self.xp, x * self.beta  # no power of e above 1: nothing overflows
        tail = xp.log1p(xp.exp(-xp.absolute(z))) * (z <= self.threshold)
        return (xp.maximum(z, 0) + tail) / self.beta

    def dx(self, g, x):
        z = x * self.beta
        return g * (Sigmoid()(z) * (z <= self.threshold) + (z > self.threshold))

    def samples(r):
        yield Sample(r.normal(3, 4), beta=1.5)
        yield Sample(r.normal(3, 4), beta=-0.5, threshold=0.1)
        yield Sample(numpy.array([-1e4, -40.0, 0.0, 40.0, 1e4]))
        yield Sample(r.normal())
        yield ErrorSample(
            lambda: softplus(ones(2).bool()), "\"softplus_cpu\" not implemented for 'Bool'"
        )

    def reference(self, torch, x):
        return torch.nn.functional.softplus(x, self.beta, self.threshold)


class NormalCdf(Op):
    """y = (1 + erf(x / sqrt 2)) / 2, the share below x;   dx = g * e^(-x^2 / 2) / sqrt(2 pi)"""

    @compilable("activations.normal_cdf")
    def forward(self, x):
        return (Erf()(x * _SQRT_HALF) + 1.0) * 0.5

    @compilable("activations.normal_cdf_dx")
    def dx(self, g, x):
        return g * (Exp()(x * x * -0.5) * _DENSITY_AT_0)

    def samples(r):
        yield Sample(r.normal(3, 4) * 2)
        yield Sample(numpy.array([-100.0, -6.0, 6.0, 100.0]))
        yield ErrorSample(
            lambda: gelu(ones(2), approximate="foo"), "approximate argument must be either none"
        )
        yield ErrorSample(lambda: gelu(ones(2).long()), '"GeluKernelImpl" not implemented for \'L')

    def reference(self, torch, x):
        return torch.special.ndtr(x)


def applied(
    function: Callable[[Any], Any], input: Any, kernel: str, inplace: bool = False, name: str = ""
) -> Tensor:
    """`function` of an input of floating point, written over it if `inplace`.

    `name` is PyTorch's for what is several ops here.
    """
    (x,) = promoted(input)
    if numpy.dtype(x.dtype).kind != "f":
        raise not_implemented(kernel, x)
    if inplace:
        return changed(input, function, kernel)
    return named(function(x), name) if name else function(x)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x), also called swish.

    Source: Elfwing et al., arXiv:1702.03118; PyTorch, torch.nn.functional.silu.

    >>> import tinygrad_np as tnp
    >>> silu(tnp.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return applied(lambda x: x * Sigmoid()(x), input, "silu_cpu", inplace, "Silu")


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * tanh(softplus(x)).

    Source: Misra, arXiv:1908.08681; PyTorch, torch.nn.functional.mish.

    >>> import tinygrad_np as tnp
    >>> mish(tnp.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return applied(lambda x: x * tanh(Softplus()(x)), input, "mish_cpu", inplace, "Mish")


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """x * Phi(x), Phi being the share of normal numbers below x; "tanh" approximates it.

    approximate="tanh" computes Phi(x) as (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2.
    Raises RuntimeError for another `approximate`.
    Source: Hendrycks and Gimpel, arXiv:1606.08415; PyTorch, torch.nn.functional.gelu.

    >>> import tinygrad_np as tnp
    >>> gelu(tnp.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    function = _gelu if approximate == "none" else _gelu_by_tanh
    return applied(function, input, "GeluKernelImpl", name="Gelu")


def _gelu(x: Any) -> Any:
    return x * NormalCdf()(x)


def _gelu_by_tanh(x: Any) -> Any:
    c = 2 * math.sqrt(2 / math.pi)  # (1 + tanh z) / 2 = sigmoid(2 z), where nothing cancels
    return x * Sigmoid()(x * (x * x * (0.044715 * c) + c))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(beta x)) / beta, and x itself where beta x > threshold.

    Source: PyTorch, torch.nn.functional.softplus.

    >>> import tinygrad_np as tnp
    >>> softplus(tnp.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    return applied(Softplus(beta, threshold), input, "softplus_cpu")


def logsigmoid(input: Tensor) -> Tensor:
    """ln sigmoid(x) = -softplus(-x), exact where sigmoid(x) itself would be 0.

    Source: PyTorch, torch.nn.functional.logsigmoid.

    >>> import tinygrad_np as tnp
    >>> logsigmoid(tnp.tensor([0.0, -1000.0]))
    tensor([-6.9315e-01, -1.0000e+03])
    """
    return applied(
        lambda x: 0.0 - Softplus(1.0, math.inf)(-x), input, "log_sigmoid_cpu", name="LogSigmoid"
    )


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|). Source: PyTorch, torch.nn.functional.softsign.

    >>> import tinygrad_np as tnp
    >>> softsign(tnp.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return input / (abs(input) + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh x. Source: PyTorch, torch.nn.functional.tanhshrink.

    >>> import tinygrad_np as tnp
    >>> tanhshrink(tnp.tensor([1.0]))
    tensor([0.2384])
    """
    return input - tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a * sigmoid(b) for the two halves a, b of the input along `dim`.

    Raises RuntimeError for a scalar and for an odd size along `dim`.
    Source: Dauphin et al., arXiv:1612.08083; PyTorch, torch.nn.functional.glu.

    >>> import tinygrad_np as tnp
    >>> glu(tnp.tensor([2.0, 4.0, 0.0, 100.0]))
    tensor([1., 4.])
    """
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = axis(dim, input.ndim)
    half, odd = divmod(input.size(dim), 2)
    if odd:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim} is size {input.size(dim)}"
        )

    def part(x: Any, piece: slice) -> Any:
        return getitem(x, (*[slice(None)] * dim, piece))

    def gated(x: Any) -> Any:
        return part(x, slice(half)) * Sigmoid()(part(x, slice(half, None)))

    return applied(gated, input, "glu_cpu", name="Glu")


sigmoid_, tanh_ = attached["sigmoid_"], attached["tanh_"]
