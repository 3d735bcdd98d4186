"""Parts along a dimension: views, all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from ..methods import tensor_method
from ..node import named
from ..tensor import Tensor
from .axes import axis
from .index import GetItem


def _between(input: Tensor, dim: int, start: int, end: int) -> Tensor:
    return GetItem((slice(None),) * dim + (slice(start, end),))(input)


def _several(name: str, parts: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """The parts, marked as views from one call: no change of them in place is recorded."""
    views = tuple(named(part, name) for part in parts)
    for i, part in enumerate(views):
        if part.view_of is not None:
            part.view_of.part = f"Output {i} of {name}"
    return views


def _dim(name: str, input: Tensor, dim: int) -> int:
    if input.ndim == 0:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")
    return axis(dim, input.ndim)


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Views of parts along `dim`: of one size, the last may be smaller, or of the sizes listed.

    Raises RuntimeError where the sizes do not add up to that of `dim`.
    Source: PyTorch, torch.split.

    >>> import tinygrad_np as tnp
    >>> tnp.split(tnp.arange(5), 2), tnp.split(tnp.arange(3), [1, 2])
    ((tensor([0, 1]), tensor([2, 3]), tensor([4])), (tensor([0]), tensor([1, 2])))
    """
    dim = _dim("split", tensor, dim)
    size, sections = tensor.shape[dim], split_size_or_sections
    if not isinstance(sections, int):
        return split_with_sizes(tensor, sections, dim)
    if sections < 0:
        raise RuntimeError(
            f"split expects split_size be non-negative, but got split_size={sections}"
        )
    if sections == 0 and size:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}"
        )
    starts = range(0, max(size, 1), sections or 1)
    return _several("Split", (_between(tensor, dim, i, min(i + sections, size)) for i in starts))


@tensor_method(name="split")
def _split(self: Tensor, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`split(self, split_size, dim)`. Source: PyTorch, torch.Tensor.split."""
    return split(self, split_size, dim)


@tensor_method()
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of parts of the sizes listed. Source: PyTorch, torch.split_with_sizes."""
    if not isinstance(split_sizes, tuple | list):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' must be tuple of ints, not "
            f"{type(split_sizes).__name__}"
        )
    dim = _dim("split_with_sizes", input, dim)
    if any(n < 0 for n in split_sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(split_sizes)}"
        )
    ends = [0, *itertools.accumulate(split_sizes)]
    if ends[-1] != input.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {input.shape[dim]} (input "
            f"tensor's size at dimension {dim}), but got split_sizes={list(split_sizes)}"
        )
    parts = (_between(input, dim, a, b) for a, b in itertools.pairwise(ends))
    return _several("SplitWithSizes", parts)


@tensor_method()
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` views along `dim`, equally large but for the last.

    Raises RuntimeError for less than one chunk. Source: PyTorch, torch.chunk.

    >>> import tinygrad_np as tnp
    >>> tnp.chunk(tnp.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    dim = _dim("chunk", input, dim)
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    size = -(-input.shape[dim] // chunks)
    return split(input, size, dim) if size else split(input, [0] * chunks, dim)


@tensor_method()
def tensor_split(
    input: Tensor, indices_or_sections: int | Sequence[int] | Tensor, dim: int = 0
) -> tuple[Tensor, ...]:
    """Views along `dim`: a number of parts, the first ones larger by one, or cut at indices.

    Source: PyTorch, torch.tensor_split.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor_split(tnp.arange(5), 2), tnp.tensor_split(tnp.arange(3), (1,))
    ((tensor([0, 1, 2]), tensor([3, 4])), (tensor([0]), tensor([1, 2])))
    """
    if input.ndim == 0:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = axis(dim, input.ndim)
    size, cuts = input.shape[dim], indices_or_sections
    if isinstance(cuts, Tensor):
        cuts = cuts.tolist()
    if isinstance(cuts, int):
        if cuts <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {cuts}")
        cuts = [i * (size // cuts) + min(i, size % cuts) for i in range(1, cuts)]
    return tuple(_between(input, dim, a, b) for a, b in itertools.pairwise([0, *cuts, size]))


@tensor_method()
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All slices along `dim`, as views without it.

    Source: PyTorch, torch.unbind.

    >>> import tinygrad_np as tnp
    >>> tnp.unbind(tnp.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    if input.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = axis(dim, input.ndim)
    return _several("Unbind", (select(input, dim, i) for i in range(input.shape[dim])))


@tensor_method()
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at `index` of `dim`, as a view without that dimension.

    Raises IndexError out of bounds. Source: PyTorch, torch.select.

    >>> import tinygrad_np as tnp
    >>> tnp.select(tnp.tensor([[1, 2], [3, 4]]), 1, -1)
    tensor([2, 4])
    """
    if input.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = axis(dim, input.ndim), int(index)
    if not -input.shape[dim] <= index < input.shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at "
            f"dimension {dim}"
        )
    return GetItem((slice(None),) * dim + (index, ...))(input)


@tensor_method()
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """A view of `length` slices of `dim`, from `start` on.

    Raises IndexError or RuntimeError out of bounds. Source: PyTorch, torch.narrow.

    >>> import tinygrad_np as tnp
    >>> tnp.narrow(tnp.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    if input.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim, start = axis(dim, input.ndim), int(start)
    size = input.shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return _between(input, dim, start, start + length)
