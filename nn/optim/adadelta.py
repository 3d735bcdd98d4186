"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor

from .optimizer import Array, Optimizer, State
from .update import begin, blend, checked, count, descent


class Adadelta(Optimizer):
    """p = p - lr d, where d = g sqrt(u + eps) / sqrt(v + eps): steps in the unit of p.

    v = rho v + (1 - rho) g^2 and u = rho u + (1 - rho) d^2, both from 0, u after its use.
    g = gradient + weight_decay p; `maximize` turns the gradient round. `foreach` and `capturable`
    are accepted and change nothing. Raises ValueError for options out of range.
    Source: Zeiler, arXiv:1212.5701; PyTorch, torch.optim.Adadelta.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> Adadelta([p], eps=0.1).step()
    >>> p
    tensor([0.0513], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = checked(
            lr=lr,
            rho=rho,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            capturable=capturable,
            foreach=foreach,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        rho, eps = group["rho"], group["eps"]
        if not state:
            begin(p, state, "square_avg", "acc_delta")
        count(state)
        g = descent(p, g, group)
        u, v = state["acc_delta"].array, state["square_avg"].array
        blend(v, rho, g * g)
        d = numpy.sqrt(u + eps) / numpy.sqrt(v + eps) * g
        blend(u, rho, d * d)
        p -= group["lr"] * d
