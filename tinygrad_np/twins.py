"""The methods of Tensor that PyTorch has as functions too: `exp_(x)` is `x.exp_()`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from .ops.creation import must_be_tensor
from .tensor import Tensor

# By PyTorch's name. What `ops/` makes a function and a method at once is not in this list.
_METHODS = """
    absolute multiply negative subtract detach get_device is_complex is_inference
    abs_ acos_ addmv_ arccos_ arcsin_ arctan_ asin_ atan_ ceil_ clamp_ clip_ cos_ cosh_ detach_
    erf_ exp2_ exp_ expm1_ fill_ fix_ floor_ frac_ log10_ log1p_ log2_ log_ nan_to_num_ neg_
    reciprocal_ round_ rsqrt_ sin_ sinh_ sqrt_ square_ tan_ trunc_ zero_"""

# PyTorch's C++ signatures of functions that have their home in nn.functional.
_IN_NN = """
    batch_norm instance_norm layer_norm group_norm rms_norm dropout dropout_ alpha_dropout
    kl_div binary_cross_entropy_with_logits cosine_embedding_loss"""


def _function(name: str) -> Callable[..., Any]:
    """The method of this name as a function, whose first argument is called `input`."""
    method = getattr(Tensor, name)

    @wraps(method)
    def function(input: Tensor, *args: Any, **options: Any) -> Any:
        must_be_tensor(input, name, "input")
        return method(input, *args, **options)

    signature = inspect.signature(method)
    first, *rest = signature.parameters.values()
    parameters = [first.replace(name="input"), *rest]
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return function


ELSEWHERE = {name: "nn.functional.twins" for name in _IN_NN.split()}
METHODS = {name: _function(name) for name in _METHODS.split()}
