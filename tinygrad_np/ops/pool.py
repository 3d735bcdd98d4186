"""Max pooling and its adjoint."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import numpy

from ..conv_algorithms import chosen, pooling, pools
from ..conv_algorithms.arguments import pool_geometry
from ..conv_algorithms.geometry import Geometry, pool_output_shape
from ..op import Op
from ..samples import ErrorSample, Rng, Sample
from ..tensor import Tensor, wrap
from .creation import ones
from .images import images, restored

Shape = tuple[int, ...]
Pair = tuple[int, int]


class MaxPool2d(Op):
    """y = max of x over each window;   dx = g at the first maximum of its window"""

    torch_name = "MaxPool2DWithIndices"
    kernel: Pair
    geometry: Geometry
    algorithm: str | None = field(default=None, repr=False)

    def forward(self, x):
        self.algorithm = chosen(self.algorithm)  # that of the gradients too
        y, self.hint = pools(self.algorithm).max_pool(x, self.kernel, self.geometry)
        return y

    def dx(self, g):
        windows = self.kernel, self.geometry
        return TapScatter(self.hint, *windows, self.shapes[0], self.algorithm)(g)

    def samples(r):
        for kernel, geometry, shape in windows():
            yield Sample(r.distinct(*shape), kernel=kernel, geometry=geometry)
        yield ErrorSample(lambda: max_pool2d(ones(1, 1, 2, 2), 3), "Output size is too small")
        yield ErrorSample(lambda: max_pool2d(ones(1, 1, 4, 4), 2, padding=2), "at most half of")
        yield ErrorSample(lambda: max_pool2d(ones(1, 1, 4, 4), 2, 0), "stride should not be zero")
        yield ErrorSample(lambda: max_pool2d(ones(4, 4), 2), "Expected 3D .* or 4D .* max_pool2d")
        yield ErrorSample(
            lambda: max_pool1d(ones(1, 4), (2, 2)), "'kernel_size' should contain one"
        )

    def reference(self, torch, x):
        (ph, _), (pw, _) = self.geometry.padding
        return torch.nn.functional.max_pool2d(
            x,
            self.kernel,
            self.geometry.stride,
            (ph, pw),
            self.geometry.dilation,
            self.geometry.ceil_mode,
        )


class TapScatter(Op):
    """y = zeros with x added at the taps of its windows;   dx = TapPick(g)"""

    taps: numpy.ndarray
    kernel: Pair
    geometry: Geometry
    shape: Shape
    algorithm: str | None = field(default=None, repr=False)

    def forward(self, x):
        if x.shape != self.taps.shape:
            raise ValueError(
                f"expected x in the shape {self.taps.shape} of the taps, got {x.shape}"
            )
        self.algorithm = chosen(self.algorithm)
        scatter = pools(self.algorithm).tap_scatter
        return scatter(x, self.taps, self.kernel, self.geometry, self.shape)

    def dx(self, g):
        return TapPick(self.taps, self.kernel, self.geometry, self.algorithm)(g)

    def samples(r):
        for config, shape in tapped(r):
            yield Sample(r.normal(*config["taps"].shape), **config, shape=shape)
        taps, windows = numpy.zeros((1, 1, 2, 2), numpy.uint8), ((2, 2), Geometry((2, 2)))
        yield ErrorSample(
            lambda: TapScatter(taps, *windows, (1, 1, 4, 4))(ones(1, 1, 1, 2)),
            r"expected x in the shape \(1, 1, 2, 2\) of the taps, got \(1, 1, 1, 2\)",
        )

    def reference(self, torch, x):
        y = torch.zeros(self.shape, dtype=x.dtype).flatten(2)
        indices = pooling.tap_indices(self.taps, self.kernel, self.geometry, self.shape)
        indices = torch.from_numpy(numpy.ascontiguousarray(indices)).flatten(2)
        return y.scatter_add(2, indices, x.flatten(2)).reshape(self.shape)


class TapPick(Op):
    """y = x at the tap of each window;   dx = TapScatter(g)"""

    taps: numpy.ndarray
    kernel: Pair
    geometry: Geometry
    algorithm: str | None = field(default=None, repr=False)

    def forward(self, x):
        shape = pool_output_shape(x.shape, self.kernel, self.geometry)
        if shape != self.taps.shape:
            raise ValueError(f"expected windows {self.taps.shape} as the taps, x has {shape}")
        self.algorithm = chosen(self.algorithm)
        return pools(self.algorithm).tap_pick(x, self.taps, self.kernel, self.geometry)

    def dx(self, g):
        windows = self.kernel, self.geometry
        return TapScatter(self.taps, *windows, self.shapes[0], self.algorithm)(g)

    def samples(r):
        for config, shape in tapped(r):
            yield Sample(r.normal(*shape), **config)
        taps, windows = numpy.zeros((1, 1, 2, 2), numpy.uint8), ((2, 2), Geometry((2, 2)))
        yield ErrorSample(
            lambda: TapPick(taps, *windows)(ones(1, 3, 4, 4)),
            r"expected windows \(1, 1, 2, 2\) as the taps, x has \(1, 3, 2, 2\)",
        )
        yield ErrorSample(
            lambda: TapPick(taps, *windows)(ones(4, 4)), r"Expected 3D or 4D .* got:\[4, 4\]"
        )

    def reference(self, torch, x):
        indices = pooling.tap_indices(self.taps, self.kernel, self.geometry, tuple(x.shape))
        indices = torch.from_numpy(numpy.ascontiguousarray(indices))
        return x.flatten(2).gather(2, indices.flatten(2)).reshape(indices.shape)


def windows(dilated: bool = True) -> list[tuple[Pair, Geometry, Shape]]:
    """(kernel, geometry, shape of x) of the samples."""
    cases: list[tuple[Pair, Geometry, Shape]] = [
        ((2, 2), Geometry((2, 2)), (2, 3, 4, 4)),
        ((3, 2), Geometry((2, 1), ((1, 1), (1, 1))), (2, 2, 5, 4)),
        ((3, 3), Geometry((2, 2), ((1, 1), (1, 1)), ceil_mode=True), (1, 2, 6, 5)),
        ((2, 2), Geometry((2, 2)), (0, 2, 4, 4)),
    ]
    if dilated:
        cases.append(((2, 3), Geometry((1, 2), ((1, 1), (0, 0)), (2, 1)), (2, 1, 5, 6)))
    return cases


def tapped(r: Rng) -> list[tuple[dict[str, Any], Shape]]:
    """The configuration of ops on taps, and the shape of the x that the taps lead into."""
    found = []
    for kernel, geometry, shape in windows():
        _, taps = pooling.max_pool(r.distinct(*shape), kernel, geometry)
        found.append(({"taps": taps, "kernel": kernel, "geometry": geometry}, shape))
    return found


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    algorithm: str | None = None,
) -> Any:
    """The maximum of each window; of several, the first in row-major order gets the gradient.

    Shapes `(N, C, H, W)` or `(C, H, W)` -> the same with OH = floor((H + 2 padding - dilation *
    (KH - 1) - 1) / stride) + 1, rounded up in `ceil_mode`. `stride` is `kernel_size` unless given.
    Padding never wins, nan does. With `return_indices` also the int64 positions in H * W.
    `algorithm` as of `conv2d`. Raises RuntimeError for windows that do not fit.
    Source: PyTorch, torch.nn.functional.max_pool2d.

    >>> import tinygrad_np as tnp
    >>> max_pool2d(tnp.arange(16.0).view(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    config = kernel_size, stride, padding, dilation, ceil_mode
    windows = pool_geometry("max_pool2d", *config)
    return max_pooled("max_pool2d", input, windows, return_indices, algorithm)


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
    *,
    algorithm: str | None = None,
) -> Any:
    """`max_pool2d` along one axis: input `(N, C, L)` or `(C, L)`.

    Raises as `max_pool2d`. Source: PyTorch, torch.nn.functional.max_pool1d.

    >>> import tinygrad_np as tnp
    >>> tnp.max_pool1d(tnp.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
    tensor([[5., 3.]])
    """
    config = kernel_size, stride, padding, dilation, ceil_mode
    windows = pool_geometry("max_pool1d", *config)
    return max_pooled("max_pool1d", input, windows, return_indices, algorithm)


def max_pooled(
    name: str,
    input: Tensor,
    windows: tuple[Pair, Geometry],
    return_indices: bool,
    algorithm: str | None = None,
) -> Any:
    """Of the function `name`: the maxima of the windows, and where they stand if wanted."""
    x, op = images(name, input), MaxPool2d(*windows, algorithm)
    y = restored(name, op(x), input)
    if not return_indices:
        return y
    indices = pooling.tap_indices(op.hint, *windows, tuple(x.shape))
    return y, restored(name, wrap(indices), input)
