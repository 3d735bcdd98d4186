"""A process that trains LeNet in one library: an epoch, or an inference, each time it is asked.

`python -m nn.trainer OPTIONS`, with the options as JSON (`library`, `pool`, `order`, `data`,
`epochs`, `seed`), says in a line what it runs on. Then it reads lines: to `epoch` it answers with
the fields of a `report.Row`, to `inference` with seconds, always in one line of JSON.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import nn
import tinygrad_np as tnp

from .train import FRAMEWORKS, accuracy, epochs, normalised


def main() -> None:
    """Answer line by line until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    options = Namespace(lr=0.02, batch_size=64, **json.loads(sys.argv[1]))
    framework = with_plain_batches(FRAMEWORKS[options.library]())
    train_set, test_set = normalised(
        *(nn.data.MNIST(options.data, train) for train in (True, False))
    )
    few = train_set[0][:256], train_set[1][:256]
    next(epochs(framework, fresh(framework, options), few, few, 0, options))  # warm
    model = fresh(framework, options)
    rows = epochs(framework, model, train_set, test_set, 0, options)
    tensors = framework.tensors
    answer({"version": str(tensors.__version__), "threads": tensors.get_num_threads()})
    for line in sys.stdin:
        if line == "epoch\n":
            answer(asdict(next(rows)))
        else:
            start = time.perf_counter()
            accuracy(framework, model, *train_set)
            answer(time.perf_counter() - start)


def answer(value: Any) -> None:
    print(json.dumps(value), flush=True)


def fresh(framework: SimpleNamespace, options: Namespace) -> Any:
    """A new LeNet: in every library the same weights, and after it the same random numbers."""
    tnp.manual_seed(options.seed)
    order: Any = f"conv-{options.order}"
    model = framework.model(nn.models.LeNet(options.pool, order))
    framework.tensors.manual_seed(options.seed)
    return model


def with_plain_batches(framework: SimpleNamespace) -> SimpleNamespace:
    """The framework with one DataLoader for all: batches are copied together by NumPy.

    PyTorch's own fetches image by image: 0.7 s for 60,000, as long as its inference on them.
    """
    tensors = framework.tensors

    def batches(arrays: Any, batch_size: int, shuffle: bool = False) -> Iterator[Any]:
        n = len(arrays[0])
        order = tensors.randperm(n).numpy() if shuffle else None
        for start in range(0, n, batch_size):
            part = slice(start, start + batch_size)
            index = part if order is None else order[part]
            yield tuple(tensors.from_numpy(array[index]) for array in arrays)

    def arrays(*data: Any) -> list[Any]:
        return [tensor.numpy() for tensor in data]

    framework.data = SimpleNamespace(TensorDataset=arrays, DataLoader=batches)
    return framework


if __name__ == "__main__":
    main()
