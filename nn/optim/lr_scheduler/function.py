"""Schedulers by functions of the epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler, function_state, load_functions

Function = Callable[[int], float]


class LambdaLR(LRScheduler):
    """initial lr * lr_lambda(epoch), by one function or by a list of one for each group.

    Raises ValueError for a list of another length.
    Source: PyTorch, torch.optim.lr_scheduler.LambdaLR.

    >>> import nn
    >>> optimizer = nn.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.5)
    >>> scheduler = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Function | list[Function],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        if not isinstance(lr_lambda, list | tuple):
            lr_lambda = [lr_lambda] * groups
        if len(lr_lambda) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(lr_lambda)}")
        self.lr_lambdas = list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def _factors(self) -> list[float]:
        return [function(self.last_epoch) for function in self.lr_lambdas]

    def _rates(self, rates: list[Any]) -> list[Any]:
        return [lr * factor for lr, factor in zip(self.base_lrs, self._factors(), strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; of `lr_lambdas` the attributes of callable objects."""
        states = [function_state(function) for function in self.lr_lambdas]
        return super().state_dict() | {"lr_lambdas": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; plain functions stay what they are."""
        load_functions(self.lr_lambdas, state_dict["lr_lambdas"])
        super().load_state_dict(state_dict | {"lr_lambdas": self.lr_lambdas})


class MultiplicativeLR(LambdaLR):
    """lr * lr_lambda(epoch): the factors of all epochs so far, multiplied.

    Raises ValueError for a list of another length, TypeError for what cannot be called.
    Source: PyTorch, torch.optim.lr_scheduler.MultiplicativeLR.

    >>> import nn
    >>> optimizer = nn.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.5)
    >>> scheduler = MultiplicativeLR(optimizer, lambda epoch: 0.5)
    >>> for epoch in range(2):
    ...     optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Function | list[Function],
        last_epoch: int = -1,
    ) -> None:
        for function in lr_lambda if isinstance(lr_lambda, list | tuple) else [lr_lambda]:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _rates(self, rates: list[Any]) -> list[Any]:
        if self._is_initial:
            return rates
        return [lr * factor for lr, factor in zip(rates, self._factors(), strict=True)]
