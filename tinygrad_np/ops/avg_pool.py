"""Average pooling and its adjoint."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from ..conv_algorithms import chosen, pools
from ..conv_algorithms.arguments import pool_geometry
from ..conv_algorithms.geometry import Geometry, pool_output_shape
from ..errors import OpError
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .creation import ones
from .images import images, restored
from .pool import Pair, Shape, windows


class AvgPool2d(Op):
    """y = sum of x over each window / its divisor;   dx = g / divisor, for each element of it"""

    torch_name = "AvgPool2D"
    kernel: Pair
    geometry: Geometry
    count_include_pad: bool = True
    divisor_override: int | None = None
    algorithm: str | None = field(default=None, repr=False)

    def forward(self, x):
        self.algorithm = chosen(self.algorithm)  # that of the gradients too
        return pools(self.algorithm).avg_pool(x, *self._arguments())

    def dx(self, g):
        return AvgPool2dAdjoint(*self._arguments(), self.shapes[0], self.algorithm)(g)

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
    algorithm: str | None = field(default=None, repr=False)

    def forward(self, x):
        expected = pool_output_shape(self.shape, self.kernel, self.geometry)
        if x.shape != expected:
            raise ValueError(f"expected x {expected}, as pooling {self.shape} gives, got {x.shape}")
        self.algorithm = chosen(self.algorithm)
        return pools(self.algorithm).avg_pool_adjoint(x, *self._arguments(), self.shape)

    def dx(self, g):
        return AvgPool2d(*self._arguments(), self.algorithm)(g)

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
        pool = AvgPool2d((2, 2), Geometry((2, 2)))
        yield ErrorSample(
            lambda: AvgPool2dAdjoint(*pool._arguments(), (1, 1, 4, 4))(ones(1, 1, 1, 1)),
            r"expected x \(1, 1, 2, 2\), as pooling \(1, 1, 4, 4\) gives, got \(1, 1, 1, 1\)",
        )

    def reference(self, torch, x):
        zeros = torch.zeros(self.shape, dtype=x.dtype)
        pool = AvgPool2d(*self._arguments())
        return torch.func.vjp(lambda v: pool.reference(torch, v), zeros)[1](x)[0]


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    algorithm: str | None = None,
) -> Tensor:
    """The mean of each window: its sum, divided by KH * KW, padding included.

    Or by the number of elements that are no padding (`count_include_pad=False`), or by
    `divisor_override`. Shapes as of `max_pool2d`, `algorithm` as of `conv2d`.
    Raises RuntimeError for windows that do not fit.
    Source: PyTorch, torch.nn.functional.avg_pool2d.

    >>> import tinygrad_np as tnp
    >>> avg_pool2d(tnp.arange(16.0).view(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    if divisor_override == 0:
        raise OpError("divisor must be not zero")
    windows = pool_geometry("avg_pool2d", kernel_size, stride, padding, 1, ceil_mode)
    op = AvgPool2d(*windows, count_include_pad, divisor_override, algorithm)
    return restored("avg_pool2d", op(images("avg_pool2d", input)), input)


def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    *,
    algorithm: str | None = None,
) -> Tensor:
    """`avg_pool2d` along one axis: input `(N, C, L)` or `(C, L)`.

    Raises as `avg_pool2d`. Source: PyTorch, torch.nn.functional.avg_pool1d.

    >>> import tinygrad_np as tnp
    >>> tnp.avg_pool1d(tnp.tensor([[1.0, 5.0, 2.0, 3.0]]), 2)
    tensor([[3.0000, 2.5000]])
    """
    windows = pool_geometry("avg_pool1d", kernel_size, stride, padding, 1, ceil_mode)
    op = AvgPool2d(*windows, count_include_pad, algorithm=algorithm)
    return restored("avg_pool1d", op(images("avg_pool1d", input)), input)
