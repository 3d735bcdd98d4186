"""Reading and writing parts of a tensor: slices, integers, masks and integer arrays."""

from __future__ import annotations

from typing import Any

import numpy

from ..errors import op_failed
from ..graph import context
from ..methods import before_change, tensor_method, write
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import axis
from .cast import to
from .creation import ones

Index = tuple[Any, ...]
Shape = tuple[int, ...]


class GetItem(Op):
    """y = x[index];   dx = zeros with g added at index"""

    index: Index
    view = True

    def forward(self, x):
        return x[self.index]

    def dx(self, g):
        return AddAt(self.index, self.shapes[0])(g)

    def samples(r):
        x = r.normal(4, 3, 2)
        repeated, mask = numpy.array([[0, 2], [2, 2]]), r.mask(4, 3)
        for index in [
            (1, ...),
            (slice(None, None, 2), None, ..., 0),
            (repeated, ...),
            (slice(1, 3), repeated),
            (repeated, slice(None), numpy.array([0, 1])),
            (mask, ...),
            (..., numpy.array([], int)),
        ]:
            yield Sample(x, index=index)
        yield ErrorSample(
            lambda: ones(3)[3], "index 3 is out of bounds for dimension 0", IndexError
        )
        yield ErrorSample(lambda: ones(3)[0, 0], "too many indices", IndexError)
        yield ErrorSample(lambda: ones(3)[::-1], "step must be greater than zero", ValueError)
        yield ErrorSample(
            lambda: ones(3)[1.5], "only integers, slices .* are valid indices", IndexError
        )
        yield ErrorSample(lambda: ones(3)[ones(2) > 0], "boolean index did not match", IndexError)

    def reference(self, torch, x):
        return x[_for_torch(torch, self.index)]


class AddAt(Op):
    """y = zeros with x added at index, repeated places adding up;   dx = g[index]"""

    index: Index
    shape: Shape

    def forward(self, x):
        y = self.xp.zeros(self.shape, x.dtype)
        if any(isinstance(i, numpy.ndarray) and i.dtype != bool for i in self.index):
            self.xp.add.at(y, self.index, x)
        else:
            y[self.index] = x
        return y

    def dx(self, g):
        return GetItem(self.index)(g)

    def samples(r):
        yield Sample(r.normal(2, 2, 3), index=(numpy.array([[0, 2], [2, 2]]), ...), shape=(4, 3))
        yield Sample(r.normal(2, 3), index=(slice(None, None, 2), ...), shape=(4, 3))
        yield Sample(r.normal(2, 3), index=(numpy.array([True, False, True]), ...), shape=(3, 3))

    def reference(self, torch, x):
        zeros = torch.zeros(self.shape, dtype=x.dtype)
        positions = numpy.arange(zeros.numel()).reshape(self.shape)[self.index].ravel()
        positions = torch.from_numpy(positions.copy())
        return zeros.reshape(-1).index_add(0, positions, x.reshape(-1)).reshape(self.shape)


class SetItem(Op):
    """y = x with v written at index;   dx = g with zeros there,   dv = g[index]"""

    index: Index

    def forward(self, x, v):
        y = x.copy()
        y[self.index] = v
        return y

    def dx(self, g):
        return SetItem(self.index)(g, numpy.zeros((), getattr(g, "array", g).dtype))

    def dv(self, g):
        return GetItem(self.index)(g)

    def samples(r):
        x = r.normal(4, 3)
        yield Sample(x, r.normal(3), index=(1, ...))
        yield Sample(x, r.normal(2, 1), index=(slice(None, None, 2), slice(1, None)))
        yield Sample(x, r.normal(), index=(r.mask(4, 3), ...))
        yield Sample(x, r.normal(2, 3), index=(numpy.array([3, 0]), ...))
        yield Sample(x, r.normal(1, 3), index=(slice(0, 0), ...))
        yield ErrorSample(
            lambda: ones(3).__setitem__(slice(2), ones(3)), "could not (be )?broadcast"
        )
        yield ErrorSample(lambda: ones(2).long().__setitem__(0, ones(2)), "broadcast")

    def reference(self, torch, x, v):
        y = x.clone()
        y[_for_torch(torch, self.index)] = v
        return y


class Gather(Op):
    """y[i, j] = x[index[i, j], j] along dim 0 (and so on);   dx = zeros with g added there"""

    dim: int

    def forward(self, x, index):
        return x[along(self.dim, x.shape, index)]

    def dx(self, g, index):
        places = along(self.dim, self.shapes[0], getattr(index, "array", index))
        return AddAt(places, self.shapes[0])(g)

    def samples(r):
        yield Sample(r.normal(3, 4), r.integers(0, 3, (2, 4)), dim=0)
        yield Sample(r.normal(3, 4), r.integers(0, 4, (2, 6)), dim=1)
        yield ErrorSample(
            lambda: gather(ones(2, 2), 0, ones(1, 2).long() * 2), "out of bounds", IndexError
        )
        yield ErrorSample(
            lambda: gather(ones(2, 2), 0, ones(2).long()), "same number of dimensions"
        )
        yield ErrorSample(lambda: gather(ones(2, 2), 0, ones(1, 2)), "Expected dtype int64")

    def reference(self, torch, x, index):
        return torch.gather(x, self.dim, index)


def along(dim: int, shape: Shape, index: numpy.ndarray) -> Index:
    """`index` along `dim` and its own position along the others, as one index tuple."""
    if index.size and not 0 <= index.min() <= index.max() < shape[dim]:
        worst = index.max() if index.min() >= 0 else index.min()
        raise IndexError(
            f"index {worst} is out of bounds for dimension {dim} with size {shape[dim]}"
        )
    grid = numpy.ogrid[tuple(slice(n) for n in index.shape)]
    return tuple(index if i == dim else axis_index for i, axis_index in enumerate(grid))


def parsed(index: Any) -> Index:
    """A user's index as a tuple for NumPy: tensors and sequences become arrays.

    An Ellipsis at the end makes NumPy give an array, and a view, where it would give a number.
    """
    parts = [_part(part) for part in (index if isinstance(index, tuple) else (index,))]
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    return tuple(parts)


def _part(part: Any) -> Any:
    if isinstance(part, slice):
        if part.step is not None and part.step <= 0:
            raise ValueError("step must be greater than zero")
        return slice(*(n if n is None else int(n) for n in (part.start, part.stop, part.step)))
    if isinstance(part, Tensor):
        part = part.array
    elif isinstance(part, list | tuple | range):
        part = numpy.asarray([_part(p) for p in part] or [], None if len(part) else int)
    if isinstance(part, numpy.ndarray) and part.dtype.kind in "iu" and part.ndim == 0:
        return int(part)
    return part


@tensor_method(name="__getitem__")
def getitem(self: Tensor, index: Any) -> Tensor:
    """`x[index]` with integers, slices, None, ..., masks and integer tensors, as in NumPy.

    Slices and integers give views, masks and integer tensors copies. Gradients of places that are
    read several times add up. Raises IndexError out of bounds, ValueError for negative steps.
    Source: PyTorch, Tensor indexing.

    >>> import tinygrad_np as tnp
    >>> x = tnp.arange(6).view(2, 3)
    >>> x[1, ::2], x[x > 3]
    (tensor([3, 5]), tensor([4, 5]))
    """
    return GetItem(parsed(index))(self)


@tensor_method(name="__setitem__")
def setitem(self: Tensor, index: Any, value: Any) -> None:
    """`x[index] = value`, broadcast and cast to the dtype of x; recorded, so gradients flow.

    Raises RuntimeError for leaves that require grad, and where the shapes do not fit.
    Source: PyTorch, Tensor indexing.

    >>> import tinygrad_np as tnp
    >>> x = tnp.zeros(3)
    >>> x[1:] = tnp.tensor([1.0, 2.0])
    >>> x
    tensor([0., 1., 2.])
    """
    before_change(self)
    if isinstance(value, Tensor):
        value = to(value, self.dtype)
    else:
        value = wrap(numpy.asarray(value, self.array.dtype))
    op = SetItem(parsed(index))
    if context.grad_enabled and (self.edge is not None or value.edge is not None):
        write(self, op(self, value), "__setitem__")
    else:
        try:
            self.array[op.index] = value.array
        except (ValueError, IndexError) as error:
            raise op_failed(op, (self, value), error) from error
        self.version.bump()


@tensor_method()
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The elements of `input` at `index` along `dim`, in the shape of `index`.

    Raises RuntimeError for an index that is not int64 or has other dimensions, IndexError out of
    bounds. Source: PyTorch, torch.gather.

    >>> import tinygrad_np as tnp
    >>> tnp.gather(tnp.tensor([[1, 2], [3, 4]]), 1, tnp.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    if index.array.dtype != numpy.int64:
        raise RuntimeError(f"gather(): Expected dtype int64 for index, got {index.dtype}")
    if index.ndim != input.ndim:
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor: "
            f"{list(index.shape)} and {list(input.shape)}"
        )
    return Gather(axis(dim, input.ndim))(input, index)


def _for_torch(torch: Any, index: Index) -> Any:
    return tuple(torch.from_numpy(i) if isinstance(i, numpy.ndarray) else i for i in index)
