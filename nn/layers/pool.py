"""Pooling."""

from __future__ import annotations

from typing import Any

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module
from .conv import Pair


class MaxPool2d(Module):
    """The maximum of each window: `(N, C, H, W) -> (N, C, OH, OW)`; see `functional.max_pool2d`.

    `stride` is `kernel_size` unless given; with `return_indices` the positions come too.
    Source: PyTorch, torch.nn.MaxPool2d.

    >>> import tinygrad_np as tnp
    >>> MaxPool2d(2)(tnp.arange(4.0).view(1, 1, 2, 2))
    tensor([[[[3.]]]])
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        dilation: Pair = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = kernel_size if stride is None else stride
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """The mean of each window: `(N, C, H, W) -> (N, C, OH, OW)`; see `functional.avg_pool2d`.

    `stride` is `kernel_size` unless given. Source: PyTorch, torch.nn.AvgPool2d.

    >>> import tinygrad_np as tnp
    >>> AvgPool2d(2)(tnp.arange(4.0).view(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
