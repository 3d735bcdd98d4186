"""Windows as columns, and columns added back as windows: each is the adjoint of the other."""

from __future__ import annotations

from typing import Any

from ..conv_algorithms.arguments import two, window_geometry
from ..conv_algorithms.geometry import Geometry
from ..conv_algorithms.im2col import col2im, im2col
from ..errors import OpError
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import not_implemented
from .creation import ones

Shape = tuple[int, ...]
Pair = tuple[int, int]


class Unfold(Op):
    """y[:, (c, i, j), (r, s)] = x[:, c, r', s'], the windows as columns;   dx = Fold(g)"""

    torch_name = "Im2Col"
    kernel: Pair
    geometry: Geometry

    def forward(self, x):
        n, c, h, w = x.shape
        columns = im2col(x, (1, c, *self.kernel), self.geometry)
        # (1, C*KH*KW, OH*OW*N) -> (C*KH*KW, OH*OW, N) -> (N, C*KH*KW, OH*OW)
        blocks = _count(self.geometry.output_size((h, w), self.kernel))
        return columns.reshape(columns.shape[1], blocks, n).transpose(2, 0, 1)

    def dx(self, g):
        return Fold(self.kernel, self.geometry, self.shapes[0][2:])(g)

    def samples(r):
        for kernel, geometry, shape in _windows():
            yield Sample(r.normal(*shape), kernel=kernel, geometry=geometry)
        x = ones(1, 1, 4, 4)
        for act, text in [
            (lambda: unfold(ones(1, 0, 4, 4), 2), "Expected 3D or 4D .*other non-zero dimensions"),
            (lambda: unfold(x, 5), r"spatial size \(4, 4\), kernel_size=\(5, 5\), .* as \(0, 0\)"),
            (lambda: unfold(x, 0), "kernel size should be greater than zero, .* kernel_height: 0"),
            (lambda: unfold(x, 2, padding=-1), "padding should be non-negative, .* pad_height: -1"),
            (lambda: unfold(x, (2, 2, 2)), "It is expected kernel_size equals to 2, but got size"),
            (lambda: unfold(x.long(), 2), "im2col_out_cpu. not implemented for 'Long'"),
        ]:
            yield ErrorSample(act, text)

    def reference(self, torch, x):
        return torch.nn.functional.unfold(x, self.kernel, **_torch_options(self.geometry))


class Fold(Op):
    """y = zeros with the columns of x added where Unfold reads them;   dx = Unfold(g)"""

    kernel: Pair
    geometry: Geometry
    size: Pair

    def forward(self, x):
        n, rows, blocks = x.shape
        c = rows // _count(self.kernel)
        # (N, C*KH*KW, OH*OW) -> (C*KH*KW, OH*OW, N) -> (1, C*KH*KW, OH*OW*N)
        columns = x.transpose(1, 2, 0).reshape(1, rows, blocks * n)
        return col2im(columns, (1, c, *self.kernel), self.geometry, (n, c, *self.size))

    def dx(self, g):
        return Unfold(self.kernel, self.geometry)(g)

    def samples(r):
        for kernel, geometry, (n, c, *size) in _windows():
            blocks = _count(geometry.output_size(tuple(size), kernel))
            x = r.normal(n, c * _count(kernel), blocks)
            yield Sample(x, kernel=kernel, geometry=geometry, size=tuple(size))
        for act, text in [
            (lambda: fold(ones(4), 4, 2), r"Expected 2D or 3D \(batch mode\) tensor .*got: \[4\]"),
            (lambda: fold(ones(1, 3, 9), 4, 2), r"divisible by the product .*size\(1\)=3 and ker"),
            (lambda: fold(ones(1, 4, 8), 4, 2), r"sliding blocks 3 \* 3 = 9, .*size\(2\)=8"),
            (lambda: fold(ones(1, 4, 9), (4, 4, 4), 2), "expected output_size equals to 2"),
            (
                lambda: fold(ones(1, 4, 9).long(), 4, 2),
                "col2im_out_cpu. not implemented for 'Long'",
            ),
        ]:
            yield ErrorSample(act, text)

    def reference(self, torch, x):
        options = _torch_options(self.geometry)
        return torch.nn.functional.fold(x, self.size, self.kernel, **options)


def _windows() -> list[tuple[Pair, Geometry, Shape]]:
    return [
        ((2, 3), Geometry(), (2, 3, 4, 5)),
        ((3, 2), Geometry((2, 1), ((1, 1), (2, 2)), (1, 2)), (1, 2, 5, 4)),
        ((2, 2), Geometry((3, 3)), (2, 1, 6, 5)),
        ((2, 2), Geometry(), (0, 2, 3, 3)),
    ]


def _torch_options(geometry: Geometry) -> dict[str, Any]:
    (top, _), (left, _) = geometry.padding
    return {
        "stride": geometry.stride,
        "padding": (top, left),
        "dilation": geometry.dilation,
    }


def _count(size: Pair) -> int:
    return size[0] * size[1]


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Each window as a column: the matrix that a convolution multiplies its weight with.

    Shapes `(N, C, H, W)` or `(C, H, W)` -> `(N, C * KH * KW, OH * OW)`, windows as of `conv2d`.
    Raises RuntimeError for windows that do not fit.
    Source: PyTorch, torch.nn.functional.unfold.

    >>> import tinygrad_np as tnp
    >>> tnp.unfold(tnp.arange(6.0).view(1, 2, 3), (2, 2))
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    kernel, geometry = window_geometry(kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise OpError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )
    if not input.is_floating_point():
        raise not_implemented("im2col_out_cpu", input)
    h, w = input.shape[-2:]
    blocks = geometry.output_size((h, w), kernel)
    if min(blocks) < 1:
        raise OpError(
            f"Given input with spatial size ({h}, {w}), {_told(kernel, geometry)}, calculated "
            f"shape of the array of sliding blocks as {blocks}, but its components must be at "
            "least one."
        )
    y = Unfold(kernel, geometry)(input if input.ndim == 4 else input.unsqueeze(0))
    return y if input.ndim == 4 else y.squeeze(0)


def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Each column added back as a window: the adjoint of `unfold`, not its inverse.

    Shapes `(N, C * KH * KW, OH * OW)` or without N -> `(N, C, H, W)`, H and W the output size.
    Raises RuntimeError where sizes do not fit. Source: PyTorch, torch.nn.functional.fold.

    >>> import tinygrad_np as tnp
    >>> tnp.fold(tnp.ones(4, 2), output_size=(2, 3), kernel_size=(2, 2))
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    kernel, geometry = window_geometry(kernel_size, dilation, padding, stride)
    size = two("output_size", output_size)
    _check_columns(input, size, kernel, geometry)
    y = Fold(kernel, geometry, size)(input if input.ndim == 3 else input.unsqueeze(0))
    return y if input.ndim == 3 else y.squeeze(0)


def _check_columns(input: Tensor, size: Pair, kernel: Pair, geometry: Geometry) -> None:
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise OpError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    if not input.is_floating_point():
        raise not_implemented("col2im_out_cpu", input)
    rows, columns = input.shape[-2:]
    if rows % _count(kernel):
        raise OpError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={rows} and kernel_size={kernel}."
        )
    oh, ow = blocks = geometry.output_size(size, kernel)
    if min(blocks) < 1 or oh * ow != columns:
        raise OpError(
            f"Given output_size={size}, {_told(kernel, geometry)}, stride={geometry.stride}, "
            "expected size of input's dimension 2 to match the calculated number of sliding "
            f"blocks {oh} * {ow} = {oh * ow}, but got input.size(2)={columns}."
        )


def _told(kernel: Pair, geometry: Geometry) -> str:
    (top, _), (left, _) = geometry.padding
    return f"kernel_size={kernel}, dilation={geometry.dilation}, padding=({top}, {left})"
