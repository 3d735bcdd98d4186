"""How near vectors are to each other."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..grad_mode import no_grad
from ..methods import promoted
from ..tensor import Tensor
from .norm import norm


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """sum(x1 * x2) / (max(|x1|, eps) * max(|x2|, eps)) along `dim`, with broadcasting.

    Raises RuntimeError for integers, IndexError where there is no `dim`.
    Source: PyTorch, torch.nn.functional.cosine_similarity.

    >>> import tinygrad_np as tnp
    >>> tnp.cosine_similarity(tnp.tensor([[1.0, 0.0]]), tnp.tensor([[3.0, 4.0]]))
    tensor([0.6000])
    """
    pair: Any = promoted(x1, x2)
    if not pair[0].is_floating_point():
        raise RuntimeError(
            "expected common dtype to be floating point, "
            f"yet common dtype is {dtypes.scalar_name(pair[0].dtype)}"
        )
    ndim = max(x.ndim for x in pair)
    pair = [x.reshape(*[1] * (ndim - x.ndim), *x.shape) for x in pair]
    lengths = [norm(x, 2, dim, keepdim=True).clone() for x in pair]
    with no_grad():  # as in PyTorch, the gradient is that of a length that is not limited
        for length in lengths:
            length.clamp_(min=eps)
    a, b = (x / length for x, length in zip(pair, lengths, strict=True))
    return (a * b).sum(dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension, with broadcasting.

    Source: PyTorch, torch.nn.functional.pairwise_distance.

    >>> import tinygrad_np as tnp
    >>> tnp.pairwise_distance(tnp.tensor([4.0, 0.0]), tnp.tensor([1.0, 4.0]), eps=0.0)
    tensor(5.)
    """
    return norm(x1 - x2 + eps, p, -1, keepdim)
