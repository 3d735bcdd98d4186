"""`make bench`: this library beside PyTorch, round by round in paired processes, as ratios.

Each of ours, ours without the compiled loops of the extra `fast`, and torch, with one thread and
with two, lives in a process of its own; a round asks each in turn. A ratio is ours / torch, the
median over the rounds: below 1 we are faster. Times of different runs mean little, ratios of one
run do.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import growth
from .cases import GROUPS
from .peers import PEERS

# By group: the highest ratio that we set out for, of the geometric mean and of the worst case, of
# our best setting to torch with two threads; and of the mean with one thread each.
TARGETS: dict[str, tuple[float, float | None, float | None]] = {
    "LeNet step, batch 64": (0.75, None, 0.55),
    "LeNet inference": (0.66, None, None),
    "conv2d": (0.95, 1.6, None),
    "max pooling": (1.0, None, None),
    "avg pooling": (1.0, None, None),
    "linear": (1.0, None, None),
    "log-softmax + cross-entropy": (1.0, None, None),
    "batch norm": (1.0, None, None),
    "relu": (1.0, None, None),
    "Transformer block": (1.5, None, None),
    "char-RNN step": (1.5, None, None),
    "overhead": (1.2, None, None),
    "memory": (1.4, None, None),
}
ROOT = Path(__file__).parents[2]
# Those whose ratio is taken come one after the other: the machine's speed changes by the second.
WORKERS = [
    *(("numpy", 1), ("ours", 1), ("torch", 1)),
    *(("torch", 2), ("ours", 2), ("numpy", 2)),
]
PAUSE = 0.12  # seconds: idle BLAS threads spin for a while and take a core from who comes next


class Worker:
    """A process that times cases; see worker.py."""

    def __init__(self, library: str, threads: int, module: str = "worker") -> None:
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
        self.process: Any = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.{module}", library, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE if module == "peers" else None,
            env={**os.environ, **dict.fromkeys(names, str(threads)), "PYTHONPATH": paths,
                 **({"TINYGRAD_NP_FAST": "0"} if library == "numpy" else {})},
        )  # fmt: skip

    def ask(self, group: str, name: str, seconds: float) -> float:
        """Milliseconds, or MB."""
        self.process.stdin.write(f"{group}|{name}|{seconds}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process for {group}, {name} ended")
        time.sleep(PAUSE)
        return float(answer)

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def compare(workers: dict[Any, Worker], group: str, name: str, rounds: int) -> dict[str, Any]:
    """The medians over the rounds, and the ratios."""
    table = [{k: w.ask(group, name, 0.2) for k, w in workers.items()} for _ in range(rounds)]
    median = {key: statistics.median(row[key] for row in table) for key in workers}
    best, plain = (min(((x, 1), (x, 2)), key=median.__getitem__) for x in ("ours", "numpy"))
    return {
        "group": group, "case": name, "threads": best[1],
        "ours": median[best], "torch": median["torch", 2],
        "ours1": median["ours", 1], "torch1": median["torch", 1],
        "ratio": statistics.median(row[best] / row["torch", 2] for row in table),
        "ratio1": statistics.median(row["ours", 1] / row["torch", 1] for row in table),
        "ratio_numpy": statistics.median(row[plain] / row["torch", 2] for row in table),
    }  # fmt: skip


def memory(batch: int = 1024) -> dict[str, Any]:
    """What a LeNet step adds to the resident memory, in fresh processes."""
    peaks = {}
    for library in ("ours", "numpy", "torch"):
        worker = Worker(library, 1)
        peaks[library] = worker.ask("memory", str(batch), 0)
        worker.end()
    ratio, plain = (peaks[library] / peaks["torch"] for library in ("ours", "numpy"))
    case = f"peak of a LeNet step, batch {batch:,} (MB)"
    return {"group": "memory", "case": case, "threads": 1, **peaks, "ratio": ratio,
            "ratio1": ratio, "ratio_numpy": plain,
            "ours1": peaks["ours"], "torch1": peaks["torch"]}  # fmt: skip


def mean(rows: list[dict[str, Any]], key: str) -> float:
    """The geometric mean."""
    return math.exp(statistics.fmean(math.log(row[key]) for row in rows))


def told(row: dict[str, Any]) -> str:
    """A line of the table."""
    return (
        f"| {row['case']} | {row['torch']:.3f} | {row['ours']:.3f} | {row['ratio']:.2f} "
        f"| {row['torch1']:.3f} | {row['ours1']:.3f} | {row['ratio1']:.2f} "
        f"| {row['ratio_numpy']:.2f} |"
    )


HEAD = (
    "| case | torch, 2 threads (ms) | ours, best (ms) | ratio | torch, 1 thread | ours, 1 thread "
    "| ratio | NumPy alone, ratio |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
)


def verdict(group: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The geometric mean and the worst of a group, beside its targets."""
    target, worst, single = TARGETS[group]
    found = {
        "group": group, "mean": mean(rows, "ratio"), "target": target,
        "worst": max(row["ratio"] for row in rows), "worst_target": worst,
        "mean1": mean(rows, "ratio1"), "target1": single, "numpy": mean(rows, "ratio_numpy"),
    }  # fmt: skip
    limits = [("mean", target), ("worst", worst), ("mean1", single)]
    found["met"] = all(limit is None or found[key] <= limit for key, limit in limits)
    return found


def summary(verdicts: list[dict[str, Any]]) -> str:
    """A line per group."""
    head = "| work | ratio | target | worst | one thread each | met | NumPy alone, ratio |"
    lines = [head, "| --- " * 7 + "|"]
    for v in verdicts:
        worst = f"{v['worst']:.2f}" + (f" (≤ {v['worst_target']})" if v["worst_target"] else "")
        single = f"{v['mean1']:.2f}" + (f" (≤ {v['target1']})" if v["target1"] else "")
        met = "yes" if v["met"] else "no"
        lines.append(
            f"| {v['group']} | {v['mean']:.2f} | {v['target']} | {worst} | {single} | {met} "
            f"| {v['numpy']:.2f} |"
        )
    return "\n".join(lines)


def peers(rounds: int) -> list[dict[str, Any]]:
    """The other libraries that are installed, on a LeNet step and on tiny ops."""
    rows = []
    for peer in PEERS:
        try:
            pair = [Worker("ours", 1), Worker(peer, 1, "peers")]
            for group, name in PEERS[peer]:
                table = [[w.ask(group, name, 0.2) for w in pair] for _ in range(rounds)]
                ratio = statistics.median(a / b for a, b in table)
                rows.append({"peer": peer, "case": f"{group}: {name}", "ratio": ratio})
                print(f"| {peer} | {group}: {name} | {ratio:.3f} |", flush=True)
        except (RuntimeError, BrokenPipeError):
            reason = pair[1].process.stderr.read().rstrip().rpartition("\n")[2]
            print(f"| {peer} | is not installed, or cannot run here: {reason} |  |", flush=True)
    return rows


def main() -> None:
    """Run what the arguments choose, print it and write it as JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression of groups and cases")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=ROOT / "runs" / "bench.json")
    options = parser.parse_args()
    wanted = re.compile(options.only)
    workers = {key: Worker(*key) for key in WORKERS}
    rows, verdicts = [], []
    for group, cases in {**GROUPS, "memory": {}}.items():
        names = [name for name in cases if wanted.search(f"{group}: {name}")]
        found = [memory()] if group == "memory" and wanted.search(group) else []
        print(f"\n{group}\n\n{HEAD}" if names or found else "", end="\n" * bool(names or found))
        for row in found:
            print(told(row), flush=True)
        for name in names:
            found.append(compare(workers, group, name, options.rounds))
            print(told(found[-1]), flush=True)
        if found:
            rows += found
            verdicts.append(verdict(group, found))
    for worker in workers.values():
        worker.end()
    result = {"cases": rows, "groups": verdicts}
    if verdicts:
        print(f"\n{summary(verdicts)}")
    if wanted.search("growth"):
        print("\ngrowth: exponents of time and memory\n")
        result["growth"] = growth.measure()
    if wanted.search("peers"):
        print("\npeers: ours / theirs, one thread\n\n| peer | case | ratio |\n| --- | --- | --- |")
        result["peers"] = peers(options.rounds)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1))
    print(f"\n{options.json}")


if __name__ == "__main__":
    main()
