"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor

from .optimizer import Array, Optimizer, State
from .update import begin, blend, checked, count, descent


class Adamax(Optimizer):
    """p = p - lr m' / u, where u = max(b2 u, |g| + eps): Adam by the infinity norm.

    m = b1 m + (1 - b1) g and u start at 0; m' = m / (1 - b1^t). g = gradient + weight_decay p;
    `maximize` turns the gradient round. `foreach` and `capturable` are accepted and change nothing.
    Raises ValueError for options out of range.
    Source: Kingma and Ba, arXiv:1412.6980, section 7.1; PyTorch, torch.optim.Adamax.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> Adamax([p], lr=0.1).step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = checked(
            "lr",
            "eps",
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            capturable=capturable,
        )
        super().__init__(params, defaults)

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        if not state:
            begin(p, state, "exp_avg", "exp_inf")
        t, g = count(state), descent(p, g, group)
        m, u = state["exp_avg"].array, state["exp_inf"].array
        blend(m, beta1, g)
        u *= beta2
        numpy.maximum(u, abs(g) + group["eps"], out=u)
        p -= group["lr"] / (1 - beta1**t) * m / u
