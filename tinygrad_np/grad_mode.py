"""Switching the recording of graphs on and off, per thread."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any

from .graph import context


def is_grad_enabled() -> bool:
    """Whether operations in this thread record a graph."""
    return context.grad_enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return context.inference


class _GradMode:
    """A grad mode in force inside a `with` block or a decorated function or generator."""

    mode: bool

    def __init__(self) -> None:
        self._outer: list[bool] = []

    def __enter__(self) -> None:
        self._outer.append(context.grad_enabled)
        _switch(self.mode)

    def __exit__(self, *error: object) -> None:
        context.grad_enabled = self._outer.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return _inside(enable_grad if self.mode else no_grad, function)


def _switch(mode: bool) -> None:
    context.grad_enabled = mode and not context.inference


def _inside(switch: Callable[[], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with switch():
            return function(*args, **kwargs)

    @wraps(function)
    def steps(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator, sent = function(*args, **kwargs), None
        try:
            while True:
                with switch():  # only while the generator runs, not while its caller does
                    item = generator.send(sent)
                sent = yield item
        except StopIteration as stop:
            return stop.value
        finally:
            generator.close()

    return steps if inspect.isgeneratorfunction(function) else call


class no_grad(_GradMode):
    """Nothing is recorded inside: a context manager, and a decorator with or without brackets.

    Source: PyTorch, torch.no_grad.

    >>> import tinygrad_np as tnp
    >>> x = tnp.ones(2, requires_grad=True)
    >>> with tnp.no_grad():
    ...     (2 * x).requires_grad
    False
    """

    mode = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else _inside(cls, function)


class enable_grad(_GradMode):
    """Graphs are recorded inside, even within `no_grad`: a context manager and a decorator.

    Source: PyTorch, torch.enable_grad.

    >>> import tinygrad_np as tnp
    >>> x = tnp.ones(2, requires_grad=True)
    >>> with tnp.no_grad(), tnp.enable_grad():
    ...     (2 * x).requires_grad
    True
    """

    mode = True

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else _inside(cls, function)


class set_grad_enabled(_GradMode):
    """Record graphs or not: at once, to the end of a `with` block, or in a decorated function.

    Source: PyTorch, torch.set_grad_enabled.

    >>> import tinygrad_np as tnp
    >>> x = tnp.ones(2, requires_grad=True)
    >>> with tnp.set_grad_enabled(False):
    ...     (2 * x).requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._outer = [context.grad_enabled]
        _switch(self.mode)

    def __enter__(self) -> None:
        _switch(self.mode)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        context.grad_enabled = self._outer.pop()
        return super().__call__(function)


class inference_mode(_GradMode):
    """Nothing is recorded inside, not even in `enable_grad`; with `mode=False` graphs are recorded.

    Other than PyTorch's, the tensors made inside are ordinary ones, of which `is_inference()` is
    False: outside they may be changed in place, and be part of a graph. To refuse that would cost
    every op a look at the mode. Source: PyTorch, torch.inference_mode.

    >>> import tinygrad_np as tnp
    >>> x = tnp.ones(2, requires_grad=True)
    >>> with tnp.inference_mode():
    ...     (2 * x).requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        return _inside(cls, mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = not mode
        self._outer_inference: list[bool] = []

    def __enter__(self) -> None:
        self._outer_inference.append(context.inference)
        context.inference = not self.mode
        super().__enter__()

    def __exit__(self, *error: object) -> None:
        context.inference = self._outer_inference.pop()
        super().__exit__(*error)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return _inside(lambda: inference_mode(not self.mode), function)
