"""What is done to an image before it is learned from: torchvision's transforms, for Tensors.

Random ones draw torchvision's numbers for the same seed.
Source: https://docs.pytorch.org/vision/stable/transforms.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy

import tinygrad_np
from tinygrad_np import (
    Tensor,
    as_tensor,
    default_generator,
    from_numpy,
    uint8,
)

PaddingMode = Literal["constant", "edge", "reflect", "symmetric"]


class Compose:
    """One transform after the other. Source: torchvision.transforms.Compose.

    >>> Compose([ToTensor(), Normalize(0.5, 0.5)])
    Compose(
        ToTensor()
        Normalize(mean=0.5, std=0.5)
    )
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {transform}" for transform in self.transforms), ")"])


class ToTensor:
    """An array `(H, W)` or `(H, W, C)` as a Tensor `(C, H, W)`; uint8 in 0..255 as floats in 0..1.

    A Tensor, as the images of `MNIST` are, is left alone. Floats are of the default dtype, other
    arrays keep theirs. Raises TypeError for what is no array, ValueError for other dimensions.
    Source: torchvision.transforms.ToTensor, and v2.ToTensor for Tensors.

    >>> ToTensor()(numpy.array([[0, 51, 255]], numpy.uint8))
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """

    def __call__(self, pic: Any) -> Tensor:
        if isinstance(pic, Tensor):
            return pic
        if not isinstance(pic, numpy.ndarray):
            raise TypeError(f"pic should be ndarray. Got {type(pic)}")
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        image = from_numpy(numpy.ascontiguousarray(numpy.atleast_3d(pic).transpose(2, 0, 1)))
        return image / 255 if image.dtype is uint8 else image

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize:
    """y = (x - mean) / std, per channel of a Tensor of floats `(..., C, H, W)`.

    Raises TypeError for what is no Tensor of floats, ValueError for fewer than 3 dimensions and
    for a std of 0. Source: torchvision.transforms.Normalize.

    >>> Normalize((0.5,), (0.25,))(from_numpy(numpy.array([[[0.0, 0.5, 1.0]]])))
    tensor([[[-2.,  0.,  2.]]], dtype=tinygrad_np.float64)
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace

    def __call__(self, tensor: Tensor) -> Tensor:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
        if not tensor.is_floating_point():
            raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
        if tensor.ndim < 3:
            raise ValueError(
                "Expected tensor to be a tensor image of size (..., C, H, W). "
                f"Got tensor.size() = {tensor.size()}"
            )
        mean, std = (
            as_tensor(value, dtype=tensor.dtype).reshape(-1, 1, 1)
            for value in (self.mean, self.std)
        )
        if (std == 0).any():
            raise ValueError(
                f"std evaluated to zero after conversion to {tensor.dtype}, "
                "leading to division by zero."
            )
        return (tensor if self.inplace else tensor.clone()).sub_(mean).div_(std)

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class Lambda:
    """A function as a transform. Raises TypeError for what cannot be called.

    Source: torchvision.transforms.Lambda.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"


class RandomHorizontalFlip:
    """A Tensor `(..., H, W)` with left and right exchanged, with probability p.

    Raises TypeError for what is no Tensor. Source: torchvision.transforms.RandomHorizontalFlip.

    >>> RandomHorizontalFlip(p=1)(as_tensor([[1, 2, 3]]))
    tensor([[3, 2, 1]])
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __call__(self, img: Tensor) -> Tensor:
        _check_image(img)
        flips = default_generator.rand(1) < self.p
        return from_numpy(img.numpy()[..., ::-1].copy()) if flips else img

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class RandomCrop:
    """A random window of `size` of a Tensor `(..., H, W)`, padded before.

    `size` is (height, width), or a number for both. `padding` is for all sides, (left and right,
    top and bottom), or (left, top, right, bottom), of `fill` or, by `padding_mode`, of the image:
    "edge", "reflect", "symmetric". `pad_if_needed` pads further, up to the size. Raises TypeError
    for what is no Tensor, ValueError for a window beyond the image and other arguments out of
    range. Source: torchvision.transforms.RandomCrop.

    >>> RandomCrop(2, padding=1)(as_tensor([[1, 2], [3, 4]])).shape
    tinygrad_np.Size([2, 2])
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: PaddingMode = "constant",
    ) -> None:
        size = (size,) if isinstance(size, int) else tuple(size)
        if len(size) not in (1, 2):
            raise ValueError("Please provide only two dimensions (h, w) for size.")
        self.size = (size[0], size[-1])
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    def __call__(self, img: Tensor) -> Tensor:
        _check_image(img)
        image, (height, width) = img.numpy(), self.size
        if self.padding is not None:
            image = self._padded(image, self.padding)
        if self.pad_if_needed:
            image = self._padded(image, (max(width - image.shape[-1], 0), 0))
            image = self._padded(image, (0, max(height - image.shape[-2], 0)))
        spare = [have - wanted for have, wanted in zip(image.shape[-2:], self.size, strict=True)]
        if min(spare) < 0:
            raise ValueError(
                f"Required crop size {self.size} is larger than input image size {image.shape[-2:]}"
            )
        top, left = 0, 0
        if max(spare):  # of the exact size no numbers are drawn, as in torchvision
            top, left = (int(default_generator.randint(0, n + 1)) for n in spare)
        return from_numpy(image[..., top : top + height, left : left + width].copy())

    def _padded(self, image: numpy.ndarray, padding: int | Sequence[int]) -> numpy.ndarray:
        if self.padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
        sides = (padding,) if isinstance(padding, int) else tuple(padding)
        if len(sides) not in (1, 2, 4):
            raise ValueError(
                "Padding must be an int or a 1, 2, or 4 element tuple, "
                f"not a {len(sides)} element tuple"
            )
        left, top, right, bottom = sides * (4 // len(sides))
        widths = [(0, 0)] * (image.ndim - 2) + [(top, bottom), (left, right)]
        options = {"constant_values": self.fill} if self.padding_mode == "constant" else {}
        return numpy.pad(image, widths, mode=self.padding_mode, **options)  # type: ignore[call-overload]

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


def _check_image(img: Any) -> None:
    if not isinstance(img, Tensor) or img.ndim < 2:
        raise TypeError("Tensor is not a torch image.")


__getattr__ = tinygrad_np.refusing(__name__)
