"""The same numbers in another shape: views where the memory allows, copies where it does not."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..methods import listed, tensor_method
from ..node import named
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import axes, axis
from .creation import zeros

Shape = tuple[int, ...]


class Reshape(Op):
    """y = the numbers of x in row-major order, in another shape;   dx = g in the shape of x"""

    torch_name = "View"
    shape: Shape
    view = True

    def forward(self, x):
        return x.reshape(self.shape)

    def dx(self, g):
        return g.reshape(self.shapes[0])

    def samples(r):
        yield Sample(r.normal(3, 4), shape=(2, 6))
        yield Sample(r.normal(2, 3, 4).transpose(2, 0, 1), shape=(8, 3))
        yield Sample(r.normal(), shape=(1, 1))
        yield Sample(r.normal(2, 0), shape=(0, 5))
        yield ErrorSample(lambda: reshape(zeros(6), 4, 2), r"shape '\[4, 2\]' is invalid for input")
        yield ErrorSample(lambda: reshape(zeros(6), -1, -1), "only one dimension can be inferred")
        yield ErrorSample(lambda: zeros(2, 3).t().view(6), "view size is not compatible with input")

    def reference(self, torch, x):
        return torch.reshape(x, self.shape)


def asked(sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    """`(2, 3)` and `((2, 3),)` ask for the same."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes


def with_inferred(shape: tuple[Any, ...], size: int) -> Shape:
    """`shape` with -1 replaced by what is left over."""
    try:
        shape = tuple(operator.index(n) for n in shape)
    except TypeError:
        raise TypeError(f"a shape must be a tuple of ints, but got {shape}") from None
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(n < -1 for n in shape):
        raise RuntimeError(
            f"invalid shape dimension {min(shape)} at index {shape.index(min(shape))} of shape "
            f"{list(shape)}"
        )
    rest = math.prod(n for n in shape if n != -1)
    if -1 in shape and rest == size == 0:
        raise RuntimeError(
            f"cannot reshape tensor of {size} elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if size != rest and (-1 not in shape or rest == 0 or size % rest):
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
    return tuple(size // rest if n == -1 else n for n in shape)


@tensor_method()
@listed
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The elements in row-major order in another shape; one size may be -1, for what is left.

    A view where the memory allows, otherwise a copy. Raises RuntimeError where the number of
    elements differs. Source: PyTorch, torch.reshape.

    >>> import tinygrad_np as tnp
    >>> tnp.reshape(tnp.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    return Reshape(with_inferred(asked(shape), input.array.size))(input)


@tensor_method()
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.reshape(other.size())`. Source: PyTorch, torch.Tensor.reshape_as."""
    return reshape(self, other.shape)


@tensor_method()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one.

    Source: PyTorch, torch.flatten.

    >>> import tinygrad_np as tnp
    >>> tnp.flatten(tnp.zeros(2, 3, 4), 1).shape
    tinygrad_np.Size([2, 12])
    """
    shape = input.shape or (1,)
    start, end = axis(start_dim, input.ndim), axis(end_dim, input.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return Reshape((*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))(input)


@tensor_method()
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """One dimension as several, whose sizes multiply up to its own; one may be -1.

    Raises RuntimeError where they do not. Source: PyTorch, torch.unflatten.

    >>> import tinygrad_np as tnp
    >>> tnp.unflatten(tnp.zeros(2, 6), 1, (-1, 3)).shape
    tinygrad_np.Size([2, 2, 3])
    """
    dim, shape = axis(dim, input.ndim), input.array.shape
    if not sizes or not shape:
        what = "tensor has no dimensions" if sizes else "sizes must be non-empty"
        raise RuntimeError(f"unflatten: {what}")
    try:
        inner = with_inferred(tuple(sizes), shape[dim])
    except RuntimeError as error:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({shape[dim]}) in the input tensor: {error}"
        ) from None
    return input.view(*shape[:dim], *inner, *shape[dim + 1 :])


@tensor_method()
def ravel(input: Tensor) -> Tensor:
    """All elements in row-major order, as a vector. Source: PyTorch, torch.ravel."""
    return reshape(input, -1)


@tensor_method()
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A view with a new dimension of length 1 at `dim`.

    Source: PyTorch, torch.unsqueeze.

    >>> import tinygrad_np as tnp
    >>> tnp.unsqueeze(tnp.zeros(2, 3), 1).shape
    tinygrad_np.Size([2, 1, 3])
    """
    shape = list(input.shape)
    shape.insert(axis(dim, input.ndim + 1), 1)
    return named(Reshape(tuple(shape))(input), "Unsqueeze")


@tensor_method()
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """A view without the dimensions of length 1: all of them, or those among `dim`.

    Source: PyTorch, torch.squeeze.

    >>> import tinygrad_np as tnp
    >>> tnp.squeeze(tnp.zeros(1, 2, 1), 0).shape
    tinygrad_np.Size([2, 1])
    """
    chosen = () if dim == () else axes(dim, input.ndim)
    kept = (n for i, n in enumerate(input.shape) if n != 1 or i not in chosen)
    overload = 0 if dim is None else 1 if isinstance(dim, int) else 2
    return named(Reshape(tuple(kept))(input), f"SqueezeBackward{overload}")
