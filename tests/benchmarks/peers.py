"""The works of cases.py for other libraries: `python -m benchmarks.peers LIBRARY THREADS`.

Each is a function of arrays, in the few names that libraries.py gives to every library.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy

from . import cases
from .compilers import Jax, TinyGrad
from .libraries import Autograd, Library, MyGrad, Run
from .worker import timed

PEERS: dict[str, Callable[[], Library]] = {
    "mygrad": MyGrad, "autograd": Autograd, "tinygrad": TinyGrad, "jax": Jax,
}  # fmt: skip
COMPILED = ", as one program"

Work = Callable[[Library], Run | None]  # None: the library has no such thing

WORKS: dict[str, dict[str, Work]] = {}


def work(group: str, name: str) -> Callable[[Work], Work]:
    """Adds a work to a group."""

    def add(make: Work) -> Work:
        WORKS.setdefault(group, {})[name] = make
        return make

    return add


def normal(*shape: int, scale: float = 1.0) -> Any:
    return numpy.random.default_rng(0).normal(0, scale, shape).astype(numpy.float32)


def labels(*shape: int, below: int) -> Any:
    return numpy.random.default_rng(0).integers(0, below, shape)


def backward_of(
    library: Library, f: Callable[..., Any], shape: tuple[int, ...], *leaves: Any
) -> Run:
    """Forward, and backward of a weight of ones in the shape of the result."""
    return library.run(f, *map(library.array, leaves), seed=numpy.ones(shape, numpy.float32))


def sgd(w: Any, g: Any, m: Any) -> Any:
    """With momentum and weight decay."""
    m = 0.9 * m + g + 1e-4 * w
    return w - 0.02 * m, m


def plain_sgd(w: Any, g: Any) -> Any:
    return (w - 0.01 * g,)


def adam(w: Any, g: Any, m: Any, v: Any, t: Any) -> Any:
    """Its count of steps, t, is an array, as what compiled steps change is, and like w for ease."""
    t = t + 1
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    scale = (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
    return w - 1e-3 * scale * m / (v**0.5 + 1e-8), m, v, t


def lenet(library: Library, pool: str, x: Any, *w: Any) -> Any:
    """Pool, then relu, as there."""
    pooled = getattr(library, f"{pool}_pool2d")
    h = library.relu(pooled(library.conv2d(x, w[0], w[1], padding=2), 2, 2))
    h = library.relu(pooled(library.conv2d(h, w[2], w[3]), 2, 2)).reshape(len(x), 400)
    h = library.relu(h @ w[4] + w[5])
    h = library.relu(h @ w[6] + w[7])
    return h @ w[8] + w[9]


LENET = [
    (6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (400, 120), (120,), (120, 84), (84,), (84, 10), (10,),
]  # fmt: skip


@work("LeNet step, batch 64", "max pooling")
def lenet_step(library: Library, pool: str = "max") -> Run:
    x, y = library.array(normal(64, 1, 28, 28)), library.array(labels(64, below=10))
    weights = [library.array(normal(*shape, scale=0.1)) for shape in LENET]

    def loss(*w: Any) -> Any:
        return library.cross_entropy(lenet(library, pool, x, *w), y)

    return library.train(loss, weights, sgd, 1)


work("LeNet step, batch 64", "avg pooling")(partial(lenet_step, pool="avg"))


@work("LeNet inference", "60,000 images, batch 1,000")
def inference(library: Library) -> Run:
    """One batch, whose time `main` takes sixty times."""
    arrays = [normal(1000, 1, 28, 28), *(normal(*shape, scale=0.1) for shape in LENET)]

    def f(*arrays: Any) -> Any:
        return [lenet(library, "max", *arrays)]

    return library.forward(f, *map(library.array, arrays))


for _name, _shape in cases.CONVOLUTIONS.items():

    @work("conv2d", _name)
    def conv2d(library: Library, shape: Any = _shape) -> Run:
        n, inner, outer, size, k, *rest = shape
        stride, padding, dilation, groups = rest
        width = (size + 2 * padding - dilation * (k - 1) - 1) // stride + 1
        leaves = normal(n, inner, size, size), normal(outer, inner // groups, k, k), normal(outer)
        return backward_of(
            library, lambda x, w, b: library.conv2d(x, w, b, *rest), (n, outer, width, width),
            *leaves,
        )  # fmt: skip


for _kind in ("max", "avg"):
    for _name, _shape in cases.POOLINGS.items():

        @work(f"{_kind} pooling", _name)
        def pool(library: Library, kind: str = _kind, shape: Any = _shape) -> Run:
            (n, c, size, _), k, stride, padding = shape
            width = (size + 2 * padding - k) // stride + 1
            pooled = getattr(library, f"{kind}_pool2d")
            return backward_of(
                library, lambda x: pooled(x, k, stride, padding), (n, c, width, width),
                normal(n, c, size, size),
            )  # fmt: skip


for _name, _sizes in cases.LINEARS.items():

    @work("linear", _name)
    def linear(library: Library, sizes: Any = _sizes) -> Run:
        n, inner, outer = sizes
        return backward_of(
            library, lambda x, w, b: x @ w + b, (n, outer),
            normal(n, inner), normal(inner, outer), normal(outer),
        )  # fmt: skip


for _name, _sizes in cases.CLASSES.items():

    @work("log-softmax + cross-entropy", _name)
    def cross_entropy(library: Library, sizes: Any = _sizes) -> Run:
        y = library.array(labels(sizes[0], below=sizes[1]))
        return backward_of(library, lambda x: library.cross_entropy(x, y), (), normal(*sizes))


for _name, _size in cases.SIZES.items():

    @work("batch norm", _name)
    def batch_norm(library: Library, size: Any = _size) -> Run:
        return backward_of(
            library, library.batch_norm, size, normal(*size), normal(size[1]), normal(size[1])
        )

    @work("relu", _name)
    def relu(library: Library, size: Any = _size) -> Run:
        return backward_of(library, library.relu, size, normal(*size))


@work("Transformer block", "batch 16, 128 tokens, width 128, 4 heads")
def transformer_block(library: Library) -> Run:
    mask = library.array(numpy.triu(numpy.full((128, 128), -1e9, numpy.float32), 1))

    def block(x: Any, *w: Any) -> Any:
        h = library.norm(x, w[0], w[1], (-1,)) @ w[2] + w[3]
        heads = library.transpose(h.reshape(16, 128, 3, 4, 32), 2, 0, 3, 1, 4)
        q, k, v = heads[0], heads[1], heads[2]
        scores = q @ library.transpose(k, 0, 1, 3, 2) * library.number(1 / math.sqrt(32)) + mask
        mixed = library.transpose(library.softmax(scores) @ v, 0, 2, 1, 3).reshape(16, 128, 128)
        x = x + mixed @ w[4] + w[5]
        h = library.relu(library.norm(x, w[6], w[7], (-1,)) @ w[8] + w[9])
        return x + h @ w[10] + w[11]

    shapes = [
        (128,), (128,), (128, 384), (384,), (128, 128), (128,), (128,), (128,), (128, 512), (512,),
        (512, 128), (128,),
    ]  # fmt: skip
    leaves = [normal(*shape, scale=0.1) for shape in shapes]
    return backward_of(library, block, (16, 128, 128), normal(16, 128, 128), *leaves)


@work("char-RNN step", "batch 32, 50 letters, 128 wide")
def char_rnn(library: Library) -> Run:
    letters, following = (library.array(labels(n, below=65)) for n in (32 * 50, 32 * 50))

    def loss(*w: Any) -> Any:
        x = (w[0][letters] @ w[1] + w[2]).reshape(32, 50, 128)
        h, all = library.tanh(x[:, 0] + w[4]), []
        for t in range(50):
            h = library.tanh(x[:, t] + h @ w[3] + w[4]) if t else h
            all.append(h)
        logits = library.stack(all).reshape(32 * 50, 128) @ w[5] + w[6]
        return library.cross_entropy(logits, following)

    shapes = [(65, 64), (64, 128), (128,), (128, 128), (128,), (128, 65), (65,)]
    return library.train(
        loss, [library.array(normal(*shape, scale=0.1)) for shape in shapes], adam, 3
    )


def chain(library: Library) -> Run:
    def chained(y: Any, a: Any, b: Any) -> Any:
        for _ in range(library.steps):
            y = y * a + b
        return y

    once = backward_of(library, chained, (4,), *(numpy.ones(4, numpy.float32) for _ in range(3)))

    def run() -> None:
        for _ in range(1000 // library.steps):
            once()

    return run


@work("overhead", "2,000 tiny ops y = y * a + b")
def tiny_ops(library: Library) -> Run | None:
    eager = library.eager()
    return eager and chain(eager)


@work("overhead", "2,000 tiny ops y = y * a + b" + COMPILED)
def tiny_program(library: Library) -> Run | None:
    return chain(library) if library.compiles else None


@work("overhead", "scalar MLP 16-16-16-1, batch 8")
def tiny_mlp(library: Library) -> Run:
    x, y = library.array(normal(8, 16)), library.array(normal(8, 1))

    def loss(*w: Any) -> Any:
        h = library.tanh(library.tanh(x @ w[0] + w[1]) @ w[2] + w[3]) @ w[4] + w[5]
        return ((h - y) * (h - y)).sum() * library.number(1 / 8)

    shapes = [(16, 16), (16,), (16, 16), (16,), (16, 1), (1,)]
    return library.train(loss, [library.array(normal(*s, scale=0.2)) for s in shapes], plain_sgd, 0)


def main() -> None:
    """Answer line by line, as worker.py does; `nan` for what the library cannot do."""
    with contextlib.suppress(AttributeError):  # JAX takes as many threads as it finds CPUs
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[2])])
    library, made = PEERS[sys.argv[1]](), {}
    for line in sys.stdin:
        group, name, seconds = line.rstrip("\n").split("|")
        if (group, name) not in made:
            made.clear()
            made[group, name] = run = WORKS[group][name](library)
            first = timed(run, 0) if run else math.nan
            if first < 1000 or (run and library.compiles):  # at the second call, some of them
                timed(run, 0)
                timed(run, 0)
        run, batches = made[group, name], 60 if group == "LeNet inference" else 1
        print(batches * timed(run, float(seconds)) if run else math.nan, flush=True)


if __name__ == "__main__":
    main()
