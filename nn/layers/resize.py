"""Images in another size, as columns, or with channels as pixels."""

from __future__ import annotations

from typing import Any

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module


class Upsample(Module):
    """`(N, C, L)` or `(N, C, H, W)` in another size; see `functional.interpolate`.

    Source: PyTorch, torch.nn.Upsample.

    >>> import tinygrad_np as tnp
    >>> Upsample(scale_factor=2)(tnp.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size, self.mode, self.align_corners = size, mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None

    def forward(self, input: Tensor) -> Tensor:
        rest = self.mode, self.align_corners, self.recompute_scale_factor
        return F.interpolate(input, self.size, self.scale_factor, *rest)

    def extra_repr(self) -> str:
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` with mode "nearest". Source: PyTorch, torch.nn.UpsamplingNearest2d.

    >>> import tinygrad_np as tnp
    >>> UpsamplingNearest2d(4)(tnp.ones(1, 1, 2, 2)).shape
    tinygrad_np.Size([1, 1, 4, 4])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` with mode "bilinear" and the corners aligned.

    Source: PyTorch, torch.nn.UpsamplingBilinear2d.

    >>> import tinygrad_np as tnp
    >>> UpsamplingBilinear2d((1, 3))(tnp.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """`(*, C * r^2, H, W) -> (*, C, H * r, W * r)`; see `functional.pixel_shuffle`.

    Source: PyTorch, torch.nn.PixelShuffle.

    >>> import tinygrad_np as tnp
    >>> PixelShuffle(2)(tnp.ones(1, 8, 3, 3)).shape
    tinygrad_np.Size([1, 2, 6, 6])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """`(*, C, H * r, W * r) -> (*, C * r^2, H, W)`; see `functional.pixel_unshuffle`.

    Source: PyTorch, torch.nn.PixelUnshuffle.

    >>> import tinygrad_np as tnp
    >>> PixelUnshuffle(2)(tnp.ones(1, 2, 6, 6)).shape
    tinygrad_np.Size([1, 8, 3, 3])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class Unfold(Module):
    """Each window as a column: `(N, C, H, W) -> (N, C * KH * KW, L)`; see `functional.unfold`.

    Source: PyTorch, torch.nn.Unfold.

    >>> import tinygrad_np as tnp
    >>> Unfold(2)(tnp.ones(1, 3, 4, 5)).shape
    tinygrad_np.Size([1, 12, 12])
    """

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def _windows(self) -> tuple[Any, ...]:
        return self.kernel_size, self.dilation, self.padding, self.stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, *self._windows())

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Unfold):
    """Each column added back as a window: `(N, C * KH * KW, L) -> (N, C, *output_size)`.

    See `functional.fold`. Source: PyTorch, torch.nn.Fold.

    >>> import tinygrad_np as tnp
    >>> Fold((4, 5), 2)(tnp.ones(1, 12, 12)).shape
    tinygrad_np.Size([1, 3, 4, 5])
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, *self._windows())

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
