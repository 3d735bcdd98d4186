"""Numbers in steps, and the matrix of one step."""

from __future__ import annotations

import math
from typing import Any

import numpy

from .. import dtypes
from ..backend import quiet
from ..methods import NUMBERS
from ..tensor import Tensor
from .creation import default_dtype, leaf, placed, shape_of


@placed
def arange(
    start: float = 0,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... below `end`; `arange(n)` counts from 0. Integers give int64.

    Raises RuntimeError for a step of 0, or in the wrong direction. Source: PyTorch, torch.arange.

    >>> arange(3), arange(0, 1, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    for name, x in (("start", start), ("end", end), ("step", step)):
        if not isinstance(x, NUMBERS):
            raise TypeError(f"arange(): argument '{name}' must be Number, not {type(x).__name__}")
    if not step or step != step:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: {start} to {end} by {step}"
        )
    dtype = dtypes.common_type(start, end, step) if dtype is None else dtypes.to_numpy(dtype)
    size = (end - start) / step
    if size >= 2**63:
        raise RuntimeError("invalid size, possible overflow?")
    steps = numpy.arange(math.ceil(size))
    return leaf((start + steps * step).astype(dtype), requires_grad, device)


@placed
@quiet
def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included. Source: PyTorch, torch.linspace.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, but got {steps}")
    start, end = (x.item() if isinstance(x, Tensor) else x for x in (start, end))
    dtype = default_dtype(dtype)
    exact = dtype.type if dtype.kind == "f" else numpy.float64
    first, last, i = exact(start), exact(end), numpy.arange(steps)
    step = (last - first) / exact(max(steps - 1, 1))
    # PyTorch counts the second half from the end: both ends are exact
    numbers = numpy.where(i < steps / 2, first + step * i.astype(exact), last - step * i[::-1])
    return leaf(numbers.astype(dtype), requires_grad, device)


@placed
def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The n x m matrix with ones on its diagonal. Source: PyTorch, torch.eye.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = shape_of((n, n if m is None else m))
    return leaf(numpy.eye(rows, columns, dtype=default_dtype(dtype)), requires_grad, device)
