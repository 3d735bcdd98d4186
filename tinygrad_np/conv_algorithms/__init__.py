"""Convolution and pooling on plain arrays, without autograd: three algorithms, one interface.

An algorithm is three functions, the corners of a triangle that is closed under differentiation:

    forward(x, w, geometry)                       -> (y, hint)
    input_grad(g, w, geometry, x_shape)           -> gx
    weight_grad(x, g, geometry, w_shape, hint)    -> gw

x (N, C, H, W), w (F, C/groups, KH, KW), y and g (N, F, OH, OW) in any memory order; the dtype is
NumPy's result type of the two arrays. The hint is what forward can hand to the weight_grad of the
same algorithm to save it work, or None.

Read them in this order: `naive` is the definition, `im2col` the classical way, `row_fused` the
default. A further one joins by its name: `ALGORITHMS["mine"] = module`.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol

from ..layout import Array, Shape
from . import im2col, naive, row_fused
from .geometry import Geometry


class Algorithm(Protocol):
    """What `ALGORITHMS` holds: a module, or any object with these three functions."""

    def forward(self, x: Array, w: Array, geometry: Geometry) -> tuple[Array, Any]:
        """y (N, F, OH, OW), and the hint."""

    def input_grad(self, g: Array, w: Array, geometry: Geometry, x_shape: Shape) -> Array:
        """gx (N, C, H, W)."""

    def weight_grad(
        self, x: Array, g: Array, geometry: Geometry, w_shape: Shape, hint: Any = None
    ) -> Array:
        """gw (F, C/groups, KH, KW)."""


ALGORITHMS: dict[str, Algorithm] = {"row_fused": row_fused, "im2col": im2col, "naive": naive}


class _Selected(threading.local):
    name = "row_fused"


_selected = _Selected()


def selected() -> Algorithm:
    """The algorithm that this thread uses.

    >>> selected().__name__.rpartition(".")[2]
    'row_fused'
    """
    return ALGORITHMS[_selected.name]


class conv_algorithm:
    """Choose this thread's convolution algorithm by name; a `with` block restores the former one.

    All algorithms give the same results up to rounding.

    >>> with conv_algorithm("im2col"):
    ...     selected() is im2col
    True

    Raises: ValueError for a name that is not in `ALGORITHMS`.
    """

    def __init__(self, name: str) -> None:
        if name not in ALGORITHMS:
            raise ValueError(f"no conv algorithm is called {name!r}, choose from {[*ALGORITHMS]}")
        self.former, _selected.name = _selected.name, name

    def __enter__(self) -> conv_algorithm:
        return self

    def __exit__(self, *error: object) -> None:
        _selected.name = self.former
