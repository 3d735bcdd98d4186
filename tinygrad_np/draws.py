"""What becomes of drawn numbers: plain functions of arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def exchanged(other: Array) -> Array:
    """0 ... n - 1 after entry i changed places with entry other[i] >= i, for i = 0 ... n - 1.

    Without a loop, 3 ms and not 30 for 100 000: entry i ends with what stood at other[i], which the
    last exchange before with the same place brought there from its own i, or which is other[i].

    >>> exchanged(np.array([2, 1, 3, 3]))
    array([2, 1, 3, 0])
    """
    n = len(other)
    places = np.arange(n)
    brought = places.copy()  # the last exchange before i that wrote to place i, or i itself
    moved = other != places
    brought[other[moved]] = places[moved]
    while not np.array_equal(brought, further := brought[brought]):
        brought = further  # where its own i was written to before, from the i of that exchange
    by_place = np.sort((other << 32) | places)
    place, i = by_place >> 32, by_place & (2**32 - 1)
    again = place[1:] == place[:-1]
    other[i[1:][again]] = brought[i[:-1][again]]
    return other


def box_muller(u: Array, v: Array) -> Array:
    """u, v (B, K) -> (B * 2 * K,): in each of B blocks K cosines, then K sines.

    Source: Box and Muller, Annals of Mathematical Statistics 29 (1958), 610-611
    """
    radius = np.sqrt(-2 * np.log1p(-u))
    angle = v * v.dtype.type(2 * math.pi)
    out = np.empty((len(u), 2, u.shape[1]), u.dtype)
    np.multiply(radius, np.cos(angle), out[:, 0])
    np.multiply(radius, np.sin(angle), out[:, 1])
    return out.reshape(-1)


def affine(x: Array, scale: np.floating[Any], shift: np.floating[Any]) -> Array:
    """x * scale + shift in the dtype of x, rounded once if that is float32.

    >>> affine(np.ones(1, np.float32), np.float32(2), np.float32(3))
    array([5.], dtype=float32)
    """
    if scale == 1 and shift == 0:
        return x
    return (x.astype(np.float64) * float(scale) + float(shift)).astype(x.dtype)
