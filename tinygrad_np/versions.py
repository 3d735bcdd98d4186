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

    def bump(self, where: Where | None = None) -> None:
        """Record a change by the line of the user that is running, which `where` may be."""
        self.count += 1
        self.changed_at = where or user_frame()


class View:
    """How a tensor shows the memory of another: through `op`, which can be run again.

    When the memory gets a new history by a change in place, the views of it are traced anew.
    """

    __slots__ = ("array", "op", "part", "rewrites", "source")

    source: Any
    array: Any  # of the source, when the view was made
    op: Any
    part: str | None  # "Output 1 of Split" for one of several views from one call
    rewrites: int

    def __init__(self, source: Any, op: Any, rewrites: int) -> None:
        self.source, self.op, self.rewrites = source, op, rewrites
        self.array, self.part = source.array, None

    def must_hold(self) -> None:
        """Raise where the source has been given another shape or other memory since."""
        if self.array is not self.source.array:
            raise RuntimeError(
                "a view cannot take part in the history of changes in place after the shape or the "
                "data of what it is a view of was replaced: take the view afterwards"
            )

    def must_be_single(self, what: str) -> None:
        """Raise where this shows one of several views: PyTorch gives them no new history."""
        view = self
        while view.part is None:
            view = view.source.view_of
            if view is None:
                return
        name = self.part or f"Output 0 of {self.op.name().removesuffix('Backward0')}"
        raise RuntimeError(
            f"{name} is a view and {what}. This view is the output of a function that returns "
            "multiple views. Such functions do not allow the output views to be modified inplace. "
            "You should replace the inplace operation by an out-of-place one."
        )

    def retrace(self, tensor: Any) -> None:
        """Make `tensor` the result of `op` on what `source` has become; its sources first."""
        chain, rewrites = [tensor], tensor.version.rewrites
        while (view := chain[-1].view_of.source.view_of) is not None and view.rewrites != rewrites:
            chain.append(chain[-1].view_of.source)
        for shown in reversed(chain):
            view = shown.view_of
            view.must_hold()
            if (edge := view.source.edge) is not None:
                tensor.view_of.must_be_single(
                    "its base or another view of its base has been modified inplace"
                )
            view.rewrites, shown._node = rewrites, None
            if edge is not None:
                copy.copy(view.op).record((view.source,), [view.array.shape], [edge], shown, 1)
