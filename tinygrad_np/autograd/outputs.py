"""A node with several outputs: each has a small node of its own that hands its gradient on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..graph import context
from ..methods import before_change
from ..op import Op


class Bundle(tuple):
    """The gradients of all outputs of a node, None where there is none; they add up one by one."""

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

    def name(self) -> str:
        return self.node.name()

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        return self.node.next_functions  # PyTorch has one node for all outputs


def check_dirty(dirty: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
    """Raise where what a forward changed in place is no output, or a leaf that requires grad."""
    for x in dirty:
        if not any(x is output for output in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
        if context.grad_enabled and x.edge is x:
            raise RuntimeError(
                "a leaf Variable that requires grad has been used in an in-place operation."
            )
        before_change(x)
