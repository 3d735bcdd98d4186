"""The gradients of a whole network, a row for each parameter."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import tinygrad_np as tnp
from tinygrad_np import GradientTable, Tensor

from .functional import cross_entropy
from .module import Module


def check_gradients(
    model: Module,
    X: Any,
    Y: Any,
    *,
    loss: Callable[[Any, Tensor], Tensor] = cross_entropy,
    **options: Any,
) -> GradientTable:
    """Compare the gradients of `loss(model(X), Y)` with central differences, a row each.

    The rows are the parameters and, where X is floating point, the input. It is a float64 copy of
    the model that is checked, in its mode: switch dropout off by `model.eval()`. Y is converted
    only if it is floating point. Options, errors and result: `tinygrad_np.gradient_table`.
    Raises GradcheckError if a gradient is wrong.

    >>> import nn
    >>> print(check_gradients(nn.Linear(3, 2), tnp.randn(4, 3), tnp.tensor([0, 1, 1, 0])))
    parameter  shape   checked   wrong  largest error  at ...
    weight     [2, 3]  6 of 6    0      ...
    bias       [2]     2 of 2    0      ...
    input      [4, 3]  12 of 12  0      ...
    """
    model = getattr(model, "model", model)  # of a Classifier
    x, y = (
        t.double() if t.is_floating_point() else t for t in (tnp.as_tensor(X), tnp.as_tensor(Y))
    )
    model = copy.deepcopy(model).double()
    with tnp.no_grad():
        model(x)  # lazy layers make their parameters
    leaves: dict[str, Tensor] = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if x.is_floating_point():
        leaves["input"] = x = x.detach().clone().requires_grad_()
    return tnp.gradient_table(lambda: loss(model(x), y), leaves, **options)
