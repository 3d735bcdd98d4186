"""The axes in another order: views, always."""

from __future__ import annotations

from typing import Any

from ..methods import listed, tensor_method, tensor_property
from ..node import named
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import axis
from .creation import zeros
from .shape import asked

Shape = tuple[int, ...]


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


@tensor_method()
@listed
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
    return named(Permute(tuple(order))(input), "Transpose")


@tensor_method("moveaxis")
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions at other places, the rest in order.

    Raises RuntimeError for dimensions named twice. Source: PyTorch, torch.movedim.

    >>> import tinygrad_np as tnp
    >>> tnp.movedim(tnp.zeros(2, 3, 4), 0, -1).shape
    tinygrad_np.Size([3, 4, 2])
    """
    pairs = []
    for name, dims in (("source", source), ("destination", destination)):
        given = list(dims) if isinstance(dims, tuple | list) else [dims]
        pairs.append([axis(d, input.ndim) for d in given])
        if len(set(pairs[-1])) < len(given):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({given})")
    first, second = pairs
    if len(first) != len(second):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({first} dims) should contain "
            f"the same number of dims as destination ({second} dims)"
        )
    order = [d for d in range(input.ndim) if d not in first]
    for place, d in sorted(zip(second, first, strict=True)):
        order.insert(place, d)
    return Permute(tuple(order[: input.ndim]))(input)


@tensor_method()
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or scalar stays as it is.

    Raises RuntimeError above two dimensions. Source: PyTorch, torch.t.
    """
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return named(Permute(tuple(reversed(range(input.ndim))))(input), "T")


@tensor_property
def T(self: Tensor) -> Tensor:
    """All dimensions in reverse order. Source: PyTorch, torch.Tensor.T."""
    return Permute(tuple(reversed(range(self.ndim))))(self)


@tensor_property
def mT(self: Tensor) -> Tensor:
    """The last two dimensions exchanged. Source: PyTorch, torch.Tensor.mT."""
    if self.ndim < 2:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. "
            f"Got {self.ndim}-D tensor."
        )
    return transpose(self, -2, -1)


moveaxis = movedim
swapaxes = swapdims = transpose
