"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import tinygrad_np as tnp
from tinygrad_np import Tensor

from ..parameter import typename


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, flattened, one after the other; the gradient goes back to them.

    Source: PyTorch, torch.nn.utils.parameters_to_vector.

    >>> parameters_to_vector([tnp.ones(2, 2), tnp.zeros(1)])
    tensor([1., 1., 1., 1., 0.])
    """
    return tnp.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Set the parameters to slices of `vec`, whose memory they share from then on.

    Raises TypeError if `vec` is no Tensor. Source: PyTorch, torch.nn.utils.vector_to_parameters.

    >>> p = tnp.zeros(2, 2, requires_grad=True)
    >>> vector_to_parameters(tnp.tensor([1.0, 2.0, 3.0, 4.0]), [p])
    >>> p
    tensor([[1., 2.],
            [3., 4.]], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected tinygrad_np.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view_as(parameter).data
        start = stop
