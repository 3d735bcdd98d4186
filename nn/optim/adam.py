"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor, compilable

from .optimizer import Array, Optimizer, State
from .update import FUSED, begin, blend, checked, count, descent


class Adam(Optimizer):
    """p = p - lr m' / (sqrt(v') + eps): a step of about lr for every element.

    m = b1 m + (1 - b1) g and v = b2 v + (1 - b2) g^2 start at 0; m' = m / (1 - b1^t) and
    v' = v / (1 - b2^t) make up for that. g = gradient + weight_decay p; `decoupled_weight_decay`
    shrinks p by lr weight_decay p instead (AdamW). `amsgrad` takes the largest v so far;
    `maximize` turns the gradient round. `foreach`, `capturable` and `fused` are accepted and
    change nothing. Raises ValueError for options out of range.
    Source: Kingma and Ba, arXiv:1412.6980; Reddi et al., arXiv:1904.09237 (amsgrad); Loshchilov
    and Hutter, arXiv:1711.05101 (AdamW); PyTorch, torch.optim.Adam.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> Adam([p], lr=0.1).step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = checked(
            "lr",
            "eps",
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            foreach=foreach,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=decoupled_weight_decay,
        )
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        super().__init__(params, defaults)

    @compilable.compilable("optimizers.adam", least=FUSED)
    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        (beta1, beta2), lr = group["betas"], group["lr"]
        if not state:
            largest = ["max_exp_avg_sq"] if group["amsgrad"] else []
            begin(p, state, "exp_avg", "exp_avg_sq", *largest)
        t, g = count(state), descent(p, g, group)
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        blend(m, beta1, g)
        blend(v, beta2, g * g)
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"].array
            v = numpy.maximum(largest, v, out=largest)
        c = math.sqrt(1 - beta2**t)  # sqrt(v') is sqrt(v) / c; outside it saves a pass over v
        p -= lr * c / (1 - beta1**t) * m / (numpy.sqrt(v) + c * group["eps"])


class AdamW(Adam):
    """Adam whose weight decay shrinks p by lr weight_decay p, beside the gradient.

    Raises ValueError for options out of range.
    Source: Loshchilov and Hutter, arXiv:1711.05101; PyTorch, torch.optim.AdamW.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (0 * p).backward()
    >>> AdamW([p], lr=0.1, weight_decay=0.5).step()
    >>> p
    tensor([0.9500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # the saved state may be Adam's
            group["decoupled_weight_decay"] = True
