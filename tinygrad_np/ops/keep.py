"""What a rule does where its op is constant: 0 whatever comes in, and inf * 0 is nan."""

from __future__ import annotations

from typing import Any

import numpy

from ..compilable import compilable
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import wrap

_BITS = {n: numpy.dtype(f"u{n}") for n in (1, 2, 4, 8)}


class Keep(Op):
    """y = x where mask, else 0;   dx = g where mask, else 0

    So sqrt(clamp(x, min=0)) has a gradient below 0: the inf that sqrt passes on goes no further.
    """

    @compilable("rectifiers.keep")
    def forward(self, x, mask):
        like = x if mask.ndim == 0 else mask
        if like.shape != x.shape:
            like = self.xp.broadcast_to(x, numpy.broadcast_shapes(x.shape, mask.shape))
        y, bits = self.xp.empty_like(like, x.dtype), _BITS[x.itemsize]
        self.xp.multiply(x.view(bits), mask, out=y.view(bits))  # a Where takes 8 times as long
        return y

    def dx(self, g, mask):
        return Keep()(g, mask)

    def samples(r):
        yield Sample(r.normal(3, 4), r.mask(3, 4))
        yield Sample(r.normal(3, 1), r.mask(4))
        yield Sample(r.normal(4), r.mask(2, 1))
        yield Sample(r.normal(), numpy.array(False))
        yield Sample(r.normal(2, 0), r.mask(2, 0))
        yield Sample(numpy.array([numpy.inf, numpy.nan, -0.0]), numpy.array([False, False, True]))
        yield ErrorSample(
            lambda: Keep()(wrap(r.normal(3)), wrap(r.mask(4))), "shape mismatch.*broadcast"
        )

    def reference(self, torch, x, mask):
        return torch.where(mask, x, torch.zeros((), dtype=x.dtype))


def nothing(g: Any) -> Any:
    """Zeros in the form of g: the rule of what is constant everywhere, or nearly."""
    return Keep()(g, numpy.False_)


class ConstantIn(Op):
    """y = x0, which the other xs do not move;   dx0 = g, the other dx = 0

    The engine puts it on a gradient whose rule looked at xs only to compare them.
    """

    def forward(self, *xs):
        return xs[0].copy()

    def dxs(self, index, g, xs):
        return nothing(xs[index]) if index else g

    def samples(r):
        yield Sample(r.normal(3, 4), r.normal(2))
        yield Sample(r.normal(), r.normal(2, 0), r.normal(3))
        yield ErrorSample(lambda: ConstantIn()(), "tuple index out of range")

    def reference(self, torch, *xs):
        still = [x.masked_fill(torch.ones_like(x) > 0, 0).sum() for x in xs[1:]]
        return xs[0] + sum(still)
