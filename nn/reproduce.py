"""The published table of LeNet on MNIST, once more: this library beside PyTorch in the same run.

Each library trains in a process of its own (trainer.py), from the same weights and on the same
batches; the processes take turns epoch by epoch, so that what else the machine does hits both.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy

import tinygrad_np as tnp

from .data import MNIST
from .report import HEADER, Row

FOLDER = Path("data")  # where the full data set is looked for, as torchvision's examples have it
PAUSE = 0.12  # seconds: idle threads of BLAS and OpenMP spin for a while and take a core
INFERENCES = 3  # the median of their times counts
ARROWS = {"pool-relu": "pool → relu", "relu-pool": "relu → pool"}
NO_FIGURE = "–"

# rongzhao-zhang/CNN-Numpy, readme.md; the times are not told apart by pooling there. Its NumPy
# network is pool-relu, its PyTorch network relu-pool: for max pooling that is the same function.
TIMES = {"NumPy": "2058.3 / 14.666", "PyTorch": "78.4 / 0.891"}
PUBLISHED = {
    ("NumPy", "avg", "pool-relu"): "0.9998 / 0.9911",
    ("PyTorch", "avg", "relu-pool"): "0.9997 / 0.9922",
    **{("NumPy", "max", order): "0.9994 / 0.9893" for order in ARROWS},
    **{("PyTorch", "max", order): "0.9997 / 0.9885" for order in ARROWS},
}
PUBLISHED_TASK = (20, 60_000, 10_000)  # epochs, training images, test images

Results = dict[str, Any]  # by library: version, threads, rows (dicts of Row), inference (seconds)


def reproduce(options: Namespace) -> int:
    """Train as the options of the command line say and write the table; the exit code.

    Raises OSError or ValueError where an option asks for what is not there.
    """
    task = task_of(options)
    options.out.mkdir(parents=True, exist_ok=True)
    path, code = options.out / "results.json", 0
    runs = interrupted(path, task)
    print(caption(task))
    try:
        for run in task["runs"]:
            pool, order = run.split()
            if run in runs:
                print(f"\n{pool}, {ARROWS[order]}: done before the interruption, see {path}")
                continue
            print(f"\n{pool} pooling, {ARROWS[order]}\n{'':12}{HEADER}")
            results: dict[str, Results] = {}
            for _ in train(task, pool, order, results):
                save(path, {"task": task, "runs": runs, "unfinished": {run: results}})
            runs[run] = results
            save(path, {"task": task, "runs": runs})
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on with the networks that are not in the table")
        code = 130
    text = f"{caption(task)}\n\n{table(task, runs)}"
    (options.out / "table.md").write_text(f"{text}\n", encoding="utf-8")
    print(f"\n{text}\n\ntable    {options.out / 'table.md'}\nresults  {path}")
    return code


def task_of(options: Namespace) -> dict[str, Any]:
    """What is to be done, as JSON has it: with the folder of the data, or None, and their sizes."""
    folder = options.data or FOLDER
    try:
        sizes = [len(MNIST(folder, train, download=options.download)) for train in (True, False)]
    except FileNotFoundError:
        if options.data:
            raise
        folder, sizes = None, [len(MNIST(train=train)) for train in (True, False)]
    with_torch = not options.without_torch and importlib.util.find_spec("torch") is not None
    return {
        "data": folder and str(folder),
        "images": sizes,
        "epochs": options.epochs,
        "seed": options.seed,
        "threads": options.threads,
        "libraries": ["tinygrad_np", "torch"] if with_torch else ["tinygrad_np"],
        "runs": [f"{p} {o}" for p, o in itertools.product(options.pools, options.orders)],
        "versions": [tnp.__version__, numpy.__version__],
    }


def interrupted(path: Path, task: dict[str, Any]) -> dict[str, dict[str, Results]]:
    """The results of the same task where it was not finished, else none."""
    try:
        saved = json.loads(path.read_text())
        go_on = saved["task"] == task and set(saved["runs"]) < set(task["runs"])
        return saved["runs"] if go_on else {}
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return {}


def save(path: Path, content: dict[str, Any]) -> None:
    """Write JSON; a reader finds the old or the new file, never half of one."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1))
    new.replace(path)


def train(
    task: dict[str, Any], pool: str, order: str, results: dict[str, Results]
) -> Iterator[None]:
    """Train all libraries in turn, fill `results`, yield after each epoch and at the end."""
    with ExitStack() as stack:
        trainers = {
            library: stack.enter_context(Trainer(task, library, pool, order))
            for library in task["libraries"]
        }
        for library, trainer in trainers.items():
            results[library] = {**trainer.read(), "rows": []}
        for _ in range(task["epochs"]):
            for library, trainer in trainers.items():
                row = trainer.ask("epoch")
                results[library]["rows"].append(row)
                print(f"{library:11} {Row(**row)}", flush=True)
            yield
        times = [
            {library: trainer.ask("inference") for library, trainer in trainers.items()}
            for _ in range(INFERENCES)
        ]
        for library in trainers:
            seconds = statistics.median(time[library] for time in times)
            results[library]["inference"] = seconds
            print(f"{library:11} Evaluation time is {seconds:.3f} s", flush=True)
        yield


class Trainer:
    """A process that trains in a library; see trainer.py."""

    def __init__(self, task: dict[str, Any], library: str, pool: str, order: str) -> None:
        options = {name: task[name] for name in ("data", "epochs", "seed")}
        options |= {"library": library, "pool": pool, "order": order}
        path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        names = [f"{library}_NUM_THREADS" for library in ("OMP", "MKL", "OPENBLAS", "TINYGRAD_NP")]
        threads = dict.fromkeys(names, str(task["threads"])) if task["threads"] else {}
        self.library = library
        self.process: Any = subprocess.Popen(
            [sys.executable, "-P", "-m", "nn.trainer", json.dumps(options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **threads, "PYTHONPATH": path.rstrip(os.pathsep)},
        )  # fmt: skip

    def ask(self, question: str) -> Any:
        """The answer, when all threads have come to rest."""
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        answer = self.read()
        time.sleep(PAUSE)
        return answer

    def read(self) -> Any:
        if not (line := self.process.stdout.readline()):
            raise ChildProcessError(f"the process that trains in {self.library} ended")
        return json.loads(line)

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()


def is_published(task: dict[str, Any]) -> bool:
    return (task["epochs"], *task["images"]) == PUBLISHED_TASK


def caption(task: dict[str, Any]) -> str:
    """What was trained on what, and plainly what the published figures cannot be compared with."""
    train, test = task["images"]
    epochs = f"{task['epochs']} epoch{'s' * (task['epochs'] > 1)}"
    lines = [f"LeNet on MNIST, {train:,} training and {test:,} test images, {epochs}."]
    if task["data"] is None:
        lines.append("The full data set is not there: this is the embedded subset (see --data).")
    if not is_published(task):
        lines.append("Not comparable with the published figures: 60,000 images, 20 epochs.")
    if "torch" not in task["libraries"]:
        lines.append("PyTorch did not run beside it.")
    return " ".join(lines)


def table(task: dict[str, Any], runs: dict[str, dict[str, Results]]) -> str:
    """The table in Markdown; a run that is not there has no figures."""
    some = next(iter(runs.values()), {})
    here = "" if is_published(task) else f", {task['images'][0]:,} images, {task['epochs']} ep."
    heads = [f"PyTorch {some['torch']['version']}" if "torch" in some else "PyTorch"]
    heads = [f"{head}{here}" for head in ("tinygrad_np", *heads)]
    lines = [["pooling, order", "published NumPy", "published PyTorch", *heads, "time, ratio"]]
    lines.append(["---"] * len(lines[0]))
    for run in task["runs"]:
        pool, order = run.split()
        results = runs.get(run, {})
        published = [figures(name, pool, order) for name in ("NumPy", "PyTorch")]
        ours, theirs = (results.get(name) for name in ("tinygrad_np", "torch"))
        cells = [measured(ours), measured(theirs), ratio(ours, theirs)]
        lines.append([f"{pool}, {ARROWS[order]}", *published, *cells])
    threads = ", ".join(f"{result['threads']} in {name}" for name, result in some.items())
    legend = (
        "Cells: accuracy on the training / test images; seconds of training / of inference on the "
        "training images. Ratio: ours / PyTorch in the same run, below 1 we are faster. "
    ) + (f"Threads: {threads}." if threads else "")
    return "\n".join([*(f"| {' | '.join(cells)} |" for cells in lines), "", legend.strip()])


def figures(name: str, pool: str, order: str) -> str:
    """A published cell."""
    accuracies = PUBLISHED.get((name, pool, order))
    return f"{accuracies}; {TIMES[name]}" if accuracies else NO_FIGURE


def measured(results: Results | None) -> str:
    """A cell of ours."""
    if results is None:
        return NO_FIGURE
    last, (train, inference) = results["rows"][-1], seconds(results)
    return f"{last['train']:.4f} / {last['test']:.4f}; {train:.1f} / {inference:.3f}"


def seconds(results: Results) -> tuple[float, float]:
    """Of training, all epochs, and of inference."""
    return sum(row["seconds"] for row in results["rows"]), results["inference"]


def ratio(ours: Results | None, theirs: Results | None) -> str:
    if ours is None or theirs is None:
        return NO_FIGURE
    pairs = zip(seconds(ours), seconds(theirs), strict=True)
    return " / ".join(f"{mine / other:.2f}" for mine, other in pairs)
