"""Adam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy

import tinygrad_np as tnp

from .optimizer import Array, Optimizer, State


class Adam(Optimizer):
    """p = p - lr m' / (sqrt(v') + eps): a step of about lr for every element.

    m = b1 m + (1 - b1) g and v = b2 v + (1 - b2) g^2 start at 0; m' = m / (1 - b1^t) and
    v' = v / (1 - b2^t) make up for that. g = gradient + weight_decay p; `decoupled_weight_decay`
    shrinks p by lr weight_decay p instead (AdamW). `amsgrad` takes the largest v so far;
    `maximize` turns the gradient round. `foreach`, `capturable` and `fused` are accepted and
    change nothing. Raises ValueError for options out of range.
    Source: Kingma and Ba, arXiv:1412.6980; Reddi et al., arXiv:1904.09237 (amsgrad); Loshchilov
    and Hutter, arXiv:1711.05101 (AdamW); PyTorch, torch.optim.Adam.

    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> Adam([p], lr=0.1).step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
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
        for name, value in (("learning rate", lr), ("epsilon value", eps)):
            if not value >= 0.0:
                raise ValueError(f"Invalid {name}: {value}")
        for i, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        (beta1, beta2), lr, decay = group["betas"], float(group["lr"]), group["weight_decay"]
        if not state:
            self._start(p, state, group["amsgrad"])
        state["step"] += 1
        t = state["step"].item()
        m, v = state["exp_avg"].array, state["exp_avg_sq"].array
        if group["maximize"]:
            g = -g
        if group["decoupled_weight_decay"]:
            p *= 1 - lr * decay
        elif decay:
            g = g + decay * p
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * g * g
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"].array
            v = numpy.maximum(largest, v, out=largest)
        root = numpy.sqrt(v) / math.sqrt(1 - beta2**t) + group["eps"]
        p -= lr / (1 - beta1**t) * m / root

    def _start(self, p: Array, state: State, amsgrad: bool) -> None:
        state["step"] = tnp.tensor(0.0)
        for name in ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if amsgrad else [])):
            state[name] = tnp.from_numpy(numpy.zeros_like(p))
