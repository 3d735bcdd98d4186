"""What several numbers have in common: median, spread with mean, range, how many are not 0."""

from __future__ import annotations

from typing import Any

import numpy

from .. import return_types
from ..methods import tensor_method
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .axes import along_axes, axis
from .cast import Cast, not_implemented
from .creation import ones, tensor
from .extremes import Amax, amax, amin
from .gather import gather
from .keep import Keep
from .reduce import mean, std, var


class Median(Amax):
    """y = the middle number, the lower of two;   dx = g where x = y, split evenly among ties"""

    def forward(self, x):
        return x.reshape(-1)[middle(x.reshape(1, -1))[0]].reshape(())

    def dx(self, g, x, out):
        equal = (x == out) | ((x != x) & (out != out))
        return Keep()(g / int(getattr(equal, "array", equal).sum()), equal)

    def samples(r):
        yield Sample(r.distinct(3, 4), dims=(0, 1))
        yield Sample(r.distinct(5), dims=(0,))
        yield Sample(r.distinct(), dims=())
        yield Sample(numpy.array([1.0, numpy.nan, 2.0]), dims=(0,))
        yield ErrorSample(
            lambda: median(tensor([True])), "\"median_cpu\" not implemented for 'Bool'"
        )
        yield ErrorSample(lambda: median(ones(2), 1), "but got 1", IndexError)

    def reference(self, torch, x):
        return torch.median(x)

    def name(self):
        return "MedianBackward0"


def middle(rows: numpy.ndarray) -> numpy.ndarray:
    """For each of the last axis the index of its median; of its first nan, if it has one."""
    order = numpy.argsort(rows, -1, kind="stable")
    index = order[..., (rows.shape[-1] - 1) // 2]
    nan = numpy.isnan(rows) if rows.dtype.kind == "f" else numpy.zeros(rows.shape, bool)
    return numpy.where(nan.any(-1), nan.argmax(-1), index)


@tensor_method()
@along_axes
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle number, of an even count the lower; with `dim`, (values, indices) along it.

    A nan is the median of all that it is among. Without `dim` ties share the gradient.
    Source: PyTorch, torch.median.

    >>> import tinygrad_np as tnp
    >>> tnp.median(tnp.tensor([4, 1, 3, 2]))
    tensor(2)
    """
    if input.array.dtype == bool:
        raise not_implemented("median_cpu", input)
    if dim is None:
        if input.array.size == 0:
            return Cast(input.array.dtype)(input.sum() / 0)  # nan, or what it is cast to
        return Median(tuple(range(input.ndim)))(input)
    dim = axis(dim, input.ndim)
    if input.ndim and input.shape[dim] == 0:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    rows = input.array.swapaxes(dim, -1) if input.ndim else input.array.reshape(1)
    index = tensor(middle(rows)[..., None].swapaxes(dim, -1)) if input.ndim else tensor(0)
    values = gather(input, dim, index)
    if input.ndim and not keepdim:
        values, index = values.squeeze(dim), index.squeeze(dim)
    return return_types.median(values, index)


@tensor_method()
@along_axes
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean: see `std`. Source: PyTorch, torch.std_mean.

    >>> import tinygrad_np as tnp
    >>> tnp.std_mean(tnp.tensor([1.0, 3.0]))
    (tensor(1.4142), tensor(2.))
    """
    spread = std(input, dim, unbiased, keepdim, correction=correction)
    return spread, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@tensor_method()
@along_axes
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The variance and the mean: see `var`. Source: PyTorch, torch.var_mean.

    >>> import tinygrad_np as tnp
    >>> tnp.var_mean(tnp.tensor([1.0, 3.0]))
    (tensor(2.), tensor(2.))
    """
    spread = var(input, dim, unbiased, keepdim, correction=correction)
    return spread, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@tensor_method()
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not 0, of all or along `dim`. Source: PyTorch, torch.count_nonzero.

    >>> import tinygrad_np as tnp
    >>> tnp.count_nonzero(tnp.tensor([[0, 2], [1, 1]]), dim=0)
    tensor([1, 2])
    """
    return (input != 0).sum(dim)


@tensor_method()
@along_axes
def aminmax(
    input: Tensor, *, dim: int | None = None, keepdim: bool = False
) -> return_types.aminmax:
    """The smallest and the largest element, of all or along `dim`.

    Raises RuntimeError for nothing. Source: PyTorch, torch.aminmax.

    >>> import tinygrad_np as tnp
    >>> tnp.aminmax(tnp.tensor([2, 1, 3]))
    tinygrad_np.return_types.aminmax(
    min=tensor(1),
    max=tensor(3))
    """
    if 0 in (input.shape if dim is None else input.shape[axis(dim, input.ndim) :][:1]):
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    return return_types.aminmax(amin(input, dim, keepdim), amax(input, dim, keepdim))
