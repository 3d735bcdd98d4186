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


class L1Loss(_Loss):
    """`functional.l1_loss`: the mean of the absolute differences.

    Source: PyTorch, torch.nn.L1Loss.

    >>> import tinygrad_np as tnp
    >>> L1Loss()(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """`functional.smooth_l1_loss`: squares near 0, absolute differences beyond beta.

    Source: PyTorch, torch.nn.SmoothL1Loss.

    >>> import tinygrad_np as tnp
    >>> SmoothL1Loss()(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(0.7500)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """`functional.huber_loss`: squares near 0, absolute differences beyond delta.

    Raises TypeError if delta is no number. Source: PyTorch, torch.nn.HuberLoss.

    >>> import tinygrad_np as tnp
    >>> HuberLoss()(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(0.7500)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, float | int):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_Loss):
    """`functional.binary_cross_entropy` of probabilities.

    Source: PyTorch, torch.nn.BCELoss.

    >>> import tinygrad_np as tnp
    >>> BCELoss()(tnp.tensor([0.5]), tnp.tensor([1.0]))
    tensor(0.6931)
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """`functional.binary_cross_entropy_with_logits` of scores.

    Source: PyTorch, torch.nn.BCEWithLogitsLoss.

    >>> import tinygrad_np as tnp
    >>> BCEWithLogitsLoss()(tnp.tensor([-1000.0]), tnp.tensor([1.0]))
    tensor(1000.)
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(_Loss):
    """`functional.kl_div` of logarithms of probabilities and probabilities.

    Source: PyTorch, torch.nn.KLDivLoss.

    >>> import tinygrad_np as tnp
    >>> p = tnp.tensor([[0.5, 0.5]])
    >>> KLDivLoss(reduction="batchmean")(p.log(), tnp.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class CosineEmbeddingLoss(_Loss):
    """`functional.cosine_embedding_loss` of pairs that belong together (1) or not (-1).

    Source: PyTorch, torch.nn.CosineEmbeddingLoss.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([[1.0, 0.0]])
    >>> CosineEmbeddingLoss(0.25)(x, x, tnp.tensor([-1]))
    tensor(0.7500)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(
            input1, input2, target, margin=self.margin, reduction=self.reduction
        )
