"""Dropout of elements or of whole channels."""

from __future__ import annotations

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training zero each element with probability p and divide the others by 1 - p.

    Raises ValueError unless 0 <= p <= 1. Source: PyTorch, torch.nn.Dropout.

    >>> import tinygrad_np as tnp
    >>> Dropout(0.2).eval()(tnp.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """`Dropout` of whole channels of `(N, C, L)` or `(C, L)`. Source: PyTorch, torch.nn.Dropout1d.

    >>> import tinygrad_np as tnp
    >>> Dropout1d(1.0)(tnp.ones(1, 2))
    tensor([[0., 0.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """`Dropout` of whole channels of `(N, C, H, W)`. Source: PyTorch, torch.nn.Dropout2d.

    >>> import tinygrad_np as tnp
    >>> Dropout2d(1.0)(tnp.ones(1, 1, 1, 2))
    tensor([[[[0., 0.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """`Dropout` of whole channels of `(N, C, D, H, W)`. Source: PyTorch, torch.nn.Dropout3d.

    >>> import tinygrad_np as tnp
    >>> Dropout3d(1.0)(tnp.ones(1, 1, 1, 2))
    tensor([[[[0., 0.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1, for `SELU`. Source: PyTorch, torch.nn.AlphaDropout.

    >>> import tinygrad_np as tnp
    >>> AlphaDropout().eval()(tnp.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)
