"""The base of all schedulers: which epoch it is, and the learning rate of each group in it."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from tinygrad_np import Tensor

from ..optimizer import Optimizer

Rate = float | Tensor


class LRScheduler:
    """The base of schedulers: a subclass writes `get_lr`, the rates of all groups at `last_epoch`.

    `get_lr` goes from the present rates, so that schedulers can be combined; a subclass with
    `_get_closed_form_lr` gives them from `base_lrs` too, for `step(epoch)`.
    Raises TypeError for what is no Optimizer, KeyError for a resumed one without initial rates.
    Source: PyTorch, torch.optim.lr_scheduler.LRScheduler.
    """

    _is_initial = False  # while the rates of the first epoch are set
    _get_lr_called_within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked(optimizer)
        optimizer.stepped = bool(optimizer.stepped)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copy(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0.\nThis typically happens when:\n1. You're "
                    "trying to resume training from a checkpoint but haven't properly loaded the "
                    "optimizer state\n2. You're using last_epoch >= 0 for a fresh training run "
                    "(not recommended)"
                )
        self.base_lrs = self._of_groups("initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[Rate]:
        """The learning rate of each group at `last_epoch`; call `get_last_lr` to see them.

        Warns outside of `step`, where the rates may have been changed already.
        """
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, "
                "please use `get_last_lr()`.",
                stacklevel=2,
            )
        return self._rates(self._of_groups("lr"))

    def _rates(self, rates: list[Any]) -> list[Any]:
        """What the present `rates` become."""
        return rates

    def get_last_lr(self) -> list[Rate]:
        """The learning rate of each group that is in force."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to `epoch`: to be called after the optimiser's `step`.

        Warns where the optimiser has not stepped yet, and about the deprecated `epoch`.
        """
        if self._step_count == 1 and not self.optimizer.stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. "
                "In PyTorch 1.1.0 and later, you should call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`.  Failure to do this "
                "will result in PyTorch skipping the first value of the learning rate schedule. "
                "See more details at "
                "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        self._set_rates(closed or self.get_lr)

    def _set_rates(self, rates: Callable[[], list[Any]]) -> None:
        self._get_lr_called_within_step = True
        try:
            for group, lr in zip(self.optimizer.param_groups, rates(), strict=True):
                put(group, "lr", lr)
        finally:
            self._get_lr_called_within_step = False
        self._last_lr = self._of_groups("lr")

    def _of_groups(self, key: str) -> list[Any]:
        return [_copy(group[key]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        vars(self).update(state_dict)


def checked(optimizer: Any) -> Optimizer:
    """The optimiser; raises TypeError if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def warn_of_epoch() -> None:
    """Warn about `step(epoch)`, at the line that called it."""
    warnings.warn(
        "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
        "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
        "epoch is different from None, the closed form is used instead of the new chainable form, "
        "where available.",
        stacklevel=3,
    )


def put(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a group; one that is a Tensor stays the same Tensor."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group: those of a list or tuple, or one for all.

    Raises ValueError for a list of another length.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [_copy(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {groups}."
        )
    return [_copy(item) for item in value]


def function_state(function: Any) -> dict[str, Any] | None:
    """What is saved of a function that the user gave: the attributes of an object, else None."""
    plain = function is None or isinstance(function, types.FunctionType)
    return None if plain else vars(function).copy()


def load_functions(functions: Iterable[Any], states: Iterable[dict[str, Any] | None]) -> None:
    """Give objects back the attributes that `function_state` saved."""
    for function, state in zip(functions, states, strict=True):
        if state is not None:
            vars(function).update(state)


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value
