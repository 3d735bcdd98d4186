"""A process that holds one library and times the cases that it is asked for.

`python -m benchmarks.worker LIBRARY THREADS` reads a line `group|name|seconds` and answers with the
milliseconds of one call, the median of as many as fit into that time.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from .cases import GROUPS, lenet_step


def library(name: str, threads: int) -> tuple[Any, Any, Any]:
    """(torch, nn, F) of a library: torch, or ours, which `numpy` stands for too."""
    if name != "torch":
        import nn
        import tinygrad_np as torch

        return torch, nn, nn.functional
    import torch

    torch.set_num_threads(threads)
    return torch, torch.nn, torch.nn.functional


def timed(run: Callable[[], Any], seconds: float) -> float:
    """Milliseconds of one call: the median of those that fit into `seconds`, one at least."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def peak(torch: Any, nn: Any, batch: int) -> float:
    """MB that a LeNet step of this batch adds to the resident memory after a small step."""
    lenet_step(torch, nn, "max")()
    step = lenet_step(torch, nn, "max", batch)
    try:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")  # Linux: the peak starts from here
    except OSError:
        pass
    base = _status("VmRSS") or _maximum()
    step()
    return (_status("VmHWM") or _maximum()) - base


def _status(key: str) -> float:
    try:
        with open("/proc/self/status") as status:
            return next(float(line.split()[1]) / 1024 for line in status if line.startswith(key))
    except OSError:
        return 0.0


def _maximum() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Answer line by line until the input ends."""
    names, made = library(sys.argv[1], int(sys.argv[2])), {}
    torch, nn, _ = names
    for line in sys.stdin:
        group, name, seconds = line.rstrip("\n").split("|")
        if group == "memory":
            print(peak(torch, nn, int(name)), flush=True)
            continue
        if (group, name) not in made:
            made.clear()
            made[group, name] = GROUPS[group][name](*names)
            for _ in range(3):  # warm: some loops are compiled at the second call
                timed(made[group, name], 0.03)
        print(timed(made[group, name], float(seconds)), flush=True)


if __name__ == "__main__":
    main()
