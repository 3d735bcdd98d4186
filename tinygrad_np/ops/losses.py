"""Losses, element by element, with a rule of their own; `nn.functional` sums them up."""

from __future__ import annotations

import math

import numpy

from .. import dtypes
from ..backend import quiet
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import not_implemented
from .creation import full, ones
from .elementwise import Log
from .indices import Index, Shape
from .rectifiers import HardTanh

_LEAST = 9.999999960041972e-13  # 1e-12 in float32, as in PyTorch for every dtype


class Huber(Op):
    """y = x^2 / 2 where |x| <= delta, else delta (|x| - delta / 2);   dx = g * hardtanh(x)"""

    delta: float

    def forward(self, x):
        z = self.xp.absolute(x)
        near = self.xp.minimum(z, self.delta)
        return near * (z - 0.5 * near)

    def dx(self, g, x):
        return g * HardTanh(-self.delta, self.delta)(x)

    def samples(r):
        yield Sample(r.away_from([-1.5, 1.5], (3, 4)) * 2, delta=1.5)
        yield Sample(numpy.array([-numpy.inf, -1.0, 0.0, 1.0, 1e4]), delta=1.0)
        yield ErrorSample(
            lambda: huber(ones(2), 0.0), "huber_loss does not support non-positive values for delta"
        )

    def reference(self, torch, x):
        zero = torch.zeros_like(x)
        return torch.nn.functional.huber_loss(x, zero, reduction="none", delta=self.delta)


class NllLoss(Op):
    """y = -x at places, one for each sample;   dx = -g at places, 0 elsewhere"""

    places: Index

    def forward(self, x):
        return -x[self.places]

    def dx(self, g):
        return NllGradient(self.places, self.shapes[0])(g)

    def samples(r):
        for x, labels, dim in [
            (r.normal(3, 4), r.integers(0, 4, (3,)), 1),
            (r.normal(2, 4, 3), r.integers(0, 4, (2, 3)), 1),
            (r.normal(4), r.integers(0, 4, ()), 0),
            (r.normal(0, 4), r.integers(0, 4, (0,)), 1),
        ]:
            yield Sample(x, places=_places(labels, dim))
        yield ErrorSample(
            lambda: nll(ones(2, 3), numpy.array([0, 3]), 1), "Target 3 is out of bounds", IndexError
        )

    def reference(self, torch, x):
        return -x[tuple(torch.from_numpy(numpy.array(places)) for places in self.places)]


class NllGradient(Op):
    """y = zeros with -x at places;   dx = -g at places"""

    places: Index
    shape: Shape

    def forward(self, x):
        y = self.xp.zeros(self.shape, x.dtype)
        y[self.places] = -x
        return y

    def dx(self, g):
        return NllLoss(self.places)(g)

    def samples(r):
        yield Sample(r.normal(3), places=_places(r.integers(0, 4, (3,)), 1), shape=(3, 4))

    def reference(self, torch, x):
        places = tuple(torch.from_numpy(numpy.array(places)) for places in self.places)
        return torch.zeros(self.shape, dtype=x.dtype).index_put(places, -x)


class BinaryCrossEntropy(Op):
    """y = -t ln x - (1 - t) ln(1 - x);   dx = g * (x - t) / (x (1 - x)),   dt = g * ln(1 / x - 1)

    As in PyTorch the logarithms are at least -100, and the divisor at least 1e-12.
    """

    @quiet
    def forward(self, x, t):
        ln, ln_of_rest = (self.xp.maximum(v, -100) for v in (self.xp.log(x), self.xp.log1p(-x)))
        return (t - 1) * ln_of_rest - t * ln

    def dx(self, g, x, t):
        return g * ((x - t) / HardTanh(_LEAST, math.inf)(x * (1.0 - x)))

    def dt(self, g, x):
        return g * (Log()(1.0 - x) - Log()(x))

    def samples(r):
        yield Sample(r.uniform(0.1, 0.9, (3, 4)), r.uniform(0.1, 0.9, (3, 4)))
        yield Sample(numpy.array([0.0, 0.0, 1.0, 1.0]), numpy.array([0.0, 1.0, 0.0, 1.0]))
        yield Sample(r.uniform(0.1, 0.9, (2, 0)), r.uniform(0.1, 0.9, (2, 0)))
        half = full((2,), 0.5)
        yield ErrorSample(
            lambda: binary_cross_entropy(half * 4, half), "of input should be between 0 and 1"
        )
        yield ErrorSample(
            lambda: binary_cross_entropy(half, half - 1), "of target should be between 0 and 1"
        )
        yield ErrorSample(
            lambda: binary_cross_entropy(half, half.double()), "Found dtype Double but expected Fl"
        )
        yield ErrorSample(
            lambda: binary_cross_entropy(half.long(), half), "not implemented for 'Long'"
        )

    def reference(self, torch, x, t):
        return torch.nn.functional.binary_cross_entropy(x, t, reduction="none")


def huber(input: Tensor, delta: float = 1.0) -> Tensor:
    """x^2 / 2 where |x| <= delta, else delta (|x| - delta / 2), for every element.

    Raises RuntimeError unless delta > 0.
    Source: Huber, Annals of Mathematical Statistics 35 (1964); PyTorch,
    torch.nn.functional.huber_loss.

    >>> import tinygrad_np as tnp
    >>> huber(tnp.tensor([0.5, -3.0]))
    tensor([0.1250, 2.5000])
    """
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return Huber(delta)(input)


def binary_cross_entropy(input: Tensor, target: Tensor) -> Tensor:
    """-t ln x - (1 - t) ln(1 - x) for every element, the logarithms being at least -100.

    Raises RuntimeError for numbers outside [0, 1] and for different dtypes.
    Source: PyTorch, torch.nn.functional.binary_cross_entropy.

    >>> import tinygrad_np as tnp
    >>> binary_cross_entropy(tnp.tensor([0.5, 0.0]), tnp.tensor([1.0, 1.0]))
    tensor([  0.6931, 100.0000])
    """
    if not input.is_floating_point():
        raise not_implemented("binary_cross_entropy", input)
    if target.dtype != input.dtype:
        found, expected = (dtypes.scalar_name(t.dtype) for t in (target, input))
        raise RuntimeError(f"Found dtype {found} but expected {expected}")
    for name, x in (("input", input.array), ("target", target.array)):
        if not ((x >= 0) & (x <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    return BinaryCrossEntropy()(input, target)


def _places(labels: numpy.ndarray, dim: int) -> Index:
    """The label of each sample along `dim`, and its own position along the others."""
    places = [
        numpy.arange(n).reshape(-1, *[1] * (labels.ndim - 1 - i))
        for i, n in enumerate(labels.shape)
    ]
    return (*places[:dim], labels, *places[dim:])


def nll(input: Tensor, labels: numpy.ndarray, dim: int) -> Tensor:
    """-input at the label of each sample along `dim`: `labels` is an array without that dimension.

    Raises IndexError for a label out of bounds. Source: PyTorch, torch.nn.functional.nll_loss.

    >>> import tinygrad_np as tnp
    >>> tnp.nll(tnp.tensor([[-0.5, -1.0]]), numpy.array([1]), dim=1)
    tensor([1.])
    """
    outside = labels[(labels < 0) | (labels >= input.shape[dim])]
    if outside.size:
        raise IndexError(f"Target {outside[0]} is out of bounds.")
    return NllLoss(_places(labels, dim))(input)
