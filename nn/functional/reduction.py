"""The last step of every loss: all numbers, their sum, or their mean."""

from __future__ import annotations

import warnings

from tinygrad_np import Tensor


def reduced(loss: Tensor, reduction: str, counts: Tensor | None = None) -> Tensor:
    """The losses, their sum, or their mean with each counted `counts` times.

    >>> import tinygrad_np as tnp
    >>> reduced(tnp.tensor([1.0, 4.0]), "mean", tnp.tensor([3.0, 1.0]))
    tensor(1.2500)
    """
    if reduction == "none":
        return loss
    if reduction == "mean" and counts is None:
        return loss.mean()
    return loss.sum() if counts is None or reduction == "sum" else loss.sum() / counts.sum()


def checked_reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction, or what the old arguments mean, with a warning.

    Raises ValueError for an unknown one.

    >>> checked_reduction("sum", None, None)
    'sum'
    """
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(
            "size_average and reduce args will be deprecated, "
            f"please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction
