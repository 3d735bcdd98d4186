"""A node with several outputs: each has a small node of its own that hands its gradient on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..op import Op
from ..rules import Rule


class Bundle(tuple):
    """The gradients of all outputs of a node, None where there is none; they add up in place."""

    shape = ("bundle",)  # what the engine compares with the shape that the node noted

    def __add__(self, other: Any) -> Bundle:
        return Bundle(
            b if a is None else a if b is None else a + b for a, b in zip(self, other, strict=True)
        )


class Output(Op):
    """One of several outputs of a Function's node: passes its gradient on in its place."""

    index: int
    count: int
    node: Any

    def gradients(self, g: Any, as_tensors: bool, wanted: Any = None) -> Iterator[tuple[Any, Any]]:
        yield self.node, Bundle(g if i == self.index else None for i in range(self.count))

    def _rule(self, index: int) -> Rule:
        return NO_RULE

    def name(self) -> str:
        return self.node.name()


NO_RULE = Rule(lambda: None, ())  # names nothing, so nothing is saved by the engine
