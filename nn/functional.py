"""Layers and losses as functions: what they need comes as arguments."""

from __future__ import annotations

import warnings
from typing import Any

import tinygrad_np as tnp
from tinygrad_np import (
    Tensor,
    avg_pool2d,
    conv2d,
    default_generator,
    max_pool2d,
    pad,
    sigmoid,
    tanh,
)

from .likelihood import cross_entropy, nll_loss
from .reduction import checked_reduction, reduced

__all__ = [
    "avg_pool2d",
    "batch_norm",
    "conv2d",
    "cross_entropy",
    "dropout",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "pad",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = input @ weight^T + bias.

    Shapes: input `(*, in)`, weight `(out, in)`, bias `(out,)` -> `(*, out)`.
    Source: PyTorch, torch.nn.functional.linear.

    >>> linear(tnp.ones(1, 2), tnp.tensor([[1.0, 2.0]]), tnp.ones(1))
    tensor([[4.]])
    """
    y = input @ weight.t()
    return y if bias is None else y + bias


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(input, 0). Source: PyTorch, torch.nn.functional.relu.

    >>> relu(tnp.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else input.relu()


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = e^x / sum e^x along `dim`. Warns without `dim`, and chooses it as PyTorch does.

    Source: PyTorch, torch.nn.functional.softmax.

    >>> softmax(tnp.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return input.softmax(_dim(input, dim, "softmax", _stacklevel), dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = x - ln sum e^x along `dim`. Warns without `dim`, and chooses it as PyTorch does.

    Source: PyTorch, torch.nn.functional.log_softmax.

    >>> log_softmax(tnp.tensor([0.0, 1000.0]), dim=0)
    tensor([-1000.,     0.])
    """
    return input.log_softmax(_dim(input, dim, "log_softmax", _stacklevel), dtype)


def _dim(input: Tensor, dim: int | None, name: str, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability p and divide the others by 1 - p; nothing if not training.

    The mask is PyTorch's for the same seed. Raises ValueError unless 0 <= p <= 1.
    Source: Hinton et al., arXiv:1207.0580; PyTorch, torch.nn.functional.dropout.

    >>> dropout(tnp.ones(2), p=0.5, training=False)
    tensor([1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        mask = tnp.zeros((), dtype=input.dtype)
    else:
        mask = tnp.from_numpy(default_generator.bernoulli(input.shape, 1 - p, input.dtype))
        mask /= 1 - p
    return input.mul_(mask) if inplace else input * mask


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """y = (x - mean) / sqrt(var + eps) * weight + bias, per channel.

    Training takes mean and variance of the batch, the biased one, and moves the running ones by
    `momentum`: running = (1 - momentum) running + momentum batch, with the unbiased variance.
    Otherwise it takes the running ones. Shapes: input `(N, C, *)`, all others `(C,)`.
    Raises RuntimeError for other sizes, ValueError for one value per channel in training.
    Source: Ioffe and Szegedy, arXiv:1502.03167; PyTorch, torch.nn.functional.batch_norm.

    >>> batch_norm(tnp.tensor([[1.0], [3.0]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    values = _values_per_channel(input, training, running_mean, running_var, weight, bias)
    spread = (-1, *[1] * (input.ndim - 2))  # (C,) -> (C, 1, ...)
    dims = [dim for dim in range(input.ndim) if dim != 1]
    mean: Any = input.mean(dims) if training else running_mean
    centred = input - mean.reshape(spread)
    var: Any = (centred * centred).mean(dims) if training else running_var
    if training and values and running_mean is not None and running_var is not None:
        unbiased = var.detach() * (values / (values - 1))
        running_mean.mul_(1 - momentum).add_(mean.detach() * momentum)
        running_var.mul_(1 - momentum).add_(unbiased * momentum)
    scale = (1 if weight is None else weight) / (var + eps).sqrt()
    y = centred * scale.reshape(spread)
    return y if bias is None else y + bias.reshape(spread)


def _values_per_channel(
    input: Tensor,
    training: bool,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
) -> int:
    channels = input.size(1)
    values = input.numel() // max(channels, 1)
    if training and (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    running = {"running_mean": running_mean, "running_var": running_var}
    for name, tensor in {**running, "weight": weight, "bias": bias}.items():
        if tensor is None and name in running and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
        if tensor is not None and tensor.numel() != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {tensor.numel()}")
    if training and values == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.size()}"
        )
    return values


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
    return reduced(loss if weight is None else loss * weight, reduction, weight)
