"""Coordinates: meshgrid, and where elements are not 0."""

from __future__ import annotations

from typing import Any, Literal

import numpy

from ..methods import tensor_method
from ..tensor import Tensor, wrap
from .expand import expand


def meshgrid(*tensors: Any, indexing: Literal["ij", "xy"] = "ij") -> tuple[Tensor, ...]:
    """Each vector spread over the grid of all: result i varies along dimension i only.

    With "xy" the first two dimensions are exchanged. Takes vectors or one list of them. Raises
    RuntimeError for what is no vector, and for different dtypes. Source: PyTorch, torch.meshgrid.

    >>> import tinygrad_np as tnp
    >>> [x.tolist() for x in meshgrid(tnp.tensor([1, 2]), tnp.tensor([3, 4, 5]))]
    [[[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]]]
    """
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for x in tensors:
        if x.ndim > 1:
            raise RuntimeError(
                f"meshgrid: Expected 0D or 1D tensor in the tensor list but got: {list(x.shape)}"
            )
        if x.dtype is not tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(
            f'meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    exchanged = indexing == "xy" and len(tensors) > 1
    if exchanged:
        tensors = (tensors[1], tensors[0], *tensors[2:])
    sizes = [x.array.size for x in tensors]
    grids = [
        expand(x.reshape([n if i == j else 1 for j, n in enumerate(sizes)]), sizes)
        for i, x in enumerate(tensors)
    ]
    return (grids[1], grids[0], *grids[2:]) if exchanged else tuple(grids)


@tensor_method()
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0, in rows; `as_tuple` one vector per dimension.

    Source: PyTorch, torch.nonzero.

    >>> import tinygrad_np as tnp
    >>> tnp.nonzero(tnp.tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if as_tuple:
        return tuple(wrap(index) for index in numpy.nonzero(numpy.atleast_1d(input.array)))
    return wrap(numpy.argwhere(input.array))
