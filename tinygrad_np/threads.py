"""Threads for work that is worth them: each computes some rows of a convolution or a product.

NumPy lets go of Python's lock in its loops and in BLAS, so threads do compute at a time. But waking
one takes 0.02 ms, and its part then lies in the cache of another core: work below a millisecond is
not split (a LeNet step takes 6.9 ms where work of 0.1 ms is, 6.1 so). The parts call BLAS, which
computes each in one thread (blas.py).

The number is TINYGRAD_NP_NUM_THREADS from the environment, else OMP_NUM_THREADS, else that of the
CPUs this process may use. Without NumPy's OpenBLAS, and where a part asks again, nothing is split.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import threading
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import numpy

from .blas import ALONE, one_thread, openblas

THRESHOLD = 5e7  # floating-point operations of a matrix product, about 1 ms
COPY = 50  # as many take as long as copying a number
_READ = 10  # and as reading one


def _default() -> int:
    for name in ("TINYGRAD_NP_NUM_THREADS", "OMP_NUM_THREADS"):
        with contextlib.suppress(ValueError):
            return max(1, int(os.environ.get(name, "")))
    with contextlib.suppress(AttributeError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Helper:
    """A thread that waits for work; a ThreadPoolExecutor takes three times as long to hand it over.

    `_given` is released when there is work, `_done` when it is done.
    """

    def __init__(self) -> None:
        self._given, self._done = threading.Lock(), threading.Lock()
        self._given.acquire()
        self._done.acquire()
        self._work: Callable[[], Any] | None = None
        self._outcome: tuple[Any, BaseException | None] = None, None
        threading.Thread(target=self._help, name="tinygrad_np", daemon=True).start()

    def _help(self) -> None:
        while self._given.acquire() and self._work is not None:
            try:
                self._outcome = self._work(), None
            except BaseException as error:
                self._outcome = None, error
            self._work = None
            self._done.release()

    def give(self, work: Callable[[], Any] | None) -> None:
        """Have `work()` done; None ends the thread."""
        self._work = work
        self._given.release()

    def outcome(self) -> tuple[Any, BaseException | None]:
        """What the work returned, and what it raised, when it is done."""
        self._done.acquire()
        outcome, self._outcome = self._outcome, (None, None)
        return outcome


_number = _default()
_helpers: list[_Helper] = []
_splitting = threading.Lock()


def get_num_threads() -> int:
    """How many threads share large work. Source: PyTorch, torch.get_num_threads.

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
    _number = number
    # Where a part of split work asks for it, the helpers stay; the next who splits takes fewer.
    if len(_helpers) >= number and _splitting.acquire(blocking=False):
        try:
            _dismiss()
        finally:
            _splitting.release()


def in_parts(work: Callable[[slice], Any], count: int, flops: float) -> list[Any]:
    """[work(part)] for slices that make up range(count): one, or one for each thread.

    One below `THRESHOLD` flops. An error in a part is raised here, when all parts have ended.

    >>> in_parts(lambda part: part.stop, 10, flops=0)
    [10]
    """
    if flops < THRESHOLD or _number == 1 or count < 2 or not openblas() or _splitting.locked():
        return [work(slice(0, count))]
    parts = min(_number, count)
    edges = [count * i // parts for i in range(parts + 1)]
    here, *others = map(slice, edges[:-1], edges[1:])
    with _splitting:
        # Ctrl-C may come at any line: who has work and was not waited for is never asked again.
        helpers = [_helpers.pop() if _helpers else _Helper() for _ in others]
        with one_thread():
            for helper, part in zip(helpers, others, strict=True):
                helper.give(partial(contextvars.copy_context().run, work, part))
            try:
                first = work(here)
            finally:
                outcomes = [helper.outcome() for helper in helpers]
                _helpers.extend(helpers)
        return [first, *_results(outcomes)]


def _results(outcomes: list[tuple[Any, BaseException | None]]) -> list[Any]:
    """What all returned; raises the first error."""
    errors = [error for _, error in outcomes if error is not None]
    try:
        if errors:
            raise errors[0]
        return [result for result, _ in outcomes]
    finally:  # an error holds this frame, so the frame must not hold the error
        errors.clear()
        outcomes.clear()


def _dismiss() -> None:
    for helper in _helpers:
        helper.give(None)
    _helpers.clear()


def _after_fork() -> None:
    """A child has none of its parent's threads, but maybe its lock."""
    global _splitting
    _helpers.clear()
    _splitting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def affine(a: Any, b: Any, bias: Any) -> Any:
    """a @ b + bias of matrices: who computes rows of the product adds the bias to them.

    It takes a sixth less than one thread that adds it to all (2,048 x 128 times 128 x 512).

    >>> affine(numpy.ones((1, 2)), numpy.ones((2, 2)), numpy.array([1.0, 2.0]))
    array([[3., 4.]])
    """
    flops, sizes = 2 * a.size * b.shape[1], (len(a), b.shape[1])
    if flops < THRESHOLD or _number == 1 or sizes[0] < sizes[1] or a.shape[1] > 4 * sizes[0]:
        y = product(a, b)
        y += bias
        return y
    y = numpy.empty(sizes, a.dtype)

    def part(here: slice) -> None:
        numpy.matmul(a[here], b, out=y[here])
        y[here] += bias

    with one_thread():
        in_parts(part, len(a), flops)
    return y


def product(a: Any, b: Any) -> Any:
    """a @ b; of large arrays each thread computes some rows or columns, or matrices of a stack.

    >>> product(numpy.ones((2, 3)), numpy.ones((3, 4))).shape
    (2, 4)
    """
    if type(a) is not numpy.ndarray or not openblas():
        return a @ b
    numbers = a.size + b.size  # few operations with each: reading them is what takes time
    flops = 2 * a.size * (b.shape[-1] if b.ndim > 1 else 1) + _READ * numbers
    if flops < ALONE:
        return a @ b
    with one_thread():
        if flops < THRESHOLD or _number == 1 or a.dtype != b.dtype:
            return a @ b
        if a.ndim == 1 or b.ndim == 1:
            y = _shared(a[None] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b, flops)
            y = y[..., 0, :] if a.ndim == 1 else y
            return y[..., 0] if b.ndim == 1 else y
        return _shared(a, b, flops)


def _shared(a: Any, b: Any, flops: float) -> Any:
    """a @ b by all threads, for two axes and more."""
    stack = numpy.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (m, k), n = a.shape[-2:], b.shape[-1]
    y = numpy.empty((*stack, m, n), a.dtype)
    if stack:
        a, b = (numpy.broadcast_to(v, (*stack, *v.shape[-2:])) for v in (a, b))
        axis = max(range(len(stack)), key=stack.__getitem__)
        if stack[axis] < _number:  # of few large matrices
            for i in numpy.ndindex(stack):
                y[i] = product(a[i], b[i])
            return y
        a, b, out = (numpy.moveaxis(v, axis, 0) for v in (a, b, y))
        in_parts(lambda p: numpy.matmul(a[p], b[p], out=out[p]), stack[axis], flops)
    elif k > 4 * max(m, n):
        return reduce(numpy.add, in_parts(lambda p: a[:, p] @ b[p], k, flops))
    elif m >= n:
        in_parts(lambda p: numpy.matmul(a[p], b, out=y[p]), m, flops)
    else:
        in_parts(lambda p: numpy.matmul(a, b[:, p], out=y[:, p]), n, flops)
    return y
