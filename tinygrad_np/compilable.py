"""Marks what has a twin compiled by Numba in `fast/`: the same numbers in fewer passes over memory.

A NumPy expression makes a pass over its arrays for each operator, a compiled loop one for all:
batch norm of a million numbers takes 1.2 ms there and 12 here (forward and backward, one thread).
The readable rule stays the definition. Its twin runs in its place where Numba is installed (the
extra `fast`), for arrays of 4,096 numbers or more, or of what it names as `least`; below, most
calls cost more than they save.

TINYGRAD_NP_FAST=0 in the environment turns all twins off, =always runs them for every size.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy

_CHOICE = os.environ.get("TINYGRAD_NP_FAST", "1")
ON = _CHOICE != "0" and find_spec("numba") is not None
_ALWAYS = _CHOICE == "always"

Function = TypeVar("Function", bound=Callable[..., Any])


def compilable(twin: str, at: int = 1, least: int = 4096) -> Callable[[Function], Function]:
    """Decorates a function or method on arrays that `fast/<twin>` may compute, as "norms.forward".

    The twin gets the same arguments and gives the same result, or NotImplemented for those that it
    leaves to the decorated function. It is imported, with Numba, when it is first needed. `at` is
    the argument that must be an array of `least` numbers: by default the one after `self`. By
    keyword it is not seen.

    >>> compilable("norms.forward", at=0)(len)((1, 2, 3))
    3
    """
    module, _, name = twin.rpartition(".")
    least = 0 if _ALWAYS else least

    def mark(plain: Function) -> Function:
        if not ON:
            return plain
        compiled: Any = None

        @wraps(plain)
        def chosen(*args: Any, **kwargs: Any) -> Any:
            nonlocal compiled
            x = args[at] if len(args) > at else None
            if type(x) is numpy.ndarray and x.size >= least:
                if compiled is None:
                    compiled = getattr(import_module(f"tinygrad_np.fast.{module}"), name)
                result = compiled(*args, **kwargs)
                if result is not NotImplemented:
                    return result
            return plain(*args, **kwargs)

        chosen.plain = plain  # type: ignore[attr-defined]
        return chosen  # type: ignore[return-value]

    return mark
