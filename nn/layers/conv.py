"""Convolution, and transposed convolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module
from ..parameter import Parameter
from .linear import reset_uniformly

Sizes = int | tuple[int, ...]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What all convolutions share; a size is one number, or one for each of `_axes` axes."""

    bias: Parameter | None
    padding: Any
    output_padding: tuple[int, ...]
    transposed = False
    algorithm: str | None = None  # as of functional.conv2d
    _axes: ClassVar[int]
    _convolve: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check(in_channels, out_channels, groups, padding_mode)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        sizes = (sizes_of(n, self._axes) for n in (kernel_size, stride, dilation, 0))
        self.kernel_size, self.stride, self.dilation, self.output_padding = sizes
        self.padding = padding if isinstance(padding, str) else sizes_of(padding, self._axes)
        self.padding_mode = padding_mode
        self._border = self._pad_widths()
        options = {"device": device, "dtype": dtype}
        self.weight = Parameter(tnp.empty(self._weight_shape(), **options))
        self.bias = Parameter(tnp.empty(out_channels, **options)) if bias else None
        self.reset_parameters()

    def _weight_shape(self) -> tuple[int, ...]:
        return self.out_channels, self.in_channels // self.groups, *self.kernel_size

    def _pad_widths(self) -> list[int]:
        """What `functional.pad` takes for this padding: (left, right, top, bottom)."""
        if self.padding == "valid":
            return [0, 0] * self._axes
        if not isinstance(self.padding, str):
            return [n for n in reversed(self.padding) for _ in range(2)]
        if self.padding != "same":
            raise ValueError(
                f"Invalid padding string {self.padding!r}, should be one of {{'same', 'valid'}}"
            )
        if any(s != 1 for s in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        added = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        return [half for n in reversed(added) for half in (n // 2, n - n // 2)]

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        reset_uniformly(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._border, self.padding_mode), 0
        rest = self.stride, padding, self.dilation, self.groups
        return self._convolve(input, self.weight, self.bias, *rest, algorithm=self.algorithm)

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        zeros, ones = (0,) * self._axes, (1,) * self._axes
        usual = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        for name, default in usual.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv2d(_Conv):
    """y = conv2d(x, weight) + bias: `(N, in_channels, H, W) -> (N, out_channels, OH, OW)`.

    weight `(out_channels, in_channels / groups, KH, KW)` and bias `(out_channels,)` start uniform
    within 1 / sqrt(in_channels / groups * KH * KW). `padding` may be "same" (OH = H, for stride 1)
    or "valid" (none); `padding_mode` says what stands outside the input. See `functional.conv2d`.
    Raises ValueError for arguments that do not fit. Source: PyTorch, torch.nn.Conv2d.

    >>> Conv2d(1, 6, kernel_size=5, padding=2)(tnp.ones(2, 1, 28, 28)).shape
    tinygrad_np.Size([2, 6, 28, 28])
    """

    _axes = 2
    _convolve = staticmethod(F.conv2d)


class Conv1d(_Conv):
    """As `Conv2d` along one axis: `(N, in_channels, L) -> (N, out_channels, OL)`.

    Source: PyTorch, torch.nn.Conv1d.

    >>> Conv1d(2, 6, kernel_size=5)(tnp.ones(3, 2, 28)).shape
    tinygrad_np.Size([3, 6, 24])
    """

    _axes = 1
    _convolve = staticmethod(F.conv1d)


class _ConvTranspose(_Conv):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            name = type(self).__name__
            raise ValueError(f'Only "zeros" padding mode is supported for {name}')
        padding = sizes_of(padding, self._axes)
        rest = stride, padding, dilation, groups, bias, padding_mode, device, dtype
        super().__init__(in_channels, out_channels, kernel_size, *rest)
        self.output_padding = sizes_of(output_padding, self._axes)

    def _weight_shape(self) -> tuple[int, ...]:
        return self.in_channels, self.out_channels // self.groups, *self.kernel_size

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        rest = self.stride, self.padding, extra, self.groups, self.dilation
        return self._convolve(input, self.weight, self.bias, *rest, algorithm=self.algorithm)

    def _extra(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that gives `output_size`."""
        n = self._axes
        leading = 2 if input.ndim == n + 2 else 1
        if len(output_size) == leading + n:
            output_size = output_size[leading:]
        if len(output_size) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.ndim}D input, output_size must have {n} "
                f"or {leading + n} elements (got {len(output_size)})"
            )
        parts = zip(
            input.shape[leading:], self.stride, self.padding, self.dilation, self.kernel_size,
            strict=True,
        )  # fmt: skip
        least = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in parts]
        most = [size + s - 1 for size, s in zip(least, self.stride, strict=True)]
        asked = list(zip(output_size, least, most, strict=True))
        if not all(low <= size <= high for size, low, high in asked):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range "
                f"from {least} to {most} (for an input of {input.shape[2:]})"
            )
        return tuple(size - low for size, low, _ in asked)


class ConvTranspose2d(_ConvTranspose):
    """y = conv_transpose2d(x, weight) + bias, which undoes the shrinking of a `Conv2d`.

    `(N, in_channels, H, W) -> (N, out_channels, OH, OW)`, weight `(in_channels, out_channels /
    groups, KH, KW)`. Of the sizes that a strided convolution maps to H, `output_padding`, or
    `output_size` in the call, chooses one. See `functional.conv_transpose2d`.
    Raises ValueError for arguments that do not fit. Source: PyTorch, torch.nn.ConvTranspose2d.

    >>> ConvTranspose2d(6, 1, 2, stride=2)(tnp.ones(2, 6, 7, 7), output_size=(15, 15)).shape
    tinygrad_np.Size([2, 1, 15, 15])
    """

    _axes = 2
    _convolve = staticmethod(F.conv_transpose2d)


class ConvTranspose1d(_ConvTranspose):
    """As `ConvTranspose2d` along one axis: `(N, in_channels, L) -> (N, out_channels, OL)`.

    Source: PyTorch, torch.nn.ConvTranspose1d.

    >>> ConvTranspose1d(6, 1, 3, stride=2)(tnp.ones(2, 6, 7)).shape
    tinygrad_np.Size([2, 1, 15])
    """

    _axes = 1
    _convolve = staticmethod(F.conv_transpose1d)


def sizes_of(n: Any, axes: int) -> tuple[int, ...]:
    """One number for each axis, from one or from several.

    >>> sizes_of(3, 2), sizes_of([2, 1], 2)
    ((3, 3), (2, 1))
    """
    return tuple(n) if isinstance(n, tuple | list) else (n,) * axes


def _check(in_channels: int, out_channels: int, groups: int, padding_mode: str) -> None:
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if in_channels % groups != 0:
        raise ValueError("in_channels must be divisible by groups")
    if out_channels % groups != 0:
        raise ValueError("out_channels must be divisible by groups")
    if padding_mode not in _PADDING_MODES:
        raise ValueError(
            f"padding_mode must be one of {{{', '.join(map(repr, _PADDING_MODES))}}}, "
            f"but got padding_mode={padding_mode!r}"
        )
