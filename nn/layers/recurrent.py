"""Recurrent layers over whole sequences: RNN, LSTM, GRU."""

from __future__ import annotations

from typing import Any

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .recurrent_base import Recurrent


class RNN(Recurrent):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu, from step to step.

    `nonlinearity` is "tanh" or "relu"; a further layer reads the h of the one below, with dropout
    between them in training; the second direction goes from the end to the beginning.
    Shapes: input `(T, B, input_size)`, `(B, T, input_size)` if `batch_first`, or one sequence
    without B, or a PackedSequence; hx `(layers * directions, B, hidden_size)`, zeros if None ->
    output `(T, B, directions * hidden_size)` and the last h in the shape of hx. All parameters
    start uniform within 1 / sqrt(hidden_size).
    Raises ValueError and TypeError for other arguments, RuntimeError for sizes that do not fit.
    Source: Elman, Finding structure in time, 1990; PyTorch, torch.nn.RNN.

    >>> output, h = RNN(3, 2, num_layers=2)(tnp.ones(5, 4, 3))
    >>> output.shape, h.shape
    (tinygrad_np.Size([5, 4, 2]), tinygrad_np.Size([2, 4, 2]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            *(device, dtype),
        )
        self.nonlinearity = nonlinearity

    def _scan(
        self, x: Tensor, w: Tensor, b: Tensor, s: Tensor, sizes: tuple[int, ...], reverse: bool
    ) -> Tensor:
        return tnp.rnn_scan(x, w, b, s, sizes, reverse, self.nonlinearity == "relu")


class GRU(Recurrent):
    """h = (1 - z) n + z h with the gates r and z and the proposal n, from step to step.

    r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z alike, and
    n = tanh(W_in x + b_in + r (W_hn h + b_hn)); the weights hold r, z, n one below the other.
    Arguments and shapes as for `RNN`.
    Source: Cho et al., arXiv:1406.1078; PyTorch, torch.nn.GRU.

    >>> output, h = GRU(3, 2, bidirectional=True)(tnp.ones(5, 4, 3))
    >>> output.shape, h.shape
    (tinygrad_np.Size([5, 4, 4]), tinygrad_np.Size([2, 4, 2]))
    """

    _gates = 3
    _scan = staticmethod(tnp.gru_scan)


class LSTM(Recurrent):
    """c = f c + i n, h = o tanh(c) with gates i, f, o and proposal n, from step to step.

    i = sigmoid(W_ii x + b_ii + W_hi h + b_hi), f and o alike, n with tanh; the weights hold
    i, f, n, o one below the other. `hx` and the last states are pairs (h, c); other arguments and
    shapes as for `RNN`. Raises ValueError for `proj_size`, which is not offered, as well.
    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; PyTorch, torch.nn.LSTM.

    >>> output, (h, c) = LSTM(3, 2)(tnp.ones(5, 4, 3))
    >>> output.shape, h.shape, c.shape
    (tinygrad_np.Size([5, 4, 2]), tinygrad_np.Size([1, 4, 2]), tinygrad_np.Size([1, 4, 2]))
    """

    _gates = 4
    _states = 2
    _scan = staticmethod(tnp.lstm_scan)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if proj_size != 0:
            raise ValueError(f"LSTM has no projections: expected proj_size=0, got {proj_size}")
        super().__init__(
            *(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional),
            *(device, dtype),
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Tensor, Tensor]]:
        output, (h, c) = self._run(input, [] if hx is None else hx)
        return output, (h, c)
