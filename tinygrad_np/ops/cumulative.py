"""Sums and products of everything up to each element."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import axis
from .cast import to
from .creation import ones
from .join import Stack
from .repeat import Flip


class Cumsum(Op):
    """y[i] = x[0] + ... + x[i] along dim;   dx[i] = g[i] + ... + g[n - 1]"""

    dim: int

    def forward(self, x):
        return x.cumsum(self.dim, x.dtype)

    def dx(self, g):
        back = Flip((self.dim,))
        return back(Cumsum(self.dim)(back(g)))

    def samples(r):
        yield Sample(r.normal(3, 4), dim=0)
        yield Sample(r.normal(2, 3, 2), dim=1)
        yield Sample(r.normal(0, 3), dim=0)
        yield ErrorSample(lambda: cumsum(ones(2), 1), "but got 1", IndexError)

    def reference(self, torch, x):
        return torch.cumsum(x, self.dim)


class Cumprod(Op):
    """y[i] = x[0] * ... * x[i] along dim;   dx[i] = x[0] ... x[i-1] * (g[i] + x[i+1] * (...))

    The bracket is that of the next element times its x, plus g: a walk from the end that divides
    by nothing, so zeros need no special case and the rule can be derived again.
    """

    dim: int

    def forward(self, x):
        return x.cumprod(self.dim, x.dtype)

    def dx(self, g, x, out):
        at = (slice(None),) * self.dim
        n = x.shape[self.dim]
        if n == 0:
            return g
        inner = [g[(*at, n - 1)]]
        for i in reversed(range(n - 1)):
            inner.append(g[(*at, i)] + x[(*at, i + 1)] * inner[-1])
        parts = [inner[n - 1 - i] * out[(*at, i - 1)] if i else inner[-1] for i in range(n)]
        return Stack(self.dim)(*parts)

    def samples(r):
        yield Sample(r.normal(3, 4), dim=0)
        yield Sample(r.normal(2, 3, 2), dim=1)
        yield Sample(numpy.array([[2.0, 0.0, 3.0, 0.0], [0.5, 1.0, 0.0, -1.0]]), dim=1)
        yield Sample(r.normal(0, 3), dim=0)
        yield ErrorSample(lambda: cumprod(ones(2), 1), "but got 1", IndexError)

    def reference(self, torch, x):
        return torch.cumprod(x, self.dim)


def _cumulated(op: Any, input: Tensor, dim: int, dtype: Any) -> Tensor:
    dim = axis(dim, input.ndim)
    if dtype is None and input.array.dtype.kind != "f":
        dtype = dtypes.int64
    x = input if dtype is None else to(input, dtype)
    return op(dim)(x) if x.ndim else x.clone()


@tensor_method(in_place=("cumsum_",))
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The sum of all elements up to each one along `dim`; of integers int64.

    Source: PyTorch, torch.cumsum.

    >>> import tinygrad_np as tnp
    >>> tnp.cumsum(tnp.tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    return _cumulated(Cumsum, input, dim, dtype)


@tensor_method(in_place=("cumprod_",))
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The product of all elements up to each one along `dim`; of integers int64.

    Source: PyTorch, torch.cumprod.

    >>> import tinygrad_np as tnp
    >>> tnp.cumprod(tnp.tensor([1, 2, 3]), 0)
    tensor([1, 2, 6])
    """
    return _cumulated(Cumprod, input, dim, dtype)
