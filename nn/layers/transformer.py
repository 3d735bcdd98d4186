"""The layers of Transformers: encoders and decoders."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tinygrad_np import Tensor, is_grad_enabled

from .. import functional as F
from ..module import Module
from .activation import ReLU
from .attention import MultiheadAttention, canonical_mask
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .norm import LayerNorm
from .smooth_activation import GELU


class _Layer(Module):
    """Attention and a feed-forward part, each with dropout, a residual sum and a norm."""

    _attentions: tuple[str, ...]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options = {"bias": bias, "device": device, "dtype": dtype}
        for name in self._attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, batch_first=batch_first, **options
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        parts = range(1, len(self._attentions) + 2)
        for i in parts:
            setattr(self, f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, **options))
        for i in parts:
            setattr(self, f"dropout{i}", Dropout(dropout))
        if isinstance(activation, str) and activation not in ("relu", "gelu"):
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        self.activation = getattr(F, activation) if isinstance(activation, str) else activation

    def _add(self, i: int, x: Tensor, part: Callable[[Tensor], Tensor]) -> Tensor:
        """x + part(x), with the norm and the dropout of number `i`."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        return x + dropout(part(norm(x))) if self.norm_first else norm(x + dropout(part(x)))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """y = norm(z + linear(activation(linear(z)))) with z = norm(x + attention(x)).

    With `norm_first` the norms stand before attention and linear layers instead; dropout is before
    each sum and after the activation, "relu", "gelu" or a function. Masks as for
    `MultiheadAttention`. Shapes: `(L, N, d_model)`, N first if `batch_first`, or without N -> same.
    Raises RuntimeError for another name of an activation.
    Source: Vaswani et al., arXiv:1706.03762; PyTorch, torch.nn.TransformerEncoderLayer.

    >>> import tinygrad_np as tnp
    >>> TransformerEncoderLayer(d_model=8, nhead=2)(tnp.ones(5, 3, 8)).shape
    tinygrad_np.Size([5, 3, 8])
    """

    _attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        def attention(x: Tensor) -> Tensor:
            return self.self_attn(
                *(x, x, x, src_key_padding_mask), False, src_mask, is_causal=is_causal
            )[0]

        return self._add(2, self._add(1, src, attention), self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """As `TransformerEncoderLayer`, with attention to `memory` between attention and linear layers.

    Source: Vaswani et al., arXiv:1706.03762; PyTorch, torch.nn.TransformerDecoderLayer.

    >>> import tinygrad_np as tnp
    >>> TransformerDecoderLayer(d_model=8, nhead=2)(tnp.ones(5, 3, 8), tnp.ones(6, 3, 8)).shape
    tinygrad_np.Size([5, 3, 8])
    """

    _attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        def to_itself(x: Tensor) -> Tensor:
            return self.self_attn(
                *(x, x, x, tgt_key_padding_mask), False, tgt_mask, is_causal=tgt_is_causal
            )[0]

        def to_memory(x: Tensor) -> Tensor:
            return self.multihead_attn(
                *(x, memory, memory, memory_key_padding_mask),
                *(False, memory_mask),
                is_causal=memory_is_causal,
            )[0]

        x = self._add(2, self._add(1, tgt, to_itself), to_memory)
        return self._add(3, x, self._feed_forward)


class _Stack(Module):
    """`num_layers` copies of a layer, one after the other, and a norm."""

    def _set(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        self.layers = ModuleList(copy.deepcopy(layer) for _ in range(num_layers))
        self.num_layers, self.norm = num_layers, norm


class TransformerEncoder(_Stack):
    """`num_layers` copies of `encoder_layer`, then `norm` unless None.

    In evaluation without gradients PyTorch's nested tensors leave 0 where `src_key_padding_mask`
    hides a key, and so do we under the same conditions; `mask_check` changes nothing.
    Source: PyTorch, torch.nn.TransformerEncoder.

    >>> import tinygrad_np as tnp
    >>> layer = TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
    >>> TransformerEncoder(layer, num_layers=2)(tnp.ones(3, 5, 8)).shape
    tinygrad_np.Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self._set(encoder_layer, num_layers, norm)
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        x = src
        for layer in self.layers:
            x = layer(
                x,
                src_mask=mask,
                src_key_padding_mask=src_key_padding_mask,
                is_causal=bool(is_causal),
            )
        if src_key_padding_mask is not None and mask is None and self._nests(src):
            hidden = canonical_mask(src_key_padding_mask, "src_key_padding_mask", src) != 0
            if (hidden[:, 1:] | ~hidden[:, :-1]).all():  # only ever at the end of a sequence
                x = x * ~hidden.unsqueeze(2)
        return x if self.norm is None else self.norm(x)

    def _nests(self, src: Tensor) -> bool:
        """Whether PyTorch would use nested tensors."""
        layer = self.layers[0]
        return (
            self.enable_nested_tensor
            and isinstance(layer, TransformerEncoderLayer)
            and not (layer.norm_first or layer.training or src.ndim != 3)
            and layer.self_attn.batch_first
            and layer.self_attn.in_proj_bias is not None
            and layer.self_attn.num_heads % 2 == 0
            and (layer.activation in (F.relu, F.gelu) or isinstance(layer.activation, ReLU | GELU))
            and not (
                is_grad_enabled()
                and (src.requires_grad or any(p.requires_grad for p in layer.parameters()))
            )
        )


class TransformerDecoder(_Stack):
    """`num_layers` copies of `decoder_layer`, then `norm` unless None.

    Source: PyTorch, torch.nn.TransformerDecoder.

    >>> import tinygrad_np as tnp
    >>> layer = TransformerDecoderLayer(d_model=8, nhead=2)
    >>> TransformerDecoder(layer, num_layers=2)(tnp.ones(5, 3, 8), tnp.ones(6, 3, 8)).shape
    tinygrad_np.Size([5, 3, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self._set(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)
