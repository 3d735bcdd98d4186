"""Pools whose windows follow from the size of their output."""

from __future__ import annotations

from typing import Any

import numpy

from ..conv_algorithms import pooling
from ..conv_algorithms.arguments import one_each
from ..conv_algorithms.geometry import Geometry
from ..tensor import Tensor, wrap
from .cast import not_implemented
from .images import images, restored
from .pool import max_pooled
from .resample import Resample


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of OH x OW windows that cover the input, whatever its size.

    Window i of an axis of n reaches from floor(i * n / OH) to ceil((i + 1) * n / OH).
    `output_size` is an int or a pair; None keeps the size of an axis. Shapes `(N, C, H, W)` or
    `(C, H, W)` -> `(N, C, OH, OW)`. Raises RuntimeError for other dimensions and for integers.
    Source: PyTorch, torch.nn.functional.adaptive_avg_pool2d.

    >>> import tinygrad_np as tnp
    >>> tnp.adaptive_avg_pool2d(tnp.arange(12.0).view(1, 3, 4), (1, 2))
    tensor([[[4.5000, 6.5000]]])
    """
    return _averaged("adaptive_avg_pool2d", input, output_size)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """`adaptive_avg_pool2d` along one axis: input `(N, C, L)` or `(C, L)`.

    Raises as `adaptive_avg_pool2d`. Source: PyTorch, torch.nn.functional.adaptive_avg_pool1d.

    >>> import tinygrad_np as tnp
    >>> tnp.adaptive_avg_pool1d(tnp.tensor([[1.0, 2.0, 6.0]]), 2)
    tensor([[1.5000, 4.0000]])
    """
    return _averaged("adaptive_avg_pool1d", input, output_size)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of OH x OW windows that cover the input: windows as of `adaptive_avg_pool2d`.

    Ties, nan and `return_indices` as of `max_pool2d`. Raises RuntimeError for other dimensions.
    Source: PyTorch, torch.nn.functional.adaptive_max_pool2d.

    >>> import tinygrad_np as tnp
    >>> tnp.adaptive_max_pool2d(tnp.arange(12.0).view(1, 3, 4), (1, 2))
    tensor([[[ 9., 11.]]])
    """
    return _maximal("adaptive_max_pool2d", input, output_size, return_indices)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` along one axis: input `(N, C, L)` or `(C, L)`.

    Raises as `adaptive_max_pool2d`. Source: PyTorch, torch.nn.functional.adaptive_max_pool1d.

    >>> import tinygrad_np as tnp
    >>> tnp.adaptive_max_pool1d(tnp.tensor([[1.0, 2.0, 6.0, 5.0]]), 2, return_indices=True)
    (tensor([[2., 6.]]), tensor([[1, 2]]))
    """
    return _maximal("adaptive_max_pool1d", input, output_size, return_indices)


def _averaged(name: str, input: Tensor, output_size: Any) -> Tensor:
    y, sizes = images(name, input), _sizes(name, input, output_size)
    if not input.is_floating_point():
        raise not_implemented(name, input)
    for dim, m in enumerate(sizes, 2):
        windows = _windows(y.shape[dim], m)
        matrix = numpy.zeros((m, y.shape[dim]))
        for row, (start, end) in zip(matrix, windows, strict=True):
            row[start:end] = 1
        counts = matrix.sum(1).astype(input.array.dtype)  # divided by, so that means are exact
        y = Resample(matrix, dim)(y) / wrap(counts.reshape(-1, 1) if dim == 2 else counts)
    return restored(name, y, input)


def _maximal(name: str, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    x, (oh, ow) = images(name, input), _sizes(name, input, output_size)
    n, c, h, w = x.shape
    if oh and ow and h % oh == w % ow == 0:
        kernel = h // oh, w // ow
        return max_pooled(name, input, (kernel, Geometry(kernel)), return_indices)
    places = numpy.empty((n, c, oh, ow), numpy.int64)
    for i, (top, bottom) in enumerate(_windows(h, oh)):
        for j, (left, right) in enumerate(_windows(w, ow)):
            kernel = bottom - top, right - left
            window = x.array[:, :, top:bottom, left:right]
            taps = pooling.max_pool(window, kernel, Geometry())[1][:, :, 0, 0].astype(numpy.int64)
            places[:, :, i, j] = (top + taps // kernel[1]) * w + left + taps % kernel[1]
    indices = wrap(places)
    y = x.flatten(2).gather(2, indices.flatten(2)).reshape(n, c, oh, ow)
    y = restored(name, y, input)
    return (y, restored(name, indices, input)) if return_indices else y


def _windows(n: int, m: int) -> list[tuple[int, int]]:
    """(start, end) of the m windows of an axis of n.

    >>> _windows(5, 2)
    [(0, 3), (2, 5)]
    """
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def _sizes(name: str, input: Tensor, output_size: Any) -> tuple[int, int]:
    """The size (OH, OW) of the output."""
    two = name.endswith("2d")
    if two and isinstance(output_size, tuple | list):
        if len(output_size) != 2:
            raise RuntimeError(f"{name}: output_size must be 2")
        pairs = zip(output_size, input.shape[-2:], strict=True)
        output_size = [old if new is None else new for new, old in pairs]
    sizes = one_each(name, "output_size", output_size)
    if min(sizes) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 "
            f"but received {{{', '.join(map(str, sizes))}}}"
        )
    empty = [i for i in range(1, len(sizes) + 1) if input.shape[-i] == 0]
    if empty:
        raise RuntimeError(
            f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
            f"has sizes {list(input.shape)} with dimension {input.ndim - empty[-1]} being empty"
        )
    return sizes if two else (1, *sizes)  # type: ignore[return-value]
