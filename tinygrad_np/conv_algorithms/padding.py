"""The input within its padding, as an array of its own: the readable algorithms walk over that."""

from __future__ import annotations

import numpy as np

from ..layout import Array, Shape
from .geometry import Geometry


def pad(x: Array, geometry: Geometry, fill: float = 0) -> Array:
    """x (N, C, H, W) with the padding around it, filled: a copy.

    >>> pad(np.array([[[[1, 2]]]]), Geometry(padding=((1, 0), (0, 1)))).tolist()
    [[[[0, 0, 0], [1, 2, 0]]]]
    """
    # Less than no padding are rows that no window reaches: they may stay.
    widths = [(before, max(after, 0)) for before, after in geometry.padding]
    return np.pad(x, ((0, 0), (0, 0), *widths), constant_values=fill)


def crop(padded: Array, x_shape: Shape, geometry: Geometry) -> Array:
    """What `pad` padded, a view: its adjoint.

    >>> crop(np.array([[[[0, 0, 0], [1, 2, 0]]]]), (1, 1, 1, 2), Geometry(padding=((1, 0), (0, 1))))
    array([[[[1, 2]]]])
    """
    (top, _), (left, _) = geometry.padding
    h, w = x_shape[2:]
    return padded[:, :, top : top + h, left : left + w]
