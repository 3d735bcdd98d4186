"""MultiheadAttention."""

from __future__ import annotations

import math
import warnings
from typing import Any

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from .. import init
from ..functional.attention import as_added
from ..module import Module
from ..parameter import Parameter
from .linear import Linear


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear by the name that PyTorch prints for the output projection of attention."""


class MultiheadAttention(Module):
    """y = [head_1, ..., head_h] W_o, each head the attention of projected queries, keys, values.

    `add_bias_kv` adds a learned key and value, `add_zero_attn` one of zeros; `kdim` and `vdim` are
    the widths of keys and values, embed_dim if None. Masks say where attention may not go (bool) or
    are added (float): `key_padding_mask (N, S)`, `attn_mask (L, S)` or `(N*heads, L, S)`.
    Shapes: query `(L, N, embed_dim)`, key and value `(S, N, *)`, N first if `batch_first`, or all
    without N -> (output like query, weights `(N, L, S)`, with `average_attn_weights=False`
    `(N, heads, L, S)`, None unless `need_weights`).
    Raises AssertionError, ValueError and RuntimeError for what does not fit, as PyTorch.
    Source: Vaswani et al., arXiv:1706.03762; PyTorch, torch.nn.MultiheadAttention.

    >>> x = tnp.ones(5, 2, 4)
    >>> output, weights = MultiheadAttention(4, num_heads=2)(x, x, x)
    >>> output.shape, weights.shape
    (tinygrad_np.Size([5, 2, 4]), tinygrad_np.Size([2, 5, 5]))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_heads(embed_dim, num_heads)
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.head_dim = embed_dim // num_heads
        self.batch_first, self.add_zero_attn = batch_first, add_zero_attn
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        apart = not self.kdim == self.vdim == embed_dim
        shapes: dict[str, tuple[int, ...] | None] = {
            "q_proj_weight": (embed_dim, embed_dim) if apart else None,
            "k_proj_weight": (embed_dim, self.kdim) if apart else None,
            "v_proj_weight": (embed_dim, self.vdim) if apart else None,
            "in_proj_weight": None if apart else (3 * embed_dim, embed_dim),
            "in_proj_bias": (3 * embed_dim,) if bias else None,
            "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
            "bias_v": (1, 1, embed_dim) if add_bias_kv else None,
        }
        options = {"device": device, "dtype": dtype}
        for name, shape in shapes.items():
            empty = Parameter(tnp.empty(shape, **options)) if shape else None
            self.register_parameter(name, empty)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, **options)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for kind in ("in", "q", "k", "v"):
            if (weight := getattr(self, f"{kind}_proj_weight")) is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for added in (self.bias_k, self.bias_v):
            if added is not None:
                init.xavier_normal_(added)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        masks = {"key_padding_mask": key_padding_mask, "attn_mask": attn_mask}
        _check_dimensions(query, key, value, masks)
        if query.ndim == 2:
            batch_dim = 0 if self.batch_first else 1
            padding = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
            q, k, v = (x.unsqueeze(batch_dim) for x in (query, key, value))
            more = need_weights, attn_mask, average_attn_weights, is_causal
            y, weights = self.forward(q, k, v, padding, *more)
            return y.squeeze(batch_dim), None if weights is None else weights.squeeze(0)
        if is_causal and attn_mask is None:
            raise RuntimeError(
                "Need attn_mask if specifying the is_causal hint. "
                "You may use the Transformer module method "
                "`generate_square_subsequent_mask` to create this mask."
            )
        is_causal = is_causal and key_padding_mask is None and not need_weights
        q, k, v = self._projected(query, key, value)
        mask = None if is_causal else self._merged(attn_mask, key_padding_mask, q, k)
        k, v, mask = self._extended(k, v, mask)
        p = self.dropout if self.training else 0.0
        if need_weights:
            scores = (q * math.sqrt(1 / self.head_dim)) @ k.transpose(-2, -1)
            scores = scores if mask is None else scores + mask
            weights = F.dropout(scores.softmax(-1), p)
            y = self._joined(weights @ v)
            return y, weights.mean(1) if average_attn_weights else weights
        return self._joined(F.scaled_dot_product_attention(q, k, v, mask, p, is_causal)), None

    def _joined(self, heads: Tensor) -> Tensor:
        """The projection of all heads: `(N, heads, L, head_dim)` -> `(L, N, embed_dim)`.

        With `batch_first` `(N, L, embed_dim)` is a view of that, as in PyTorch: dropout draws its
        mask in the order of memory.
        """
        y = self.out_proj(heads.permute(2, 0, 1, 3).flatten(2))
        return y.transpose(0, 1) if self.batch_first else y

    def _projected(self, *inputs: Tensor) -> list[Tensor]:
        """Queries, keys and values of all heads: `(N, heads, length, head_dim)`."""
        self._check_sizes(*inputs)
        e = self.embed_dim
        results = []
        for i, (kind, x) in enumerate(zip("qkv", inputs, strict=True)):
            rows = slice(i * e, i * e + e)
            whole = self.in_proj_weight
            weight = getattr(self, f"{kind}_proj_weight") if whole is None else whole[rows]
            x = F.linear(x, weight, None if self.in_proj_bias is None else self.in_proj_bias[rows])
            x = x.reshape(*x.shape[:2], self.num_heads, self.head_dim)
            results.append(x.permute(*((0, 2, 1, 3) if self.batch_first else (1, 2, 0, 3))))
        return results

    def _extended(
        self, k: Tensor, v: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Keys and values with the learned and the zero one behind, which no mask hides."""
        n, heads, _, d = k.shape
        added = []
        if self.bias_k is not None and self.bias_v is not None:
            added.append([b.reshape(1, heads, 1, d) for b in (self.bias_k, self.bias_v)])
        if self.add_zero_attn:
            added.append([tnp.zeros(1, 1, 1, d, dtype=k.dtype)] * 2)
        for one_k, one_v in added:
            k, v = (
                tnp.cat([x, one.expand(n, heads, 1, d)], 2) for x, one in ((k, one_k), (v, one_v))
            )
        return k, v, mask if mask is None else F.pad(mask, (0, len(added)))

    def _merged(
        self, attn_mask: Tensor | None, padding: Tensor | None, q: Tensor, k: Tensor
    ) -> Tensor | None:
        """One mask to be added to scores `(N, heads, L, S)`."""
        (n, heads, length, _), keys = q.shape, k.shape[2]
        mask = None
        if attn_mask is not None:
            expected = (n * heads, length, keys)[3 - attn_mask.ndim :]
            if attn_mask.shape != expected:
                raise RuntimeError(
                    f"The shape of the {attn_mask.ndim}D attn_mask is {attn_mask.shape}, "
                    f"but should be {expected}."
                )
            mask = canonical_mask(attn_mask, "attn_mask", q)
            mask = mask if mask.ndim == 2 else mask.reshape(n, heads, length, keys)
        if padding is not None:
            if attn_mask is not None and attn_mask.dtype != padding.dtype:
                warnings.warn(
                    "Support for mismatched key_padding_mask and attn_mask is deprecated. "
                    "Use same type for both instead.",
                    stacklevel=3,
                )
            for dim, size in enumerate((n, keys)):
                if padding.shape[dim] != size:
                    raise AssertionError(
                        f"Expected key_padded_mask.shape[{dim}] to be {size}, "
                        f"but got {padding.shape[dim]}"
                    )
            hidden = canonical_mask(padding, "key_padding_mask", q).reshape(n, 1, 1, keys)
            mask = hidden if mask is None else mask + hidden
        return mask

    def _check_sizes(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        if query.shape[2] != self.embed_dim:
            raise AssertionError(
                f"was expecting embedding dimension of {self.embed_dim}, but got {query.shape[2]}"
            )
        if self.in_proj_weight is not None and key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {key.shape[:2]} do not match value's "
                f"{value.shape[:2]}"
            )
        batch_dim = 0 if self.batch_first else 1
        if query.shape[batch_dim] != key.shape[batch_dim]:
            raise RuntimeError(
                f"query and key must hold the same number of sequences, got "
                f"{query.shape[batch_dim]} and {key.shape[batch_dim]}"
            )


def _check_heads(embed_dim: int, num_heads: int) -> None:
    if embed_dim <= 0 or num_heads <= 0:
        raise ValueError(
            "embed_dim and num_heads must be greater than 0, "
            f"got embed_dim={embed_dim} and num_heads={num_heads} instead"
        )
    if embed_dim % num_heads:
        raise AssertionError("embed_dim must be divisible by num_heads")


def canonical_mask(mask: Tensor, name: str, like: Tensor) -> Tensor:
    """A mask to be added, of a bool one that says where attention may not go.

    Raises AssertionError for other dtypes.
    """
    if mask.dtype != tnp.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return as_added(mask if mask.is_floating_point() else ~mask, like)


def _check_dimensions(
    query: Tensor, key: Tensor, value: Tensor, masks: dict[str, Tensor | None]
) -> None:
    if query.ndim not in (2, 3):
        raise AssertionError(
            "query should be unbatched 2D or batched 3D tensor but received "
            f"{query.ndim}-D query tensor"
        )
    n = query.ndim
    batched = f"{'batched' if n == 3 else 'unbatched'} ({n}-D)"
    if not key.ndim == value.ndim == n:
        raise AssertionError(
            f"For {batched} `query`, expected `key` and `value` to be {n}-D"
            f" but found {key.ndim}-D and {value.ndim}-D tensors respectively"
        )
    for (name, mask), fitting in zip(masks.items(), ((n - 1,), (2, 3)), strict=True):
        if mask is not None and mask.ndim not in fitting:
            expected = f"or {n - 1}-D" if len(fitting) == 1 else "2-D or 3-D"
            separator = " " if len(fitting) == 1 else ", "
            raise AssertionError(
                f"For {batched} `query`, expected `{name}` to be `None`{separator}{expected}"
                f" but found {mask.ndim}-D tensor instead"
            )
