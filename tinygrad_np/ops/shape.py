"""The same numbers in another shape: views where the memory allows, copies where it does not."""

from __future__ import annotations

import math
from typing import Any

from ..methods import tensor_method, tensor_property
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import axes, axis
from .creation import zeros

Shape = tuple[int, ...]


class Reshape(Op):
    """y = the numbers of x in row-major order, in another shape;   dx = g in the shape of x"""

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


class Permute(Op):
    """y = x with its axes in the order dims;   dx = g with the order undone"""

    dims: Shape
    view = True

    def forward(self, x):
        return x.transpose(self.dims)

    def dx(self, g):
        return Permute(tuple(self.dims.index(i) for i in range(len(self.dims))))(g)

    def samples(r):
        yield Sample(r.normal(2, 3, 4), dims=(2, 0, 1))
        yield Sample(r.normal(2, 0), dims=(1, 0))
        yield ErrorSample(
            lambda: permute(zeros(2, 3), 0), r"number of dimensions .* does not match"
        )
        yield ErrorSample(lambda: permute(zeros(2, 3), 0, 0), "duplicate dims are not allowed")
        yield ErrorSample(
            lambda: zeros(2, 3, 4).t(), r"t\(\) expects a tensor with <= 2 dimensions"
        )

    def reference(self, torch, x):
        return torch.permute(x, self.dims)


class Expand(Op):
    """y = x repeated along its axes of length 1 and along new ones;   dx = g, summed along them"""

    shape: Shape
    view = True

    def forward(self, x):
        return self.xp.broadcast_to(x, self.shape)

    def dx(self, g):
        return SumTo(self.shapes[0])(g)

    def samples(r):
        yield Sample(r.normal(3, 1), shape=(2, 3, 4))
        yield Sample(r.normal(), shape=(2,))
        yield Sample(r.normal(1, 3), shape=(0, 3))
        yield ErrorSample(lambda: expand(zeros(3), 4), "could not be broadcast")

    def reference(self, torch, x):
        return x.expand(self.shape)


class SumTo(Op):
    """y = x summed along the axes that broadcasting stretched;   dx = g expanded"""

    shape: Shape

    def forward(self, x):
        new = x.ndim - len(self.shape)
        stretched = [i + new for i, n in enumerate(self.shape) if n == 1 != x.shape[i + new]]
        y = x.sum((*range(new), *stretched), keepdims=True)
        if new < 0 or y.shape[new:] != self.shape:
            raise ValueError(f"{self.shape} does not broadcast to {x.shape}")
        return y.reshape(self.shape)

    def dx(self, g):
        return Expand(self.shapes[0])(g)

    def samples(r):
        yield Sample(r.normal(2, 3, 4), shape=(3, 1))
        yield Sample(r.normal(2, 3), shape=())
        yield Sample(r.normal(0, 3), shape=(1, 3))
        yield ErrorSample(lambda: SumTo((2, 3))(zeros(3, 2)), "does not broadcast to")

    def reference(self, torch, x):
        return x.sum_to_size(self.shape)


def asked(sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    """`(2, 3)` and `((2, 3),)` ask for the same."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes


def with_inferred(shape: tuple[Any, ...], size: int) -> Shape:
    """`shape` with -1 replaced by what is left over."""
    shape = tuple(int(n) for n in shape)
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(n < -1 for n in shape):
        raise RuntimeError(f"invalid shape dimension {min(shape)}")
    rest = math.prod(n for n in shape if n != -1)
    if -1 in shape and rest == 0:
        raise RuntimeError(
            f"cannot reshape tensor of {size} elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if size != rest and (-1 not in shape or size % rest):
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")
    return tuple(size // rest if n == -1 else n for n in shape)


@tensor_method()
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
def permute(input: Tensor, *dims: Any) -> Tensor:
    """A view with the dimensions in another order.

    Raises RuntimeError unless every dimension is named once. Source: PyTorch, torch.permute.

    >>> import tinygrad_np as tnp
    >>> tnp.permute(tnp.zeros(2, 3, 4), (2, 0, 1)).shape
    tinygrad_np.Size([4, 2, 3])
    """
    order = asked(dims)
    if len(order) != input.ndim:
        raise RuntimeError(
            f"permute(): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(order)}"
        )
    order = tuple(axis(d, input.ndim) for d in order)
    if len(set(order)) != len(order):
        raise RuntimeError(f"permute(): duplicate dims are not allowed: {list(order)}")
    return Permute(order)(input)


@tensor_method("swapaxes", "swapdims")
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions exchanged.

    Source: PyTorch, torch.transpose.

    >>> import tinygrad_np as tnp
    >>> tnp.transpose(tnp.zeros(2, 3), 0, 1).shape
    tinygrad_np.Size([3, 2])
    """
    order = list(range(input.ndim))
    if order:
        a, b = axis(dim0, input.ndim), axis(dim1, input.ndim)
        order[a], order[b] = order[b], order[a]
    return Permute(tuple(order))(input)


@tensor_method()
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or scalar stays as it is.

    Raises RuntimeError above two dimensions. Source: PyTorch, torch.t.
    """
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return Permute(tuple(reversed(range(input.ndim))))(input)


@tensor_property
def T(self: Tensor) -> Tensor:
    """All dimensions in reverse order. Source: PyTorch, torch.Tensor.T."""
    return Permute(tuple(reversed(range(self.ndim))))(self)


@tensor_property
def mT(self: Tensor) -> Tensor:
    """The last two dimensions exchanged. Source: PyTorch, torch.Tensor.mT."""
    if self.ndim < 2:
        raise RuntimeError(f"tensor.mT is only supported on matrices, not on {self.ndim}-D tensors")
    return transpose(self, -2, -1)


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
    return Reshape(tuple(shape))(input)


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
    return Reshape(tuple(kept))(input)


@tensor_method()
def expand(input: Tensor, *size: Any) -> Tensor:
    """A view repeated along dimensions of length 1, and along new ones in front; -1 keeps a size.

    Raises RuntimeError where a dimension to stretch is not of length 1.
    Source: PyTorch, torch.Tensor.expand.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    size = asked(size)
    new = len(size) - input.ndim
    if new < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(size)}) must be greater or equal to the "
            f"number of dimensions in the tensor ({input.ndim})"
        )
    shape = (1,) * new + tuple(input.shape)
    return Expand(tuple(n if m == -1 else m for m, n in zip(size, shape, strict=True)))(input)


@tensor_method()
def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.expand(other.size())`. Source: PyTorch, torch.Tensor.expand_as."""
    return expand(self, other.shape)
