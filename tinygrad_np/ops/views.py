"""Views that need strides of their own: diagonals, sliding windows, the arrays of others."""

from __future__ import annotations

import math
from typing import Any

import numpy
from numpy.lib.stride_tricks import as_strided

from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import axis
from .creation import ones
from .index import AddAt

Shape = tuple[int, ...]


class Shown(Op):
    """The base of views: each element of g is added where forward took the element of x from."""

    view = True

    def dx(self, g):
        shape = self.shapes[0]
        size = math.prod(shape)
        places = self.forward(numpy.arange(size).reshape(shape))
        return AddAt((places,), (size,))(g).reshape(shape)


class Diagonal(Shown):
    """y = the elements of x at [i, i + offset] along two axes, as the last axis"""

    offset: int
    dim1: int
    dim2: int

    def forward(self, x):
        y = self.xp.diagonal(x, self.offset, self.dim1, self.dim2)
        y.flags.writeable = x.flags.writeable
        return y

    def samples(r):
        yield Sample(r.normal(3, 4), offset=0, dim1=0, dim2=1)
        yield Sample(r.normal(4, 2, 3), offset=-1, dim1=0, dim2=2)
        yield Sample(r.normal(2, 3, 3), offset=1, dim1=2, dim2=1)
        yield Sample(r.normal(2, 3), offset=5, dim1=0, dim2=1)
        yield ErrorSample(lambda: diagonal(ones(2, 2), 0, 0, -2), "cannot be identical 0, -2")

    def reference(self, torch, x):
        return torch.diagonal(x, self.offset, self.dim1, self.dim2)


class Windows(Shown):
    """y = the windows of x along dim, every `step`, their elements as the last axis"""

    dim: int
    size: int
    step: int

    def forward(self, x):
        count = (x.shape[self.dim] - self.size) // self.step + 1
        shape, strides = [*x.shape, self.size], [*x.strides, x.strides[self.dim]]
        shape[self.dim], strides[self.dim] = count, strides[self.dim] * self.step
        return as_strided(x, shape, strides)

    def samples(r):
        yield Sample(r.normal(7), dim=0, size=3, step=2)
        yield Sample(r.normal(2, 4, 3), dim=1, size=2, step=1)
        yield Sample(r.normal(2, 3), dim=1, size=0, step=1)
        yield ErrorSample(lambda: ones(4).unfold(0, 5, 1), "maximum size .* is 4 but size is 5")
        yield ErrorSample(lambda: ones(4).unfold(0, 2, 0), "step is 0 but must be > 0")
        yield ErrorSample(lambda: ones(4).unfold(0, -1, 1), "size is -1 but must be >= 0")

    def reference(self, torch, x):
        return x.unfold(self.dim, self.size, self.step)


class AsStrided(Shown):
    """y = elements of the flat x at [sum of i * stride along each axis]"""

    shape: Shape
    stride: Shape

    def forward(self, x):
        steps = [(n - 1) * stride for n, stride in zip(self.shape, self.stride, strict=True)]
        first, last = sum(n for n in steps if n < 0), sum(n for n in steps if n > 0)
        if 0 not in self.shape and not 0 <= first <= last < len(x):  # NumPy reads on beyond x
            raise ValueError(
                f"expected x to hold elements {first} to {last}, to which shape {self.shape} with "
                f"stride {self.stride} reaches, got {len(x)} elements"
            )
        return as_strided(x, self.shape, [n * x.strides[0] for n in self.stride])

    def samples(r):
        yield Sample(r.normal(6), shape=(3, 2), stride=(1, 3))
        yield Sample(r.normal(5), shape=(2, 3), stride=(2, 1))
        yield ErrorSample(
            lambda: AsStrided((3, 2), (1, 3))(ones(5)), r"elements 0 to 5, .* \(1, 3\) .* got 5 el"
        )
        yield ErrorSample(lambda: AsStrided((3,), (-1,))(ones(5)), "to hold elements -2 to 0, to")

    def reference(self, torch, x):
        return torch.as_strided(x, self.shape, self.stride)


@tensor_method()
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions as a view, in which it is the last dimension.

    Raises RuntimeError where both are the same. Source: PyTorch, torch.diagonal.

    >>> import tinygrad_np as tnp
    >>> tnp.diagonal(tnp.tensor([[1, 2], [3, 4]]), 1)
    tensor([2])
    """
    first, second = axis(dim1, input.ndim), axis(dim2, input.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return Diagonal(offset, first, second)(input)


@tensor_method()
def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of `size` along a dimension, `step` apart: a view with the window as last axis.

    Raises RuntimeError where no window fits. Source: PyTorch, torch.Tensor.unfold.

    >>> import tinygrad_np as tnp
    >>> tnp.arange(4).unfold(0, 2, 1)
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    dim = axis(dimension, self.ndim)
    length = self.shape[dim] if self.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {length} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if self.ndim == 0:
        return self.reshape(1)[:size]
    return Windows(dim, size, step)(self)


def over(array: numpy.ndarray) -> Any:
    """An array with any strides as the flat memory under it, and the op that shows it there."""
    strides = tuple(n // array.itemsize for n in array.strides)
    last = sum((n - 1) * stride for n, stride in zip(array.shape, strides, strict=True))
    flat = as_strided(array, (last + 1 if array.size else 0,), (array.itemsize,))
    return flat, AsStrided(array.shape, strides)
