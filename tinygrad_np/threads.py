"""Threads for work that is worth them: rows of a large convolution, each thread its part.

NumPy lets go of Python's lock in its loops and in BLAS, so threads do compute at a time. But waking
one takes 0.06 ms: work below a millisecond is not split. The parts call BLAS for small matrices;
meanwhile OpenBLAS itself gets one thread: its own would wait for each other at every product.

The number is TINYGRAD_NP_NUM_THREADS from the environment, else OMP_NUM_THREADS, else that of the
CPUs this process may use. Without NumPy's OpenBLAS, and where a part asks again, nothing is split.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Any

import numpy

THRESHOLD = 5e7  # floating-point operations of a matrix product, about 1 ms
COPY = 50  # as many take as long as copying a number


def _default() -> int:
    for name in ("TINYGRAD_NP_NUM_THREADS", "OMP_NUM_THREADS"):
        with contextlib.suppress(ValueError):
            return max(1, int(os.environ.get(name, "")))
    with contextlib.suppress(AttributeError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_number = _default()
_pool: ThreadPoolExecutor | None = None
_splitting = threading.Lock()


def get_num_threads() -> int:
    """How many threads a large convolution is computed by. Source: PyTorch, torch.get_num_threads.

    >>> get_num_threads() >= 1
    True
    """
    return _number


def set_num_threads(number: int) -> None:
    """Set `get_num_threads()`. Source: PyTorch, torch.set_num_threads.

    Raises: RuntimeError for other values than positive ints.
    """
    global _number
    if not isinstance(number, int) or isinstance(number, bool):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(number).__name__}")
    if number < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    if number != _number:
        with _splitting:
            _number = number
            _forget_pool()


def in_parts(work: Callable[[slice], Any], count: int, flops: float) -> list[Any]:
    """[work(part)] for slices that make up range(count): one, or one for each thread.

    One below `THRESHOLD` flops. An error in a part is raised here, when all parts have ended.

    >>> in_parts(lambda part: part.stop, 10, flops=0)
    [10]
    """
    parts = min(_number, count)
    if parts < 2 or flops < THRESHOLD or not (blas := _blas()) or not _splitting.acquire(False):
        return [work(slice(0, count))]
    try:
        edges = [count * i // parts for i in range(parts + 1)]
        here, *others = map(slice, edges[:-1], edges[1:])
        with _one_blas_thread(*blas):
            run = _threads().submit
            futures = [run(contextvars.copy_context().run, work, part) for part in others]
            try:
                first = work(here)
            finally:
                wait(futures)
        return [first, *(future.result() for future in futures)]
    finally:
        _splitting.release()


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_number - 1, "tinygrad_np")
    return _pool


def _forget_pool() -> None:
    global _pool
    if _pool is not None:
        _pool.shutdown(wait=False)
        _pool = None


def _after_fork() -> None:
    """A child has none of its parent's threads, but maybe its lock."""
    global _pool, _splitting
    _pool, _splitting = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def _one_blas_thread(get: Callable[[], int], put: Callable[[int], None]) -> Iterator[None]:
    before = get()
    put(1)
    try:
        yield
    finally:
        put(before)


@cache
def _blas() -> tuple[Any, Any] | None:
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
