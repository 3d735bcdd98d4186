"""Normalisation over the batch, the features, groups of channels or single instances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import tinygrad_np as tnp
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
    if not training:
        for name, running in (("running_mean", running_mean), ("running_var", running_var)):
            if running is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    _check_channels(input.size(1), 1, running_mean, running_var, weight, bias)
    if training and input.numel() == input.size(1) > 0:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {input.size()}"
        )
    dims = (0, *range(2, input.ndim))
    return _by_channel(
        input, dims, running_mean, running_var, weight, bias, training, momentum, eps
    )


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`batch_norm` of each sample for itself, over its spatial dimensions.

    Running statistics move by the mean of those of all samples; without `use_input_stats` they are
    taken. Shapes: input `(N, C, *)`, all others `(C,)`. Raises as `batch_norm`.
    Source: Ulyanov et al., arXiv:1607.08022; PyTorch, torch.nn.functional.instance_norm.

    >>> import tinygrad_np as tnp
    >>> instance_norm(tnp.tensor([[[1.0, 3.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.size()}"
        )
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
    _check_channels(input.size(1), len(input), running_mean, running_var, weight, bias)
    dims = tuple(range(2, input.ndim))
    return _by_channel(
        input, dims, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """y = (x - mean) / sqrt(var + eps) * weight + bias over the last dimensions.

    Shapes: input `(*, normalized_shape)`, weight and bias `normalized_shape`.
    Raises RuntimeError for others. Source: Ba et al., arXiv:1607.06450; PyTorch,
    torch.nn.functional.layer_norm.

    >>> import tinygrad_np as tnp
    >>> layer_norm(tnp.tensor([1.0, 3.0]), (2,))
    tensor([-1.0000,  1.0000])
    """
    dims = _last_dims(input, normalized_shape, ", ", weight=weight, bias=bias)
    return tnp.named(tnp.standardize(input, dims, eps, weight, bias)[0], "NativeLayerNorm")


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """y = x / sqrt(mean of x^2 + eps) * weight over the last dimensions, `normalized_shape`.

    Without `eps` it is the smallest step from 1 in the dtype. Shapes and errors as `layer_norm`.
    Source: Zhang and Sennrich, arXiv:1910.07467; PyTorch, torch.nn.functional.rms_norm.

    >>> import tinygrad_np as tnp
    >>> rms_norm(tnp.tensor([1.0, 7.0]), (2,))
    tensor([0.2000, 1.4000])
    """
    dims = _last_dims(input, normalized_shape, "", weight=weight)
    limits: Any = tnp.finfo(input.dtype)
    eps = limits.eps if eps is None else eps
    return _affine(input / ((input * input).mean(dims, keepdim=True) + eps).sqrt(), weight, None)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """`layer_norm` over each of `num_groups` equal groups of channels, with one weight per channel.

    Shapes: input `(N, C, *)`, weight and bias `(C,)`. Raises RuntimeError for others and where the
    groups do not divide the channels, ValueError for one value per group.
    Source: Wu and He, arXiv:1803.08494; PyTorch, torch.nn.functional.group_norm.

    >>> import tinygrad_np as tnp
    >>> group_norm(tnp.tensor([[1.0, 3.0, 5.0, 9.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    _check_groups(input, num_groups, weight, bias)
    n, channels, *spatial = input.shape
    groups = input.reshape(n, num_groups, channels // num_groups, *spatial)
    y, _, _ = tnp.standardize(groups, tuple(range(2, groups.ndim)), eps)
    y = _affine(y.reshape(input.shape), weight, bias, (-1, *[1] * len(spatial)))
    return tnp.named(y, "NativeGroupNorm")


def _by_channel(
    input: Tensor,
    dims: tuple[int, ...],
    running_mean: Any,
    running_var: Any,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """What `batch_norm` and `instance_norm` do, with the statistics over `dims`."""
    spread = (-1, *[1] * (input.ndim - 2))  # (C,) -> (C, 1, ...)
    if not training:  # y = x * scale + shift
        scale = 1 / (running_var + eps).sqrt()
        scale = scale if weight is None else weight * scale
        shift = -running_mean * scale
        y = _affine(input, scale, shift if bias is None else bias + shift, spread)
        return tnp.named(y, "NativeBatchNorm")
    if input.ndim > 2:
        weight, bias = (None if t is None else t.reshape(spread) for t in (weight, bias))
    y, mean, var = tnp.standardize(input, dims, eps, weight, bias)
    if running_mean is not None and input.numel():
        values = math.prod(input.size(dim) for dim in dims)
        tnp.track(running_mean, mean, momentum)
        tnp.track(running_var, var, momentum, values / (values - 1))
    return y


def _affine(
    y: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Sequence[int] | None = None
) -> Tensor:
    if weight is not None:
        y = y * (weight if shape is None else weight.reshape(shape))
    if bias is not None:
        y = y + (bias if shape is None else bias.reshape(shape))
    return y


def _check_channels(
    channels: int, copies: int, running_mean: Any, running_var: Any, weight: Any, bias: Any
) -> None:
    """All have one value for each channel; PyTorch counts those of `copies` samples."""
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    names = ("running_mean", "running_var", "weight", "bias")
    for name, tensor in zip(names, (running_mean, running_var, weight, bias), strict=True):
        if tensor is not None and tensor.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {channels * copies} elements not {tensor.numel() * copies}"
            )


def _check_groups(
    input: Tensor, num_groups: int, weight: Tensor | None, bias: Tensor | None
) -> None:
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    n, channels, *spatial = input.shape
    sizes = [n * channels // num_groups, num_groups, *spatial]
    if math.prod(sizes) == num_groups:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {sizes}"
        )
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(tensor.shape)} "
                f"and input of shape {list(input.shape)}"
            )


def _last_dims(
    input: Tensor, normalized_shape: Sequence[int], comma: str, **tensors: Tensor | None
) -> tuple[int, ...]:
    """The dimensions of `normalized_shape`, which must be the last ones of the input."""
    if not isinstance(normalized_shape, Sequence):
        name, got = "layer_norm" if comma else "rms_norm", type(normalized_shape).__name__
        raise TypeError(
            f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not {got}"
        )
    shape = list(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    for name, tensor in tensors.items():
        if tensor is not None and list(tensor.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, "
                f"but got {name} of shape {list(tensor.shape)} and normalized_shape = {shape}"
            )
    if list(input.shape[-len(shape) :]) != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={shape}, expected input with shape [*{comma}{sizes}], "
            f"but got input of size{list(input.shape)}"
        )
    return tuple(range(input.ndim - len(shape), input.ndim))
