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
import tempfile
import time
from pathlib import Path
from typing import Any

from . import growth
from .cases import GROUPS
from .peers import COMPILED, PEERS, WORKS

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
OURS, ALONE = ("ours", 2), ("ours", 1)
PAUSE = 0.12  # seconds: idle BLAS threads spin for a while and take a core from who comes next


class Worker:
    """A process that times cases; see worker.py."""

    def __init__(self, library: str, threads: int, module: str = "worker") -> None:
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
        self.errors: Any = None
        if module == "peers":
            self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process: Any = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.{module}", library, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=self.errors,
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

    def last_error(self) -> str:
        self.errors.seek(0)
        return self.errors.read().rstrip().rpartition("\n")[2]


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
    keys = {"mean": "ratio", "mean1": "ratio1", "numpy": "ratio_numpy"}
    found = {"group": group, "target": target, "worst_target": worst, "target1": single}
    found |= {k: statistics.geometric_mean(row[key] for row in rows) for k, key in keys.items()}
    found["worst"] = max(row["ratio"] for row in rows)
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


def beside(workers: dict[Any, Worker], group: str, name: str, rounds: int) -> dict[str, Any]:
    """A work on ours and on the other libraries; who takes 20 times as long is asked once.

    Who dies of it is taken out of `workers`.
    """
    table: list[dict[Any, float]] = [{} for _ in range(rounds)]
    for row in table:
        slow = {k for k, t in table[0].items() if t > 20 * table[0][OURS]}
        for key in [key for key in workers if key not in slow]:
            plain = name.removesuffix(COMPILED) if key in (OURS, ALONE) else name
            try:
                row[key] = workers[key].ask(group, plain, 0.15)
            except (RuntimeError, BrokenPipeError):
                if key in (OURS, ALONE):
                    raise
                print(f"{key} ended at {group}, {name}: {workers.pop(key).last_error()}")
    best = min((OURS, ALONE), key=lambda key: statistics.median(row[key] for row in table))
    result = {"group": group, "case": name, "ours": statistics.median(r[best] for r in table)}
    for peer in PEERS:
        ratios = [row[best] / row[peer] for row in table if peer in row]
        result[peer] = statistics.median(ratios) if ratios and not math.isnan(ratios[0]) else None
    return result


def peers(cases: list[tuple[str, str]], rounds: int) -> list[dict[str, Any]]:
    """These cases on the other libraries that are installed: ours, at our best, / theirs."""
    workers: dict[Any, Worker] = {}
    for peer in PEERS:
        worker = Worker(peer, 2, "peers")
        try:
            worker.ask("relu", "256x512", 0)
            workers[peer] = worker
        except (RuntimeError, BrokenPipeError):
            print(
                f"{peer} is not installed, or cannot run here: {worker.last_error()}\n", flush=True
            )
    if not workers:
        return []
    found, rows = [*workers], []
    workers |= {key: Worker(*key) for key in (OURS, ALONE)}
    print(f"| case | ours (ms) | {' | '.join(found)} |\n{'| --- ' * (len(found) + 2)}|")
    for group, name in cases:
        rows.append(row := beside(workers, group, name, rounds))
        ratios = " | ".join("-" if row[p] is None else f"{row[p]:.3f}" for p in found)
        print(f"| {group}: {name} | {row['ours']:.3f} | {ratios} |", flush=True)
    print(f"\n| geometric mean (worst) | {' | '.join(found)} |\n{'| --- ' * (len(found) + 1)}|")
    for group in dict.fromkeys(group for group, _ in cases):
        ratios = [[r[p] for r in rows if r["group"] == group and r[p]] for p in found]
        cells = [f"{statistics.geometric_mean(r):.2f} ({max(r):.2f})" if r else "-" for r in ratios]
        print(f"| {group} | {' | '.join(cells)} |")
    for worker in workers.values():
        worker.end()
    return rows


def main() -> None:
    """Run what the arguments choose, print it and write it as JSON."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    beginning = "a regular expression: how `GROUP: CASE`, `growth` or `peers, GROUP: CASE` begins"
    parser.add_argument("--only", default="", help=beginning)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=ROOT / "runs" / "bench.json")
    options = parser.parse_args()
    wanted = re.compile(options.only)
    workers = {key: Worker(*key) for key in WORKERS}
    rows, verdicts = [], []
    for group, cases in {**GROUPS, "memory": {}}.items():
        names = [name for name in cases if wanted.match(f"{group}: {name}")]
        found = [memory()] if group == "memory" and wanted.match(group) else []
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
    if wanted.match("growth"):
        print("\ngrowth: exponents of time and memory\n")
        result["growth"] = growth.measure()
    cases = [(group, name) for group, works in WORKS.items() for name in works]
    if cases := [(g, n) for g, n in cases if wanted.match(f"peers, {g}: {n}")]:
        print("\npeers: ours at our best / theirs, two threads\n")
        result["peers"] = peers(cases, options.rounds)
    if result == {"cases": [], "groups": []}:
        parser.error(f"nothing begins with {options.only!r}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1))
    print(f"\n{options.json}")


if __name__ == "__main__":
    main()
