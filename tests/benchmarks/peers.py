"""Other libraries, each in its own idiom: `python -m benchmarks.peers LIBRARY THREADS`.

LeNet's step does what cases.py does: conv, pool, relu twice, three linear layers, cross-entropy,
SGD with momentum and weight decay on a batch of 64. JAX and tinygrad compile it. The tiny
operations run one by one, in tinygrad a hundred steps at a time, as it gathers them in a graph
whose cost grows faster than it; "jax, compiled" makes one program of all two thousand first.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy

from .worker import timed

STEP = ("LeNet step, batch 64", "max pooling")
CHAIN = ("overhead", "2,000 tiny ops y = y * a + b")
PEERS = {
    "mygrad": [STEP, CHAIN],
    "autograd": [STEP, CHAIN],
    "tinygrad": [STEP, CHAIN],
    "jax": [STEP, CHAIN],
    "jax, compiled": [CHAIN],
}
SHAPES = [
    (6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (400, 120), (120,), (120, 84), (84,), (84, 10), (10,),
]  # fmt: skip
LR, MOMENTUM, DECAY = 0.02, 0.9, 1e-4

Run = Callable[[], Any]


def data() -> tuple[list[Any], Any, Any]:
    """Weights, images and labels."""
    rng = numpy.random.default_rng(0)
    weights = [rng.normal(0, 0.1, shape).astype(numpy.float32) for shape in SHAPES]
    images = rng.normal(size=(64, 1, 28, 28)).astype(numpy.float32)
    return weights, images, rng.integers(0, 10, 64)


def updated(weights: Any, gradients: Any, moments: Any) -> Any:
    """SGD on arrays, in place."""
    for w, g, m in zip(weights, gradients, moments, strict=True):
        m *= MOMENTUM
        m += g + DECAY * w
        w -= LR * m


def mygrad() -> dict[Any, Run]:
    import mygrad as mg
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    weights, x, y = data()
    w = [mg.tensor(a) for a in weights]
    moments = [numpy.zeros_like(a) for a in weights]

    def step() -> None:
        h = conv_nd(x, w[0], stride=1, padding=2) + w[1].reshape(1, -1, 1, 1)
        h = mg.maximum(max_pool(h, (2, 2), 2), 0)
        h = conv_nd(h, w[2], stride=1) + w[3].reshape(1, -1, 1, 1)
        h = mg.maximum(max_pool(h, (2, 2), 2), 0).reshape(64, 400)
        h = mg.maximum(h @ w[4] + w[5], 0)
        h = mg.maximum(h @ w[6] + w[7], 0)
        softmax_crossentropy(h @ w[8] + w[9], y).backward()
        updated([t.data for t in w], [t.grad for t in w], moments)

    def chain() -> None:
        y = a = mg.ones(4, dtype=numpy.float32)
        b = mg.ones(4, dtype=numpy.float32)
        for _ in range(1000):
            y = y * a + b
        y.sum().backward()

    return {STEP: step, CHAIN: chain}


def autograd() -> dict[Any, Run]:
    import autograd.numpy as np
    from autograd import grad
    from autograd.scipy.signal import convolve

    weights, x, y = data()
    moments = [numpy.zeros_like(a) for a in weights]

    def conv(x: Any, w: Any, b: Any) -> Any:
        flipped = np.transpose(w, (1, 0, 2, 3))[:, :, ::-1, ::-1]
        y = convolve(x, flipped, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid")
        return y + np.reshape(b, (1, -1, 1, 1))

    def pool(x: Any) -> Any:
        n, c, h, w = x.shape
        return np.max(np.max(np.reshape(x, (n, c, h // 2, 2, w // 2, 2)), axis=5), axis=3)

    def loss(w: Any) -> Any:
        h = np.maximum(pool(conv(np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)]), w[0], w[1])), 0)
        h = np.reshape(np.maximum(pool(conv(h, w[2], w[3])), 0), (64, 400))
        h = np.maximum(np.dot(h, w[4]) + w[5], 0)
        h = np.maximum(np.dot(h, w[6]) + w[7], 0)
        z = np.dot(h, w[8]) + w[9]
        z = z - np.max(z, axis=1, keepdims=True)
        logs = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        return -np.mean(logs[np.arange(64), y])

    gradient = grad(loss)

    def chained(arrays: Any) -> Any:
        y, (a, b) = arrays[0], arrays
        for _ in range(1000):
            y = y * a + b
        return np.sum(y)

    ones = numpy.ones(4, numpy.float32)
    return {
        STEP: lambda: updated(weights, gradient(weights), moments),
        CHAIN: lambda: grad(chained)((ones, ones)),
    }


def _clang(folder: Path) -> None:
    """Have tinygrad call the clang inside the package ziglang, where the system has none."""
    if shutil.which(os.environ.get("CC", "clang")) is None:
        script = folder / "clang"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ziglang clang "$@"\n')
        script.chmod(0o755)
        os.environ["CC"] = str(script)


def tinygrad() -> dict[Any, Run]:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    _clang(Path(folder.name))
    os.environ |= {"DEV": "CPU", "TRAINING": "1"}
    from tinygrad import Tensor, TinyJit
    from tinygrad.nn.optim import SGD

    weights, x, y = data()
    w = [Tensor(a) for a in weights]
    images, labels = Tensor(x), Tensor(y.astype(numpy.int32))
    optimizer = SGD(w, LR, MOMENTUM, DECAY)

    @TinyJit
    def step() -> Any:
        optimizer.zero_grad()
        h = images.conv2d(w[0], w[1], padding=2).max_pool2d((2, 2)).relu()
        h = h.conv2d(w[2], w[3]).max_pool2d((2, 2)).relu().reshape(64, 400)
        h = (h @ w[4] + w[5]).relu()
        h = (h @ w[6] + w[7]).relu()
        loss = (h @ w[8] + w[9]).sparse_categorical_crossentropy(labels).backward()
        optimizer.step()
        return loss.realize()

    a, b = (Tensor.ones(4).contiguous().realize() for _ in range(2))

    def chain() -> None:
        for _ in range(10):
            y = a
            for _ in range(100):
                y = y * a + b
            Tensor.realize(*y.sum().gradient(a, b))

    return {STEP: lambda: step().numpy(), CHAIN: chain}


def jax(compiled: bool = False) -> dict[Any, Run]:
    import jax
    import jax.numpy as jnp
    from jax import lax

    weights, x, y = data()

    def conv(x: Any, w: Any, b: Any, p: int) -> Any:
        return lax.conv(
            jnp.pad(x, [(0, 0), (0, 0), (p, p), (p, p)]), w, (1, 1), "VALID"
        ) + b.reshape(1, -1, 1, 1)

    def pool(x: Any) -> Any:
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss(w: Any) -> Any:
        h = jnp.maximum(pool(conv(x, w[0], w[1], 2)), 0)
        h = jnp.maximum(pool(conv(h, w[2], w[3], 0)), 0).reshape(64, 400)
        h = jnp.maximum(h @ w[4] + w[5], 0)
        h = jnp.maximum(h @ w[6] + w[7], 0)
        return -jax.nn.log_softmax(h @ w[8] + w[9])[jnp.arange(64), y].mean()

    @jax.jit
    def step(w: Any, moments: Any) -> Any:
        gradients = jax.grad(loss)(w)
        moments = [
            MOMENTUM * m + g + DECAY * a for m, g, a in zip(moments, gradients, w, strict=True)
        ]
        return [a - LR * m for a, m in zip(w, moments, strict=True)], moments

    state = [weights, [jnp.zeros_like(a) for a in weights]]

    def run() -> None:
        state[:] = step(*state)
        jax.block_until_ready(state)

    def chained(arrays: Any) -> Any:
        y, (a, b) = arrays[0], arrays
        for _ in range(1000):
            y = y * a + b
        return jnp.sum(y)

    ones = jnp.ones(4, jnp.float32)
    gradient = jax.jit(jax.grad(chained)) if compiled else jax.grad(chained)
    chain = {CHAIN: lambda: jax.block_until_ready(gradient((ones, ones)))}
    return chain if compiled else {STEP: run, **chain}


def main() -> None:
    """Answer line by line, as worker.py does."""
    libraries: dict[str, Callable[[], dict[Any, Run]]] = {
        "mygrad": mygrad, "autograd": autograd, "tinygrad": tinygrad, "jax": jax,
        "jax, compiled": partial(jax, compiled=True),
    }  # fmt: skip
    runs = libraries[sys.argv[1]]()
    for run in runs.values():
        for _ in range(3):  # compiled at the second call, some of them
            run()
    for line in sys.stdin:
        group, name, seconds = line.rstrip("\n").split("|")
        print(timed(runs[group, name], float(seconds)), flush=True)


if __name__ == "__main__":
    main()
