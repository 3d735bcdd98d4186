"""Libraries that compile a work, as one function of arrays, before they run it."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy

from .libraries import Library, Run, Update


class Jax(Library):
    compiles = True

    def __init__(self, compiled: bool = True) -> None:
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax

        self.np, self.jax = jax.numpy, jax
        self.compile: Any = jax.jit if compiled else lambda f: f

    def array(self, a: Any) -> Any:
        return self.np.asarray(a)

    def eager(self) -> Library:
        return Jax(compiled=False)

    def run(self, f: Callable[..., Any], *leaves: Any, seed: Any) -> Run:
        def both(leaves: Any, seed: Any) -> Any:
            y, backward = self.jax.vjp(f, *leaves)
            return y, backward(seed)

        return self.forward(both, leaves, self.array(seed))

    def forward(self, f: Callable[..., Any], *arrays: Any) -> Run:
        f = self.compile(f)
        return lambda: self.jax.block_until_ready(f(*arrays))

    def gradient(self, loss: Callable[..., Any], leaves: Sequence[Any]) -> Sequence[Any]:
        return self.jax.grad(lambda leaves: loss(*leaves))(leaves)

    def train(self, loss: Callable[..., Any], leaves: list[Any], update: Update, n: int) -> Run:
        @self.compile
        def step(all: Any) -> Any:
            gradients = self.gradient(loss, [w for w, *_ in all])
            return [update(w, g, *state) for (w, *state), g in zip(all, gradients, strict=True)]

        all = [[w, *(0 * w for _ in range(n))] for w in leaves]

        def go() -> Any:
            all[:] = self.jax.block_until_ready(step(all))

        return go

    def conv2d(
        self, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0, dilation: int = 1,
        groups: int = 1,
    ) -> Any:  # fmt: skip
        y = self.jax.lax.conv_general_dilated(
            x, w, (stride, stride), [(padding, padding)] * 2,
            rhs_dilation=(dilation, dilation), feature_group_count=groups,
        )  # fmt: skip
        return y + b.reshape(1, -1, 1, 1)

    def pooled(self, x: Any, op: Any, start: float, kernel: int, stride: int, p: int) -> Any:
        window, strides = (1, 1, kernel, kernel), (1, 1, stride, stride)
        edges = [(0, 0), (0, 0), (p, p), (p, p)]
        return self.jax.lax.reduce_window(x, start, op, window, strides, edges)

    def max_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        return self.pooled(x, self.jax.lax.max, -numpy.inf, kernel, stride, padding)

    def avg_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        return self.pooled(x, self.jax.lax.add, 0.0, kernel, stride, padding) / kernel**2

    def softmax(self, x: Any) -> Any:
        return self.jax.nn.softmax(x)

    def log_softmax(self, x: Any) -> Any:
        return self.jax.nn.log_softmax(x)

    def relu(self, x: Any) -> Any:
        return self.jax.nn.relu(x)


class TinyGrad(Library):
    compiles = True
    steps = 100  # the cost of a graph grows faster than it

    def __init__(self) -> None:
        folder = tempfile.TemporaryDirectory()
        atexit.register(folder.cleanup)
        if shutil.which(os.environ.get("CC", "clang")) is None:  # the one in the package ziglang
            script = Path(folder.name, "clang")
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ziglang clang "$@"\n')
            script.chmod(0o755)
            os.environ["CC"] = str(script)
        os.environ["DEV"] = "CPU"
        import tinygrad

        self.t = tinygrad

    def number(self, a: float) -> float:
        return a

    def eager(self) -> None:
        """Its operations wait until a graph of them is compiled."""

    def array(self, a: Any) -> Any:
        a = a.astype(numpy.int32) if a.dtype == numpy.int64 else a
        return self.t.Tensor(a).contiguous().realize()

    def forward(self, f: Callable[..., Any], *arrays: Any) -> Run:
        @self.t.TinyJit
        def compiled() -> Any:
            y = f(*arrays)
            self.t.Tensor.realize(*y)
            return y

        def go() -> Any:
            y = compiled()
            self.t.Device[self.t.Device.DEFAULT].synchronize()
            return y

        return go

    def run(self, f: Callable[..., Any], *leaves: Any, seed: Any) -> Run:
        seed = self.array(seed)

        def both(*leaves: Any) -> list[Any]:
            y = f(*leaves)
            return [y, *y.gradient(*leaves, gradient=seed)]

        return self.forward(both, *leaves)

    def train(self, loss: Callable[..., Any], leaves: list[Any], update: Update, n: int) -> Run:
        all = [[w, *(self.array(numpy.zeros(w.shape, "float32")) for _ in range(n))]
               for w in leaves]  # fmt: skip

        def step() -> list[Any]:
            gradients = loss(*leaves).gradient(*leaves)
            for (w, *state), g in zip(all, gradients, strict=True):
                for old, new in zip([w, *state], update(w, g, *state), strict=True):
                    old.assign(new)
            return [a for one in all for a in one]

        return self.forward(step)

    def conv2d(self, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0,
               dilation: int = 1, groups: int = 1) -> Any:  # fmt: skip
        return x.conv2d(w, b, groups, stride, dilation, padding)

    def max_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        return x.max_pool2d((kernel, kernel), stride, padding=padding)

    def avg_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        return x.avg_pool2d((kernel, kernel), stride, padding=padding)

    def relu(self, x: Any) -> Any:
        return x.relu()

    def tanh(self, x: Any) -> Any:
        return x.tanh()

    def softmax(self, x: Any) -> Any:
        return x.softmax()

    def cross_entropy(self, x: Any, y: Any) -> Any:
        return x.sparse_categorical_crossentropy(y)

    def norm(self, x: Any, w: Any, b: Any, axes: tuple[int, ...]) -> Any:
        return x.layernorm(axes) * w + b

    def stack(self, xs: list[Any]) -> Any:
        return xs[0].stack(*xs[1:], dim=1)

    def transpose(self, x: Any, *axes: int) -> Any:
        return x.permute(*axes)
