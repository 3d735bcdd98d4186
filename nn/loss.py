"""Losses, as functions and as modules.

Notation: x (N, C, d1, ...) or (C,) holds a score for each of C classes, the target y (N, d1, ...)
or () the right class of each sample, w (C,) a weight for each class.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .module import Module


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-sum over c of w[c] t[c] log_softmax(x)[c], for the probabilities t of the classes.

    `target` gives t itself, in the shape of `input`, or the right class of each sample: then t is
    1 there and 0 elsewhere, samples of class `ignore_index` count nothing, and the mean is
    weighted with w. `label_smoothing` s makes t to (1 - s) t + s / C.
    Raises RuntimeError for sizes and dtypes that do not fit, IndexError for a class out of bounds,
    ValueError for another `reduction` than "none", "mean", "sum".
    Source: PyTorch, torch.nn.functional.cross_entropy; Szegedy et al., arXiv:1512.00567.

    >>> cross_entropy(tnp.tensor([[0.0, 0.0], [0.0, 1e4]]), tnp.tensor([0, 0]), reduction="none")
    tensor([6.9315e-01, 1.0000e+04])
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    _check_weight(input, weight)
    dim = min(input.ndim - 1, 1)
    if target.shape != input.shape:
        _check_classes(input, target)
        logs = input.log_softmax(dim)
        loss, counts = _of_classes(logs, target, weight, ignore_index, label_smoothing)
        return _reduced(loss, reduction, counts)
    if not target.is_floating_point():
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {target.dtype}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = input.size(dim)
    logs = _weighted(input.log_softmax(dim), weight)
    loss = -(logs * (target * (1 - label_smoothing) + label_smoothing / classes)).sum(dim)
    return _reduced(loss, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-w[y] x[y]: the negative log likelihood, x holding logarithms of probabilities.

    Samples of class `ignore_index` count nothing; the mean is weighted with w. Raises as
    `cross_entropy`. Source: PyTorch, torch.nn.functional.nll_loss.

    >>> nll_loss(tnp.tensor([[-0.5, -1.0]]), tnp.tensor([1]))
    tensor(1.)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    _check_classes(input, target)
    _check_weight(input, weight)
    loss, counts = _of_classes(input, target, weight, ignore_index)
    return _reduced(loss, reduction, counts)


def _of_classes(
    logs: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    smoothing: float = 0.0,
) -> tuple[Tensor, Tensor | None]:
    """The loss of each sample, and what each counts in the mean (None: all the same)."""
    dim = min(logs.ndim - 1, 1)
    labels = target.numpy().reshape(logs.shape[:dim] + logs.shape[dim + 1 :])
    kept, counts = labels != ignore_index, None
    if weight is not None or not kept.all():
        labels = numpy.where(kept, labels, 0)
        counts = tnp.from_numpy(kept).to(logs.dtype) if weight is None else weight[labels] * kept
        logs = tnp.where(numpy.expand_dims(kept, dim), logs, 0.0)  # -inf * 0 would be nan
    _check_bounds(labels, logs.size(dim))
    places = [
        numpy.arange(n).reshape(-1, *[1] * (labels.ndim - 1 - i))
        for i, n in enumerate(labels.shape)
    ]
    places.insert(dim, labels)
    loss = -logs[tuple(places)]
    loss = loss if counts is None else loss * counts
    if smoothing:
        smooth = -_weighted(logs, weight).sum(dim)
        loss = loss * (1 - smoothing) + smooth * (smoothing / logs.size(dim))
    return loss, counts


def _weighted(logs: Tensor, weight: Tensor | None) -> Tensor:
    """The logarithms (N, C, d1, ...), each times the weight (C,) of its class."""
    return logs if weight is None else logs * weight.reshape(-1, *[1] * max(logs.ndim - 2, 0))


def _check_weight(input: Tensor, weight: Tensor | None) -> None:
    if weight is None:
        return
    classes = input.size(min(input.ndim - 1, 1))
    if weight.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
    if weight.dtype != input.dtype:
        raise RuntimeError(f"expected weight of dtype {input.dtype} but found {weight.dtype}")


def _check_classes(input: Tensor, target: Tensor) -> None:
    if input.ndim == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if input.ndim == 1 and target.ndim == 1 and target.numel() != 1:
        raise ValueError(
            f"For 1D input, 1D target must have size 1, but got target size: {target.numel()}"
        )
    if input.ndim <= 2 and target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input.ndim >= 2 and (target.ndim == 0 or len(input) != len(target)):
        size = target.numel() if target.ndim == 0 else len(target)
        raise ValueError(
            f"Expected input batch_size ({len(input)}) to match target batch_size ({size})."
        )
    expected = [len(input), *input.shape[2:]]
    if input.ndim >= 2 and list(target.shape) != expected:
        raise RuntimeError(f"Expected target size {expected}, got {list(target.shape)}")
    if target.dtype not in (tnp.int64, tnp.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype}")


def _check_bounds(labels: numpy.ndarray, classes: int) -> None:
    outside = labels[(labels < 0) | (labels >= classes)]
    if outside.size:
        raise IndexError(f"Target {outside[0]} is out of bounds.")


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
    return _reduced(loss if weight is None else loss * weight, reduction, weight)


def _reduced(loss: Tensor, reduction: str, counts: Tensor | None = None) -> Tensor:
    """The losses, their sum, or their mean with each counted `counts` times."""
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

    >>> NLLLoss(reduction="sum")(tnp.tensor([[-0.5, -1.0]]), tnp.tensor([0]))
    tensor(0.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return nll_loss(input, target, **self._options())


class CrossEntropyLoss(_ClassLoss):
    """`functional.cross_entropy` of scores and classes, or probabilities of the classes.

    Source: PyTorch, torch.nn.CrossEntropyLoss.

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
        return cross_entropy(input, target, label_smoothing=self.label_smoothing, **self._options())


CrossEntropy = CrossEntropyLoss


class MSELoss(_Loss):
    """`functional.mse_loss`: the mean of the squared differences.

    Source: PyTorch, torch.nn.MSELoss.

    >>> MSELoss()(tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)
