"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from tinygrad_np import Tensor, from_numpy

from .optimizer import Array, Optimizer, State
from .update import checked, count, descent, scalar


class Adagrad(Optimizer):
    """p = p - lr' g / (sqrt(v) + eps), where v = initial_accumulator_value + all g^2 so far.

    lr' = lr / (1 + (t - 1) lr_decay) at step t. g = gradient + weight_decay p; `maximize` turns
    the gradient round. `foreach` and `fused` are accepted and change nothing.
    Raises ValueError for options out of range.
    Source: Duchi et al., Adaptive subgradient methods for online learning and stochastic
    optimization, 2011; PyTorch, torch.optim.Adagrad.

    >>> import tinygrad_np as tnp
    >>> p = tnp.ones(1, requires_grad=True)
    >>> (3 * p).backward()
    >>> Adagrad([p], lr=0.1).step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults = checked(
            *("lr", "lr_decay", "weight_decay", "initial_accumulator_value"),
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            foreach=foreach,
            maximize=maximize,
            differentiable=differentiable,
            fused=fused,
        )
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self._begin(p.array, self.state[p])

    def _begin(self, p: Array, state: State) -> None:
        state["step"] = scalar(0.0)
        start = self.defaults["initial_accumulator_value"]
        state["sum"] = from_numpy(numpy.full_like(p, start))

    def update(self, p: Array, g: Array, state: State, group: dict[str, Any]) -> None:
        if not state:  # a parameter of a group that was added later
            self._begin(p, state)
        t, g = count(state), descent(p, g, group)
        v = state["sum"].array
        v += g * g
        lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])
        p -= lr * g / (numpy.sqrt(v) + group["eps"])
