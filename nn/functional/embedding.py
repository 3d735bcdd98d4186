"""Embeddings."""

from __future__ import annotations

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor, no_grad


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` with the numbers `input`: `(*) -> (*, embedding_dim)`.

    Row `padding_idx`, from the end if negative, gets no gradient. With `max_norm` rows that are
    read are first scaled down, in place, to this `norm_type`-norm. `scale_grad_by_freq` divides the
    gradient of a row by how often it was read.
    Raises AssertionError for a padding_idx that is no row's, errors as `tinygrad_np.embedding`.
    Source: PyTorch, torch.nn.functional.embedding.

    >>> embedding(tnp.tensor([1, 0]), tnp.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    rows = row_of_padding(padding_idx, len(weight))
    if max_norm is not None:
        _renorm(weight, input, max_norm, norm_type)
    return tnp.embedding(weight, input, -1 if rows is None else rows, scale_grad_by_freq, sparse)


def row_of_padding(padding_idx: int | None, rows: int) -> int | None:
    """`padding_idx` counted from the start. Raises AssertionError where it is no row's number."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < max(rows, 1):
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx + rows if padding_idx < 0 else padding_idx


@no_grad()
def _renorm(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    read = numpy.unique(input.numpy())
    norms = numpy.linalg.norm(weight.detach().numpy()[read], norm_type, axis=1)
    long = norms > max_norm
    scale = (max_norm / (norms[long] + 1e-7)).astype(norms.dtype)
    if long.any():
        weight[read[long]] = weight[read[long]] * tnp.from_numpy(scale).unsqueeze(1)
