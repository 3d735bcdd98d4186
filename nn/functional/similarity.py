"""Vectors of length 1, and the loss of their angles."""

from __future__ import annotations

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .reduction import checked_reduction, reduced


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """x / max(|x|, eps) with the p-norm |x| along `dim`; written into `out` if given.

    Source: PyTorch, torch.nn.functional.normalize.

    >>> normalize(tnp.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    y = input / input.norm(p, dim, keepdim=True).clamp(min=eps)
    return y if out is None else out.copy_(y)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    Shapes: inputs `(N, D)` or `(D,)`, target `(N,)` or `()`. Raises RuntimeError for others.
    Source: PyTorch, torch.nn.functional.cosine_embedding_loss.

    >>> x = tnp.tensor([[1.0, 0.0]])
    >>> cosine_embedding_loss(x, x, tnp.tensor([-1]), margin=0.25)
    tensor(0.7500)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.ndim == input2.ndim == target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found "
            f"inputs with sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    squares = ((x * x).sum(-1) + 1e-12 for x in (input1, input2))
    cos = (input1 * input2).sum(-1) / (next(squares) * next(squares)).sqrt()
    apart = tnp.where(target == -1, (cos - margin).clamp(min=0), 0.0)
    return reduced(tnp.where(target == 1, 1 - cos, 0.0) + apart, reduction)
