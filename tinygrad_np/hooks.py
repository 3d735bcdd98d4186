"""Functions that see a gradient when it is known, and may replace it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

Hooks = dict[int, Callable[..., Any]]

_next_number = itertools.count().__next__


class Handle:
    """What registers a hook, last or first: `remove()` takes it away; also a context manager."""

    def __init__(self, hooks: Hooks, hook: Any, prepend: bool = False) -> None:
        self.hooks, self.id = hooks, _next_number()
        others = list(hooks.items()) if prepend else []
        if prepend:
            hooks.clear()
        hooks[self.id] = hook
        hooks.update(others)

    def remove(self) -> None:
        """Take the hook away."""
        self.hooks.pop(self.id, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class AfterAccumulation:
    """A hook among those of a leaf that is called with the leaf once its `grad` is complete."""

    def __init__(self, hook: Callable[[Any], None]) -> None:
        self.hook = hook


def accumulated(leaf: Any, hooks: Hooks | None) -> None:
    """Call the hooks that wait for the `grad` of a leaf."""
    for hook in list((hooks or {}).values()):
        if isinstance(hook, AfterAccumulation):
            hook.hook(leaf)


def hooked(hooks: Hooks | None, gradient: Any) -> Any:
    """The gradient, a Tensor of its own, after all hooks.

    Raises RuntimeError where a hook returns another shape or dtype.
    """
    for hook in list((hooks or {}).values()):
        if isinstance(hook, AfterAccumulation):
            continue
        replaced, name = hook(gradient), getattr(hook, "__name__", repr(hook))
        if replaced is not None and not hasattr(replaced, "array"):
            raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
        if replaced is not None and replaced.dtype != gradient.dtype:
            raise RuntimeError(
                f"hook '{name}' has changed the type of value "
                f"(was {gradient.type()} got {replaced.type()})"
            )
        if replaced is not None and replaced.shape != gradient.shape:
            raise RuntimeError(
                f"hook '{name}' has changed the size of value: {list(gradient.shape)} "
                f"to {list(replaced.shape)}"
            )
        gradient = (gradient if replaced is None else replaced).clone()  # hooks may keep theirs
    return gradient
