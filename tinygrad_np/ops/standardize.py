"""What all normalisation layers share: numbers brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy

from ..backend import quiet
from ..compilable import compilable
from ..methods import promoted
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import axes
from .cast import not_implemented
from .creation import ones
from .elementwise import Sqrt
from .reduce import Mean, Var, count, kept

Dims = tuple[int, ...]


class Inner(Op):
    """y = sum of a * b along dims, kept as axes of length 1;   da = g * b,   db = g * a"""

    dims: Dims

    def forward(self, a, b):
        if a.ndim != b.ndim:
            raise ValueError(f"expected a and b of as many axes, got {a.shape} and {b.shape}")
        if a.dtype == self.xp.float16:  # einsum would add up in float16
            return (a * b).sum(self.dims, keepdims=True)
        axes = [*range(a.ndim)]
        y = self.xp.einsum(a, axes, b, axes, [i for i in axes if i not in self.dims])
        return kept(y, self.dims, a.shape)

    def da(self, g, b):
        return g * b

    def db(self, g, a):
        return g * a

    def samples(r):
        yield Sample(r.normal(3, 4), r.normal(3, 4), dims=(1,))
        yield Sample(r.normal(2, 3, 2, 4), r.normal(2, 3, 2, 4), dims=(0, 2, 3))
        yield Sample(r.normal(0, 3), r.normal(0, 3), dims=(0,))
        yield ErrorSample(
            lambda: Inner((1,))(ones(2, 3), ones(3)), r"as many axes, got \(2, 3\) and \(3,\)"
        )
        yield ErrorSample(
            lambda: Inner((1,))(ones(2, 3), ones(2, 4)),
            r"size of tensor a \(3\) must match the size of tensor b \(4\) .* dimension 1",
        )

    def reference(self, torch, a, b):
        return (a * b).sum(self.dims, keepdim=True)


class Standardize(Op):
    """y = z * w + b, z = (x - mean) / s, s^2 = var + eps along dims;   with h = g * w:
    dx = (h - mean h - z * mean h z) / s,   dw = g * z,   db = g
    """

    torch_name = "NativeBatchNorm"
    dims: Dims
    eps: float

    sums = None  # dw and db, where the compiled dx has found them on its way

    @compilable("norms.forward")
    def forward(self, x, w, b):
        self.mean = Mean(self.dims, True)(x)
        z = x - self.mean
        self.var = Inner(self.dims)(z, z) / count(x.shape, self.dims)
        scale = self._scale(self.var)
        z *= scale
        self.hint = z, scale
        y = z * w
        y += b
        return y

    @compilable("norms.dx")
    def dx(self, g, x, w):
        z, scale = self._standardized(x)
        h, n = g * w, count(self.shapes[0], self.dims)
        return (h - Mean(self.dims, True)(h) - z * (Inner(self.dims)(h, z) / n)) * scale

    @compilable("norms.dw")
    def dw(self, g, x):
        z, _ = self._standardized(x)
        new = len(self.shapes[0]) - len(self.shapes[1])
        stretched = [i + new for i, n in enumerate(self.shapes[1]) if n != self.shapes[0][i + new]]
        return Inner((*range(new), *stretched))(g, z)

    @compilable("norms.db")
    def db(self, g, x):
        return g

    def gradients(self, g, as_tensors, wanted=None):
        try:
            yield from super().gradients(g, as_tensors, wanted)
        finally:
            self.sums = None

    def _standardized(self, x):
        if not isinstance(x, Tensor):
            return self.hint
        scale = self._scale(Var(self.dims, True, 0)(x))  # a function of x, for second derivatives
        return (x - Mean(self.dims, True)(x)) * scale, scale

    def _scale(self, var):
        return 1.0 / Sqrt()(var + self.eps)

    def samples(r):
        plain = numpy.ones(()), numpy.zeros(())
        yield Sample(r.normal(3, 4), r.normal(4), r.normal(4), dims=(1,), eps=1e-5)
        w, b = r.normal(1, 3, 1, 1), r.normal(1, 3, 1, 1)
        yield Sample(r.normal(2, 3, 2, 4), w, b, dims=(0, 2, 3), eps=0.1)
        yield Sample(r.normal(2, 3), *plain, dims=(0, 1), eps=0.5)
        yield Sample(r.normal(1, 3), *plain, dims=(0,), eps=1.0)
        yield Sample(r.normal(0, 3), *plain, dims=(1,), eps=1e-5)
        yield ErrorSample(lambda: standardize(ones(2), 1), "but got 1", IndexError)
        yield ErrorSample(
            lambda: standardize(ones(2).long(), 0), "\"standardize\" not implemented for 'Long'"
        )

    def reference(self, torch, x, w, b):
        mean = x.mean(self.dims, keepdim=True)
        scale = torch.rsqrt(x.var(self.dims, correction=0, keepdim=True) + self.eps)
        return (x - mean) * scale * w + b


def standardize(
    input: Tensor,
    dim: Any,
    eps: float = 1e-5,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """(x - mean) / sqrt(var + eps) along `dim` * weight + bias, and this mean and variance.

    `dim` is an int or several; weight and bias broadcast. The variance is the biased one. Mean and
    variance keep the reduced dimensions, with size 1, and are constants for gradients.
    Raises NotImplementedError for integers.
    Source: Ioffe and Szegedy, arXiv:1502.03167, section 3; Ba et al., arXiv:1607.06450.

    >>> import tinygrad_np as tnp
    >>> tnp.standardize(tnp.tensor([1.0, 3.0]), dim=0)
    (tensor([-1.0000,  1.0000]), tensor([2.]), tensor([1.]))
    """
    if input.array.dtype.kind != "f":
        raise not_implemented("standardize", input)
    op = Standardize(axes(dim, input.ndim), eps)
    y = op(*promoted(input, 1.0 if weight is None else weight, 0.0 if bias is None else bias))
    return y, wrap(op.mean), wrap(op.var)


@quiet
def track(running: Tensor, batch: Tensor, momentum: float, factor: float = 1.0) -> None:
    """running = (1 - momentum) running + momentum * factor * batch, in place, without a graph.

    `running` is (C,); `batch` has one such row, or several, of which it takes the mean.

    >>> import tinygrad_np as tnp
    >>> running = tnp.zeros(2)
    >>> tnp.track(running, tnp.tensor([[1.0, 2.0]]), 0.5)
    >>> running
    tensor([0.5000, 1.0000])
    """
    array = running.array
    rows = batch.array.reshape(-1, array.size)
    array *= 1 - momentum
    array += (rows[0] if len(rows) == 1 else rows.mean(0)) * (factor * momentum)
    running.version.bump()
