"""Normalisation."""

from __future__ import annotations

from typing import Any

from tinygrad_np import Tensor


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

    >>> import tinygrad_np as tnp
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
