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


def hooked(hooks: Hooks | None, gradient: Any) -> Any:
    """The gradient, a Tensor of its own, after all hooks.

    Raises RuntimeError where a hook returns another shape.
    """
    for hook in list((hooks or {}).values()):
        replaced = hook(gradient)
        if replaced is not None and not hasattr(replaced, "array"):
            raise TypeError(
                f"hook {hook!r} must return a Tensor or None, got {type(replaced).__name__}"
            )
        if replaced is not None and replaced.shape != gradient.shape:
            raise RuntimeError(
                f"hook {hook!r} has changed the size of value: {gradient.shape} to {replaced.shape}"
            )
        gradient = (gradient if replaced is None else replaced).clone()  # hooks may keep theirs
    return gradient
