"""What changes in place leave behind: versions of memory, and views that follow its history."""

from __future__ import annotations

import copy
from typing import Any

from .graph import Where, user_frame


class Version:
    """How often the memory of a tensor and its views was changed in place, and where last."""

    count: int = 0  # changes of the values
    rewrites: int = 0  # changes that also gave the tensor a new history
    changed_at: Where | None = None

    def bump(self) -> None:
        """Record a change by the line of the user that is running."""
        self.count += 1
        self.changed_at = user_frame()


class View:
    """How a tensor shows the memory of another: through `op`, which can be run again.

    When the memory gets a new history by a change in place, the views of it are traced anew.
    """

    __slots__ = ("array", "op", "rewrites", "source")

    source: Any
    array: Any  # of the source, when the view was made
    op: Any
    rewrites: int

    def __init__(self, source: Any, op: Any, rewrites: int) -> None:
        self.source, self.op, self.rewrites = source, op, rewrites
        self.array = source.array

    def must_hold(self) -> None:
        """Raise where the source has been given another shape or other memory since."""
        if self.array is not self.source.array:
            raise RuntimeError(
                "a view cannot take part in the history of changes in place after the shape or the "
                "data of what it is a view of was replaced: take the view afterwards"
            )

    def retrace(self, tensor: Any) -> None:
        """Make `tensor` the result of `op` on what `source` has become; its sources first."""
        chain, rewrites = [tensor], tensor.version.rewrites
        while (view := chain[-1].view_of.source.view_of) is not None and view.rewrites != rewrites:
            chain.append(chain[-1].view_of.source)
        for shown in reversed(chain):
            view = shown.view_of
            view.must_hold()
            view.rewrites, shown._node, edge = rewrites, None, view.source.edge
            if edge is not None:
                copy.copy(view.op).record((view.source,), [edge], shown)
