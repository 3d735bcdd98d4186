"""Cross-entropy and the negative log likelihood: losses of scores for classes.

Notation: x (N, C, d1, ...) or (C,) holds a score for each of C classes, the target y (N, d1, ...)
or () the right class of each sample, w (C,) a weight for each class.
"""

from __future__ import annotations

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .reduction import checked_reduction, reduced


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
        loss = _of_classes(logs, target, weight, ignore_index, reduction)
        if not label_smoothing:
            return loss
        smooth = _smooth(logs, target, weight, ignore_index, reduction)
        return loss * (1 - label_smoothing) + smooth * (label_smoothing / input.size(dim))
    _check_probabilities(target, ignore_index)
    logs = _weighted(input.log_softmax(dim), weight)
    target = target * (1 - label_smoothing) + label_smoothing / input.size(dim)
    return reduced(-(logs * target).sum(dim), reduction)


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
    return _of_classes(input, target, weight, ignore_index, reduction)


def _of_classes(
    logs: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str
) -> Tensor:
    """The negative log likelihood of the right classes."""
    dim = min(logs.ndim - 1, 1)
    labels = _labels(logs, target, dim)
    loss = tnp.nll(logs, labels, dim, weight, ignore_index, reduction)
    return tnp.named(loss, "NllLoss2D") if logs.ndim > 2 else loss


def _smooth(
    logs: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str
) -> Tensor:
    """What all classes together contribute to a loss with smoothed labels."""
    dim = min(logs.ndim - 1, 1)
    labels = _labels(logs, target, dim)
    kept = numpy.asarray(labels != ignore_index)
    logs = tnp.where(numpy.expand_dims(kept, dim), logs, 0.0)  # -inf * 0 would be nan
    counts = tnp.from_numpy(kept).to(logs.dtype)
    if weight is not None:
        counts = counts * weight[numpy.where(kept, labels, 0)]
    return reduced(-_weighted(logs, weight).sum(dim), reduction, counts)


def _labels(logs: Tensor, target: Tensor, dim: int) -> numpy.ndarray:
    """The labels in the shape of `logs` without the dimension of the classes."""
    shape, labels = logs.array.shape, target.long().array
    return labels.reshape((*shape[:dim], *shape[dim + 1 :]))


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
    n, _, *rest = input.array.shape if input.ndim > 1 else (None, None)
    if target.array.shape != (n, *rest):  # not the everyday case
        _check_sizes(input, target)
    if target.dtype not in (tnp.int64, tnp.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype}")


def _check_sizes(input: Tensor, target: Tensor) -> None:
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


def _check_probabilities(target: Tensor, ignore_index: int) -> None:
    if not target.is_floating_point():
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {target.dtype}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
