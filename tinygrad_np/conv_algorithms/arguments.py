"""The user's arguments of convolutions, pools and windows: read, checked, made a Geometry.

A value is an int for every axis, or a tuple of one int for each. Where there is one axis, it is W.
Errors are RuntimeError and TypeError with PyTorch's texts.
"""

from __future__ import annotations

import contextlib
import operator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from .geometry import Geometry, Pair, along_both

Ints = tuple[int, ...]


def conv_geometry(
    kernel: Ints,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Geometry:
    """The geometry of the arguments of conv1d or conv2d; the padding also 'same' or 'valid'.

    'same' pads an odd row or column after the input, not before it.

    >>> conv_geometry((4, 3), padding="same").padding
    ((1, 2), (1, 1))

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
    """
    named = isinstance(padding, str)
    pads = 0 if named else padding
    geometry = _checked(f"conv{len(kernel)}d", len(kernel), stride, pads, dilation, groups)
    if not named or padding == "valid":
        return geometry
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}, expected 'same' or 'valid'")
    if geometry.stride != (1, 1):
        raise RuntimeError(
            f"padding='same' is not supported for strided convolutions, but got stride={stride}"
        )
    high, wide = geometry.extent(along_both(kernel, 1))
    return replace(geometry, padding=(((high - 1) // 2, high // 2), ((wide - 1) // 2, wide // 2)))


def transposed_geometry(
    size: Ints,
    kernel: Ints,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> tuple[Geometry, Pair]:
    """The convolution that conv_transpose1d or conv_transpose2d is the adjoint of, and its (H, W).

    `size` is that of the transposed one's input. `output_padding` adds rows at the end that the
    convolution may see or not: they count as less padding, which may fall below 0.

    >>> transposed_geometry((4, 4), (3, 3), stride=2, padding=1, output_padding=1)[1]
    (8, 8)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
    """
    owner, n = f"conv_transpose{len(kernel)}d", len(kernel)
    geometry = _checked(owner, n, stride, padding, dilation, groups)
    extra = _output_padding(owner, n, output_padding, geometry)
    (top, bottom), (left, right) = geometry.padding
    geometry = replace(geometry, padding=((top, bottom - extra[0]), (left, right - extra[1])))
    (h, w), (sh, sw) = along_both(size, 1), geometry.stride
    (eh, ew), (ph, pw) = geometry.extent(along_both(kernel, 1)), geometry.padded((0, 0))
    out = (h - 1) * sh + eh - ph, (w - 1) * sw + ew - pw
    if min(out) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({h} x {w}). Calculated output size per channel: "
            f"({out[0]} x {out[1]}). Output size is too small"
        )
    return geometry, out


def _output_padding(owner: str, n: int, output_padding: Any, geometry: Geometry) -> Pair:
    extra = along_both(_conv_values(owner, "output_padding", output_padding, n), 0)
    if min(extra) < 0:
        raise RuntimeError(f"negative output_padding is not supported, but got {extra}")
    rates = zip(extra, geometry.stride, geometry.dilation, strict=True)
    if any(e >= max(s, d) for e, s, d in rates):
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got "
            f"output_padding={extra}, stride={geometry.stride} and dilation={geometry.dilation}"
        )
    return extra


def _checked(owner: str, n: int, stride: Any, padding: Any, dilation: Any, groups: int) -> Geometry:
    pads = _conv_values(owner, "padding", padding, n)
    strides = _conv_values(owner, "stride", stride, n)
    dilations = _conv_values(owner, "dilation", dilation, n)
    return _positive(pads, strides, dilations, _integer(owner, "groups", groups, "int, not {}"))


@lru_cache(256)
def _positive(pads: Ints, strides: Ints, dilations: Ints, count: int) -> Geometry:
    for name, values, wrong in (
        ("padding", pads, "negative"),
        ("stride", strides, "non-positive"),
        ("dilation", dilations, "non-positive"),
        ("groups", (count,), "non-positive"),
    ):
        if min(values) < (wrong == "non-positive"):
            raise RuntimeError(f"{wrong} {name} is not supported, but got {values}")
    both = _both_sides(along_both(pads, 0))
    return Geometry(along_both(strides, 1), both, along_both(dilations, 1), count)


def pool_geometry(
    owner: str,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Pair, Geometry]:
    """The kernel (KH, KW) and the geometry of the arguments of the pool called `owner`.

    The stride is the kernel's size if None (or, as in PyTorch, empty).

    >>> pool_geometry("max_pool2d", 3, padding=1)[1].stride
    (3, 3)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
    """
    kernel = along_both(one_each(owner, "kernel_size", kernel_size), 1)
    omitted = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    strides = kernel if omitted else along_both(one_each(owner, "stride", stride), 1)
    pads = along_both(one_each(owner, "padding", padding), 0)
    dilations = along_both(one_each(owner, "dilation", dilation), 1)
    return kernel, _of_pool(kernel, strides, pads, dilations, bool(ceil_mode))


@lru_cache(256)
def _of_pool(kernel: Pair, strides: Pair, pads: Pair, dilations: Pair, ceil: bool) -> Geometry:
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
    return Geometry(strides, _both_sides(pads), dilations, ceil_mode=ceil)


def window_geometry(
    kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> tuple[Pair, Geometry]:
    """The kernel (KH, KW) and the geometry of the arguments of unfold and fold.

    >>> window_geometry((3, 2), padding=1)[0]
    (3, 2)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
    """
    kernel = two("kernel_size", kernel_size)
    pads, strides = two("padding", padding), two("stride", stride)
    dilations = two("dilation", dilation)
    for name, label, (h, w), least in (
        ("kernel size", "kernel", kernel, "greater than zero"),
        ("dilation", "dilation", dilations, "greater than zero"),
        ("padding", "pad", pads, "non-negative"),
        ("stride", "stride", strides, "greater than zero"),
    ):
        if min(h, w) < (least == "greater than zero"):
            raise RuntimeError(
                f"{name} should be {least}, but got {label}_height: {h} {label}_width: {w}"
            )
    return kernel, Geometry(strides, _both_sides(pads), dilations)


def two(name: str, value: Any) -> Pair:
    """(along H, along W) of an argument of unfold or fold.

    >>> two("output_size", 4)
    (4, 4)
    """
    values = _integers("unfold", name, value)
    if len(values) not in (1, 2):
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")
    return values[0], values[-1]


def one_each(owner: str, name: str, value: Any) -> Ints:
    """The value of an argument of a pool along each of its axes, as many as its name ends in.

    >>> one_each("max_pool2d", "padding", 1), one_each("max_pool1d", "padding", 1)
    ((1, 1), (1,))
    """
    values, n = _integers(owner, name, value), int(owner[-2])
    if n == 1 and len(values) != 1:
        raise RuntimeError(
            f"{owner}() argument {name!r} should contain one int (got {len(values)})"
        )
    if len(values) not in (1, n):
        choices = "either be omitted," if name == "stride" else "either be"
        raise RuntimeError(
            f"{owner}: {name} must {choices} a single int, or a tuple of two ints, "
            f"but got {list(values)}"
        )
    return values * (n // len(values))


def _conv_values(owner: str, name: str, value: Any, n: int) -> Ints:
    values = _integers(owner, name, value)
    if len(values) not in (1, n):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the "
            f"convolution dimensions, but got {name}={list(values)}"
        )
    return values * (n // len(values))


def _both_sides(pads: Pair) -> tuple[Pair, Pair]:
    return (pads[0], pads[0]), (pads[1], pads[1])


def _integers(owner: str, name: str, value: Any) -> Ints:
    if not isinstance(value, (tuple, list)):
        return (_integer(owner, name, value, "tuple of ints, not {}"),)
    if all(type(v) is int for v in value):
        return tuple(value)
    text = "tuple of ints, but found element of type {} at pos "
    return tuple(_integer(owner, name, v, f"{text}{at}") for at, v in enumerate(value))


def _integer(owner: str, name: str, value: Any, expected: str) -> int:
    if type(value) is int:
        return value
    if not isinstance(value, bool):
        with contextlib.suppress(TypeError):
            return operator.index(value)
    text = expected.format(type(value).__name__)
    raise TypeError(f"{owner}(): argument {name!r} must be {text}")
