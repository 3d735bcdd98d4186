"""Convolution and pooling on plain arrays, without autograd: a laboratory behind one switch.

An algorithm is three functions, the corners of a triangle that is closed under differentiation:

    forward(x, w, geometry)                       -> (y, hint)
    input_grad(g, w, geometry, x_shape)           -> gx
    weight_grad(x, g, geometry, w_shape, hint)    -> gw

x (N, C, H, W), w (F, C/groups, KH, KW), y and g (N, F, OH, OW) in any memory order; the dtype is
NumPy's result type of the two arrays. The hint is what forward can hand to the weight_grad of the
same algorithm to save it work, or None. A further one joins by its name: `ALGORITHMS["mine"] = it`.

Read them in this order:

    naive               the definition: four loops, and a pool that looks at each element
    stride_groups       windows that do not meet, taken together; pools too
    im2col              the classical way: every window a column, one matrix product
    im2col_positions    its columns made window by window, im2col_indices with index arrays,
    im2col_strided      and as a view of overlapping windows
    row_fused           the default; `pooling` is that of pools

All give the same up to rounding. Which one runs is chosen by the first of: the argument `algorithm`
of conv2d, max_pool2d and their like; `conv_algorithm` in this thread; TINYGRAD_NP_CONV_ALGORITHM in
the environment. Pools obey the same switch: an algorithm that has none leaves them to the default.
`tinygrad-np conv-lab` measures all of them.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol

from ..layout import Array, Shape
from . import (
    im2col,
    im2col_variants,
    naive,
    pooling,
    pooling_naive,
    pooling_stride_groups,
    row_fused,
    stride_groups,
)
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


ALGORITHMS: dict[str, Algorithm] = {
    "row_fused": row_fused,
    "im2col": im2col.offsets,
    "im2col_positions": im2col_variants.positions,
    "im2col_indices": im2col_variants.indices,
    "im2col_strided": im2col_variants.strided,
    "stride_groups": stride_groups,
    "naive": naive,
}

# of those that have pools: max_pool, tap_pick, tap_scatter, avg_pool and avg_pool_adjoint
POOLS: dict[str, Any] = {"stride_groups": pooling_stride_groups, "naive": pooling_naive}


class _Selected(threading.local):
    name = os.environ.get("TINYGRAD_NP_CONV_ALGORITHM", "row_fused")


_selected = _Selected()


def chosen(name: str | None = None) -> str:
    """The name of an algorithm: this one, or None for that which this thread uses.

    >>> with conv_algorithm("naive"):
    ...     chosen(), chosen("im2col")
    ('naive', 'im2col')

    Raises: ValueError for a name that is not in `ALGORITHMS`.
    """
    name = _selected.name if name is None else name
    if name not in ALGORITHMS:
        raise ValueError(f"no conv algorithm is called {name!r}, choose from {[*ALGORITHMS]}")
    return name


def pools(name: str) -> Any:
    """The pools of the algorithm of that name, or the default ones.

    >>> pools("naive").__name__, pools("im2col").__name__
    ('tinygrad_np.conv_algorithms.pooling_naive', 'tinygrad_np.conv_algorithms.pooling')
    """
    return POOLS.get(name, pooling)


class conv_algorithm:
    """Choose this thread's algorithm of convolutions and pools; a `with` block restores the former.

    Gradients, of any order, are computed by the algorithm of their forward pass.

    >>> import tinygrad_np as tnp
    >>> with tnp.conv_algorithm("naive"):
    ...     tnp.conv2d(tnp.ones(1, 1, 2, 2), tnp.ones(1, 1, 2, 2))
    tensor([[[[4.]]]])

    Raises: ValueError for a name that is not in `ALGORITHMS`.
    """

    def __init__(self, name: str) -> None:
        self.former, _selected.name = _selected.name, chosen(name)

    def __enter__(self) -> conv_algorithm:
        return self

    def __exit__(self, *error: object) -> None:
        _selected.name = self.former
