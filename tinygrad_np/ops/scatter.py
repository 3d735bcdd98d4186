"""Writing along a dimension by indices, and under a mask."""

from __future__ import annotations

from typing import Any, Literal

import numpy

from ..errors import OpError
from ..methods import NUMBERS, tensor_method
from ..node import named
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .axes import axis
from .cast import to
from .creation import number, ones
from .expand import broadcast_shapes, broadcast_tensors
from .gather import along, at_least_1d, in_bounds, must_be_indices, vector_index
from .index import GetItem, SetItem
from .indices import Index
from .select import Where


class IndexAdd(Op):
    """y = x with v added at index, repeated places adding up;   dx = g,   dv = g[index]"""

    index: Index

    def forward(self, x, v):
        y = x.copy()
        self.xp.add.at(y, self.index, v)
        return y

    def dx(self, g):
        return g

    def dv(self, g):
        return GetItem(self.index)(g)

    def samples(r):
        places = numpy.array([0, 2, 2])
        yield Sample(r.normal(4, 3), r.normal(3, 3), index=(places, ...))
        yield Sample(r.normal(2, 4), r.normal(2, 3), index=(slice(None), places))
        yield ErrorSample(
            lambda: scatter_add(ones(2), 0, ones(2).long() * 2, ones(2)), "index 2 is out of bounds"
        )
        yield ErrorSample(
            lambda: scatter_add(ones(2), 0, ones(3).long(), ones(2)), "no larger size than src"
        )
        yield ErrorSample(
            lambda: scatter(ones(2), 0, ones(1).long(), 1.0, reduce="max"), "add or multiply"
        )
        yield ErrorSample(
            lambda: index_add(ones(2), 0, ones(2).long(), ones(3)), r"indices \(2\) should be equal"
        )
        yield ErrorSample(
            lambda: index_add(ones(2, 2), 0, ones(2).long(), ones(2, 3)), "shape must match self"
        )

    def reference(self, torch, x, v):
        dim = next(i for i, part in enumerate(self.index) if isinstance(part, numpy.ndarray))
        return x.index_add(dim, torch.from_numpy(self.index[dim]), v)


def one_value(name: str, input: Tensor, value: Any) -> Any:
    """A number or a 0-d tensor in the dtype of `input`."""
    if not isinstance(value, Tensor):
        return wrap(number(value, input.array.dtype))
    if value.ndim:
        raise RuntimeError(
            f"{name} only supports a 0-dimensional value tensor, but got tensor with {value.ndim} "
            "dimension(s)."
        )
    return to(value, input.dtype)


def _places(name: str, input: Tensor, dim: int, index: Tensor, src: Any) -> Index:
    """Where `index` points to along `dim` of `input`, with all that PyTorch refuses refused."""
    dim = axis(dim, input.ndim)
    must_be_indices(name, index)
    shape, counts = input.shape or (1,), index.shape or (1,)
    if len(counts) != len(shape):
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as self tensor: "
            f"{list(index.shape)} and {list(input.shape)}"
        )
    limits = [n for i, n in enumerate(shape) if i != dim]
    sizes = [n for i, n in enumerate(counts) if i != dim]
    fits = all(n <= limit for n, limit in zip(sizes, limits, strict=True))
    if isinstance(src, Tensor):
        if src.dtype is not input.dtype:
            raise RuntimeError(
                f"{name}(): Expected self.dtype to be equal to src.dtype, but got {input.dtype} "
                f"and {src.dtype}"
            )
        room = src.shape or (1,)
        fits = fits and len(room) == len(counts)
        fits = fits and all(n <= m for n, m in zip(counts, room, strict=True))
    if not fits:
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} "
            f"apart from dimension {dim}"
            + f" and to be no larger size than src {list(src.shape)}"
            * isinstance(src, Tensor)
        )
    return along(dim, shape, index.array.reshape(counts))


def _part_of(src: Any, input: Tensor, index: Tensor) -> Any:
    """The elements of `src` that are written: those at the places of `index`."""
    if not isinstance(src, Tensor):
        return wrap(numpy.broadcast_to(number(src, input.array.dtype), index.shape or (1,)))
    return at_least_1d(src)[tuple(slice(n) for n in index.shape or (1,))]


@tensor_method(in_place=("scatter_",))
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: Literal["add", "multiply"] | None = None,
) -> Tensor:
    """`input` with `src` (a tensor or a number) written at `index` along `dim`.

    `reduce` adds to or multiplies what is there. Of several writes to one place the last one stays,
    and each gets its gradient. Raises RuntimeError where shapes or dtypes do not fit, or out of
    bounds. Source: PyTorch, torch.scatter.

    >>> import tinygrad_np as tnp
    >>> tnp.scatter(tnp.zeros(2, 3), 1, tnp.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    src = value if src is None else src
    if src is None:
        raise TypeError("scatter() missing 1 required argument: src or value")
    if input.ndim == 0:
        return scatter(input.reshape(1), dim, index, src, reduce=reduce).reshape(())
    if index.array.size == 0:
        return input.clone()
    places = _places("scatter", input, dim, index, src)
    part = _part_of(src, input, index)
    if reduce is None:
        return SetItem(places)(input, part)
    if reduce == "add":
        return IndexAdd(places)(input, part)
    if reduce == "multiply":
        return _multiplied(input, places, part)
    raise RuntimeError(f"reduce argument must be either add or multiply, not {reduce!r}")


def _multiplied(input: Tensor, places: Any, part: Tensor) -> Tensor:
    if input.requires_grad or part.requires_grad:
        raise RuntimeError('derivative for scatter with reduce="multiply" is not implemented')
    result = input.array.copy()
    numpy.multiply.at(result, places, part.array)
    return wrap(result)


@tensor_method(in_place=("scatter_add_",))
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with the elements of `src` added at `index` along `dim`.

    Raises RuntimeError where shapes or dtypes do not fit, or out of bounds.
    Source: PyTorch, torch.scatter_add.

    >>> import tinygrad_np as tnp
    >>> tnp.scatter_add(tnp.zeros(3), 0, tnp.tensor([2, 2, 0]), tnp.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    return scatter(input, dim, index, src, reduce="add")


@tensor_method(in_place=("index_add_",))
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """`input` with `alpha` times the slices of `source` added at `index` along `dim`.

    Raises RuntimeError where shapes or dtypes do not fit, or out of bounds.
    Source: PyTorch, torch.index_add.

    >>> import tinygrad_np as tnp
    >>> tnp.index_add(tnp.zeros(3), 0, tnp.tensor([2, 2]), tnp.tensor([1.0, 2.0]))
    tensor([0., 0., 3.])
    """
    places, dim = vector_index("index_add_", input, dim, index), axis(dim, input.ndim)
    if source.dtype is not input.dtype:
        raise RuntimeError(
            f"index_add_(): self ({input.dtype}) and source ({source.dtype}) must have the same "
            "scalar type"
        )
    count = source.shape[dim] if source.ndim else 1
    if index.array.size != count:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.array.size}) should be equal to "
            f"source.size(dim): ({count}), for dim: {dim}"
        )
    ours, theirs = list(input.shape), list(source.shape)
    if ours[:dim] + ours[dim + 1 :] != theirs[:dim] + theirs[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {ours} source.shape = {theirs}"
        )
    in_bounds(dim, input.shape or (1,), index.array)
    source = source if alpha == 1 else source * alpha
    if input.ndim == 0:
        return input + source.reshape(())
    return IndexAdd(places)(input, at_least_1d(source))


@tensor_method(in_place=("index_fill_",))
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """`input` with one value in all slices that `index` names along `dim`.

    Raises IndexError out of bounds. Source: PyTorch, torch.index_fill.

    >>> import tinygrad_np as tnp
    >>> tnp.index_fill(tnp.zeros(3), 0, tnp.tensor([0, -1]), 7)
    tensor([7., 0., 7.])
    """
    places = vector_index("index_fill_", input, dim, index)
    filled = SetItem(places)(at_least_1d(input), one_value("index_fill_", input, value))
    return filled.reshape(input.shape) if input.ndim == 0 else filled


def _mask(name: str, mask: Any) -> None:
    if not isinstance(mask, Tensor):
        raise TypeError(f"{name}(): argument 'mask' must be Tensor, not {type(mask).__name__}")
    if mask.array.dtype != bool:
        raise OpError(f"{name} only supports boolean masks, but got mask with dtype {mask.dtype}")


@tensor_method(in_place=("masked_fill_",))
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """`input` with one value (a number or a 0-d tensor) where `mask` is true; they broadcast.

    Raises RuntimeError for a mask that is not boolean. Source: PyTorch, torch.Tensor.masked_fill.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([1.0, 2.0, 3.0])
    >>> x.masked_fill(x > 1, 0.0)
    tensor([1., 0., 0.])
    """
    _mask("masked_fill_", mask)
    if not isinstance(value, (Tensor, *NUMBERS)):
        raise TypeError(
            f"masked_fill(): argument 'value' must be Tensor or Number, not {type(value).__name__}"
        )
    broadcast_shapes(mask.shape, input.shape)
    filled = Where()(mask, one_value("masked_fill_", input, value), input)
    return named(filled, "MaskedFill")


@tensor_method()
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements of `input` where `mask` is true, as a vector; they broadcast.

    Raises RuntimeError for a mask that is not boolean. Source: PyTorch, torch.masked_select.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> x.masked_select(x > 2)
    tensor([3., 4.])
    """
    if not isinstance(mask, Tensor) or mask.array.dtype != bool:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    mask, input = broadcast_tensors(mask, input)
    return GetItem((mask.array,))(input)
