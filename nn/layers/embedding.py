"""Embedding."""

from __future__ import annotations

from typing import Any, Self

import tinygrad_np as tnp
from tinygrad_np import Tensor, no_grad

from .. import functional as F
from .. import init
from ..functional.embedding import row_of_padding
from ..module import Module
from ..parameter import Parameter


class Embedding(Module):
    """A table of vectors, read by number: `(*) -> (*, embedding_dim)`.

    weight `(num_embeddings, embedding_dim)` starts standard normal, and 0 in row `padding_idx`,
    which gets no gradient. Other arguments as for `functional.embedding`.
    Raises AssertionError for a padding_idx that is no row's. Source: PyTorch, torch.nn.Embedding.

    >>> Embedding(10, 3)(tnp.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    tinygrad_np.Size([2, 4, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = row_of_padding(padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if _weight is None:
            empty = tnp.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(empty, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            if list(_weight.shape) != [num_embeddings, embedding_dim]:
                raise AssertionError(
                    "Shape of weight does not match num_embeddings and embedding_dim"
                )
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    @no_grad()
    def reset_parameters(self) -> None:
        """Draw the weight anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """An Embedding whose weight is `embeddings`, not to be trained if `freeze`.

        Raises AssertionError if `embeddings` is no matrix.

        >>> Embedding.from_pretrained(tnp.tensor([[1.0, 2.3], [4.0, 5.1]]))(tnp.tensor(1))
        tensor([4.0000, 5.1000])
        """
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        return cls(
            rows,
            columns,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            embeddings,
            freeze,
        )

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        defaults = {"padding_idx": None, "max_norm": None, "norm_type": 2.0}
        defaults |= {"scale_grad_by_freq": False, "sparse": False}
        shown = [f"{n}={getattr(self, n)}" for n, d in defaults.items() if getattr(self, n) != d]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *shown])
