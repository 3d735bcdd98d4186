"""What a training run leaves behind: weights, history, curves, and a picture of its graph."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_np

from .train import Row, Training


def save(training: Training, rows: list[Row], out: Path) -> list[Path]:
    """Write everything into the folder `out`, and return what was written."""
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "model.npz", out / "history.csv"]
    np.savez(written[0], **training.state())  # type: ignore[arg-type]
    with open(written[1], "w", newline="") as file:
        table = csv.DictWriter(file, list(asdict(rows[0])))
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
    written += curves(rows, out / "curves.png")
    if training.recipe.framework != "torch":
        written += graph(training.example_loss(), dict(training.model.named_parameters()), out)
    return written


def curves(rows: list[Row], path: Path) -> list[Path]:
    """Loss and accuracies against the epochs, as PNG; nothing without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        print("no curves.png: that needs matplotlib (pip install 'tinygrad-np[plot]')")
        return []
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    epochs = [row.epoch for row in rows]
    left.plot(epochs, [row.loss for row in rows], "o-", color="#3b6ea5")
    left.set(title="training loss", xlabel="epoch", yscale="log")
    right.plot(epochs, [row.train_accuracy for row in rows], "o-", label="train", color="#3b6ea5")
    right.plot(epochs, [row.test_accuracy for row in rows], "o-", label="test", color="#c9733a")
    right.set(title="accuracy", xlabel="epoch")
    right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120)
    return [path]


def graph(loss: Any, params: dict[str, Any], out: Path) -> list[Path]:
    """The graph that made `loss`, as SVG in the folder `out`."""
    path = out / "graph.svg"
    tinygrad_np.draw_graph(loss, params).render(outfile=path, cleanup=True)
    return [path]
