"""What changes in place leave behind: versions of memory, and views that follow its history."""

from __future__ import annotations

import copy
from typing import Any

from .graph import Where, user_frame


class Version:
    """How often the memory of a tensor and its views was changed in place, and where last."""

    __slots__ = ("changed_at", "count", "rewrites")

    count: int  # changes of the values
    rewrites: int  # changes that also gave the tensor a new history
    changed_at: Where | None

    def __init__(self) -> None:
        self.count = self.rewrites = 0
        self.changed_at = None

    def bump(self) -> None:
        """Record a change by the line of the user that is running."""
        self.count += 1
        self.changed_at = user_frame()


class View:
    """How a tensor shows the memory of another: through `op`, which can be run again.

    When the memory gets a new history by a change in place, the views of it are traced anew.
    """

    __slots__ = ("op", "rewrites", "source")

    source: Any
    op: Any
    rewrites: int

    def __init__(self, source: Any, op: Any, rewrites: int) -> None:
        self.source, self.op, self.rewrites = source, op, rewrites

    def retrace(self, tensor: Any) -> None:
        """Make `tensor` the result of `op` on what `source` has become; its sources first."""
        chain, rewrites = [tensor], tensor.version.rewrites
        while (view := chain[-1].view_of.source.view_of) is not None and view.rewrites != rewrites:
            chain.append(chain[-1].view_of.source)
        for shown in reversed(chain):
            view = shown.view_of
            view.rewrites, shown._node, edge = rewrites, None, view.source.edge
            if edge is not None:
                copy.copy(view.op).record((view.source,), [edge], shown)
