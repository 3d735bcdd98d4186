"""Optimizer: parameters in groups, the state of each, and what every optimiser does with them."""

from __future__ import annotations

import copy
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import numpy

from tinygrad_np import Handle, Tensor, backend, enable_grad, no_grad

from ..parameter import forget_grad, typename

Array = numpy.ndarray
State = dict[str, Any]


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` that runs between the hooks, and tells a scheduler that it ran."""

    @wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        if type(self).step is not hooked:  # called by the `step` of a subclass
            return step(*args, **kwargs)
        for hook in list(self._step_pre_hooks.values()):
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"{step} must return None or a tuple of (new_args, new_kwargs), "
                        f"but got {changed}."
                    )
                args, kwargs = changed
        self.stepped = self.stepped is not None
        result = step(*args, **kwargs)
        for hook in list(self._step_post_hooks.values()):
            hook(self, args, kwargs)
        return result

    return hooked


class Optimizer:
    """The base of optimisers: a subclass writes `update`, the change of one parameter.

    `update(p, g, state, group)` gets the arrays of the parameter and of its gradient, changes p in
    place, and keeps what it wants to remember as Tensors in the dict `state`; `group` has the
    options as plain Python numbers.

    `params` are tensors, (name, tensor) pairs, or dicts of a group's "params" and options; what a
    group leaves out comes from `defaults`. Each group is a dict in `param_groups`.
    Raises TypeError or ValueError for parameters that cannot be optimised.
    Source: PyTorch, torch.optim.Optimizer.
    """

    stepped: bool | None = None  # since the first scheduler asked; None: nobody asks

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if defaults.get("differentiable"):
            raise ValueError("differentiable=True is not supported: a step is never recorded")
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got {typename(params)}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, State] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._step_pre_hooks: dict[int, Any] = {}
        self._step_post_hooks: dict[int, Any] = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)
        if defaults.get("fused") and defaults.get("foreach"):
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")

    def __init_subclass__(cls) -> None:
        if "step" in vars(cls):
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimise further parameters: `param_group` has "params" and any options of its own.

        Raises TypeError or ValueError for parameters that cannot be optimised or already are.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        param_group.update(_parameters(param_group["params"]))
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        named, params = "param_names" in param_group, set(param_group["params"])
        if len(params) != len(param_group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 "
                "for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if named != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {'with' if named else 'without'} names to the optimizer"
                )
            if not params.isdisjoint(group["params"]):
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: None, or zeros where there is one."""
        for group in self.param_groups:
            for parameter in group["params"]:
                forget_grad(parameter, set_to_none)

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(optimizer, args, kwargs)` before `step`; it may return other arguments.

        They are a pair (args, kwargs), the optimiser first among the args; `step` raises
        RuntimeError for a hook that returns anything else.
        """
        return Handle(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., None]) -> Handle:
        """Call `hook(optimizer, args, kwargs)` after `step`."""
        return Handle(self._step_post_hooks, hook)

    @_with_hooks
    @no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        A `closure`, if given, first computes the gradients; what it returns is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._update_all()
        return loss

    @backend.quiet
    def _update_all(self) -> None:
        where = None
        for group in self.param_groups:
            options = {name: _plain(option) for name, option in group.items()}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    # Arrays: the same steps on Tensors take 1.1 ms for LeNet and not 0.16 ms.
                    state = self.state.get(parameter, {})
                    self.update(parameter.array, parameter.grad.array, state, options)
                    parameter.version.bump(where)
                    where = parameter.version.changed_at
                    if state:
                        self.state[parameter] = state

    update: Callable[[Array, Array, State, dict[str, Any]], None]

    # -- saving and loading

    def state_dict(self) -> dict[str, Any]:
        """State and options as a dict, with the parameters numbered in order."""
        numbers: dict[Tensor, int] = {}
        for group in self.param_groups:
            for parameter in group["params"]:
                numbers.setdefault(parameter, len(numbers))
        groups = [
            {k: v for k, v in group.items() if k != "params"}
            | {"params": [numbers[parameter] for parameter in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": {numbers[p]: s for p, s in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options that `state_dict` gave, for the same parameters in order.

        Tensors are copied, in the dtype of their parameter, the count of steps aside.
        Raises ValueError where the groups differ in number or size.
        """
        saved = copy.deepcopy(state_dict["param_groups"])
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(self.param_groups, saved, strict=True))
        if any(len(group["params"]) != len(other["params"]) for group, other in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group "
                "that doesn't match the size of optimizer's group"
            )
        parameters: dict[int, Tensor] = {}
        groups = []
        for group, other in pairs:
            parameters |= zip(other["params"], group["params"], strict=True)
            names = {name: group[name] for name in ("param_names",) if name in group}
            groups.append({**self.defaults, **names, **other, "params": group["params"]})
        state: defaultdict[Tensor, State] = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number in parameters:
                state[parameters[number]] = _fitted(values, parameters[number])
        self.__setstate__({"state": state, "param_groups": groups})

    def __getstate__(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in ("defaults", "state", "param_groups")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        hooks: dict[str, Any] = {"_step_pre_hooks": {}, "_step_post_hooks": {}}
        vars(self).update({**hooks, **vars(self), **state})

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            options = [f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params"]
            text += f"\nParameter Group {i}\n" + "".join(options)
        return text + ")"


def _parameters(given: Any) -> dict[str, list[Any]]:
    """The parameters of a group as a list and, if they came with names, those too."""
    if isinstance(given, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering "
            "of tensors in sets will change between runs. Please use a list instead."
        )
    items = [given] if isinstance(given, Tensor) else list(given)
    names = [item[0] for item in items if isinstance(item, tuple)]
    params = [item[1] if isinstance(item, tuple) else item for item in items]
    if names and len(names) != len(items):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    for parameter in params:
        if not isinstance(parameter, Tensor):
            raise TypeError(
                "optimizer can only optimize Tensors, "
                f"but one of the params is {typename(parameter)}"
            )
        if not (parameter.is_leaf or parameter.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")
    return {"params": params, "param_names": names} if names else {"params": params}


def _plain(option: Any) -> Any:
    """An option as Python's numbers, which never change a dtype: lr may be a Tensor."""
    if isinstance(option, tuple):
        return tuple(_plain(item) for item in option)
    return option.item() if isinstance(option, Tensor | numpy.generic) else option


def _fitted(value: Any, parameter: Tensor, name: str = "") -> Any:
    """A copy of what was saved, tensors in the dtype of the parameter; `step` keeps its own."""
    if isinstance(value, Tensor):
        return value.clone() if name == "step" else value.to(parameter.dtype, copy=True)
    if isinstance(value, dict):
        return {key: _fitted(item, parameter, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_fitted(item, parameter) for item in value)
    return value
