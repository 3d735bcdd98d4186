"""Reading and writing parts of a tensor: slices, integers, masks and integer arrays."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..errors import op_failed
from ..graph import context
from ..methods import before_change, must_be_apart, tensor_method, write
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .cast import to
from .creation import number, ones
from .expand import misfit
from .indices import Index, Shape, parsed


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
        yield ErrorSample(lambda: ones(3)[1.5], "only integers, slices .* valid", IndexError)
        yield ErrorSample(lambda: ones(3)[ones(2) > 0], r"shape of the mask \[2\]", IndexError)

    def reference(self, torch, x):
        return x[_for_torch(torch, self.index)]

    def release(self):
        if self._fancy():
            self.saved = None  # as in PyTorch, where indices are saved and freed
        super().release()

    def _fancy(self):
        return any(isinstance(part, numpy.ndarray) for part in self.index)

    def name(self):
        if self._fancy():
            return "IndexBackward0"
        parts = [part for part in self.index if part not in (Ellipsis, slice(None))]
        last = parts[-1] if parts else slice(None)
        kinds = {slice: "Slice", type(None): "Unsqueeze"}
        return f"{kinds.get(type(last), 'Select')}Backward0"


class AddAt(Op):
    """y = zeros with x added at index, repeated places adding up;   dx = g[index]"""

    index: Index
    shape: Shape

    def forward(self, x):
        y = self.xp.zeros(self.shape, x.dtype)
        try:
            if any(isinstance(i, numpy.ndarray) and i.dtype != bool for i in self.index):
                self.xp.add.at(y, self.index, x)
            else:
                y[self.index] = x
        except ValueError:
            raise unfit(y, self.index, x) from None
        return y

    def dx(self, g):
        return GetItem(self.index)(g)

    def samples(r):
        yield Sample(r.normal(2, 2, 3), index=(numpy.array([[0, 2], [2, 2]]), ...), shape=(4, 3))
        yield Sample(r.normal(2, 3), index=(slice(None, None, 2), ...), shape=(4, 3))
        yield Sample(r.normal(2, 3), index=(numpy.array([True, False, True]), ...), shape=(3, 3))
        yield ErrorSample(
            lambda: AddAt((slice(2),), (4,))(ones(3)),
            r"AddAt: The expanded size of the tensor \(2\)",
        )
        repeated = numpy.array([0, 0])
        yield ErrorSample(
            lambda: AddAt((repeated,), (4,))(ones(3)),
            r"shape \[3\] cannot be broadcast to indexing result of shape \[2\]\n  x: float32",
        )
        yield ErrorSample(
            lambda: AddAt((repeated + 4,), (4,))(ones(2)),
            "index 4 is out of bounds for dimension 0",
        )

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
        put(y, self.index, v)
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
            lambda: ones(3).__setitem__(slice(2), ones(3)),
            r"The expanded size of the tensor \(2\) must match the existing size \(3\) at non-",
        )
        yield ErrorSample(
            lambda: ones(3).__setitem__(ones(3) > 0, ones(2)),
            r"value tensor of shape \[2\] cannot be broadcast to indexing result of shape \[3\]",
        )
        yield ErrorSample(lambda: ones(2).byte().__setitem__(0, 300), "without overflow")
        yield ErrorSample(
            lambda: ones(2).__setitem__([0, 1], ones(2).long()),
            "dtypes match, got Float for the destination and Long for the source",
        )

    def reference(self, torch, x, v):
        y = x.clone()
        y[_for_torch(torch, self.index)] = v
        return y


def put(array: numpy.ndarray, index: Index, value: Any) -> None:
    """`array[index] = value`, with PyTorch's words where the shapes do not fit."""
    try:
        array[index] = value
    except ValueError:
        raise unfit(array, index, value) from None


def unfit(array: numpy.ndarray, index: Index, value: Any) -> ValueError:
    """What to raise where `value` has no shape that `array[index]` takes, in PyTorch's words."""
    place, shape = list(array[index].shape), list(value.shape)
    if any(isinstance(part, numpy.ndarray) for part in index):
        return ValueError(
            f"shape mismatch: value tensor of shape {shape} cannot be broadcast to indexing "
            f"result of shape {place}"
        )
    return ValueError(misfit(place, shape))


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
    for step in parsed(index, self.array.shape):
        self = GetItem(step)(self)
    return self


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
    *views, last = parsed(index, self.array.shape)
    for step in views:
        self = GetItem(step)(self)
    if isinstance(value, Tensor):
        _must_match(self, last, value)
        value = to(value, self.dtype)
    else:
        value = wrap(number(value, self.array.dtype))
    op = SetItem(last)
    if context.grad_enabled and (self.edge is not None or value.edge is not None):
        write(self, op(self, value), "__setitem__")
    else:
        try:
            put(self.array, last, value.array)
        except (ValueError, IndexError) as error:
            raise op_failed(op, (self, value), error) from error
        self.version.bump()


def _must_match(x: Tensor, index: Index, value: Tensor) -> None:
    """Refuse a value that shows other elements of what is written to, or has a dtype of its own.

    Only integer arrays want the same dtype, and masks where there are several values.
    """
    arrays = [part for part in index if isinstance(part, numpy.ndarray)]
    if numpy.may_share_memory(x.array, value.array):
        place = x if arrays else GetItem(index)(x)
        if arrays or place.shape == value.shape:
            must_be_apart(place, value)
    if not arrays or value.array.dtype == x.array.dtype:
        return
    if value.array.size != 1 or len(arrays) > 1 or arrays[0].dtype != bool:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{dtypes.scalar_name(x.dtype)} for the destination and "
            f"{dtypes.scalar_name(value.dtype)} for the source."
        )


def _for_torch(torch: Any, index: Index) -> Any:
    return tuple(torch.from_numpy(i) if isinstance(i, numpy.ndarray) else i for i in index)
