"""Numbers in the place of nan and inf."""

from __future__ import annotations

import numpy

from ..methods import tensor_method
from ..tensor import Tensor
from .compare import isnan
from .select import where


@tensor_method(in_place=("nan_to_num_",), ufunc=numpy.nan_to_num)
def nan_to_num(
    input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """`nan` for nan, the largest number of the dtype (or `posinf`) for inf, the least for -inf.

    Their gradients are 0. Source: PyTorch, torch.nan_to_num.

    >>> import tinygrad_np as tnp
    >>> tnp.nan_to_num(tnp.tensor([1.5, float("nan"), float("inf")]), posinf=9.0)
    tensor([1.5000, 0.0000, 9.0000])
    """
    if input.array.dtype.kind != "f":
        return input.clone()
    limits = numpy.finfo(input.array.dtype)
    x = where(isnan(input), 0.0 if nan is None else nan, input)
    for infinity, value, limit in (
        (numpy.inf, posinf, limits.max),
        (-numpy.inf, neginf, limits.min),
    ):
        x = where(input == infinity, float(limit) if value is None else value, x)
    return x
