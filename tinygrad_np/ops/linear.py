"""The linear map of a layer, in one op: its weight's gradient comes in the weight's own order."""

from __future__ import annotations

import math
from typing import Any

from ..errors import OpError
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from ..threads import affine, product
from .creation import ones
from .expand import misfit
from .matmul import check_product, matmul


class Linear(Op):
    """y = x @ w^T + b;   dx = g @ w,   dw = g^T @ x,   db = g      (x as one matrix of rows)"""

    torch_name = "Addmm"

    def forward(self, x, w, b=None):
        x_rows = _rows(x)  # (*, I) -> (N, I) -> (N, O)
        y = product(x_rows, w.T) if b is None else affine(x_rows, w.T, b)
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])

    def dx(self, g, w):
        y = product(_rows(g), w)
        return y if len(self.shapes[0]) == 2 else y.reshape(self.shapes[0])

    def dw(self, g, x):
        return product(_rows(g).mT, _rows(x))

    def db(self, g):
        return _rows(g)

    def samples(r):
        yield Sample(r.normal(3, 4), r.normal(2, 4), r.normal(2))
        yield Sample(r.normal(2, 3, 4), r.normal(5, 4))
        yield Sample(r.normal(4), r.normal(2, 4), r.normal(2))
        yield Sample(r.normal(0, 4), r.normal(2, 4), r.normal(2))
        yield Sample(r.normal(3, 0), r.normal(2, 0), r.normal(2))
        yield ErrorSample(lambda: linear(ones(2, 3), ones(4, 5)), r"\(2x3 and 5x4\)")
        yield ErrorSample(
            lambda: linear(ones(2, 3), ones(4, 3), ones(3)), r"size of the tensor \(4\) must match"
        )
        yield ErrorSample(
            lambda: linear(ones(1, 2), ones(2, 2), ones(2).long()), "bias has dtype .*int64"
        )
        yield ErrorSample(lambda: linear(ones(1, 2), ones(2, 2).double()), "to have the same dtype")

    def reference(self, torch, x, w, b=None):
        return torch.nn.functional.linear(x, w, b)


def _rows(x: Any) -> Any:
    """All leading axes as one: one large product is faster than many small ones."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = input @ weight^T + bias.

    Shapes: input `(*, in)`, weight `(out, in)`, bias `(out,)` -> `(*, out)`; a weight `(in,)` gives
    `(*)`. Raises RuntimeError where sizes or dtypes differ.
    Source: PyTorch, torch.nn.functional.linear.

    >>> import tinygrad_np as tnp
    >>> tnp.linear(tnp.ones(1, 2), tnp.tensor([[1.0, 2.0]]), tnp.ones(1))
    tensor([[4.]])
    """
    if weight.ndim != 2 or input.ndim == 0 or (bias is not None and bias.ndim != 1):
        y = matmul(input, weight.t())
        return y if bias is None else y + bias
    x, w = input.array, weight.array
    if x.dtype != w.dtype or x.shape[-1] != w.shape[-1]:
        check_product(input, weight.mT)  # says what differs
    if bias is None:
        return Linear()(input, weight)
    b = bias.array
    if b.shape[0] not in (1, w.shape[0]):
        raise OpError(misfit([*input.shape[:-1], weight.shape[0]], [*bias.shape]))
    if b.dtype != x.dtype:
        raise OpError(f"linear: bias has dtype {bias.dtype}, input and weight have {input.dtype}")
    return Linear()(input, weight, bias)
