"""Smooth activations, and softmax along a dimension."""

from __future__ import annotations

from dataclasses import dataclass

from tinygrad_np import Tensor

from .. import functional as F
from .activation import Activation


class Sigmoid(Activation):
    """y = 1 / (1 + e^-x). Source: PyTorch, torch.nn.Sigmoid.

    >>> import tinygrad_np as tnp
    >>> Sigmoid()(tnp.zeros(1))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.sigmoid()


class Tanh(Activation):
    """y = tanh x. Source: PyTorch, torch.nn.Tanh.

    >>> import tinygrad_np as tnp
    >>> Tanh()(tnp.zeros(1))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.tanh()


@dataclass(eq=False, repr=False)
class GELU(Activation):
    """y = x * Phi(x), approximated if `approximate` is "tanh". Source: PyTorch, torch.nn.GELU.

    >>> import tinygrad_np as tnp
    >>> GELU()(tnp.tensor([-1.0, 2.0]))
    tensor([-0.1587,  1.9545])
    """

    approximate: str = "none"

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)


@dataclass(eq=False, repr=False)
class SiLU(Activation):
    """y = x * sigmoid(x). Source: PyTorch, torch.nn.SiLU.

    >>> import tinygrad_np as tnp
    >>> SiLU()(tnp.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


@dataclass(eq=False, repr=False)
class Mish(Activation):
    """y = x * tanh(softplus(x)). Source: PyTorch, torch.nn.Mish.

    >>> import tinygrad_np as tnp
    >>> Mish()(tnp.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """

    inplace: bool = False

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


@dataclass(eq=False, repr=False)
class Softplus(Activation):
    """y = ln(1 + e^(beta x)) / beta, and x where beta x > threshold.

    Source: PyTorch, torch.nn.Softplus.

    >>> import tinygrad_np as tnp
    >>> Softplus()(tnp.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """

    beta: float = 1.0
    threshold: float = 20.0

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


class LogSigmoid(Activation):
    """y = ln sigmoid(x). Source: PyTorch, torch.nn.LogSigmoid.

    >>> import tinygrad_np as tnp
    >>> LogSigmoid()(tnp.tensor([0.0]))
    tensor([-0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Softsign(Activation):
    """y = x / (1 + |x|). Source: PyTorch, torch.nn.Softsign.

    >>> import tinygrad_np as tnp
    >>> Softsign()(tnp.tensor([3.0]))
    tensor([0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(Activation):
    """y = x - tanh x. Source: PyTorch, torch.nn.Tanhshrink.

    >>> import tinygrad_np as tnp
    >>> Tanhshrink()(tnp.tensor([1.0]))
    tensor([0.2384])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


@dataclass(eq=False, repr=False)
class GLU(Activation):
    """y = a * sigmoid(b) for the halves a, b of x along `dim`. Source: PyTorch, torch.nn.GLU.

    >>> import tinygrad_np as tnp
    >>> GLU()(tnp.tensor([2.0, 0.0]))
    tensor([1.])
    """

    dim: int = -1

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)


@dataclass(eq=False, repr=False)
class Softmax(Activation):
    """y = e^x / sum e^x along `dim`. Source: PyTorch, torch.nn.Softmax.

    >>> import tinygrad_np as tnp
    >>> Softmax(dim=0)(tnp.zeros(2))
    tensor([0.5000, 0.5000])
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim, _stacklevel=5)


@dataclass(eq=False, repr=False)
class LogSoftmax(Activation):
    """y = x - ln sum e^x along `dim`. Source: PyTorch, torch.nn.LogSoftmax.

    >>> import tinygrad_np as tnp
    >>> LogSoftmax(dim=0)(tnp.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim, _stacklevel=5)


@dataclass(eq=False, repr=False)
class Softmin(Activation):
    """y = softmax of -x along `dim`. Source: PyTorch, torch.nn.Softmin.

    >>> import tinygrad_np as tnp
    >>> Softmin(dim=0)(tnp.tensor([0.0, 1000.0]))
    tensor([1., 0.])
    """

    dim: int | None = None

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim, _stacklevel=5)
