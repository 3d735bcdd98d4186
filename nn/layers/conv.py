"""Convolution."""

from __future__ import annotations

from typing import Any, Literal

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module
from ..parameter import Parameter
from .linear import reset_uniformly

Pair = int | tuple[int, int]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Conv2d(Module):
    """y = conv2d(x, weight) + bias: `(N, in_channels, H, W) -> (N, out_channels, OH, OW)`.

    weight `(out_channels, in_channels / groups, KH, KW)` and bias `(out_channels,)` start uniform
    within 1 / sqrt(in_channels / groups * KH * KW). `padding` may be "same" (OH = H, for stride 1)
    or "valid" (none); `padding_mode` says what stands outside the input. See `functional.conv2d`.
    Raises ValueError for arguments that do not fit. Source: PyTorch, torch.nn.Conv2d.

    >>> Conv2d(1, 6, kernel_size=5, padding=2)(tnp.ones(2, 1, 28, 28)).shape
    tinygrad_np.Size([2, 6, 28, 28])
    """

    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | Literal["same", "valid"] = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check(in_channels, out_channels, groups, padding_mode)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = map(pair, (kernel_size, stride, dilation))
        self.padding = padding if isinstance(padding, str) else pair(padding)
        self.padding_mode = padding_mode
        self._border = self._pad_widths()
        options = {"device": device, "dtype": dtype}
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(tnp.empty(shape, **options))
        self.bias = Parameter(tnp.empty(out_channels, **options)) if bias else None
        self.reset_parameters()

    def _pad_widths(self) -> list[int]:
        """What `functional.pad` takes for this padding: (left, right, top, bottom)."""
        if self.padding == "valid":
            return [0, 0, 0, 0]
        if not isinstance(self.padding, str):
            h, w = self.padding
            return [w, w, h, h]
        if self.padding != "same":
            raise ValueError(
                f"Invalid padding string {self.padding!r}, should be one of {{'same', 'valid'}}"
            )
        if self.stride != (1, 1):
            raise ValueError("padding='same' is not supported for strided convolutions")
        h, w = (d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True))
        return [w // 2, w - w // 2, h // 2, h - h // 2]

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        reset_uniformly(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._border, self.padding_mode), 0
        return F.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        for name, usual in [("padding", (0, 0)), ("dilation", (1, 1)), ("groups", 1)]:
            if getattr(self, name) != usual:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


def pair(n: Any) -> tuple[int, int]:
    """(height, width) from one number or two.

    >>> pair(3), pair((2, 1))
    ((3, 3), (2, 1))
    """
    return tuple(n) if isinstance(n, tuple | list) else (n, n)


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
