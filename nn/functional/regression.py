"""Losses of numbers against numbers."""

from __future__ import annotations

import warnings

from tinygrad_np import Tensor

from .reduction import checked_reduction, reduced


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)^2, times `weight` if given, which then weights the mean too.

    Warns where the shapes differ. Raises ValueError for another `reduction` than "none", "mean",
    "sum", and for a weight of another shape. Source: PyTorch, torch.nn.functional.mse_loss.

    >>> import tinygrad_np as tnp
    >>> mse_loss(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=2,
        )
    if weight is not None and weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    loss = (input - target).square()
    return reduced(loss if weight is None else loss * weight, reduction, weight)
