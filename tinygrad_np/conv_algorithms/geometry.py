"""Where the windows of a convolution or a pool lie, and the sizes that follow.

Output o of an axis meets, with kernel position k, the input o * stride + k * dilation - before.
Everything in this folder follows from that line. What falls outside the input is padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

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


@lru_cache(1024)
def conv_output_shape(x_shape: Shape, w_shape: Shape, geometry: Geometry) -> tuple[int, ...]:
    """(N, F, OH, OW) for x (N, C, H, W) and w (F, C/groups, KH, KW); or both without H.

    >>> conv_output_shape((2, 3, 8, 7), (4, 3, 3, 3), Geometry())
    (2, 4, 6, 5)

    Raises: RuntimeError with PyTorch's texts if x, w and the geometry do not fit.
    """
    if len(x_shape) != len(w_shape) or len(x_shape) not in (3, 4):
        n = 2 if 4 in (len(x_shape), len(w_shape)) else 1
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to conv{n}d and a {n + 2}D "
            f"weight, but got input of size: {list(x_shape)} and weight of size: {list(w_shape)}"
        )
    (n, c, *size), (f, per_group, *kernel), groups = x_shape, w_shape, geometry.groups
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
    if 0 in (*size, *kernel):
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(x_shape)} and weight shape: {list(w_shape)}"
        )
    kernel_pair, pair = along_both(kernel, 1), along_both(size, 1)
    needed, given = geometry.extent(kernel_pair), geometry.padded(pair)
    if needed[0] > given[0] or needed[1] > given[1]:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_times(given, len(size))}). "
            f"Kernel size: ({_times(needed, len(size))}). "
            "Kernel size can't be greater than actual input size"
        )
    return n, f, *geometry.output_size(pair, kernel_pair)[2 - len(size) :]


@lru_cache(1024)
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


def along_both(values: Sequence[int], along_h: int) -> Pair:
    """Values along H and W; `along_h` for H where there is one axis, which is W.

    >>> along_both([3, 2], 1), along_both([2], 1)
    ((3, 2), (1, 2))
    """
    return (along_h if len(values) == 1 else values[0]), values[-1]


def _times(pair: Pair, n: int) -> str:
    return " x ".join(map(str, pair[2 - n :]))
