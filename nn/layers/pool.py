"""Pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module
from .conv import Sizes, sizes_of


class _MaxPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = kernel_size if stride is None else stride
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return self._pool(
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


class MaxPool2d(_MaxPool):
    """The maximum of each window: `(N, C, H, W) -> (N, C, OH, OW)`; see `functional.max_pool2d`.

    `stride` is `kernel_size` unless given; with `return_indices` the positions come too.
    Source: PyTorch, torch.nn.MaxPool2d.

    >>> import tinygrad_np as tnp
    >>> MaxPool2d(2)(tnp.arange(4.0).view(1, 1, 2, 2))
    tensor([[[[3.]]]])
    """

    _pool = staticmethod(F.max_pool2d)


class MaxPool1d(_MaxPool):
    """As `MaxPool2d` along one axis: `(N, C, L) -> (N, C, OL)`.

    Source: PyTorch, torch.nn.MaxPool1d.

    >>> import tinygrad_np as tnp
    >>> MaxPool1d(2)(tnp.arange(4.0).view(1, 1, 4))
    tensor([[[1., 3.]]])
    """

    _pool = staticmethod(F.max_pool1d)


class AvgPool2d(Module):
    """The mean of each window: `(N, C, H, W) -> (N, C, OH, OW)`; see `functional.avg_pool2d`.

    `stride` is `kernel_size` unless given. Source: PyTorch, torch.nn.AvgPool2d.

    >>> import tinygrad_np as tnp
    >>> AvgPool2d(2)(tnp.arange(4.0).view(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
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


class AvgPool1d(Module):
    """As `AvgPool2d` along one axis: `(N, C, L) -> (N, C, OL)`.

    Source: PyTorch, torch.nn.AvgPool1d.

    >>> import tinygrad_np as tnp
    >>> AvgPool1d(2)(tnp.arange(4.0).view(1, 1, 4))
    tensor([[[0.5000, 2.5000]]])
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding = sizes_of(kernel_size, 1), sizes_of(padding, 1)
        self.stride = self.kernel_size if stride is None else sizes_of(stride, 1)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        options = self.padding, self.ceil_mode, self.count_include_pad
        return F.avg_pool1d(input, self.kernel_size, self.stride, *options)

    extra_repr = AvgPool2d.extra_repr


class _AdaptiveAvgPool(Module):
    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of OH x OW windows that cover any input; see `functional.adaptive_avg_pool2d`.

    Source: PyTorch, torch.nn.AdaptiveAvgPool2d.

    >>> import tinygrad_np as tnp
    >>> AdaptiveAvgPool2d((1, None))(tnp.arange(4.0).view(1, 2, 2))
    tensor([[[1., 2.]]])
    """

    _pool = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """As `AdaptiveAvgPool2d` along one axis. Source: PyTorch, torch.nn.AdaptiveAvgPool1d.

    >>> import tinygrad_np as tnp
    >>> AdaptiveAvgPool1d(2)(tnp.tensor([[1.0, 2.0, 6.0]]))
    tensor([[1.5000, 4.0000]])
    """

    _pool = staticmethod(F.adaptive_avg_pool1d)


class _AdaptiveMaxPool(Module):
    _pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Any:
        return self._pool(input, self.output_size, self.return_indices)

    extra_repr = _AdaptiveAvgPool.extra_repr


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The maxima of OH x OW windows that cover any input; see `functional.adaptive_max_pool2d`.

    Source: PyTorch, torch.nn.AdaptiveMaxPool2d.

    >>> import tinygrad_np as tnp
    >>> AdaptiveMaxPool2d((1, None))(tnp.arange(4.0).view(1, 2, 2))
    tensor([[[2., 3.]]])
    """

    _pool = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """As `AdaptiveMaxPool2d` along one axis. Source: PyTorch, torch.nn.AdaptiveMaxPool1d.

    >>> import tinygrad_np as tnp
    >>> AdaptiveMaxPool1d(2, return_indices=True)(tnp.tensor([[1.0, 2.0, 6.0]]))
    (tensor([[2., 6.]]), tensor([[1, 2]]))
    """

    _pool = staticmethod(F.adaptive_max_pool1d)
