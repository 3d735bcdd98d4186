"""Stretching along axes of length 1, as broadcasting does, and its adjoint."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..methods import listed, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..size import Size
from ..sums import sum_to
from ..tensor import Tensor
from .creation import zeros

Shape = tuple[int, ...]


class Expand(Op):
    """y = x repeated along its axes of length 1 and along new ones;   dx = g, summed along them"""

    shape: Shape
    view = True

    def forward(self, x):
        y = self.xp.broadcast_to(x, self.shape)  # read-only, as elements share memory
        return x.reshape(self.shape) if y.size == x.size else y

    def dx(self, g):
        return SumTo(self.shapes[0])(g)

    def samples(r):
        yield Sample(r.normal(3, 1), shape=(2, 3, 4))
        yield Sample(r.normal(), shape=(2,))
        yield Sample(r.normal(1, 3), shape=(0, 3))
        yield ErrorSample(lambda: expand(zeros(3), 4), r"expanded size of the tensor \(4\) must")
        yield ErrorSample(lambda: expand(zeros(3), -1, 3), "in a leading, non-existing dimension 0")
        yield ErrorSample(lambda: expand(zeros(2, 3), 3), "number of sizes provided .1. must be")

    def reference(self, torch, x):
        return x.expand(self.shape)


class SumTo(Op):
    """y = x summed along the axes that broadcasting stretched;   dx = g expanded"""

    shape: Shape

    def forward(self, x):
        return sum_to(x, self.shape)

    def dx(self, g):
        return Expand(self.shapes[0])(g)

    def samples(r):
        yield Sample(r.normal(2, 3, 4), shape=(3, 1))
        yield Sample(r.normal(2, 3), shape=())
        yield Sample(r.normal(0, 3), shape=(1, 3))
        yield ErrorSample(lambda: SumTo((2, 3))(zeros(3, 2)), "does not broadcast to")

    def reference(self, torch, x):
        return x.sum_to_size(self.shape)


def misfit(target: list[int], shape: list[int]) -> str:
    """Where a tensor of this shape cannot be expanded to the target, in PyTorch's words."""
    new = len(target) - len(shape)
    if new < 0:
        return (
            f"the number of sizes provided ({len(target)}) must be greater or equal to the number "
            f"of dimensions in the tensor ({len(shape)})"
        )
    dim = next(i for i in reversed(range(new, len(target))) if shape[i - new] not in (1, target[i]))
    return (
        f"The expanded size of the tensor ({target[dim]}) must match the existing size "
        f"({shape[dim - new]}) at non-singleton dimension {dim}.  Target sizes: {target}.  "
        f"Tensor sizes: {shape}"
    )


@tensor_method()
@listed
def expand(input: Tensor, *size: Any) -> Tensor:
    """A view repeated along dimensions of length 1, and along new ones in front; -1 keeps a size.

    Raises RuntimeError where a dimension to stretch is not of length 1.
    Source: PyTorch, torch.Tensor.expand.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    size = tuple(size[0]) if len(size) == 1 and isinstance(size[0], tuple | list) else size
    shape, new = input.array.shape, len(size) - input.ndim
    if -1 in size[: max(new, 0)]:
        raise RuntimeError(
            "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing "
            f"dimension {size.index(-1)}"
        )
    if new < 0:
        name = f"{dtypes.scalar_name(input.array.dtype)}Tensor{{{list(shape)}}}"
        raise RuntimeError(f"expand({name}, size={list(size)}): {misfit(list(size), list(shape))}")
    target = tuple(shape[i - new] if n == -1 else n for i, n in enumerate(size))
    if any(m not in (1, n) or n < 0 for m, n in zip(shape, target[new:], strict=True)):
        raise RuntimeError(f"expand: {misfit(list(target), list(shape))}")
    return Expand(target)(input)


@tensor_method()
def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.expand(other.size())`. Source: PyTorch, torch.Tensor.expand_as."""
    return expand(self, other.shape)


@tensor_method()
@listed
def broadcast_to(input: Tensor, *size: Any) -> Tensor:
    """`input.expand(size)`. Source: PyTorch, torch.broadcast_to."""
    return expand(input, *size)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which all of these broadcast.

    Raises RuntimeError where there is none. Source: PyTorch, torch.broadcast_shapes.

    >>> broadcast_shapes((3, 1), (4,))
    tinygrad_np.Size([3, 4])
    """
    sizes = [tuple(shape) if isinstance(shape, tuple | list) else (shape,) for shape in shapes]
    found: Shape = ()
    for size in sizes:
        try:
            found = numpy.broadcast_shapes(found, size)
        except ValueError:
            n = next(i for i in range(1, len(found) + 1) if {1, found[-i]} & {1, size[-i]} == {1})
            raise RuntimeError(
                f"The size of tensor a ({found[-n]}) must match the size of tensor b ({size[-n]}) "
                f"at non-singleton dimension {max(len(found), len(size)) - n}"
            ) from None
    return Size(found)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, or the tensors of one list, as views of their common shape.

    Source: PyTorch, torch.broadcast_tensors.

    >>> import tinygrad_np as tnp
    >>> [x.tolist() for x in broadcast_tensors(tnp.tensor([[1], [2]]), tnp.tensor([3, 4]))]
    [[[1, 1], [2, 2]], [[3, 4], [3, 4]]]
    """
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    shape = broadcast_shapes(*(x.shape for x in tensors))
    return tuple(expand(x, shape) for x in tensors)
