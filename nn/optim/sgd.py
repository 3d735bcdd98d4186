"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor, compilable, from_numpy

from .optimizer import Array, Optimizer, State
from .update import FUSED, checked, descent


class SGD(Optimizer):
    """b = momentum b + (1 - dampening) g;   p = p - lr b, where g = gradient + weight_decay p.

    b starts as the first g. With `nesterov` the step is along g + momentum b instead; `maximize`
    turns the gradient round. `foreach` and `fused` are accepted and change nothing.
    Raises ValueError for options out of range.
    Source: Sutskever et al., On the importance of initialization and momentum in deep learning,
    2013; PyTorch, torch.optim.SGD, whose lr multiplies b and not what b gathers.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> SGD([p], lr=0.1).step()
    >>> p
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = checked(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
            foreach=foreach,
            differentiable=differentiable,
            fused=fused,
        )
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, defaults)

    @compilable.compilable("optimizers.sgd", least=FUSED)
    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        momentum, dampening = group["momentum"], group["dampening"]
        g = descent(p, g, group)
        if momentum:
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = from_numpy(numpy.array(g, p.dtype))
                b = g
            else:
                b = state["momentum_buffer"].array
                b *= momentum
                b += (1 - dampening) * g if dampening else g
            g = g + momentum * b if group["nesterov"] else b
        p -= group["lr"] * g
