"""Products along a dimension."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import numpy

from .. import dtypes
from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import along_axes, axis
from .cast import to
from .creation import ones
from .reduce import kept
from .select import Where


class Prod(Op):
    """y = product of x along dim;   dx = g * product of the others: y / x where no x is 0"""

    dim: int
    keepdim: bool = False
    overload: int = field(default=0, repr=False)  # in PyTorch's name: 1 where dim was named

    def forward(self, x):
        return x.prod(self.dim, x.dtype, keepdims=self.keepdim)

    def dx(self, g, x, out):
        shape = self.shapes[0]
        g = kept(g, (self.dim,), shape)
        if getattr(x, "array", x).all():
            return g * (kept(out, (self.dim,), shape) / x)
        return g * self._others(x)

    def _others(self, x):
        """Each element's product of the others, also where some are 0: n^2 numbers for n."""
        own = numpy.eye(x.shape[self.dim], dtype=bool)
        rows = x.swapaxes(self.dim, -1)[..., None, :]  # (..., n) -> (..., 1, n) -> (..., n, n)
        rows = Where()(own, numpy.ones((), getattr(x, "array", x).dtype), rows)
        return Prod(len(x.shape))(rows).swapaxes(self.dim, -1)

    def samples(r):
        yield Sample(r.normal(3, 4), dim=1)
        yield Sample(r.normal(2, 3, 4), dim=0, keepdim=True)
        yield Sample(numpy.array([[0.0, 2, 3], [0, 4, 0], [0, 0, 0]]), dim=1)
        yield Sample(numpy.array([[0.0, 2, 3], [0, 4, 0], [0, 0, 0]]), dim=0, keepdim=True)
        yield Sample(r.normal(2, 0), dim=1)
        yield Sample(r.integers(-3, 3, (2, 3)), dim=1)
        yield ErrorSample(lambda: prod(ones(2), 1), "but got 1", IndexError)

    def reference(self, torch, x):
        return torch.prod(x, self.dim, self.keepdim)

    def name(self):
        return f"ProdBackward{self.overload}"


@tensor_method()
@along_axes
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product of all elements, or along `dim`; of integers and booleans int64.

    Source: PyTorch, torch.prod.

    >>> import tinygrad_np as tnp
    >>> tnp.prod(tnp.tensor([[1, 2], [3, 4]]), dim=0)
    tensor([3, 8])
    """
    (x,) = promoted(input)
    if dtype is None and numpy.dtype(x.dtype).kind != "f":
        dtype = dtypes.int64
    x = x if dtype is None else to(x if isinstance(x, Tensor) else wrap(x), dtype)
    if dim is None:
        return Prod(0)(x.reshape(-1))
    if x.ndim == 0:
        return Prod(axis(dim, 0), overload=1)(x.reshape(1))
    return Prod(axis(dim, x.ndim), keepdim, 1)(x)
