"""Softmax, its logarithm and its normaliser: shifted by the maximum, so no exp overflows."""

from __future__ import annotations

from typing import Any

import numpy

from ..compilable import compilable
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..sums import summed
from ..tensor import Tensor
from .axes import along_axes, axes, axis
from .cast import floating, not_implemented, to
from .creation import ones
from .elementwise import Exp
from .reduce import Sum, kept

Dims = tuple[int, ...]


def largest(x: Any, dims: Any) -> Any:
    """The maximum along `dims`, kept as axes of length 1; that of nothing is -inf."""
    return x.max(dims, keepdims=True, initial=-numpy.inf)


class LogSoftmax(Op):
    """y = x - ln sum e^x along dim;   dx = g - e^y * sum of g"""

    dim: int

    @compilable("softmax.log_softmax", least=256)
    def forward(self, x):
        y = x - largest(x, self.dim)
        y -= self.xp.log(summed(self.xp.exp(y), (self.dim,), True))
        return y

    @compilable("softmax.log_softmax_dx", least=256)
    def dx(self, g, out):
        return g - Exp()(out) * Sum((self.dim,), True)(g)

    def samples(r):
        yield Sample(r.normal(3, 4), dim=1)
        yield Sample(r.normal(2, 3, 4), dim=1)
        yield Sample(r.normal(2, 3), dim=0)
        yield Sample(numpy.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]]), dim=1)
        yield Sample(r.normal(0, 3), dim=1)
        yield Sample(r.normal(0, 3), dim=0)
        yield ErrorSample(lambda: log_softmax(ones(2), 1), "got 1", IndexError)

    def reference(self, torch, x):
        return torch.log_softmax(x, self.dim)


class Softmax(Op):
    """y = e^x / sum e^x along dim;   dx = y * (g - sum of g * y)"""

    dim: int

    @compilable("softmax.softmax", least=256)
    def forward(self, x):
        y = x - largest(x, self.dim)
        self.xp.exp(y, out=y)
        y /= summed(y, (self.dim,), True)
        return y

    @compilable("softmax.softmax_dx", least=256)
    def dx(self, g, out):
        return out * (g - Sum((self.dim,), True)(g * out))

    def samples(r):
        yield Sample(r.normal(3, 4), dim=1)
        yield Sample(r.normal(2, 3, 4), dim=0)
        yield Sample(numpy.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4]]), dim=1)
        yield Sample(r.normal(0, 3), dim=1)
        yield Sample(r.normal(0, 3), dim=0)
        yield ErrorSample(lambda: softmax(ones(2).long(), 0), '"softmax_lastdim_kernel_impl" not')
        yield ErrorSample(lambda: softmax(ones(2), 1), "but got 1", IndexError)

    def reference(self, torch, x):
        return torch.softmax(x, self.dim)


class LogSumExp(Op):
    """y = ln sum e^x along dims;   dx = g * e^(x - y)"""

    torch_name = "Logsumexp"
    dims: Dims
    keepdim: bool = False

    def forward(self, x):
        top = largest(x, self.dims)
        top = self.xp.where(
            self.xp.isfinite(top), top, x.dtype.type(0)
        )  # a row of -inf has the sum 0, and one with inf the sum inf
        y = self.xp.log(self.xp.exp(x - top).sum(self.dims, keepdims=True)) + top
        return (
            y
            if self.keepdim
            else y.reshape([n for i, n in enumerate(x.shape) if i not in self.dims])
        )

    def dx(self, g, x, out):
        g, out = (kept(v, self.dims, self.shapes[0]) for v in (g, out))
        return g * Exp()(x - out)

    def samples(r):
        yield Sample(r.normal(3, 4), dims=(1,))
        yield Sample(r.normal(2, 3, 4), dims=(0, 2), keepdim=True)
        yield Sample(numpy.array([[1e4, -1e4], [-1e4, -1e4]]), dims=(1,))
        yield Sample(r.normal(0, 3), dims=(1,))
        yield Sample(r.normal(2, 0), dims=(1,))
        yield ErrorSample(lambda: logsumexp(ones(2), (0, 0)), "dim 0 appears multiple times")

    def reference(self, torch, x):
        return torch.logsumexp(x, self.dims, self.keepdim)


def _along(op: Any, input: Tensor, dim: int, dtype: Any, name: str) -> Tensor:
    dim = axis(dim, input.ndim)
    x = input if dtype is None else to(input, dtype)
    if x.array.dtype.kind != "f":
        last = "lastdim_" if dim == input.ndim - 1 or input.ndim == 0 else ""
        raise not_implemented(f"{name}_{last}kernel_impl", x)
    return op(dim)(x) if x.ndim else op(0)(x.reshape(1)).reshape(())


@tensor_method()
@along_axes
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of softmax along `dim`, exact where softmax itself would be 0.

    Source: PyTorch, torch.nn.functional.log_softmax.

    >>> import tinygrad_np as tnp
    >>> tnp.log_softmax(tnp.tensor([0.0, 1000.0]), dim=0)
    tensor([-1000.,     0.])
    """
    return _along(LogSoftmax, input, dim, dtype, "log_softmax")


@tensor_method()
@along_axes
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """e^x divided by its sum along `dim`: positive numbers that sum to 1.

    Source: PyTorch, torch.nn.functional.softmax.

    >>> import tinygrad_np as tnp
    >>> tnp.softmax(tnp.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return _along(Softmax, input, dim, dtype, "softmax")


@tensor_method()
@along_axes
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of e^x along `dim` (an int or several), without overflow.

    Source: PyTorch, torch.logsumexp.

    >>> import tinygrad_np as tnp
    >>> tnp.logsumexp(tnp.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    return LogSumExp(axes(dim, input.ndim), keepdim)(floating(input))
