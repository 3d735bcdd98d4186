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
from functools import cache
from pathlib import Path
from typing import Any

import numpy

ALONE = 5e5  # flops: OpenBLAS never wakes a thread for fewer


class _OneThread(contextlib.ContextDecorator):
    """`with one_thread:` limits OpenBLAS to one thread; blocks of several threads may overlap."""

    def __init__(self) -> None:
        self._lock, self._users, self._before = threading.Lock(), 0, 1

    def __enter__(self) -> None:
        if functions := openblas():
            with self._lock:
                if not self._users:
                    self._before = functions[0]()
                    functions[1](1)
                self._users += 1

    def __exit__(self, *error: object) -> None:
        if functions := openblas():
            with self._lock:
                self._users -= 1
                if not self._users:
                    functions[1](self._before)

    def after_fork(self) -> None:
        """A child has none of its parent's threads, nor what they wanted."""
        if self._users and (functions := openblas()):
            functions[1](self._before)
        self._lock, self._users = threading.Lock(), 0


one_thread = _OneThread()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_thread.after_fork)


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
