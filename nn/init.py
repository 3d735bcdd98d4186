"""Filling weights in place before training: PyTorch's numbers for the same seed.

fan_in is how many inputs one output of a layer sees, fan_out how many outputs one input reaches:
of a weight (out, in, *kernel), in * kernel size and out * kernel size.
"""

from __future__ import annotations

import math
import warnings
from typing import Literal

import numpy

import tinygrad_np as tnp
from tinygrad_np import Generator, Tensor, no_grad

Mode = Literal["fan_in", "fan_out"]

_LINEAR = {f"conv{t}{d}d" for t in ("", "_transpose") for d in (1, 2, 3)} | {"linear", "sigmoid"}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance of activations through a nonlinearity.

    `param` is the slope of leaky_relu, 0.01 if None. Raises ValueError for an unknown name.
    Source: PyTorch, torch.nn.init.calculate_gain.

    >>> calculate_gain("relu") ** 2
    2.0000000000000004
    """
    if nonlinearity in _LINEAR:
        return 1.0
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2 / (1 + slope**2))
    gains = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.size(1) * kernel, tensor.size(0) * kernel


_calculate_fan_in_and_fan_out = _fans  # by which code for PyTorch knows it


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform numbers from [a, b). Source: PyTorch, torch.nn.init.uniform_."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Normal numbers. Source: PyTorch, torch.nn.init.normal_."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same number everywhere. Source: PyTorch, torch.nn.init.constant_.

    >>> constant_(tnp.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere. Source: PyTorch, torch.nn.init.ones_."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere. Source: PyTorch, torch.nn.init.zeros_."""
    return constant_(tensor, 0.0)


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal numbers within [a, b], by drawing anew what falls outside.

    Where [a, b] has at most 0.3 of the probability, uniform numbers instead, each kept as often as
    the density there says. Warns if [a, b] is more than 2 std away from the mean.
    Source: PyTorch, torch.nn.init.trunc_normal_.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    below_b, below_a = (math.erf((end - mean) / std / math.sqrt(2)) / 2 for end in (b, a))
    likely = below_b - below_a > 0.3
    peak = ((max(a, min(mean, b)) - mean) / std) ** 2 / 2

    def draw() -> tuple[Tensor, Tensor]:
        if likely:
            numbers = tnp.empty_like(tensor).normal_(mean, std, generator=generator)
            return numbers, (numbers < a) | (numbers > b)
        numbers = tnp.empty_like(tensor).uniform_(a, b, generator=generator)
        log_density = ((numbers - mean) / std) ** 2 * -0.5 + peak
        chance = tnp.empty_like(tensor).uniform_(generator=generator)
        return numbers, chance.log() > log_density

    result, wrong = draw()
    while wrong.any():
        numbers, wrong_again = draw()
        result = tnp.where(wrong, numbers, result)
        wrong = wrong & wrong_again
    return tensor.copy_(result)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """The identity. Raises ValueError unless 2-dimensional. Source: PyTorch, torch.nn.init.eye_.

    >>> eye_(tnp.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(tnp.eye(*tensor.shape))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution that hands its channels on: 1 in the middle of kernel (i, i), else 0.

    As many channels as go, in each of the `groups`. Raises ValueError unless there are 3 to 5
    dimensions, the first divisible by `groups`. Source: PyTorch, torch.nn.init.dirac_.

    >>> dirac_(tnp.empty(1, 2, 3))
    tensor([[[0., 1., 0.],
             [0., 0., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.size(0) % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    size = tensor.size(0) // groups
    middle = tuple(k // 2 for k in tensor.shape[2:])
    tensor.zero_()
    for start in range(0, tensor.size(0), size or 1):
        for i in range(min(size, tensor.size(1))):
            tensor[(start + i, i, *middle)] = 1
    return tensor


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """An orthogonal matrix, times `gain`; of more dimensions the first against all others.

    It is q of q r, the decomposition of normal numbers, with the signs that make the diagonal of
    r positive. Raises ValueError for fewer than 2 dimensions.
    Source: Saxe et al., arXiv:1312.6120; PyTorch, torch.nn.init.orthogonal_.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    matrix = tnp.empty(tensor.size(0), tensor.numel() // tensor.size(0), dtype=tensor.dtype)
    wide = matrix.size(0) < matrix.size(1)
    matrix.normal_(generator=generator)
    q, r = numpy.linalg.qr(matrix.t().numpy() if wide else matrix.numpy())
    q *= numpy.sign(numpy.diag(r))
    return tensor.copy_(tnp.from_numpy(q.T if wide else q).reshape(tensor.shape)).mul_(gain)


@no_grad()
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Normal numbers, and zeros in the part `sparsity` of each column.

    Where the zeros stand is drawn from the default generator, as in PyTorch. Raises ValueError
    unless 2-dimensional.
    Source: Martens, Deep learning via Hessian-free optimization, 2010; torch.nn.init.sparse_.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        tensor[tnp.randperm(rows)[: math.ceil(sparsity * rows)], column] = 0
    return tensor


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform numbers with the deviation gain * sqrt(2 / (fan_in + fan_out)).

    Raises ValueError for fewer than 2 dimensions. Source: Glorot and Bengio, Understanding the
    difficulty of training deep feedforward neural networks, 2010; torch.nn.init.xavier_uniform_.
    """
    bound = math.sqrt(3) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal numbers with the deviation gain * sqrt(2 / (fan_in + fan_out)).

    Raises ValueError for fewer than 2 dimensions. Source: as `xavier_uniform_`.
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / sum(_fans(tensor)))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: Mode = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform numbers with the deviation gain / sqrt(fan), the gain of leaky_relu with slope a.

    Raises ValueError for an unknown mode or nonlinearity, and for fewer than 2 dimensions.
    Source: He et al., arXiv:1502.01852; PyTorch, torch.nn.init.kaiming_uniform_.
    """
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: Mode = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal numbers with the deviation gain / sqrt(fan), the gain of leaky_relu with slope a.

    Raises as `kaiming_uniform_`. Source: as `kaiming_uniform_`.
    """
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    modes = ["fan_in", "fan_out"]
    if mode not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    fan = _fans(tensor)[modes.index(mode)]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _is_empty(tensor: Tensor) -> bool:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return 0 in tensor.shape
