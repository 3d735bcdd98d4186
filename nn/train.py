"""Train LeNet on MNIST by the published recipe, with this library or with its PyTorch twin.

The training loop below is ordinary PyTorch code: `--framework torch` runs the same lines with
torch's modules, from the same initial weights.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from tqdm import tqdm

import tinygrad_np

from . import data, loss, models, optim


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on; the defaults are the published recipe."""

    data: str | None = None  # a folder with MNIST's four files; None: the embedded subset
    download: bool = False
    epochs: int = 20
    batch_size: int = 64
    lr: float = 2e-2
    momentum: float = 0.9
    weight_decay: float = 1e-4
    lr_step: int = 6  # the learning rate falls after every 6 epochs ...
    lr_factor: float = 0.3  # ... to 0.3 of it
    pool: Any = "max"
    order: Any = "conv-pool-relu"
    seed: int = 0
    framework: str = "tinygrad_np"


@dataclass(frozen=True)
class Row:
    """What an epoch gave."""

    epoch: int
    loss: float
    train_accuracy: float
    test_accuracy: float
    lr: float
    seconds: float

    header = "epoch    loss   train    test        lr  seconds"

    def __str__(self) -> str:
        return (
            f"{self.epoch:5d}  {self.loss:.4f}  {self.train_accuracy:.4f}  "
            f"{self.test_accuracy:.4f}  {self.lr:.2e}  {self.seconds:7.1f}"
        )


class Training:
    """A model on its way: iterate over it to train, one `Row` per epoch."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.lib = lib = framework(recipe.framework)
        lib.manual_seed(recipe.seed)
        self.model: Any = lenet(recipe)
        self.criterion = lib.CrossEntropyLoss()
        self.train_set, self.test_set = datasets(recipe, lib)
        self.optimizer: Any = lib.optim.SGD(
            self.model.parameters(),
            lr=recipe.lr,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )
        self.scheduler = lib.optim.lr_scheduler.StepLR(
            self.optimizer, recipe.lr_step, recipe.lr_factor
        )

    def __iter__(self) -> Iterator[Row]:
        loader = self.lib.DataLoader(self.train_set, self.recipe.batch_size, shuffle=True)
        for epoch in range(1, self.recipe.epochs + 1):
            start, total = time.perf_counter(), 0.0
            title = f"epoch {epoch}/{self.recipe.epochs}"
            self.model.train()
            for x, y in tqdm(loader, title, leave=False, disable=not sys.stderr.isatty()):
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(x)
            lr = self.scheduler.get_last_lr()[0]
            self.scheduler.step()
            seconds = time.perf_counter() - start
            mean_loss = total / len(self.train_set)
            accuracies = self.accuracy(self.train_set), self.accuracy(self.test_set)
            yield Row(epoch, mean_loss, *accuracies, lr, seconds)

    def accuracy(self, dataset: Any) -> float:
        """The fraction of a dataset that the model gets right."""
        right = 0
        self.model.eval()
        with self.lib.no_grad():
            for x, y in self.lib.DataLoader(dataset, batch_size=1000):
                right += (self.model(x).argmax(1) == y).sum().item()
        return right / len(dataset)

    def example_loss(self) -> Any:
        """The loss of the first 64 test images, with the graph that made it."""
        x, y = self.test_set[:64]
        return self.criterion(self.model(x), y)

    def state(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {name: value.numpy() for name, value in self.model.state_dict().items()}


def framework(name: str) -> Any:
    """The names that the training loop uses, from this library or from torch."""
    if name != "torch":
        ours = {"optim": optim, "DataLoader": data.DataLoader, "TensorDataset": data.TensorDataset}
        return SimpleNamespace(
            **ours,
            CrossEntropyLoss=loss.CrossEntropyLoss,
            from_numpy=tinygrad_np.from_numpy,
            manual_seed=tinygrad_np.manual_seed,
            no_grad=tinygrad_np.no_grad,
        )
    try:
        import torch
    except ImportError:
        raise ValueError("--framework torch needs PyTorch, which is not installed") from None
    return SimpleNamespace(
        **{"optim": torch.optim, "DataLoader": torch.utils.data.DataLoader},
        TensorDataset=torch.utils.data.TensorDataset,
        CrossEntropyLoss=torch.nn.CrossEntropyLoss,
        from_numpy=torch.from_numpy,
        manual_seed=torch.manual_seed,
        no_grad=torch.no_grad,
    )


def lenet(recipe: Recipe) -> Any:
    """LeNet for the framework of the recipe; both frameworks start from the same weights."""
    tinygrad_np.manual_seed(recipe.seed)
    ours = models.LeNet(recipe.pool, recipe.order)
    if recipe.framework != "torch":
        return ours
    import torch
    from torch import nn

    pools: list[Any] = [nn.MaxPool2d(2) if recipe.pool == "max" else nn.AvgPool2d(2), nn.ReLU()]
    pools = pools if recipe.order == "conv-pool-relu" else pools[::-1]
    twin = nn.Sequential()
    twin.add_module(
        "features",
        nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), *pools, nn.Conv2d(6, 16, 5), *pools),
    )
    dense = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    twin.add_module("classifier", nn.Sequential(nn.Flatten(), *dense))
    twin.load_state_dict(
        {name: torch.tensor(value.numpy()) for name, value in ours.state_dict().items()}
    )
    return twin


def datasets(recipe: Recipe, lib: Any) -> tuple[Any, Any]:
    """Training and test set: float32 (N, 1, 28, 28), zero mean, unit variance by the training set."""
    root = None if recipe.data is None else Path(recipe.data)
    train, test = (data.MNIST(root, train=t, download=recipe.download) for t in (True, False))
    pixels = train.data.numpy()
    mean, deviation = float(pixels.mean()), float(pixels.std())
    return tuple(  # type: ignore[return-value]
        lib.TensorDataset(
            lib.from_numpy(((d.data.numpy()[:, None] - mean) / deviation).astype(np.float32)),
            lib.from_numpy(d.targets.numpy()),
        )
        for d in (train, test)
    )
