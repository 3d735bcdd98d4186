"""How time and memory of ours grow with a size: the slope of a line through the logarithms."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

sys.path.append(str(Path(__file__).parents[2]))  # where the packages lie, if not installed

LIMIT = 1.05

# What grows, where the work is linear in it, and the sizes.
SIZES: dict[str, list[int]] = {
    "batch": [64, 128, 256, 512, 1024],
    "image pixels": [32**2, 48**2, 64**2, 96**2, 128**2],
    "input channels": [8, 16, 32, 64, 128],
    "width of a linear layer": [512, 1024, 2048, 4096, 8192],
    "depth": [10, 100, 1_000, 10_000, 100_000],
}


def work(what: str, size: int) -> Callable[[], None]:
    """Forward and backward of something that is `size` large in one respect."""
    import nn
    import tinygrad_np as tnp

    F = nn.functional
    if what == "depth":
        x = tnp.ones(4, requires_grad=True)

        def chain() -> None:
            y = x
            for _ in range(size):
                y = y * 1.0
            y.sum().backward()

        return chain
    if what.startswith("width"):
        x, w = tnp.randn(64, size), tnp.randn(256, size, requires_grad=True)
        return lambda: F.linear(x, w).sum().backward()
    batch = size if what == "batch" else 16
    channels = size if what == "input channels" else 8
    side = round(size**0.5) if what == "image pixels" else 24
    x = tnp.randn(batch, channels, side, side, requires_grad=True)
    w = tnp.randn(16, channels, 3, 3, requires_grad=True)
    return lambda: F.max_pool2d(F.conv2d(x, w, padding=1).relu(), 2).sum().backward()


def exponent(sizes: list[int], values: list[float]) -> float:
    """The steepest that the upper half of the points tells: small sizes are mostly overhead."""
    half = len(sizes) // 2
    x, y = numpy.log(sizes[half:]), numpy.log(values[half:])
    return float(numpy.polyfit(x, y, 1)[0])


def seconds(run: Callable[[], None]) -> float:
    """The best of several calls."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def megabytes(run: Callable[[], None]) -> float:
    """The most that one call holds at a time."""
    run()
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def measure() -> list[dict[str, Any]]:
    """A row for each of SIZES."""
    rows = []
    print("| grows | time | memory | limit |\n| --- | --- | --- | --- |")
    for what, sizes in SIZES.items():
        runs = [work(what, size) for size in sizes]
        row = {
            "what": what,
            "time": exponent(sizes, [seconds(run) for run in runs]),
            "memory": exponent(sizes, [megabytes(run) for run in runs]),
        }
        rows.append(row)
        print(f"| {what} | {row['time']:.2f} | {row['memory']:.2f} | {LIMIT} |", flush=True)
    return rows
