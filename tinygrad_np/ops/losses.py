"""Losses, element by element, with a rule of their own; `nn.functional` sums them up."""

from __future__ import annotations

import math
from typing import Any

import numpy

from .. import dtypes
from ..methods import promoted
from ..node import named
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import not_implemented
from .creation import full, ones
from .elementwise import Log
from .index import AddAt, put
from .indices import Index, Shape
from .rectifiers import HardTanh
from .reduce import Mean, Sum

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


class MseLoss(Op):
    """y = (x - t)^2, its sum, or mean over n elements;   dx = g * 2 (x - t) (/ n),   dt = -dx"""

    reduction: str = "none"

    def forward(self, x, t):
        y = self.xp.square(x - t)
        if self.reduction == "none":
            return y
        dims = tuple(range(y.ndim))
        return Sum(dims)(y) if self.reduction == "sum" else Mean(dims)(y)

    def dx(self, g, x, t):
        return g * self._factor() * (x - t)

    def dt(self, g, x, t):
        return g * self._factor() * (t - x)

    def _factor(self):
        if self.reduction != "mean":
            return 2.0
        return 2.0 / max(math.prod(numpy.broadcast_shapes(*self.shapes)), 1)

    def samples(r):
        for reduction in ("none", "sum", "mean"):
            yield Sample(r.normal(3, 4), r.normal(3, 4), reduction=reduction)
            yield Sample(r.normal(3, 1), r.normal(4), reduction=reduction)
            yield Sample(r.normal(), r.normal(), reduction=reduction)
        yield Sample(r.normal(0, 4), r.normal(0, 4), reduction="sum")
        yield ErrorSample(lambda: mse(ones(2), "4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x, t):
        return torch.nn.functional.mse_loss(
            *torch.broadcast_tensors(x, t), reduction=self.reduction
        )


class NllLoss(Op):
    """y = -w x at places, one for each sample, or sum of y / total;   dx = -g w (/ total) there"""

    places: Index
    weight: Any = 1.0
    total: float | None = None  # None: no sum

    hint = True  # in PyTorch the places are saved, so a second backward needs retain_graph

    def forward(self, x):
        y = x[self.places] * -self.xp.asarray(self.weight, x.dtype)
        return y if self.total is None else y.sum(dtype=x.dtype) / self.total

    def dx(self, g):
        factor = self.weight if self.total is None else self.weight / self.total
        return NllGradient(self.places, self.shapes[0], factor)(g)

    def samples(r):
        for x, labels, dim in [
            (r.normal(3, 4), r.integers(0, 4, (3,)), 1),
            (r.normal(2, 4, 3), r.integers(0, 4, (2, 3)), 1),
            (r.normal(4), r.integers(0, 4, ()), 0),
            (r.normal(0, 4), r.integers(0, 4, (0,)), 1),
        ]:
            places, weight = _places(labels, dim), r.positive(*labels.shape)
            yield Sample(x, places=places)
            yield Sample(x, places=places, weight=weight, total=2.5)
        yield ErrorSample(
            lambda: nll(ones(2, 3), numpy.array([0, 3]), 1), "Target 3 is out of bounds", IndexError
        )

    def reference(self, torch, x):
        places = tuple(torch.from_numpy(numpy.array(places)) for places in self.places)
        y = -x[places] * torch.as_tensor(self.weight, dtype=x.dtype)
        return y if self.total is None else y.sum() / self.total


class NllGradient(Op):
    """y = zeros with -w x at places;   dx = -g w at places"""

    places: Index
    shape: Shape
    weight: Any = 1.0

    def forward(self, x):
        y = self.xp.zeros(self.shape, x.dtype)
        put(y, self.places, x * -self.xp.asarray(self.weight, x.dtype))
        return y

    def dx(self, g):
        return NllLoss(self.places, self.weight)(g)

    def samples(r):
        places = _places(r.integers(0, 4, (3,)), 1)
        yield Sample(r.normal(3), places=places, shape=(3, 4))
        yield Sample(r.normal(), places=places, shape=(3, 4), weight=r.positive(3))
        yield ErrorSample(
            lambda: NllGradient(places, (3, 4))(ones(2)),
            r"shape \[2\] cannot be broadcast to indexing result of shape \[3\]\n  x: float32",
        )

    def reference(self, torch, x):
        places = tuple(torch.from_numpy(numpy.array(places)) for places in self.places)
        weight = torch.as_tensor(self.weight, dtype=x.dtype)
        values = (-x * weight).expand(places[0].shape)
        return torch.zeros(self.shape, dtype=x.dtype).index_put(places, values)


class BinaryCrossEntropy(Op):
    """y = -t ln x - (1 - t) ln(1 - x);   dx = g * (x - t) / (x (1 - x)),   dt = g * ln(1 / x - 1)

    As in PyTorch the logarithms are at least -100, and the divisor at least 1e-12.
    """

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


def _kept(labels: numpy.ndarray, ignore_index: int, classes: int) -> numpy.ndarray | None:
    """Where a label is not `ignore_index`; None: everywhere. IndexError for one out of bounds."""
    if labels.size and labels.min() >= 0 and labels.max() < classes and ignore_index < 0:
        return None  # the everyday case
    kept = numpy.asarray(labels != ignore_index)
    outside = labels[kept & ((labels < 0) | (labels >= classes))]
    if outside.size:
        raise IndexError(f"Target {outside[0]} is out of bounds.")
    return None if kept.all() else kept


def nll(
    input: Tensor,
    labels: numpy.ndarray,
    dim: int,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "none",
) -> Tensor:
    """-w x at the label of each sample along `dim`: `labels` is an array without that dimension.

    `weight` w holds a constant for each class. Samples labelled `ignore_index` count nothing; the
    "mean" is that weighted with w. Raises IndexError for a label out of bounds.
    Source: PyTorch, torch.nn.functional.nll_loss.

    >>> import tinygrad_np as tnp
    >>> tnp.nll(tnp.tensor([[-0.5, -1.0]]), numpy.array([1]), dim=1)
    tensor([1.])
    """
    kept, places = _kept(labels, ignore_index, input.array.shape[dim]), _places(labels, dim)
    if kept is not None:
        places = tuple(numpy.broadcast_to(part, kept.shape)[kept] for part in places)
        labels = labels[kept]
    counts: Any = 1.0 if weight is None else getattr(weight, "array", weight)[labels]
    if reduction == "none":
        loss = NllLoss(places, counts)(input)
        return loss if kept is None else named(AddAt((kept,), kept.shape)(loss), "NllLoss")
    total = 1.0
    if reduction == "mean":  # nan: of nothing
        total = float(labels.size if weight is None else counts.sum()) or math.nan
    return NllLoss(places, counts, total)(input)


def mse(input: Tensor, target: Tensor, reduction: str = "none") -> Tensor:
    """(input - target)^2, their sum or mean.

    Raises NotImplementedError for two tensors of integers. Source: PyTorch,
    torch.nn.functional.mse_loss.

    >>> import tinygrad_np as tnp
    >>> mse(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]), "mean")
    tensor(2.)
    """
    x, t = promoted(input, target)
    if x.array.dtype.kind != "f":
        raise not_implemented("mse_cpu", x)
    return MseLoss(reduction)(x, t)
