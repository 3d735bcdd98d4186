"""Recurrent cells run over whole sequences: one op for all steps.

Rows of all sequences lie behind one another, step after step: the first `sizes[0]` rows are the
first elements of all sequences, the next `sizes[1]` the second elements of those that have one.
The part of the gates that inputs give, `x (N, G*H)`, is one product beforehand; `w (G*H, H)` and
`b (G*H,)` give that of h. The state `s (B, S*H)` is h, for an LSTM h and c side by side, and
`y (N, S*H)` is the state after each row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy

from ..blas import one_thread
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from ..threads import product
from .creation import ones
from .elementwise import Tanh
from .index import GetItem
from .join import Cat
from .keep import Keep


class Scan(Op):
    """What the cells share: how the state is carried along, and its gradient back.

    A cell defines `step`, the state after a step, and for the way back `factors`, whatever does
    not depend on the gradient, for all rows at once, and `back`, the little that must be done step
    by step. The gradients of `w` and `b` are then one product and one sum for all steps.
    """

    sizes: tuple[int, ...]  # sequences with an element at each step, the number never rising
    reverse: bool = False  # from the last element of each sequence to its first

    step: ClassVar[Callable[..., Any]]
    factors: ClassVar[Callable[..., Any]]
    back: ClassVar[Callable[..., Any]]

    @one_thread()
    def scan(self, gates, states, x, w, b, s):
        self._must_fit(gates, states, x.shape, w.shape, b.shape, s.shape)
        w = self.xp.ascontiguousarray(w.T)  # (G*H, H) -> (H, G*H): half the time of w.T itself
        y = self.xp.empty((len(x), s.shape[1]), x.dtype)
        for rows, n in self._steps():
            before = s[:n]
            y[rows] = self.step(x[rows], before[:, : len(w)] @ w + b, before)
            s = y[rows] if n == len(s) else self.xp.concatenate([y[rows], s[n:]])
        return y

    def _must_fit(self, gates, states, *shapes):
        sizes, h = self.sizes, shapes[1][-1]
        b = (gates * h,)
        x, w, s = (sum(sizes), *b), (*b, h), (max(sizes, default=0), states * h)
        if shapes != (x, w, b, s) or list(sizes) != sorted(sizes, reverse=True):
            raise ValueError(
                f"expected x {x}, w {w}, b {b} and s {s}, for sizes {sizes} that never rise"
            )

    def gradients(self, g: Any, as_tensors: bool, wanted: Any = None) -> Iterator[tuple[Any, Any]]:
        """Run the rules; the walk back is done once for all of them, and kept by `hint` so long."""
        try:
            yield from super().gradients(g, as_tensors, wanted)
        finally:
            self.hint = None

    @one_thread()
    def _walk(self, g, x, w, b, s, y):
        """The h before each row, and the gradients of x, of a = h w^T + b, and of s."""
        if self.hint is None:
            before = GetItem((self._before(), ...))(Cat(0)(s, y))
            h = before[:, : w.shape[1]]
            factors = self.factors(x, product(h, w.T) + b, before, y)
            pieces, gs = [], numpy.zeros(s.shape, x.dtype)
            for rows, n in reversed(self._steps()):
                others = gs[n:]  # of sequences without an element at this step
                piece, gs = self.back(g[rows] + gs[:n], w, *[factor[rows] for factor in factors])
                gs = Cat(0)(gs, others) if len(others) else gs
                pieces.append(piece)
            pieces = pieces if self.reverse else pieces[::-1]
            self.hint = (h, *self.split(Cat(0)(*pieces)), gs)
        return self.hint

    def split(self, pieces):
        """The gradients of x and of a, from what `back` gave: the same where the two are summed."""
        return pieces, pieces

    def dx(self, g, x, w, b, s, out):
        return self._walk(g, x, w, b, s, out)[1]

    def dw(self, g, x, w, b, s, out):
        h, _, ga, _ = self._walk(g, x, w, b, s, out)
        return product(ga.T, h)

    def db(self, g, x, w, b, s, out):
        return self._walk(g, x, w, b, s, out)[2].sum(0)

    def ds(self, g, x, w, b, s, out):
        return self._walk(g, x, w, b, s, out)[3]

    def _steps(self) -> list[tuple[slice, int]]:
        """(rows, their number) of each step, in the order in which they are walked."""
        ends = itertools.accumulate(self.sizes)
        steps = [(slice(end - n, end), n) for end, n in zip(ends, self.sizes, strict=True)]
        return steps[::-1] if self.reverse else steps

    def _before(self) -> numpy.ndarray:
        """For each row where in [s, y] the state before it lies."""
        latest, before = numpy.arange(self.sizes[0]), numpy.empty(sum(self.sizes), int)
        for rows, n in self._steps():
            before[rows] = latest[:n]
            latest[:n] = numpy.arange(rows.start, rows.stop) + self.sizes[0]
        return before

    def _samples(r, cell, gates, states, **config):
        m, n = gates * 2, states * 2
        for sizes, reverse in [((2, 2, 2), False), ((3, 2, 2, 1), True), ((3, 1), False)]:
            arrays = r.normal(sum(sizes), m), r.normal(m, 2), r.normal(m), r.normal(sizes[0], n)
            yield Sample(*arrays, sizes=sizes, reverse=reverse, **config)
        x, w, b, s = ones(3, m), ones(m, 2), ones(m), ones(2, n)
        for sizes, xs, ss in [((2, 1), ones(4, m), s), ((2, 1), x, ones(2, n + 1)), ((1, 2), x, s)]:
            yield ErrorSample(
                lambda sizes=sizes, xs=xs, ss=ss: cell(sizes)(xs, w, b, ss),
                rf"expected x \(3, {m}\), .* s \(2, {n}\), for sizes .* that never rise\n  x: ",
            )

    def _by(self, cell, torch, x, w, b, s):
        """The same by a cell of torch, row by row, whose input weight is the identity."""
        y, state, zeros = [None] * len(x), list(s), torch.zeros_like(b)
        eye = torch.eye(x.shape[1], dtype=x.dtype)
        for rows, _ in self._steps():
            for k, row in enumerate(range(rows.start, rows.stop)):
                y[row] = state[k] = cell(x[row][None], state[k][None], eye, w, zeros, b)[0]
        return torch.stack(y)


class RNNScan(Scan):
    """y = tanh(x + h w^T + b), row by row;   dx = (g + dx' w) (1 - y^2), dx' that of the row after

    h is the y before the row. With `relu` the function is max(., 0), and its slope [y > 0].
    """

    relu: bool = False

    def forward(self, x, w, b, s):
        return self.scan(1, 1, x, w, b, s)

    def step(self, x, a, s):
        return self.xp.maximum(x + a, 0) if self.relu else self.xp.tanh(x + a)

    def factors(self, x, a, before, y):
        return (y > 0 if self.relu else 1.0 - y * y,)

    def back(self, g, w, slope):
        ga = Keep()(g, slope) if self.relu else g * slope
        return ga, ga @ w

    def samples(r):
        yield from Scan._samples(r, RNNScan, 1, 1)
        yield from Scan._samples(r, RNNScan, 1, 1, relu=True)

    def reference(self, torch, x, w, b, s):
        cell = torch.rnn_relu_cell if self.relu else torch.rnn_tanh_cell
        return self._by(cell, torch, x, w, b, s)


class LSTMScan(Scan):
    """y = [o tanh c, c] with c = f c' + i n and i, f, n, o = x + h w^T + b, row by row

    i, f, o go through a sigmoid, n through tanh; h and c' are the state before the row. With
    dc the gradient of c that comes later, and dc = gc + dc + dh o (1 - tanh^2 c):
    di = dc n i (1 - i),  df = dc c' f (1 - f),  dn = dc i (1 - n^2),  do = dh tanh c o (1 - o).
    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; PyTorch, torch.nn.LSTM.
    """

    def forward(self, x, w, b, s):
        return self.scan(4, 2, x, w, b, s)

    def step(self, x, a, s):
        i, f, n, o = self._gates(x + a)
        c = f * _part(s, 1) + i * n
        return self.xp.concatenate([o * self.xp.tanh(c), c], 1)

    def _gates(self, a):
        i, f, n, o = (_part(a, k, 4) for k in range(4))
        return _sigmoid(i), _sigmoid(f), Tanh()(n), _sigmoid(o)

    def factors(self, x, a, before, y):
        i, f, n, o = self._gates(x + a)
        c = Tanh()(_part(y, 1))
        di, df, dn = n * i * (1.0 - i), _part(before, 1) * f * (1.0 - f), i * (1.0 - n * n)
        return di, df, dn, c * o * (1.0 - o), o * (1.0 - c * c), f

    def back(self, g, w, di, df, dn, do, dc, f):
        gh, gc = _part(g, 0), _part(g, 1)
        gc = gc + gh * dc
        ga = Cat(1)(gc * di, gc * df, gc * dn, gh * do)
        return ga, Cat(1)(ga @ w, gc * f)

    def samples(r):
        yield from Scan._samples(r, LSTMScan, 4, 2)

    def reference(self, torch, x, w, b, s):
        def cell(x, s, *weights):
            return torch.cat(torch.lstm_cell(x, s.chunk(2, 1), *weights), 1)

        return self._by(cell, torch, x, w, b, s)


class GRUScan(Scan):
    """y = n + z (h - n) with r, z = sigmoid(x + a), n = tanh(x + r a), a = h w^T + b, row by row

    h is the y before the row. With g the gradient of y, from later rows too:
    dn = g (1 - z) (1 - n^2),  dz = g (h - n) z (1 - z),  dr = dn an r (1 - r),  dan = dn r.
    Source: Cho et al., arXiv:1406.1078; PyTorch, torch.nn.GRU.
    """

    def forward(self, x, w, b, s):
        return self.scan(3, 1, x, w, b, s)

    def step(self, x, a, s):
        _, z, n = self._gates(x, a)
        return n + z * (s - n)

    def _gates(self, x, a):
        r, z = (_sigmoid(_part(x, k, 3) + _part(a, k, 3)) for k in range(2))
        return r, z, Tanh()(_part(x, 2, 3) + r * _part(a, 2, 3))

    def factors(self, x, a, before, y):
        r, z, n = self._gates(x, a)
        dn = (1.0 - z) * (1.0 - n * n)
        dz, dr = (before - n) * z * (1.0 - z), dn * _part(a, 2, 3) * r * (1.0 - r)
        return dr, dz, dn * r, dn, z

    def back(self, g, w, dr, dz, da, dn, z):
        ga = Cat(1)(g * dr, g * dz, g * da)
        return Cat(1)(ga, g * dn), ga @ w + g * z

    def split(self, pieces):
        rz, an, n = _part(pieces, 0), _part(pieces, 2, 4), _part(pieces, 3, 4)
        return Cat(1)(rz, n), Cat(1)(rz, an)

    def samples(r):
        yield from Scan._samples(r, GRUScan, 3, 1)

    def reference(self, torch, x, w, b, s):
        return self._by(torch.gru_cell, torch, x, w, b, s)


def _part(x, k, of=2):
    """Column block k of `of` equal ones."""
    n = x.shape[1] // of
    return x[:, k * n : k * n + n]


def _sigmoid(x):
    """By tanh: one power of e, not two; exact against 1, where `Sigmoid` is against y itself."""
    return 0.5 * Tanh()(0.5 * x) + 0.5


def rnn_scan(
    x: Tensor,
    w: Tensor,
    b: Tensor,
    s: Tensor,
    sizes: tuple[int, ...],
    reverse: bool = False,
    relu: bool = False,
) -> Tensor:
    """The states of a simple recurrent cell, `h = tanh(x + h w^T + b)` or by relu, after each row.

    Shapes: x `(N, H)`, w `(H, H)`, b `(H,)`, s `(B, H)` -> `(N, H)`, with N the sum of `sizes`.
    Raises RuntimeError where shapes do not fit, as `lstm_scan` and `gru_scan` do.
    """
    return RNNScan(sizes, reverse, relu)(x, w, b, s)


def lstm_scan(
    x: Tensor, w: Tensor, b: Tensor, s: Tensor, sizes: tuple[int, ...], reverse: bool = False
) -> Tensor:
    """The states [h, c] of an LSTM cell after each row: see `LSTMScan`.

    Shapes: x `(N, 4H)`, w `(4H, H)`, b `(4H,)`, s `(B, 2H)` -> `(N, 2H)`, N the sum of `sizes`.
    """
    return LSTMScan(sizes, reverse)(x, w, b, s)


def gru_scan(
    x: Tensor, w: Tensor, b: Tensor, s: Tensor, sizes: tuple[int, ...], reverse: bool = False
) -> Tensor:
    """The states of a GRU cell after each row: see `GRUScan`.

    Shapes: x `(N, 3H)`, w `(3H, H)`, b `(3H,)`, s `(B, H)` -> `(N, H)`, N the sum of `sizes`.
    """
    return GRUScan(sizes, reverse)(x, w, b, s)
