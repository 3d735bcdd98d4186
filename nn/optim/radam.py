"""RAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor

from .optimizer import Array, Optimizer, State
from .update import begin, blend, checked, count, descent


class RAdam(Optimizer):
    """Adam that waits with v until it has seen enough: p = p - lr m', later p - lr r m' / sqrt(v').

    m' and v' are Adam's, with eps added to sqrt(v). With rho = 2 / (1 - b2) - 1 and
    s = rho - 2 t b2^t / (1 - b2^t), about the number of gradients that v averages, the factor is
    r = sqrt((s - 4) (s - 2) rho / ((rho - 4) (rho - 2) s)) as soon as s > 5.
    g = gradient + weight_decay p; `decoupled_weight_decay` shrinks p by lr weight_decay p instead;
    `maximize` turns the gradient round. `foreach` and `capturable` are accepted and change nothing.
    Raises ValueError for options out of range.
    Source: Liu et al., arXiv:1908.03265; PyTorch, torch.optim.RAdam.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> RAdam([p], lr=0.1).step()
    >>> p
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = checked(
            "lr",
            "eps",
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            decoupled_weight_decay=decoupled_weight_decay,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        if not state:
            begin(p, state, "exp_avg", "exp_avg_sq")
        t, g = count(state), descent(p, g, group)
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        blend(m, beta1, g)
        blend(v, beta2, g * g)
        d = group["lr"] / (1 - beta1**t) * m
        correction, rho = 1 - beta2**t, 2 / (1 - beta2) - 1
        s = rho - 2 * t * beta2**t / correction
        if s > 5:
            r = math.sqrt((s - 4) * (s - 2) * rho / ((rho - 4) * (rho - 2) * s))
            d *= r * math.sqrt(correction) / (numpy.sqrt(v) + group["eps"])
        p -= d
