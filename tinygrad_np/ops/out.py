"""PyTorch's `out=`: the tensor that a function writes its result into."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy

from ..graph import context
from ..methods import write
from ..tensor import Tensor

NAMES = """
    abs acos add addmm all amax amin any arange argmax argmin asin atan atan2 baddbmm bernoulli
    bitwise_and bitwise_not bitwise_or bitwise_xor bmm cat ceil clamp clip concat concatenate cos
    cosh cumprod cumsum diag div divide dot empty eq erf exp exp2 expm1 eye floor floor_divide fmax
    fmin fmod frac full gather ge greater greater_equal gt hstack index_select le less less_equal
    linspace log log10 log1p log2 logical_and logical_not logical_or logical_xor logsumexp lt
    masked_select matmul maximum mean minimum mm mul multinomial mv ne neg norm normal not_equal
    ones outer pow prod rand randint randn randperm reciprocal remainder round rsqrt sigmoid sign
    sgn sin sinh sqrt square stack std sub sum tan tanh tril triu true_divide trunc var vstack where
    zeros
"""


def taking_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with PyTorch's argument `out`, which gets the result and is returned.

    A tensor of another shape is resized, with PyTorch's warning unless it was empty. Raises
    RuntimeError where a gradient would be recorded, and for a dtype that cannot hold the result.
    """

    @wraps(function)
    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return result if out is None else _written(out, result, function.__name__)

    return call


def _written(out: Any, result: Tensor, name: str) -> Tensor:
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if context.grad_enabled and (out.requires_grad or result.requires_grad):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    if out.shape != result.shape:
        if out.array.size:
            warnings.warn(
                "An output with one or more elements was resized since it had shape "
                f"{list(out.shape)}, which does not match the required output shape "
                f"{list(result.shape)}. Resize it explicitly to size 0 to reuse it.",
                stacklevel=3,
            )
        out.array = numpy.empty(result.shape, out.array.dtype)
    write(out, result, name)
    return out
