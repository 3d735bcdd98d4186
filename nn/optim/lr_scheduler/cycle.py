"""Schedulers that let the learning rate rise and fall, and the momentum against it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from ..optimizer import Optimizer
from .scheduler import LRScheduler, checked, function_state, load_functions, per_group, put

Phase = dict[str, Any]


class MomentumCycler(LRScheduler):
    """A scheduler that sets momentum too, or the first beta where an optimiser has betas."""

    use_beta1: bool

    def _start_momentum(self, base: Any, top: Any, resumed: bool) -> tuple[list[Any], list[Any]]:
        """The lowest and the highest momentum of each group, noted in it; it starts at the top.

        Raises ValueError for an optimiser without momentum.
        """
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.use_beta1 = "betas" in defaults
        bases = per_group("base_momentum", self.optimizer, base)
        tops = per_group("max_momentum", self.optimizer, top)
        if not resumed:
            for group, low, high in zip(self.optimizer.param_groups, bases, tops, strict=True):
                self._set_momentum(group, high)
                group.update(base_momentum=low, max_momentum=high)
        return bases, tops

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(MomentumCycler):
    """Straight up from base_lr to max_lr in `step_size_up` steps, and down in `step_size_down`.

    Cycle c has the height max_lr - base_lr in mode "triangular", half of the one before it in
    "triangular2", gamma^epoch of it in "exp_range", or scale_fn(c) of it, or scale_fn(epoch) if
    scale_mode is "iterations". `cycle_momentum` lets momentum fall while the rate rises. Rates and
    momenta may be lists, one for each group. Raises ValueError for an unknown mode, lists of
    another length, or an optimiser without momentum.
    Source: Smith, arXiv:1506.01186; PyTorch, torch.optim.lr_scheduler.CyclicLR.

    >>> import nn
    >>> optimizer = nn.optim.SGD(nn.Linear(1, 1).parameters(), momentum=0.9)
    >>> scheduler = CyclicLR(optimizer, base_lr=0.25, max_lr=0.5, step_size_up=2)
    >>> optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.375]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = checked(optimizer)
        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                put(group, "lr", lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = float(step_size_up) / self.total_size
        if scale_fn is None:
            if mode not in ("triangular", "triangular2", "exp_range"):
                raise ValueError("mode is invalid and scale_fn is None")
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.mode, self.gamma = mode, gamma
        self._scale_fn_custom, self.scale_mode = scale_fn, scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._start_momentum(
                base_momentum, max_momentum, resumed=last_epoch != -1
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of cycle x, or at epoch x, as a part of the full height."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            return self.gamma**x
        return 1.0 if self.mode == "triangular" else 1 / 2.0 ** (x - 1)

    def _rates(self, rates: list[Any]) -> list[Any]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        up = x <= self.step_ratio
        part = x / self.step_ratio if up else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            limits = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, limits, strict=True):
                self._set_momentum(group, high - (high - low) * part * scale)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * part * scale for low, high in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; of `scale_fn` the attributes of a callable object."""
        state = function_state(self._scale_fn_custom)
        return super().state_dict() | {"_scale_fn_custom": state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; a plain function stays what it is."""
        load_functions([self._scale_fn_custom], [state_dict["_scale_fn_custom"]])
        super().load_state_dict(state_dict | {"_scale_fn_custom": self._scale_fn_custom})


class OneCycleLR(MomentumCycler):
    """Up from max_lr / div_factor to max_lr, then down to that / final_div_factor, and no more.

    The way up takes the part `pct_start` of `total_steps` (or of epochs * steps_per_epoch), along a
    cosine or a line (`anneal_strategy`); `three_phase` goes down to the start first, as fast as
    up. `cycle_momentum` lets momentum fall from max_momentum to base_momentum and rise again. Rates
    and momenta may be lists, one for each group. Raises ValueError for options out of range, lists
    of another length, an optimiser without momentum, and for steps beyond the last.
    Source: Smith and Topin, arXiv:1708.07120; PyTorch, torch.optim.lr_scheduler.OneCycleLR.

    >>> import nn
    >>> optimizer = nn.optim.SGD(nn.Linear(1, 1).parameters(), momentum=0.9)
    >>> scheduler = OneCycleLR(optimizer, max_lr=0.5, total_steps=4, pct_start=0.5)
    >>> optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = checked(optimizer)
        self.total_steps = _steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        tops = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, tops, strict=True):
                start = top / div_factor
                group.update(initial_lr=start, max_lr=top, min_lr=start / final_div_factor)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum, resumed=last_epoch != -1)
        super().__init__(optimizer, last_epoch)

    def _rates(self, rates: list[Any]) -> list[Any]:
        step, begin = self.last_epoch, 0.0
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. "
                f"The specified number of total steps is {self.total_steps}"
            )
        *earlier, phase = self._schedule_phases
        for candidate in earlier:
            if step <= candidate["end_step"]:
                phase = candidate
                break
            begin = candidate["end_step"]
        part, groups = (step - begin) / (phase["end_step"] - begin), self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                self._set_momentum(group, self._between("momentum", phase, group, part))
        return [self._between("lr", phase, group, part) for group in groups]

    def _between(self, what: str, phase: Phase, group: dict[str, Any], part: float) -> Any:
        """The rate or the momentum of a group at a part of a phase."""
        start, end = group[phase[f"start_{what}"]], group[phase[f"end_{what}"]]
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _steps(total: int | None, epochs: int | None, per_epoch: int | None) -> int:
    names = {"total_steps": total} if total is not None else {}
    if not names and epochs is not None and per_epoch is not None:
        names = {"epochs": epochs, "steps_per_epoch": per_epoch}
    if not names:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    for name, value in names.items():
        if value <= 0 or not isinstance(value, int):
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return math.prod(names.values())


def _phases(steps: int, up: float, three: bool) -> list[Phase]:
    """The last step of each phase, and from where to where its rate and its momentum go."""
    names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")  # as PyTorch saves
    rise = (float(up * steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")
    fall = (steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum")
    back = (float(2 * up * steps) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum")
    out = (steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum")
    rows = [rise, back, out] if three else [rise, fall]
    return [dict(zip(names, row, strict=True)) for row in rows]
