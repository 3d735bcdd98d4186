"""Views that a tensor becomes itself: unsqueeze_, squeeze_, transpose_, t_."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..methods import before_change, tensor_method
from ..tensor import Tensor, wrap
from .permute import t, transpose
from .shape import squeeze, unsqueeze


def _becoming(function: Callable[..., Tensor], *names: str) -> None:
    @wraps(function)
    def change(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        before_change(self)
        before = wrap(self.array, self._node, self.version)
        before.view_of = self.view_of
        result = function(before, *args, **kwargs)
        self.array, self._node, self.view_of = result.array, result._node, result.view_of
        self.version.bump()
        return self

    change.__name__ = change.__qualname__ = names[0]
    change.__doc__ = f"`{function.__name__}`, as the shape of the tensor itself."
    tensor_method(*names[1:])(change)


_becoming(squeeze, "squeeze_")
_becoming(t, "t_")
_becoming(transpose, "transpose_", "swapaxes_", "swapdims_")
_becoming(unsqueeze, "unsqueeze_")
