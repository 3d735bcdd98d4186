"""How time and memory grow with a size: the slope of a line through the logarithms.

Time of PyTorch too, measured in turn: both leave the caches of the processor as arrays grow.
"""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

sys.path.append(str(Path(__file__).parents[2]))  # where the packages lie, if not installed

LIMIT = 1.05
PAUSE = 0.12  # seconds: idle threads of BLAS and OpenMP spin for a while and take a core

# What grows, where the work is linear in it, and the sizes.
SIZES: dict[str, list[int]] = {
    "batch": [64, 128, 256, 512, 1024],
    "image pixels": [32**2, 48**2, 64**2, 96**2, 128**2],
    "input channels": [8, 16, 32, 64, 128],
    "width of a linear layer": [512, 1024, 2048, 4096, 8192],
    "depth": [10, 100, 1_000, 10_000, 100_000],
}


def work(torch: Any, F: Any, what: str, size: int) -> Callable[[], None]:
    """Forward and backward of something that is `size` large in one respect."""
    if what == "depth":
        x = torch.ones(4, requires_grad=True)

        def chain() -> None:
            y = x
            for _ in range(size):
                y = y * 1.0
            y.sum().backward()

        return chain
    if what.startswith("width"):
        x, w = torch.randn(64, size), torch.randn(256, size, requires_grad=True)
        return lambda: F.linear(x, w).sum().backward()
    batch = size if what == "batch" else 16
    channels = size if what == "input channels" else 8
    side = round(size**0.5) if what == "image pixels" else 24
    x = torch.randn(batch, channels, side, side, requires_grad=True)
    w = torch.randn(16, channels, 3, 3, requires_grad=True)
    return lambda: F.max_pool2d(F.conv2d(x, w, padding=1).relu(), 2).sum().backward()


def exponent(sizes: list[int], values: list[float]) -> float:
    """The steepest that the upper half of the points tells: small sizes are mostly overhead."""
    half = len(sizes) // 2
    x, y = numpy.log(sizes[half:]), numpy.log(values[half:])
    return float(numpy.polyfit(x, y, 1)[0])


def seconds(runs: list[Callable[[], None]]) -> list[float]:
    """The best call of each; they take turns, as the machine is slow for seconds at a time."""
    best = [float("inf")] * len(runs)
    for _ in range(6):
        for i, run in enumerate(runs):
            start = time.perf_counter()
            run()
            best[i] = min(best[i], time.perf_counter() - start)
            time.sleep(PAUSE)
    return best


def megabytes(run: Callable[[], None]) -> float:
    """The most that one call holds at a time."""
    run()
    gc.collect()  # and Python's store of freed tuples, in which 1,000 nodes would go uncounted
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def measure() -> list[dict[str, Any]]:
    """A row for each of SIZES."""
    import torch

    import nn
    import tinygrad_np as tnp

    rows = []
    print("| grows | time | memory | limit | time of torch |\n| --- | --- | --- | --- | --- |")
    for what, sizes in SIZES.items():
        runs = [work(tnp, nn.functional, what, size) for size in sizes]
        runs += [work(torch, torch.nn.functional, what, size) for size in sizes]
        best = seconds(runs)
        ours, theirs = best[: len(sizes)], best[len(sizes) :]
        memory = [megabytes(work(tnp, nn.functional, what, size)) for size in sizes]
        row = {
            "what": what,
            "time": exponent(sizes, ours),
            "memory": exponent(sizes, memory),
            "torch": exponent(sizes, theirs),
        }
        rows.append(row)
        cells = f"{row['time']:.2f} | {row['memory']:.2f} | {LIMIT} | {row['torch']:.2f}"
        print(f"| {what} | {cells} |", flush=True)
    return rows
