"""Losses of numbers against numbers."""

from __future__ import annotations

import warnings

import tinygrad_np as tnp
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

    >>> mse_loss(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    _check_sizes(input, target, weight)
    if weight is None:
        return tnp.mse(input, target, reduction)
    return reduced(tnp.mse(input, target) * weight, reduction, weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|input - target|, with `weight`, warning and errors of `mse_loss`.

    Source: PyTorch, torch.nn.functional.l1_loss.

    >>> l1_loss(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(1.)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    _check_sizes(input, target, weight)
    loss = (input - target).abs()
    return reduced(loss if weight is None else loss * weight, reduction, weight)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, for d = input - target.

    Warning and errors as `mse_loss`; raises RuntimeError for beta < 0.
    Source: Girshick, arXiv:1504.08083; PyTorch, torch.nn.functional.smooth_l1_loss.

    >>> smooth_l1_loss(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]), reduction="none")
    tensor([0.0000, 1.5000])
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    _check_sizes(input, target)
    difference = input - target
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return reduced(difference.abs(), reduction)
    return tnp.named(reduced(tnp.huber(difference, beta) / beta, reduction), "SmoothL1Loss")


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), for d = input - target.

    `weight` multiplies the losses. Warning and errors as `mse_loss`; raises RuntimeError unless
    delta > 0. Source: PyTorch, torch.nn.functional.huber_loss.

    >>> huber_loss(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]), reduction="none")
    tensor([0.0000, 1.5000])
    """
    reduction = checked_reduction(reduction, None, None)
    _check_sizes(input, target, weight)
    loss = tnp.huber(input - target, delta)
    if weight is None:
        return tnp.named(reduced(loss, reduction), "HuberLoss")
    return reduced(loss * weight, reduction)


def _check_sizes(input: Tensor, target: Tensor, weight: Tensor | None = None) -> None:
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
    if weight is not None and weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
