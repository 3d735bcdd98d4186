"""What a training run leaves behind: the table on the screen and the files in its folder."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy

import tinygrad_np as tnp

from .functional import cross_entropy
from .module import Module

HEADER = "epoch    loss   train    test  learning rate  seconds"


@dataclass(frozen=True)
class Row:
    """One epoch: mean loss of its batches, accuracies after it, seconds without measuring them."""

    epoch: int
    loss: float
    train: float
    test: float
    learning_rate: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.epoch:5}  {self.loss:6.4f}  {self.train:6.4f}  {self.test:6.4f}  "
            f"{self.learning_rate:13.3g}  {self.seconds:7.1f}"
        )


def save(
    folder: Path,
    state: Mapping[str, numpy.ndarray],
    rows: Sequence[Row],
    losses: Sequence[float],
    model: Module | None,
) -> None:
    """Write weights, rows, the losses of all iterations, curves and the model's graph; say where.

    Each epoch, a row, has the same number of losses.
    """
    numpy.savez(folder / "model.npz", **state)  # type: ignore[arg-type]
    print(f"model       {folder / 'model.npz'}")
    names = [field.name for field in fields(Row)]
    save_table(folder / "history.csv", names, (asdict(row).values() for row in rows))
    print(f"history     {folder / 'history.csv'}")
    save_table(folder / "losses.csv", ["iteration", "loss"], enumerate(losses, 1))
    print(f"losses      {folder / 'losses.csv'}")
    print(f"curves      {save_curves(folder / 'curves.png', rows, losses)}")
    if model is not None:
        save_graph(folder / "graph.svg", model)
        print(f"graph       {folder / 'graph.svg'}")


def save_table(path: Path, names: Sequence[str], lines: Iterable[Iterable[Any]]) -> None:
    """Write a CSV file with a head."""
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        table.writerows(lines)


def save_curves(path: Path, rows: Sequence[Row], losses: Sequence[float]) -> Path | str:
    """Draw loss and accuracies of the training; without matplotlib, the way to get it."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return "need matplotlib: pip install 'tinygrad-np[plot]'"
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    ends = numpy.linspace(0, len(losses), len(rows) + 1) + 0.5  # between two iterations
    left.plot(range(1, len(losses) + 1), losses, linewidth=0.4, alpha=0.6, label="of an iteration")
    means = [row.loss for row in rows]
    left.stairs(means, ends, baseline=None, linewidth=1.5, zorder=3, label="mean of its epoch")
    left.set(title="training loss", xlabel="iteration", yscale="log")
    epochs = [row.epoch for row in rows]
    right.plot(epochs, [row.train for row in rows], ".-", label="train")
    right.plot(epochs, [row.test for row in rows], ".-", label="test")
    right.set(title="accuracy", xlabel="epoch")
    for axes in (left, right):
        axes.legend()
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    figure.savefig(path, dpi=120)
    return path


def save_graph(path: Path, model: Module) -> None:
    """Draw the graph of the loss of 64 images, as SVG or PNG by the name of the file."""
    loss = cross_entropy(model(tnp.zeros(64, 1, 28, 28)), tnp.zeros(64, dtype=tnp.int64))
    drawing = tnp.draw_graph(loss, dict(model.named_parameters()))
    path.write_bytes(drawing.pipe(format=path.suffix[1:]))
