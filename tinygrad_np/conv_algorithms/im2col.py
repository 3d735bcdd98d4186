"""The classical convolution: copy every window into a column, then one matrix product does it all.

    columns = im2col(x)        y = w @ columns        gw = g @ columns^T        gx = col2im(w^T @ g)

Here Python loops over the KH*KW kernel positions only, and each copies one strided slice of all
images; `im2col_variants` has three other ways to the same columns.
The columns take KH*KW times the memory of x: that is the copying which `row_fused` saves.
G are the groups, with C/G input and F/G output channels each.

Source: Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document
Processing" (2006), section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..layout import Array, Shape
from .geometry import Geometry, conv_output_shape


def im2col(x: Array, w_shape: Shape, geometry: Geometry) -> Array:
    """columns (G, C/G*KH*KW, OH*OW*N): the column (oh, ow, n) is the window that y sees there."""
    (n, c, h, w), (_, per_group, kh, kw) = x.shape, w_shape
    oh, ow = geometry.output_size((h, w), (kh, kw))
    images = x.transpose(1, 2, 3, 0)  # (N, C, H, W) -> (C, H, W, N)
    columns = np.zeros((c, kh * kw, oh, ow, n), x.dtype)  # padding is where no image is copied to
    for k, (out_h, out_w), (in_h, in_w) in geometry.positions((h, w), (kh, kw)):
        columns[:, k, out_h, out_w] = images[:, in_h, in_w]
    # (C, KH*KW, OH, OW, N) -> (G, C/G*KH*KW, OH*OW*N)
    return columns.reshape(geometry.groups, per_group * kh * kw, oh * ow * n)


def col2im(columns: Array, w_shape: Shape, geometry: Geometry, x_shape: Shape) -> Array:
    """`im2col`'s adjoint: x (N, C, H, W) with every column added where im2col read it."""
    (n, c, h, w), (_, _, kh, kw) = x_shape, w_shape
    # (G, C/G*KH*KW, OH*OW*N) -> (C, KH*KW, OH, OW, N)
    columns = columns.reshape(c, kh * kw, *geometry.output_size((h, w), (kh, kw)), n)
    images = np.zeros((c, h, w, n), columns.dtype)
    for k, (out_h, out_w), (in_h, in_w) in geometry.positions((h, w), (kh, kw)):
        images[:, in_h, in_w] += columns[:, k, out_h, out_w]
    return images.transpose(3, 0, 1, 2)  # (C, H, W, N) -> (N, C, H, W)


@dataclass(frozen=True)
class Im2col:
    """The algorithm, for a way to make the columns and its adjoint."""

    im2col: Callable[[Array, Shape, Geometry], Array]
    col2im: Callable[[Array, Shape, Geometry, Shape], Array]

    def forward(self, x: Array, w: Array, geometry: Geometry) -> tuple[Array, Array]:
        """y (N, F, OH, OW) of x (N, C, H, W) and w (F, C/G, KH, KW); the columns are the hint."""
        n, f, oh, ow = conv_output_shape(x.shape, w.shape, geometry)
        columns = self.im2col(x, w.shape, geometry)
        # (G, F/G, OH*OW*N) -> (F, OH, OW, N) -> (N, F, OH, OW)
        y = (_matrices(w, geometry) @ columns).reshape(f, oh, ow, n)
        return y.transpose(3, 0, 1, 2), columns

    def input_grad(self, g: Array, w: Array, geometry: Geometry, x_shape: Shape) -> Array:
        """gx (N, C, H, W): the gradient of every column, added back where its window came from."""
        columns = _matrices(w, geometry).swapaxes(1, 2) @ _by_group(g, geometry)
        return self.col2im(columns, w.shape, geometry, x_shape)

    def weight_grad(
        self, x: Array, g: Array, geometry: Geometry, w_shape: Shape, hint: Array | None = None
    ) -> Array:
        """gw (F, C/G, KH, KW): one product over all outputs of all images."""
        columns = self.im2col(x, w_shape, geometry) if hint is None else hint
        # the larger matrix first: twice as fast as g @ columns^T, whose rows are few
        gw = columns @ _by_group(g, geometry).swapaxes(1, 2)
        # (G, C/G*KH*KW, F/G) -> (F, C/G, KH, KW)
        return gw.swapaxes(1, 2).reshape(w_shape)


def _matrices(w: Array, geometry: Geometry) -> Array:
    f, per_group, kh, kw = w.shape
    # (F, C/G, KH, KW) -> (G, F/G, C/G*KH*KW)
    return w.reshape(geometry.groups, f // geometry.groups, per_group * kh * kw)


def _by_group(g: Array, geometry: Geometry) -> Array:
    n, f, oh, ow = g.shape
    # (N, F, OH, OW) -> (F, OH, OW, N) -> (G, F/G, OH*OW*N)
    return g.transpose(1, 2, 3, 0).reshape(geometry.groups, f // geometry.groups, oh * ow * n)


offsets = Im2col(im2col, col2im)
