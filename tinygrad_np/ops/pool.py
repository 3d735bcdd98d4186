"""Max and average pooling, and their adjoints."""

from __future__ import annotations

from typing import Any

import numpy

from ..conv_algorithms import pooling
from ..conv_algorithms.geometry import Geometry, pool_geometry, pool_output_shape
from ..errors import OpError, described
from ..op import Op
from ..samples import ErrorSample, Rng, Sample
from ..tensor import Tensor, wrap
from .creation import ones

Shape = tuple[int, ...]
Pair = tuple[int, int]


class MaxPool2d(Op):
    """y = max of x over each window;   dx = g at the first maximum of its window"""

    kernel: Pair
    geometry: Geometry

    def forward(self, x):
        y, self.hint = pooling.max_pool(x, self.kernel, self.geometry)
        return y

    def dx(self, g):
        return TapScatter(self.hint, self.kernel, self.geometry, self.shapes[0])(g)

    def samples(r):
        for kernel, geometry, shape in windows():
            yield Sample(r.distinct(*shape), kernel=kernel, geometry=geometry)
        yield ErrorSample(lambda: max_pool2d(ones(1, 1, 2, 2), 3), "Output size is too small")
        yield ErrorSample(lambda: max_pool2d(ones(1, 1, 4, 4), 2, padding=2), "at most half of")
        yield ErrorSample(lambda: max_pool2d(ones(1, 1, 4, 4), 2, 0), "stride should not be zero")
        yield ErrorSample(lambda: max_pool2d(ones(4, 4), 2), "Expected 3D or 4D")

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

    def forward(self, x):
        return pooling.tap_scatter(x, self.taps, self.kernel, self.geometry, self.shape)

    def dx(self, g):
        return TapPick(self.taps, self.kernel, self.geometry)(g)

    def samples(r):
        for config, shape in tapped(r):
            yield Sample(r.normal(*config["taps"].shape), **config, shape=shape)

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

    def forward(self, x):
        return pooling.tap_pick(x, self.taps, self.kernel, self.geometry)

    def dx(self, g):
        return TapScatter(self.taps, self.kernel, self.geometry, self.shapes[0])(g)

    def samples(r):
        for config, shape in tapped(r):
            yield Sample(r.normal(*shape), **config)

    def reference(self, torch, x):
        indices = pooling.tap_indices(self.taps, self.kernel, self.geometry, tuple(x.shape))
        indices = torch.from_numpy(numpy.ascontiguousarray(indices))
        return x.flatten(2).gather(2, indices.flatten(2)).reshape(indices.shape)


class AvgPool2d(Op):
    """y = sum of x over each window / its divisor;   dx = g / divisor, for each element of it"""

    kernel: Pair
    geometry: Geometry
    count_include_pad: bool = True
    divisor_override: int | None = None

    def forward(self, x):
        return pooling.avg_pool(x, *self._arguments())

    def dx(self, g):
        return AvgPool2dAdjoint(*self._arguments(), self.shapes[0])(g)

    def _arguments(self):
        return self.kernel, self.geometry, self.count_include_pad, self.divisor_override

    def samples(r):
        for kernel, geometry, shape in windows(dilated=False):
            for options in ({}, {"count_include_pad": False}, {"divisor_override": 3}):
                yield Sample(r.normal(*shape), kernel=kernel, geometry=geometry, **options)
        yield ErrorSample(
            lambda: avg_pool2d(ones(1, 1, 4, 4), 2, divisor_override=0), "divisor must be not zero"
        )
        yield ErrorSample(lambda: avg_pool2d(ones(1, 1, 4, 4), 0), "stride should not be zero")

    def reference(self, torch, x):
        (ph, _), (pw, _) = self.geometry.padding
        return torch.nn.functional.avg_pool2d(
            x,
            self.kernel,
            self.geometry.stride,
            (ph, pw),
            self.geometry.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool2dAdjoint(Op):
    """y = x / divisor, added to each element of its window;   dx = AvgPool2d(g)"""

    kernel: Pair
    geometry: Geometry
    count_include_pad: bool
    divisor_override: int | None
    shape: Shape

    def forward(self, x):
        return pooling.avg_pool_adjoint(x, *self._arguments(), self.shape)

    def dx(self, g):
        return AvgPool2d(*self._arguments())(g)

    _arguments = AvgPool2d._arguments

    def samples(r):
        for kernel, geometry, shape in windows(dilated=False):
            gy = pool_output_shape(shape, kernel, geometry)
            for include, override in ((True, None), (False, None), (True, 3)):
                yield Sample(
                    r.normal(*gy),
                    kernel=kernel,
                    geometry=geometry,
                    count_include_pad=include,
                    divisor_override=override,
                    shape=shape,
                )

    def reference(self, torch, x):
        zeros = torch.zeros(self.shape, dtype=x.dtype)
        pool = AvgPool2d(*self._arguments())
        return torch.func.vjp(lambda v: pool.reference(torch, v), zeros)[1](x)[0]


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


def _batched(input: Tensor) -> Tensor:
    if input.ndim not in (3, 4):
        raise OpError(f"Expected 3D or 4D (batch mode) input, but got {described(input)}")
    return input.unsqueeze(0) if input.ndim == 3 else input


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window; of several, the first in row-major order gets the gradient.

    Shapes `(N, C, H, W)` or `(C, H, W)` -> the same with OH = floor((H + 2 padding - dilation *
    (KH - 1) - 1) / stride) + 1, rounded up in `ceil_mode`. `stride` is `kernel_size` unless given.
    Padding never wins, nan does. With `return_indices` also the int64 positions in H * W.
    Raises RuntimeError for windows that do not fit.
    Source: PyTorch, torch.nn.functional.max_pool2d.

    >>> import tinygrad_np as tnp
    >>> max_pool2d(tnp.arange(16.0).view(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    kernel, geometry = pool_geometry(
        "max_pool2d", kernel_size, stride, padding, dilation, ceil_mode
    )
    x, op = _batched(input), MaxPool2d(kernel, geometry)
    y = op(x)
    y = y.squeeze(0) if input.ndim == 3 else y
    if not return_indices:
        return y
    indices = wrap(pooling.tap_indices(op.hint, kernel, geometry, tuple(x.shape)))
    return y, indices.squeeze(0) if input.ndim == 3 else indices


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window: its sum, divided by KH * KW, padding included.

    Or by the number of elements that are no padding (`count_include_pad=False`), or by
    `divisor_override`. Shapes as of `max_pool2d`. Raises RuntimeError for windows that do not fit.
    Source: PyTorch, torch.nn.functional.avg_pool2d.

    >>> import tinygrad_np as tnp
    >>> avg_pool2d(tnp.arange(16.0).view(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    if divisor_override == 0:
        raise OpError("divisor must be not zero")
    kernel, geometry = pool_geometry("avg_pool2d", kernel_size, stride, padding, 1, ceil_mode)
    y = AvgPool2d(kernel, geometry, count_include_pad, divisor_override)(_batched(input))
    return y.squeeze(0) if input.ndim == 3 else y
