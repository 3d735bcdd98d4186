"""Losses of probabilities for probabilities: binary cross-entropy and the divergence."""

from __future__ import annotations

import warnings

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .reduction import checked_reduction, reduced


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """w * (-t ln x - (1 - t) ln(1 - x)) for probabilities x and t, logarithms at least -100.

    Raises ValueError for different shapes, RuntimeError for numbers outside [0, 1] and for
    different dtypes. Source: PyTorch, torch.nn.functional.binary_cross_entropy.

    >>> binary_cross_entropy(tnp.tensor([0.5]), tnp.tensor([1.0]))
    tensor(0.6931)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    loss = tnp.binary_cross_entropy(input, target)
    loss = reduced(loss if weight is None else loss * weight, reduction)
    return tnp.named(loss, "BinaryCrossEntropy")


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """w * (-q t ln s - (1 - t) ln(1 - s)) for s = sigmoid(x), exact for every x; q is `pos_weight`.

    It is computed as (1 - t) x - (1 + (q - 1) t) ln s. Raises ValueError for different shapes.
    Source: PyTorch, torch.nn.functional.binary_cross_entropy_with_logits.

    >>> binary_cross_entropy_with_logits(tnp.tensor([-1000.0]), tnp.tensor([1.0]))
    tensor(1000.)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    logs = tnp.logsigmoid(input)
    loss = (1 - target) * input - (
        logs if pos_weight is None else logs * ((pos_weight - 1) * target + 1)
    )
    loss = reduced(loss if weight is None else loss * weight, reduction)
    return tnp.named(loss, "BinaryCrossEntropyWithLogits")


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """t (ln t - x) for logarithms x of probabilities, and t or, if `log_target`, ln t as target.

    "batchmean" divides the sum by the number of samples, "mean", with a warning, by that of all
    elements. Raises ValueError for another `reduction`.
    Source: PyTorch, torch.nn.functional.kl_div.

    >>> p = tnp.tensor([[0.5, 0.5]])
    >>> kl_div(p.log(), tnp.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    if reduction == "batchmean" and size_average is None and reduce is None:
        loss = kl_div(input, target, reduction="sum", log_target=log_target)
        return loss / len(input) if input.ndim else loss
    reduction = checked_reduction(reduction, size_average, reduce)
    if log_target:
        return reduced(target.exp() * (target - input), reduction)
    logs = tnp.where(target == 0, 1.0, target).log()  # 0 ln 0 is 0
    return reduced(target * logs - target * input, reduction)
