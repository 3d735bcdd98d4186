"""Where the windows of a convolution or a pool lie: sizes, and the user's arguments with checks.

Output o of an axis meets, with kernel position k, the input o * stride + k * dilation - before.
Everything in this folder follows from that line. What falls outside the input is padding.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..layout import Shape

Pair = tuple[int, int]
Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Geometry:
    """Stride, padding and dilation as (along H, along W); the padding as (before, after) each.

    >>> Geometry(stride=(2, 2), padding=((1, 1), (0, 0))).output_size((8, 7), (3, 3))
    (4, 3)
    """

    stride: Pair = (1, 1)
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    groups: int = 1
    ceil_mode: bool = False  # pools: keep a last window that reaches beyond the padding

    def extent(self, kernel: Pair) -> Pair:
        """The rows and columns that a window spans, dilation included."""
        (kh, kw), (dh, dw) = kernel, self.dilation
        return (kh - 1) * dh + 1, (kw - 1) * dw + 1

    def padded(self, size: Pair) -> Pair:
        """(H, W) with the padding."""
        return size[0] + sum(self.padding[0]), size[1] + sum(self.padding[1])

    def output_size(self, size: Pair, kernel: Pair) -> Pair:
        """(OH, OW) = floor((padded size - extent) / stride) + 1, for an input of size (H, W).

        ceil_mode rounds up, but the last window starts inside the input or the padding before it.
        """
        return self._count(0, size, kernel), self._count(1, size, kernel)

    def _count(self, axis: int, size: Pair, kernel: Pair) -> int:
        stride, before = self.stride[axis], self.padding[axis][0]
        room = self.padded(size)[axis] - self.extent(kernel)[axis]
        if not self.ceil_mode:
            return room // stride + 1
        return min(-(-room // stride), (size[axis] + before - 1) // stride) + 1

    def taps(self, axis: int, size: Pair, kernel: Pair) -> list[Slices]:
        """For each kernel position along an axis: the outputs that meet the input, and what of it.

        >>> Geometry(padding=((1, 1), (0, 0))).taps(0, (5, 5), (3, 3))[0]
        (slice(1, 5, None), slice(0, 4, 1))
        """
        count, before = self._count(axis, size, kernel), self.padding[axis][0]
        starts = (k * self.dilation[axis] - before for k in range(kernel[axis]))
        return [inside(start, self.stride[axis], size[axis], count) for start in starts]

    def positions(self, size: Pair, kernel: Pair) -> Iterator[tuple[int, Slices, Slices]]:
        """For each kernel position, row by row: its number, (rows, columns) of output and input."""
        columns = self.taps(1, size, kernel)
        for i, (oh, h) in enumerate(self.taps(0, size, kernel)):
            for j, (ow, w) in enumerate(columns):
                yield i * kernel[1] + j, (oh, ow), (h, w)


def inside(start: int, step: int, size: int, count: int) -> Slices:
    """Which of the `count` positions start, start + step, ... lie in range(size).

    Two slices: the numbers of these positions, and the positions themselves.

    >>> inside(start=-3, step=2, size=4, count=9)
    (slice(2, 4, None), slice(1, 4, 2))
    """
    first, end = max(0, -(start // step)), min(count, (size - 1 - start) // step + 1)
    if first >= end:
        return slice(0, 0), slice(0, 0)
    return slice(first, end), slice(start + first * step, start + (end - 1) * step + 1, step)


def conv_geometry(
    kernel: Pair,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Geometry:
    """The geometry of conv2d's arguments: ints or pairs; the padding also 'same' or 'valid'.

    'same' pads an odd row or column after the input, not before it.

    >>> conv_geometry((4, 3), padding="same").padding
    ((1, 2), (1, 1))

    Raises: RuntimeError and TypeError with PyTorch's texts.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
    """
    named = isinstance(padding, str)
    pads = (0, 0) if named else _conv_pair("padding", padding)
    strides, dilations = _conv_pair("stride", stride), _conv_pair("dilation", dilation)
    count = _integer("conv2d", "groups", groups, "int, not {}")
    for name, values, wrong in (
        ("padding", pads, "negative"),
        ("stride", strides, "non-positive"),
        ("dilation", dilations, "non-positive"),
        ("groups", (count,), "non-positive"),
    ):
        if min(values) < (wrong == "non-positive"):
            raise RuntimeError(f"{wrong} {name} is not supported, but got {values}")
    geometry = Geometry(strides, _both_sides(pads), dilations, count)
    if not named or padding == "valid":
        return geometry
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}, expected 'same' or 'valid'")
    if strides != (1, 1):
        raise RuntimeError(
            f"padding='same' is not supported for strided convolutions, but got stride={strides}"
        )
    (top, bottom), (left, right) = (((e - 1) // 2, e // 2) for e in geometry.extent(kernel))
    return replace(geometry, padding=((top, bottom), (left, right)))


def pool_geometry(
    name: str,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Pair, Geometry]:
    """The kernel (KH, KW) and the geometry of the arguments of the pool called `name`.

    The stride is the kernel's size if None (or, as in PyTorch, empty).

    >>> pool_geometry("max_pool2d", 3, padding=1)[1].stride
    (3, 3)

    Raises: RuntimeError and TypeError with PyTorch's texts.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
    """
    kernel = _pool_pair(name, "kernel_size", kernel_size)
    omitted = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    strides = kernel if omitted else _pool_pair(name, "stride", stride)
    pads = _pool_pair(name, "padding", padding)
    dilations = _pool_pair(name, "dilation", dilation)
    _check_pool(kernel, strides, pads, dilations)
    return kernel, Geometry(strides, _both_sides(pads), dilations, ceil_mode=ceil_mode)


def _check_pool(kernel: Pair, strides: Pair, pads: Pair, dilations: Pair) -> None:
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = kernel, strides, pads, dilations
    if 0 in strides:
        raise RuntimeError(f"stride should not be zero, but got dH: {sh} dW: {sw}")
    if min(kernel) < 1:
        raise RuntimeError(f"kernel size should be greater than zero, but got kH: {kh} kW: {kw}")
    if min(strides) < 1:
        raise RuntimeError(f"stride should be greater than zero, but got dH: {sh} dW: {sw}")
    if min(dilations) < 1:
        raise RuntimeError(
            f"dilation should be greater than zero, but got dilationH: {dh} dilationW: {dw}"
        )
    if min(pads) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(pads)}")
    for pad, k, d in zip(pads, kernel, dilations, strict=True):
        if pad > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={pad}, kernel_size={k} and dilation={d}"
            )
    if ph > kh // 2 or pw > kw // 2:
        raise RuntimeError(
            "pad should be smaller than or equal to half of kernel size, "
            f"but got padW = {pw}, padH = {ph}, kW = {kw}, kH = {kh}"
        )


def conv_output_shape(x_shape: Shape, w_shape: Shape, geometry: Geometry) -> Shape:
    """(N, F, OH, OW) for x (N, C, H, W) and w (F, C/groups, KH, KW).

    >>> conv_output_shape((2, 3, 8, 7), (4, 3, 3, 3), Geometry())
    (2, 4, 6, 5)

    Raises: RuntimeError with PyTorch's texts if x, w and the geometry do not fit.
    """
    if len(x_shape) != 4 or len(w_shape) != 4:
        raise RuntimeError(
            "Expected 3D (unbatched) or 4D (batched) input to conv2d and a 4D weight, "
            f"but got input of size: {list(x_shape)} and weight of size: {list(w_shape)}"
        )
    (n, c, h, w), (f, per_group, *kernel), groups = x_shape, w_shape, geometry.groups
    if f < groups or f % groups:
        need = "divisible by" if f > groups else "at least"
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be {need} {groups} at dimension 0, "
            f"but got weight of size {list(w_shape)} instead"
        )
    if c != per_group * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w_shape)}, expected input"
            f"{list(x_shape)} to have {per_group * groups} channels, but got {c} channels instead"
        )
    if 0 in (h, w, *kernel):
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(x_shape)} and weight shape: {list(w_shape)}"
        )
    (eh, ew), (ph, pw) = geometry.extent((kernel[0], kernel[1])), geometry.padded((h, w))
    if eh > ph or ew > pw:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({ph} x {pw}). "
            f"Kernel size: ({eh} x {ew}). Kernel size can't be greater than actual input size"
        )
    oh, ow = geometry.output_size((h, w), (kernel[0], kernel[1]))
    return n, f, oh, ow


def pool_output_shape(x_shape: Shape, kernel: Pair, geometry: Geometry) -> Shape:
    """(N, C, OH, OW) for x (N, C, H, W).

    >>> pool_output_shape((2, 3, 7, 7), (2, 2), Geometry(stride=(2, 2), ceil_mode=True))
    (2, 3, 4, 4)

    Raises: RuntimeError with PyTorch's texts if the kernel does not fit into x.
    """
    if len(x_shape) != 4 or 0 in x_shape[1:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got:{list(x_shape)}"
        )
    n, c, h, w = x_shape
    oh, ow = geometry.output_size((h, w), kernel)
    if min(oh, ow) < 1:
        raise RuntimeError(
            f"Given input size: ({c}x{h}x{w}). Calculated output size: "
            f"({c}x{max(oh, 0)}x{max(ow, 0)}). Output size is too small"
        )
    return n, c, oh, ow


def _both_sides(pads: Pair) -> tuple[Pair, Pair]:
    return (pads[0], pads[0]), (pads[1], pads[1])


def _conv_pair(name: str, value: Any) -> Pair:
    values = _integers("conv2d", name, value)
    if len(values) not in (1, 2):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of 2 values to match the "
            f"convolution dimensions, but got {name}={list(values)}"
        )
    return values[0], values[-1]


def _pool_pair(owner: str, name: str, value: Any) -> Pair:
    values = _integers(owner, name, value)
    if len(values) not in (1, 2):
        choices = "either be omitted," if name == "stride" else "either be"
        raise RuntimeError(
            f"{owner}: {name} must {choices} a single int, or a tuple of two ints, "
            f"but got {list(values)}"
        )
    return values[0], values[-1]


def _integers(owner: str, name: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, (tuple, list)):
        return (_integer(owner, name, value, "tuple of ints, not {}"),)
    text = "tuple of ints, but found element of type {} at pos "
    return tuple(_integer(owner, name, v, f"{text}{at}") for at, v in enumerate(value))


def _integer(owner: str, name: str, value: Any, expected: str) -> int:
    if not isinstance(value, bool):
        with contextlib.suppress(TypeError):
            return operator.index(value)
    text = expected.format(type(value).__name__)
    raise TypeError(f"{owner}(): argument {name!r} must be {text}")
