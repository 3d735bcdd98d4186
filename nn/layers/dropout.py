"""Dropout."""

from __future__ import annotations

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module


class Dropout(Module):
    """In training zero each element with probability p and divide the others by 1 - p.

    Raises ValueError unless 0 <= p <= 1. Source: PyTorch, torch.nn.Dropout.

    >>> import tinygrad_np as tnp
    >>> Dropout(0.2).eval()(tnp.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
