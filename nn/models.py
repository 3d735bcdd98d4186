"""Networks."""

from __future__ import annotations

from typing import Literal

from tinygrad_np import Tensor

from . import init
from .layers.activation import ReLU
from .layers.container import Sequential
from .layers.conv import Conv2d
from .layers.flatten import Flatten
from .layers.linear import Linear
from .layers.pool import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d
from .module import Module

Pool = Literal["max", "avg"]
Order = Literal["conv-pool-relu", "conv-relu-pool"]


class LeNet(Module):
    """LeNet-5 with relu, for `(N, 1, 28, 28) -> (N, 10)`: 61,706 parameters.

    `pool` is "max" or "avg"; `order` says where relu stands, which matters for "avg" alone.
    Weights start Kaiming-normal (fan_in, gain sqrt 2), biases at 0.
    Raises ValueError for another `pool` or `order`.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998.

    >>> import tinygrad_np as tnp
    >>> LeNet(pool="avg")(tnp.ones(2, 1, 28, 28)).shape
    tinygrad_np.Size([2, 10])
    """

    def __init__(self, pool: Pool = "max", order: Order = "conv-pool-relu") -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(1, 6, kernel_size=5, padding=2),  # (N, 6, 28, 28)
            *_pool_and_relu(pool, order),  # (N, 6, 14, 14)
            Conv2d(6, 16, kernel_size=5),  # (N, 16, 10, 10)
            *_pool_and_relu(pool, order),  # (N, 16, 5, 5)
        )
        self.classifier = Sequential(
            Flatten(),  # (N, 400)
            Linear(400, 120),
            ReLU(),
            Linear(120, 84),
            ReLU(),
            Linear(84, 10),
        )
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.kaiming_normal_(parameter, nonlinearity="relu")
            else:
                init.zeros_(parameter)

    def forward(self, input: Tensor) -> Tensor:
        return self.classifier(self.features(input))


class LeNetv2(Module):
    """Six 3 x 3 convolutions and one linear layer, `(N, 1, 28, 28) -> (N, 10)`: 18,370 parameters.

    Channels 8-8-pool-16-16-pool-32-32, each convolution followed by relu, then the mean of each
    channel. `pool` is "max" or "avg". Weights start as PyTorch's layers do.
    Raises ValueError for another `pool`. Source: train_torch.py of rongzhao-zhang/CNN-Numpy.

    >>> import tinygrad_np as tnp
    >>> LeNetv2()(tnp.ones(2, 1, 28, 28)).shape
    tinygrad_np.Size([2, 10])
    """

    def __init__(self, pool: Pool = "max") -> None:
        super().__init__()
        self.features = Sequential(
            *_two_convs(1, 8, padding=1),  # (N, 8, 28, 28)
            _pool(pool, "LeNetv2"),  # (N, 8, 14, 14)
            *_two_convs(8, 16),  # (N, 16, 10, 10)
            _pool(pool, "LeNetv2"),  # (N, 16, 5, 5)
            *_two_convs(16, 32),  # (N, 32, 1, 1)
            AdaptiveAvgPool2d(1),
        )
        self.classifier = Sequential(Flatten(), Linear(32, 10))

    def forward(self, input: Tensor) -> Tensor:
        return self.classifier(self.features(input))


def by_name(name: str, pool: Pool, order: Order) -> LeNet | LeNetv2:
    """A model of this file; `order` is of LeNet alone."""
    return LeNet(pool, order) if name == "LeNet" else LeNetv2(pool)


def _two_convs(channels: int, out_channels: int, padding: int = 0) -> list[Module]:
    first = Conv2d(channels, out_channels, 3, padding=padding)
    return [first, ReLU(), Conv2d(out_channels, out_channels, 3, padding=padding), ReLU()]


def _pool(pool: str, model: str) -> Module:
    pools = {"max": MaxPool2d, "avg": AvgPool2d}
    if pool not in pools:
        raise ValueError(f"{model}: expected pool 'max' or 'avg', got {pool!r}")
    return pools[pool](2)


def _pool_and_relu(pool: str, order: str) -> list[Module]:
    layers = [_pool(pool, "LeNet"), ReLU()]
    if order not in ("conv-pool-relu", "conv-relu-pool"):
        raise ValueError(
            f"LeNet: expected order 'conv-pool-relu' or 'conv-relu-pool', got {order!r}"
        )
    return layers if order == "conv-pool-relu" else layers[::-1]
