"""What all normalisation layers share: numbers brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

from ..backend import quiet
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import axes
from .cast import not_implemented
from .creation import ones
from .elementwise import Sqrt
from .reduce import Mean, Var

Dims = tuple[int, ...]


class Standardize(Op):
    """y = (x - mean) / s, s^2 = var + eps along dims;   dx = (g - mean g - y * mean g y) / s"""

    dims: Dims
    eps: float

    @quiet  # the mean of nothing is nan
    def forward(self, x):
        self.mean = Mean(self.dims, True)(x)
        centred = x - self.mean
        self.var = Mean(self.dims, True)(centred * centred)
        self.hint = self._scale(self.var)
        return centred * self.hint

    def dx(self, g, x, out):
        mean = Mean(self.dims, True)
        return (g - mean(g) - out * mean(g * out)) * self._scale_of(x)

    def _scale_of(self, x):
        if isinstance(x, Tensor):  # for the second derivative, which needs it as a function of x
            return self._scale(Var(self.dims, True, 0)(x))
        return self.hint

    def _scale(self, var):
        return 1.0 / Sqrt()(var + self.eps)

    def samples(r):
        yield Sample(r.normal(3, 4), dims=(1,), eps=1e-5)
        yield Sample(r.normal(2, 3, 2, 4), dims=(0, 2, 3), eps=0.1)
        yield Sample(r.normal(2, 3), dims=(0, 1), eps=0.5)
        yield Sample(r.normal(1, 3), dims=(0,), eps=1.0)
        yield Sample(r.normal(0, 3), dims=(1,), eps=1e-5)
        yield ErrorSample(lambda: standardize(ones(2), 1), "but got 1", IndexError)
        yield ErrorSample(
            lambda: standardize(ones(2).long(), 0), "\"standardize\" not implemented for 'Long'"
        )

    def reference(self, torch, x):
        mean = x.mean(self.dims, keepdim=True)
        return (x - mean) / torch.sqrt(x.var(self.dims, correction=0, keepdim=True) + self.eps)


def standardize(input: Tensor, dim: Any, eps: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """(x - mean) / sqrt(var + eps) along `dim` (an int or several), and this mean and variance.

    The variance is the biased one. Mean and variance keep the reduced dimensions, with size 1, and
    are constants for gradients. Raises NotImplementedError for integers.
    Source: Ioffe and Szegedy, arXiv:1502.03167, section 3; Ba et al., arXiv:1607.06450.

    >>> import tinygrad_np as tnp
    >>> tnp.standardize(tnp.tensor([1.0, 3.0]), dim=0)
    (tensor([-1.0000,  1.0000]), tensor([2.]), tensor([1.]))
    """
    if input.array.dtype.kind != "f":
        raise not_implemented("standardize", input)
    op = Standardize(axes(dim, input.ndim), eps)
    y = op(input)
    return y, wrap(op.mean), wrap(op.var)
