"""Repeating along dimensions, and turning elements around in them."""

from __future__ import annotations

from typing import Any

import numpy

from ..methods import listed, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import axes, axis
from .creation import ones
from .expand import expand
from .gather import index_select
from .shape import Shape, asked


class Flip(Op):
    """y = x backwards along dims;   dx = g backwards along dims"""

    dims: Shape

    def forward(self, x):
        return self.xp.flip(x, self.dims).copy("K")

    def dx(self, g):
        return Flip(self.dims)(g)

    def samples(r):
        yield Sample(r.normal(3, 4), dims=(1,))
        yield Sample(r.normal(2, 3, 4), dims=(0, 2))
        yield Sample(r.normal(), dims=())
        yield Sample(r.normal(0, 3), dims=(0, 1))
        yield ErrorSample(lambda: flip(ones(2), (0, -1)), "dim 0 appears multiple times")

    def reference(self, torch, x):
        return torch.flip(x, self.dims)


class Roll(Op):
    """y = x moved on by shifts along dims, round the end;   dx = g moved back"""

    shifts: Shape
    dims: Shape

    def forward(self, x):
        return self.xp.roll(x, self.shifts, self.dims)

    def dx(self, g):
        return Roll(tuple(-shift for shift in self.shifts), self.dims)(g)

    def samples(r):
        yield Sample(r.normal(3, 4), shifts=(1,), dims=(1,))
        yield Sample(r.normal(3, 4), shifts=(-5, 2), dims=(1, 0))
        yield Sample(r.normal(3, 4), shifts=(1, 1), dims=(0, 0))
        yield Sample(r.normal(0, 4), shifts=(1,), dims=(0,))
        yield ErrorSample(lambda: roll(ones(2), (1, 2), 0), "shifts and dimensions must align")
        yield ErrorSample(lambda: roll(ones(2), ()), "`shifts` required")

    def reference(self, torch, x):
        return torch.roll(x, self.shifts, self.dims)


@tensor_method()
@listed
def flip(input: Tensor, *dims: Any) -> Tensor:
    """A copy with the elements in reverse order along `dims`.

    Raises RuntimeError for a dimension named twice. Source: PyTorch, torch.flip.

    >>> import tinygrad_np as tnp
    >>> tnp.flip(tnp.tensor([[1, 2], [3, 4]]), (0,))
    tensor([[3, 4],
            [1, 2]])
    """
    wanted = asked(dims)
    return Flip(axes(wanted, input.ndim) if wanted else ())(input)


@tensor_method()
def roll(input: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    """The elements moved on by `shifts` along `dims`, those that fall off coming in again in front.

    Without `dims` the flattened tensor is rolled. Raises RuntimeError unless there is one shift for
    each dimension. Source: PyTorch, torch.roll.

    >>> import tinygrad_np as tnp
    >>> tnp.roll(tnp.tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    shifts = tuple(shifts) if isinstance(shifts, tuple | list) else (shifts,)
    dims = tuple(dims) if isinstance(dims, tuple | list) else (dims,)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if not dims and len(shifts) == 1:
        return roll(input.reshape(-1), shifts, 0).reshape(input.shape)
    if len(shifts) != len(dims):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}"
        )
    if input.ndim == 0:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    return Roll(shifts, tuple(axis(dim, input.ndim) for dim in dims))(input)


@tensor_method()
@listed
def repeat(self: Tensor, *repeats: Any) -> Tensor:
    """The tensor `repeats` times along each dimension, new ones in front.

    Raises RuntimeError for fewer numbers than dimensions. Source: PyTorch, torch.Tensor.repeat.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = asked(repeats)
    shape = (1,) * (len(times) - self.ndim) + self.array.shape
    if len(times) < self.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            f"tensor: {list(times)} for shape {list(self.shape)}"
        )
    result = [n * size for n, size in zip(times, shape, strict=True)]
    if any(n < 0 for n in times):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(result)}: {result}"
        )
    apart = [m for size in shape for m in (1, size)]  # (2, 3) -> (1, 2, 1, 3)
    wide = [m for n, size in zip(times, shape, strict=True) for m in (n, size)]
    repeated = expand(self.reshape(apart), wide).reshape(result)
    return repeated if repeated.view_of is None else repeated.clone()


@tensor_method()
@listed
def tile(input: Tensor, *dims: Any) -> Tensor:
    """`repeat` that takes fewer numbers than dimensions, for the last ones.

    Source: PyTorch, torch.tile.

    >>> import tinygrad_np as tnp
    >>> tnp.tile(tnp.tensor([[1], [2]]), (2,))
    tensor([[1, 1],
            [2, 2]])
    """
    times = asked(dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + tuple(times))


@tensor_method()
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice along `dim` repeated on the spot: `repeats` times, or as many as a tensor says.

    Without `dim` the elements of the flattened tensor; with `input` alone, the index of each of its
    numbers that many times. Raises RuntimeError for negative numbers.
    Source: PyTorch, torch.repeat_interleave.

    >>> import tinygrad_np as tnp
    >>> tnp.repeat_interleave(tnp.tensor([7, 8]), tnp.tensor([1, 2]))
    tensor([7, 8, 8])
    """
    if repeats is None:
        return repeat_interleave(wrap(numpy.arange(input.array.size)), input)
    if dim is None:
        return repeat_interleave(input.reshape(-1), repeats, 0, output_size=output_size)
    dim = axis(dim, input.ndim)
    counts = repeats.array if isinstance(repeats, Tensor) else numpy.asarray(repeats)
    size = input.shape[dim] if input.ndim else 1
    if counts.dtype.kind not in "iu":
        raise TypeError(f"repeat_interleave(): repeats must be integers, not {counts.dtype}")
    if counts.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if counts.size not in (1, size):
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{counts.size} and input.size({dim}) = {size}"
        )
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    places = numpy.repeat(numpy.arange(size), counts)
    if output_size not in (None, places.size):
        raise RuntimeError(
            f"allocated size does not match required size: output_size is {output_size}, the "
            f"repeats add up to {places.size}"
        )
    return index_select(input if input.ndim else input.reshape(1), dim, wrap(places))
