"""Losses as modules: they keep their options."""

from __future__ import annotations

from typing import Any

from tinygrad_np import Tensor

from . import functional as F
from .functional.reduction import checked_reduction
from .module import Module


class _Loss(Module):
    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = checked_reduction(reduction, size_average, reduce)
        self.reduction = reduction


class _ClassLoss(_Loss):
    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index

    def _options(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("weight", "ignore_index", "reduction")}


class NLLLoss(_ClassLoss):
    """`functional.nll_loss` of logarithms of probabilities and classes.

    Source: PyTorch, torch.nn.NLLLoss.

    >>> import tinygrad_np as tnp
    >>> NLLLoss(reduction="sum")(tnp.tensor([[-0.5, -1.0]]), tnp.tensor([0]))
    tensor(0.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, **self._options())


class CrossEntropyLoss(_ClassLoss):
    """`functional.cross_entropy` of scores and classes, or probabilities of the classes.

    Source: PyTorch, torch.nn.CrossEntropyLoss.

    >>> import tinygrad_np as tnp
    >>> CrossEntropyLoss()(tnp.zeros(1, 10), tnp.tensor([3]))
    tensor(2.3026)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, ignore_index, reduce, reduction)
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input, target, label_smoothing=self.label_smoothing, **self._options()
        )


CrossEntropy = CrossEntropyLoss


class MSELoss(_Loss):
    """`functional.mse_loss`: the mean of the squared differences.

    Source: PyTorch, torch.nn.MSELoss.

    >>> import tinygrad_np as tnp
    >>> MSELoss()(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)
