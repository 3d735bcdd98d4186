"""Attention."""

from __future__ import annotations

import math

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .dropout import dropout


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """y = softmax(query key^T scale + mask) value: each query takes a mean of values.

    `scale` is 1 / sqrt(E) if None. `attn_mask` is added, or if bool says where attention may go;
    `is_causal` lets query i go to keys up to i. Where all is masked the result is 0. Dropout acts
    on the weights, training or not. `enable_gqa` lets several heads of queries share one of keys.
    Shapes: query `(*, L, E)`, key `(*, S, E)`, value `(*, S, V)`, mask broadcastable to
    `(*, L, S)` -> `(*, L, V)`; with `enable_gqa` the last of * counts heads.
    Raises RuntimeError for other shapes and dtypes, and for a mask beside `is_causal`.
    Source: Vaswani et al., arXiv:1706.03762; torch.nn.functional.scaled_dot_product_attention.

    >>> x = tnp.eye(2)
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    _check(query, key, value, attn_mask, dropout_p, is_causal)
    if enable_gqa:
        key, value = _heads_for(query, key), _heads_for(query, value)
    if is_causal:
        attn_mask = tnp.from_numpy(numpy.tri(query.shape[-2], key.shape[-2], dtype=bool))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    weights = _masked_softmax((query * scale) @ key.transpose(-2, -1), attn_mask)
    return dropout(weights, dropout_p) @ value


def _masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax along the last dimension; 0 where the mask leaves nothing of it."""
    if mask is None:
        return scores.softmax(-1)
    added = as_added(mask, scores)
    dead = (added.detach() == -math.inf).all(-1, keepdim=True)
    if not dead.any():
        return (scores + added).softmax(-1)
    return (scores + tnp.where(dead, 0.0, added)).softmax(-1) * ~dead  # no nan, nor in gradients


def as_added(mask: Tensor, like: Tensor) -> Tensor:
    """A mask to be added, in the dtype of `like`: of a bool one, -inf where it is False.

    >>> as_added(tnp.tensor([True, False]), tnp.ones(1))
    tensor([0., -inf])
    """
    if mask.is_floating_point():
        return mask.to(like.dtype)
    return tnp.where(mask, 0.0, -math.inf).to(like.dtype)


def _heads_for(query: Tensor, x: Tensor) -> Tensor:
    """The heads of `x`, each repeated for neighbouring ones of `query`."""
    wanted, heads = query.size(-3), x.size(-3)
    if wanted % heads:
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in query: "
            f"got {heads} and {wanted}"
        )
    return x[..., numpy.arange(wanted) // (wanted // heads), :, :]


def _check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
) -> None:
    named = {"query": query, "key": key, "value": value}
    if any(x.ndim < 2 for x in named.values()):
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if not query.dtype == key.dtype == value.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{query.dtype} key.dtype: {key.dtype} and value.dtype: {value.dtype} instead."
        )
    if not query.is_floating_point():
        raise RuntimeError(f"attention takes floating point tensors, got {query.dtype}")
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if attn_mask is None:
        return
    if is_causal:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    if attn_mask.dtype not in (tnp.bool, tnp.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {attn_mask.dtype} and  query.dtype: {query.dtype} instead."
        )
