"""The graph: what an edge is, in which order nodes were made, and which line of the user made them.

A node is an `Op` that has run. An edge leads from a node to what made one of its inputs: another
node, or the leaf `Tensor` itself, or None where no gradient is wanted. Nodes are numbered as they
are made, so the numbers are a topological order and walking back is a loop, not a recursion.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from operator import attrgetter
from types import CodeType, FrameType
from typing import Any

Where = tuple[CodeType, int]

next_serial: Callable[[], int] = itertools.count(1).__next__


class _Context(threading.local):
    """What is in force in this thread: its modes, and the modules whose forward is running."""

    grad_enabled = True
    inference = False  # while it is on, nothing turns grad_enabled on
    detect_anomaly = False
    scope: tuple[weakref.ref[Any], ...] = ()


context = _Context()


class scope:
    """Nodes made inside a `with` block belong to `module`: pictures draw them in its cluster.

    The module is held weakly, so a module that keeps one of its outputs makes no cycle.
    """

    __slots__ = ("module", "outer")

    def __init__(self, module: Any) -> None:
        self.module = weakref.ref(module)

    def __enter__(self) -> None:
        self.outer = context.scope
        context.scope = (*self.outer, self.module)

    def __exit__(self, *error: object) -> None:
        context.scope = self.outer


def order(edges: Iterable[Any]) -> list[Any]:
    """The nodes that `edges` lead to, newest first: every node stands before what it was made of.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor(2.0, requires_grad=True)
    >>> [type(node).__name__ for node in order([(x * x + x).grad_fn])]
    ['Add', 'Mul']
    """
    stack, seen, nodes = list(edges), set(), []
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if hasattr(node, "edges"):  # a leaf and None have none
                nodes.append(node)
                stack.extend(node.edges)
    nodes.sort(key=attrgetter("serial"), reverse=True)
    return nodes


_hidden: tuple[str, ...] = ()
_inside: dict[str, bool] = {}  # by file


def hide(file: str) -> None:
    """Frames of the package that `file` belongs to are never taken for the user's."""
    global _hidden
    _hidden = (*_hidden, os.path.dirname(file) + os.sep)
    _inside.clear()


hide(__file__)


def user_frame(depth: int = 1) -> Where | None:
    """The innermost frame outside the library, as code object and instruction offset.

    The search begins `depth` frames above this one. It costs 0.3 us, a traceback object would cost
    15 to 50. The line is looked up when asked for.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        file = frame.f_code.co_filename
        if (inside := _inside.get(file)) is None:
            inside = _inside[file] = file.startswith(_hidden)
        if not inside:
            return frame.f_code, frame.f_lasti
        frame = frame.f_back
    return None
