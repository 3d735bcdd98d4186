"""The BLAS behind NumPy: one thread of its own while this library's threads compute.

OpenBLAS keeps a core busy for some 0.03 s after a product, waiting for the next. Who wants it
meanwhile shares it: a 3x3 convolution of 32 and 64 channels took 23 ms so and takes 14 without.
Large products are therefore split by threads.py; OpenBLAS computes each part in one thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import numpy

ALONE = 5e5  # flops: OpenBLAS never wakes a thread for fewer


class _State:
    """The number of threads that the user wants, where `one_thread` has changed it."""

    def __init__(self) -> None:
        self.lock, self.limited, self.before = threading.Lock(), False, 1


_state = _State()


class one_thread(contextlib.ContextDecorator):
    """OpenBLAS has one thread meanwhile; blocks of several threads may overlap.

    A block counts as long as its token lives, a weak reference: Ctrl-C may come at any line, and
    what it leaves undone the end of the next block does.
    """

    __slots__ = ("_state", "_token")

    def _recreate_cm(self) -> one_thread:
        return one_thread()  # as a decorator: each call its own

    def __enter__(self) -> None:
        self._state, functions = None, openblas()
        if not functions:
            return
        (get, put), state = functions, _state
        with state.lock:
            if not state.limited and get() == 1:
                return
            self._token = weakref.ref(state, lambda _: None)  # without a callback all would be one
            self._state = state
            if not state.limited:
                state.before, state.limited = get(), True
                put(1)

    def __exit__(self, *error: object) -> None:
        if (state := self._state) is None:
            return
        with state.lock:
            del self._token
            if state.limited and not weakref.getweakrefcount(state):
                openblas()[1](state.before)  # type: ignore[index]
                state.limited = False


def _after_fork() -> None:
    """A child has none of its parent's threads, nor what they wanted."""
    global _state
    former, _state = _state, _State()
    if former.limited and (functions := openblas()):
        functions[1](former.before)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@cache
def openblas() -> tuple[Any, Any] | None:
    """The functions that get and set the number of threads of the OpenBLAS in NumPy's wheel."""
    package = Path(numpy.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in folder.glob("*openblas*"):
            with contextlib.suppress(OSError, AttributeError):
                library = ctypes.CDLL(str(path))
                names = (f"scipy_openblas_{verb}_num_threads64_" for verb in ("get", "set"))
                get, put = (getattr(library, name) for name in names)
                get.restype, put.argtypes = ctypes.c_int, [ctypes.c_int]
                return get, put
    return None
