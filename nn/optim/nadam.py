"""NAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor

from .optimizer import Array, Optimizer, State
from .update import begin, blend, checked, count, descent, scalar


class NAdam(Optimizer):
    """Adam with Nesterov's momentum: the step looks ahead along m.

    p = p - lr (now g + ahead m) / (sqrt(v') + eps), where m, v and v' = v / (1 - b2^t) are Adam's,
    mu_t = b1 (1 - 0.96^(t momentum_decay) / 2), now = (1 - mu_t) / (1 - mu_1 ... mu_t) and
    ahead = mu_(t+1) / (1 - mu_1 ... mu_(t+1)). g = gradient + weight_decay p;
    `decoupled_weight_decay` shrinks p by lr weight_decay p instead; `maximize` turns the gradient
    round. `foreach` and `capturable` are accepted and change nothing.
    Raises ValueError for options out of range.
    Source: Dozat, Incorporating Nesterov momentum into Adam, 2016; PyTorch, torch.optim.NAdam.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> NAdam([p], lr=0.1).step()
    >>> p
    tensor([0.8944], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
        )
        super().__init__(params, defaults)

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        (beta1, beta2), lr, decay = group["betas"], group["lr"], group["momentum_decay"]
        if not state:
            begin(p, state, "exp_avg", "exp_avg_sq")
            state["mu_product"] = scalar(1.0)
        t, g = count(state), descent(p, g, group)
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        blend(m, beta1, g)
        blend(v, beta2, g * g)
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (i * decay)) for i in (t, t + 1))
        mu_product = state["mu_product"].array
        mu_product *= mu
        product = mu_product.item()
        c = math.sqrt(1 - beta2**t)  # sqrt(v') is sqrt(v) / c; outside it saves a pass over v
        now, ahead = (1 - mu) / (1 - product), mu_next / (1 - product * mu_next)
        p -= (lr * c * now * g + lr * c * ahead * m) / (numpy.sqrt(v) + c * group["eps"])
