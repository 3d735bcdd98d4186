"""Joining tensors, and adding to their borders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy

from ..methods import promoted
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import along_axes, axis
from .creation import ones


class Cat(Op):
    """y = [x1, x2, ...] joined along dim;   dxi = the part of g where xi lies"""

    dim: int

    def forward(self, *xs):
        return self.xp.concatenate(xs, self.dim)

    def dxs(self, i, g):
        ends = list(itertools.accumulate(shape[self.dim] for shape in self.shapes))
        part = slice(ends[i] - self.shapes[i][self.dim], ends[i])
        return g[(slice(None),) * self.dim + (part,)]

    def samples(r):
        yield Sample(r.normal(2, 3), r.normal(1, 3), dim=0)
        yield Sample(r.normal(2, 1, 2), r.normal(2, 3, 2), r.normal(2, 0, 2), dim=1)
        yield ErrorSample(lambda: cat([]), "expected a non-empty list of Tensors", ValueError)
        yield ErrorSample(lambda: cat([ones(2, 3), ones(2, 4)]), "Expected size 3 but got size 4")
        yield ErrorSample(lambda: cat([ones(2, 3), ones(2)]), "same number of dimensions: got 2")
        yield ErrorSample(lambda: cat([ones(2), 1]), "expected Tensor as element 1", TypeError)
        yield ErrorSample(lambda: cat(ones(2)), "must be tuple of Tensors, not Tensor", TypeError)

    def reference(self, torch, *xs):
        return torch.cat(xs, self.dim)


class Stack(Op):
    """y = x1, x2, ... side by side along a new axis dim;   dxi = g at i along dim"""

    dim: int

    def forward(self, *xs):
        return self.xp.stack(xs, self.dim)

    def dxs(self, i, g):
        return g[(slice(None),) * self.dim + (i,)]

    def samples(r):
        yield Sample(r.normal(2, 3), r.normal(2, 3), dim=1)
        yield Sample(r.normal(), r.normal(), r.normal(), dim=0)
        yield Sample(r.normal(0, 2), r.normal(0, 2), dim=2)
        yield ErrorSample(lambda: stack([]), "expects a non-empty TensorList")
        yield ErrorSample(
            lambda: stack([ones(2), ones(3)]), "stack expects each tensor to be equal"
        )

    def reference(self, torch, *xs):
        return torch.stack(xs, self.dim)


class Pad(Op):
    """y = x with rows of `value` before and after along each axis;   dx = the inner part of g"""

    torch_name = "ConstantPadNd"
    widths: tuple[tuple[int, int], ...]  # (before, after) per axis; negative ones cut off
    value: float = 0.0

    def forward(self, x):
        added = [(max(before, 0), max(after, 0)) for before, after in self.widths]
        cut = [(max(-before, 0), max(-after, 0)) for before, after in self.widths]
        y = self.xp.pad(x, added, constant_values=self.value)
        return y[tuple(slice(a, n - b) for (a, b), n in zip(cut, y.shape, strict=True))]

    def dx(self, g):
        return Pad(tuple((-before, -after) for before, after in self.widths))(g)

    def samples(r):
        yield Sample(r.normal(2, 3), widths=((1, 2), (0, 1)), value=5.0)
        yield Sample(r.normal(4, 3), widths=((-1, 2), (1, -1)))
        yield Sample(r.normal(0, 2), widths=((1, 1), (0, 0)))
        yield ErrorSample(lambda: pad(ones(2), (1,)), "Padding length must be divisible by 2")
        yield ErrorSample(lambda: pad(ones(2), (0, 1, 0, 1)), "at most twice the number of dimen")
        yield ErrorSample(lambda: pad(ones(1, 2), (2, 0), mode="reflect"), "should be less than")
        yield ErrorSample(
            lambda: pad(ones(1, 2), (1, 0), mode="mirror"), "Unrecognised padding mode"
        )

    def reference(self, torch, x):
        flat = [n for pair in reversed(self.widths) for n in pair]
        return torch.nn.functional.pad(x, flat, value=self.value)


def _reflected(index: numpy.ndarray, n: int) -> numpy.ndarray:
    if -index[0] >= n or index[-1] >= 2 * n - 1:
        raise RuntimeError(
            "Padding size should be less than the corresponding input dimension, but got "
            f"({-index[0]}, {index[-1] - n + 1}) at a dimension of size {n}"
        )
    return n - 1 - abs(n - 1 - abs(index))


_BORDERS = {
    "reflect": _reflected,
    "replicate": lambda index, n: index.clip(0, n - 1),
    "circular": lambda index, n: index % n,
}


def _must_be_tensors(name: str, tensors: Any) -> None:
    if not isinstance(tensors, tuple | list):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor | numpy.ndarray):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}"
            )


@along_axes
def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors joined along an existing dimension, in their common dtype.

    Empty tensors of shape (0,) are passed over. Raises RuntimeError for an empty list, and where
    other sizes differ. Source: PyTorch, torch.cat.

    >>> import tinygrad_np as tnp
    >>> tnp.cat([tnp.zeros(1, 2), tnp.ones(2, 2)])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    _must_be_tensors("cat", tensors)
    if not tensors:
        raise ValueError("cat(): expected a non-empty list of Tensors")
    xs = promoted(*tensors)
    for i, x in enumerate(xs):
        if x.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    xs = [x for x in xs if tuple(x.shape) != (0,)] or xs[:1]
    dim, first = axis(dim, xs[0].ndim), list(xs[0].shape)
    for i, x in enumerate(xs):
        if x.ndim != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {x.ndim}"
            )
        for j, n in enumerate(x.shape):
            if j != dim and n != first[j]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size "
                    f"{first[j]} but got size {n} for tensor number {i} in the list."
                )
    return Cat(dim)(*xs)


concat = concatenate = cat


@along_axes
def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, side by side along a new dimension.

    Raises RuntimeError for an empty list and for different shapes. Source: PyTorch, torch.stack.

    >>> import tinygrad_np as tnp
    >>> tnp.stack([tnp.tensor([1, 2]), tnp.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    _must_be_tensors("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    xs = promoted(*tensors)
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(xs[0].shape)} at "
                f"entry 0 and {list(x.shape)} at entry {i}"
            )
    return Stack(axis(dim, xs[0].ndim + 1))(*xs)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: joined along dimension 1, vectors along their only one.

    Source: PyTorch, torch.hstack.

    >>> import tinygrad_np as tnp
    >>> tnp.hstack([tnp.tensor([1, 2]), tnp.tensor([3])])
    tensor([1, 2, 3])
    """
    return _stacked("hstack", [x if x.ndim else x.reshape(1) for x in tensors], 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other: joined along dimension 0, vectors as rows.

    Source: PyTorch, torch.vstack.

    >>> import tinygrad_np as tnp
    >>> tnp.vstack([tnp.tensor([1, 2]), tnp.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return _stacked("vstack", [x if x.ndim > 1 else x.reshape(1, -1) for x in tensors], 0)


def _stacked(name: str, tensors: list[Tensor], dim: int) -> Tensor:
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return cat(tensors, min(dim, tensors[0].ndim - 1))


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """`input` with borders: `pad` lists (before, after), the last dimension first.

    `mode` is "constant" (with `value`, 0 if None; negative widths cut off), "reflect", "replicate"
    or "circular". Raises RuntimeError for widths that do not fit.
    Source: PyTorch, torch.nn.functional.pad.

    >>> import tinygrad_np as tnp
    >>> pad(tnp.tensor([[1, 2]]), (1, 0), value=9), pad(tnp.tensor([[1, 2]]), (1, 1), "reflect")
    (tensor([[9, 1, 2]]), tensor([[2, 1, 2, 1]]))
    """
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length should be at most twice the number of dimensions of the input: got "
            f"{len(pad)} numbers for {input.ndim} dimensions"
        )
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)]
    pairs += [(0, 0)] * (input.ndim - len(pairs))
    if mode == "constant":
        return Pad(tuple(reversed(pairs)), 0.0 if value is None else value)(input)
    if mode not in _BORDERS:
        raise RuntimeError(
            f"Unrecognised padding mode {mode}: expected constant, {', '.join(_BORDERS)}"
        )
    for i, (before, after) in enumerate(pairs):
        if before or after:
            dim = input.ndim - 1 - i
            index = _BORDERS[mode](
                numpy.arange(-before, input.shape[dim] + after), input.shape[dim]
            )
            input = input[(slice(None),) * dim + (index,)]
    return input
