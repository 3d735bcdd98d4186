"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor

from .optimizer import Array, Optimizer, State
from .update import begin, blend, checked, count, descent


class RMSprop(Optimizer):
    """p = p - lr g / (sqrt(v) + eps), where v = alpha v + (1 - alpha) g^2 from 0.

    `centered` takes m^2 from v, with m = alpha m + (1 - alpha) g: a variance. With `momentum` the
    step is lr b, where b = momentum b + g / (sqrt(v) + eps). g = gradient + weight_decay p;
    `maximize` turns the gradient round. `foreach` and `capturable` are accepted and change nothing.
    Raises ValueError for options out of range.
    Source: Tieleman and Hinton, Neural networks for machine learning, lecture 6.5, 2012; Graves,
    arXiv:1308.0850 (centered); PyTorch, torch.optim.RMSprop.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> RMSprop([p], lr=0.1, alpha=0.75).step()
    >>> p
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = checked(
            *("lr", "eps", "momentum", "weight_decay"),
            lr=lr,
            momentum=momentum,
            alpha=alpha,
            eps=eps,
            centered=centered,
            weight_decay=weight_decay,
            capturable=capturable,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        alpha, lr, momentum = group["alpha"], group["lr"], group["momentum"]
        if not state:
            wanted = {"momentum_buffer": momentum > 0, "grad_avg": group["centered"]}
            begin(p, state, "square_avg", *(name for name, on in wanted.items() if on))
        count(state)
        g = descent(p, g, group)
        v = state["square_avg"].array
        blend(v, alpha, g * g)
        if group["centered"]:
            m = state["grad_avg"].array
            blend(m, alpha, g)
            v = v - m * m
        d = g / (numpy.sqrt(v) + group["eps"])
        if momentum > 0:
            b = state["momentum_buffer"].array
            b *= momentum
            b += d
            d = b
        p -= lr * d
