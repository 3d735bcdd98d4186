"""The other libraries of `make bench`, as the few functions that the works in peers.py ask for.

What a library has itself it does itself; the rest is written in its own NumPy. Those that compile
are in compilers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy

Run = Callable[[], Any]
Update = Callable[..., Sequence[Any]]


class Library:
    """What works in the names of NumPy, whose twin in this library is `np`."""

    np: Any
    compiles = False  # in its first calls
    steps = 1000  # of a chain of tiny ops, in one graph

    def array(self, a: Any) -> Any:
        return a

    def number(self, a: float) -> Any:
        """One that meets arrays: MyGrad would make them float64 for a plain one."""
        return numpy.float32(a)

    def eager(self) -> Library | None:
        """The library without its compiler, if there is one."""
        return self

    def run(self, f: Callable[..., Any], *leaves: Any, seed: Any) -> Run:
        """Its calls give f of the leaves, and the gradients of the product with `seed`."""
        raise NotImplementedError

    def gradient(self, loss: Callable[..., Any], leaves: Sequence[Any]) -> Sequence[Any]:
        raise NotImplementedError

    def forward(self, f: Callable[..., Any], *arrays: Any) -> Run:
        return lambda: f(*arrays)

    def train(self, loss: Callable[..., Any], leaves: list[Any], update: Update, n: int) -> Run:
        """A training step: `update(w, gradient, *state)` gives a new w and state, n arrays."""
        states = [[0 * w for _ in range(n)] for w in leaves]

        def step() -> None:
            for i, g in enumerate(self.gradient(loss, leaves)):
                leaves[i], *states[i] = update(leaves[i], g, *states[i])

        return step

    def pad(self, x: Any, padding: int, value: float = 0.0) -> Any:
        width = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
        return self.np.pad(x, width, "constant", constant_values=value) if padding else x

    def windows(self, x: Any, kernel: int, stride: int, padding: int, value: float) -> list[Any]:
        """x seen through each place of the window."""
        x = self.pad(x, padding, value)
        last = [size - kernel + 1 for size in x.shape[2:]]
        return [
            x[:, :, i : i + last[0] : stride, j : j + last[1] : stride]
            for i in range(kernel)
            for j in range(kernel)
        ]

    def conv2d(
        self, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0, dilation: int = 1,
        groups: int = 1,
    ) -> Any:  # fmt: skip
        """Group by group, where the library's own convolution, `conv`, has no groups."""
        size = x.shape[1] // groups, w.shape[0] // groups
        parts = [
            self.conv(
                x[:, g * size[0] : (g + 1) * size[0]] if groups > 1 else x,
                w[g * size[1] : (g + 1) * size[1]] if groups > 1 else w,
                stride, padding, dilation,
            )
            for g in range(groups)
        ]  # fmt: skip
        y = self.np.concatenate(parts, axis=1) if groups > 1 else parts[0]
        return y + b.reshape(1, -1, 1, 1)

    def conv(self, x: Any, w: Any, stride: int, padding: int, dilation: int) -> Any:
        raise NotImplementedError

    def max_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        return reduce(self.np.maximum, self.windows(x, kernel, stride, padding, -3e38))

    def avg_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        total = reduce(self.np.add, self.windows(x, kernel, stride, padding, 0.0))
        return total * self.number(1 / kernel**2)

    def relu(self, x: Any) -> Any:
        return self.np.maximum(x, 0)

    def tanh(self, x: Any) -> Any:
        return self.np.tanh(x)

    def softmax(self, x: Any) -> Any:
        e = self.np.exp(x - self.np.max(x, axis=-1, keepdims=True))
        return e / self.np.sum(e, axis=-1, keepdims=True)

    def cross_entropy(self, x: Any, y: Any) -> Any:
        return -self.np.mean(self.log_softmax(x)[numpy.arange(len(y)), y])

    def log_softmax(self, x: Any) -> Any:
        raise NotImplementedError

    def norm(self, x: Any, w: Any, b: Any, axes: tuple[int, ...]) -> Any:
        """Over these axes, with the mean and the variance of x itself."""
        d = x - self.np.mean(x, axis=axes, keepdims=True)
        variance = self.np.mean(d * d, axis=axes, keepdims=True)
        return d / self.np.sqrt(variance + self.number(1e-5)) * w + b

    def batch_norm(self, x: Any, w: Any, b: Any) -> Any:
        shape = (1, -1) + (1,) * (x.ndim - 2)
        return self.norm(x, w.reshape(shape), b.reshape(shape), (0, *range(2, x.ndim)))

    def stack(self, xs: list[Any]) -> Any:
        return self.np.stack(xs, axis=1)

    def transpose(self, x: Any, *axes: int) -> Any:
        return x.transpose(axes)


class MyGrad(Library):
    def __init__(self) -> None:
        import mygrad
        from mygrad.nnet import activations, layers, losses

        mygrad.turn_memory_guarding_off()  # its fastest
        self.np, self.layers = mygrad, layers
        self.relu, self.tanh = activations.relu, activations.tanh
        self.softmax, self.cross_entropy = activations.softmax, losses.softmax_crossentropy

    def run(self, f: Callable[..., Any], *leaves: Any, seed: Any) -> Run:
        tensors = [self.np.tensor(a) for a in leaves]

        def go() -> Any:
            y = f(*tensors)
            y.backward(seed)
            return y, [t.grad for t in tensors]

        return go

    def gradient(self, loss: Callable[..., Any], leaves: Sequence[Any]) -> Sequence[Any]:
        tensors = [self.np.tensor(a, copy=False) for a in leaves]
        loss(*tensors).backward()
        return [t.grad for t in tensors]

    def forward(self, f: Callable[..., Any], *arrays: Any) -> Run:
        return self.np.no_autodiff(lambda: f(*map(self.np.astensor, arrays)))

    def pad(self, x: Any, padding: int, value: float = 0.0) -> Any:
        for axis in (2, 3) if padding else ():
            edge = numpy.full([padding if i == axis else n for i, n in enumerate(x.shape)],
                              value, numpy.float32)  # fmt: skip
            x = self.np.concatenate([edge, x, edge], axis=axis)
        return x

    def conv(self, x: Any, w: Any, stride: int, padding: int, dilation: int) -> Any:
        if stride > 1:  # its own wants windows that fill x
            x, padding = self.pad(x, padding), 0
            last = [n - (n - dilation * (w.shape[-1] - 1) - 1) % stride for n in x.shape[2:]]
            x = x[:, :, : last[0], : last[1]]
        return self.layers.conv_nd(x, w, stride=stride, padding=padding, dilation=dilation)

    def max_pool2d(self, x: Any, kernel: int, stride: int, padding: int = 0) -> Any:
        if kernel != stride:
            return super().max_pool2d(x, kernel, stride, padding)
        return self.layers.max_pool(x, (kernel, kernel), stride)

    def batch_norm(self, x: Any, w: Any, b: Any) -> Any:
        return self.layers.batchnorm(x, gamma=w, beta=b, eps=1e-5)


class Autograd(Library):
    def __init__(self) -> None:
        import autograd
        import autograd.numpy
        from autograd.scipy.signal import convolve
        from autograd.scipy.special import logsumexp

        self.np, self.autograd = autograd.numpy, autograd
        self.convolve, self.logsumexp = convolve, logsumexp

    def run(self, f: Callable[..., Any], *leaves: Any, seed: Any) -> Run:
        def go() -> Any:
            backward, y = self.autograd.make_vjp(lambda leaves: f(*leaves))(leaves)
            return y, backward(seed)

        return go

    def log_softmax(self, x: Any) -> Any:
        return x - self.logsumexp(x, axis=1, keepdims=True)

    def gradient(self, loss: Callable[..., Any], leaves: Sequence[Any]) -> Sequence[Any]:
        return self.autograd.grad(lambda leaves: loss(*leaves))(leaves)

    def conv(self, x: Any, w: Any, stride: int, padding: int, dilation: int) -> Any:
        """All places without stride, with a kernel that holds zeros where it is dilated."""
        if dilation > 1:
            places = numpy.eye(dilation * (w.shape[-1] - 1) + 1, dtype=numpy.float32)[::dilation]
            w = self.np.einsum("oiab,ac,bd->oicd", w, places, places)
        flipped = self.np.transpose(w, (1, 0, 2, 3))[:, :, ::-1, ::-1]
        axes = {"axes": ([2, 3], [2, 3]), "dot_axes": ([1], [0])}
        return self.convolve(self.pad(x, padding), flipped, mode="valid", **axes)[
            :, :, ::stride, ::stride
        ]
