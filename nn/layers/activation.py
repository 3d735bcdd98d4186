"""Activations."""

from __future__ import annotations

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module


class ReLU(Module):
    """y = max(x, 0), written over x if `inplace`. Source: PyTorch, torch.nn.ReLU.

    >>> import tinygrad_np as tnp
    >>> ReLU()(tnp.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """y = 1 / (1 + e^-x). Source: PyTorch, torch.nn.Sigmoid.

    >>> import tinygrad_np as tnp
    >>> Sigmoid()(tnp.zeros(1))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.sigmoid()


class Tanh(Module):
    """y = tanh x. Source: PyTorch, torch.nn.Tanh.

    >>> import tinygrad_np as tnp
    >>> Tanh()(tnp.zeros(1))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.tanh()


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y = e^x / sum e^x along `dim`. Source: PyTorch, torch.nn.Softmax.

    >>> import tinygrad_np as tnp
    >>> Softmax(dim=0)(tnp.zeros(2))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """y = x - ln sum e^x along `dim`. Source: PyTorch, torch.nn.LogSoftmax.

    >>> import tinygrad_np as tnp
    >>> LogSoftmax(dim=0)(tnp.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim, _stacklevel=5)
