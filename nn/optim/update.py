"""What the optimisers share: checked options, and the parts of their updates, on arrays."""

from __future__ import annotations

from typing import Any

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .optimizer import Array, State

_NAMES = {"lr": "learning rate", "eps": "epsilon value"}
_NOT_NEGATIVE = {
    *("lr", "eps", "weight_decay", "momentum", "alpha", "rho"),
    *("lr_decay", "initial_accumulator_value", "momentum_decay"),
}


def checked(*first: str, **options: Any) -> dict[str, Any]:
    """The options as a dict, checked in order, but those named `first` before the others.

    Raises ValueError for a negative one, for betas outside [0, 1), and for an lr of more elements.

    >>> checked(lr=0.1, betas=[0.9, 0.99])
    {'lr': 0.1, 'betas': (0.9, 0.99)}
    """
    lr = options["lr"]
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    for name in (*first, *options):
        value = options[name]
        if name in _NOT_NEGATIVE and not (value >= 0.0 and (name != "rho" or value <= 1.0)):
            raise ValueError(f"Invalid {_NAMES.get(name, f'{name} value')}: {value}")
        if name == "betas":
            for i, beta in enumerate(value):
                if not 0.0 <= beta < 1.0:
                    raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
            options[name] = tuple(value)
    return options


FUSED = 1 << 14  # the numbers of a parameter from which on one compiled pass is faster


def begin(p: Array, state: State, *names: str) -> None:
    """Count the steps from 0, and start what is called `names` as zeros in the shape of p."""
    state["step"] = scalar(0.0)
    for name in names:
        state[name] = tnp.from_numpy(numpy.zeros_like(p))


def scalar(value: float) -> Tensor:
    """A number in a state: float32, or float64 if that is the default dtype."""
    wide = tnp.get_default_dtype() is tnp.float64
    return tnp.tensor(value, dtype=tnp.float64 if wide else tnp.float32)


def count(state: State) -> float:
    """The number of the step that is made now, from 1."""
    step = state["step"].array  # the Tensor itself would take 30 times as long to count
    step += 1
    return step.item()


def descent(p: Array, g: Array, group: dict[str, Any]) -> Array:
    """The gradient, turned round by `maximize`, plus weight_decay p.

    With `decoupled_weight_decay` p itself shrinks by lr weight_decay p instead.
    """
    decay = group["weight_decay"]
    if group["maximize"]:
        g = -g
    if group.get("decoupled_weight_decay"):
        p *= 1 - group["lr"] * decay
    elif decay:
        g = g + decay * p
    return g


def blend(average: Array, beta: float, new: Array) -> None:
    """average = beta average + (1 - beta) new, in place."""
    average *= beta
    average += (1 - beta) * new
