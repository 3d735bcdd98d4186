"""One step of a recurrent layer: RNNCell, LSTMCell, GRUCell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


class _Cell(Module):
    bias_ih: Parameter | None
    bias_hh: Parameter | None
    _gates: ClassVar[int] = 1
    _states: ClassVar[int] = 1
    _scan: Callable[..., Tensor]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows, options = self._gates * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(tnp.empty(rows, input_size, **options))
        self.weight_hh = Parameter(tnp.empty(rows, hidden_size, **options))
        for name in ("bias_ih", "bias_hh"):
            empty = Parameter(tnp.empty(rows, **options)) if bias else None
            self.register_parameter(name, empty)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew: uniform within 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _run(self, input: Tensor, hx: Sequence[Tensor]) -> list[Tensor]:
        """The new states; no `hx` stands for zeros."""
        self._check_dimensions(input, hx)
        if input.ndim == 1:
            states = self._run(input.unsqueeze(0), [state.unsqueeze(0) for state in hx])
            return [state.squeeze(0) for state in states]
        self._check_sizes(input, hx)
        batch, h = len(input), self.hidden_size
        state = tnp.cat(hx, 1) if hx else tnp.zeros(batch, self._states * h, dtype=input.dtype)
        b_hh = tnp.zeros(len(self.weight_hh), dtype=input.dtype)
        b_hh = b_hh if self.bias_hh is None else self.bias_hh
        gates = F.linear(input, self.weight_ih, self.bias_ih)
        y = self._scan(gates, self.weight_hh, b_hh, state, (batch,), False)
        return [y[:, k * h : k * h + h] for k in range(self._states)]

    def _check_dimensions(self, input: Tensor, hx: Sequence[Tensor]) -> None:
        what = [f"hx[{k}]" for k in range(2)] if self._states == 2 else ["hidden"]
        for name, x in zip(["input", *what], [input, *hx], strict=False):
            if x.ndim not in (1, 2):
                raise ValueError(
                    f"{self._get_name()}: Expected {name} to be 1D or 2D, got {x.ndim}D instead"
                )

    def _check_sizes(self, input: Tensor, hx: Sequence[Tensor]) -> None:
        if input.shape[1] != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {input.shape[1]} "
                f"expected {self.input_size}"
            )
        for k, state in enumerate(hx):
            if state.ndim != 2:
                raise IndexError(
                    f"expected hidden{k} with as many dimensions as the input, got {state.ndim}D"
                )
            if len(state) != len(input):
                raise RuntimeError(
                    f"Input batch size {len(input)} doesn't match hidden{k} batch size {len(state)}"
                )
            if state.shape[1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{k} has inconsistent hidden_size: got {state.shape[1]}, "
                    f"expected {self.hidden_size}"
                )

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu.

    Shapes: input `(B, input_size)`, hx `(B, hidden_size)`, zeros if None -> `(B, hidden_size)`;
    all without B too. Raises ValueError for other dimensions, RuntimeError for other sizes.
    Source: PyTorch, torch.nn.RNNCell.

    >>> RNNCell(3, 2)(tnp.ones(4, 3)).shape
    tinygrad_np.Size([4, 2])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def _scan(
        self, x: Tensor, w: Tensor, b: Tensor, s: Tensor, sizes: tuple[int, ...], reverse: bool
    ) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return tnp.rnn_scan(x, w, b, s, sizes, reverse, self.nonlinearity == "relu")

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, [] if hx is None else [hx])[0]

    def extra_repr(self) -> str:
        shown = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + shown


class GRUCell(_Cell):
    """One step of `GRU`: h' = (1 - z) n + z h. Arguments and shapes as for `RNNCell`.

    Source: PyTorch, torch.nn.GRUCell.

    >>> GRUCell(3, 2)(tnp.ones(4, 3)).shape
    tinygrad_np.Size([4, 2])
    """

    _gates = 3
    _scan = staticmethod(tnp.gru_scan)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._run(input, [] if hx is None else [hx])[0]


class LSTMCell(_Cell):
    """One step of `LSTM`: (h', c') from input and (h, c). Arguments and shapes as for `RNNCell`.

    Source: PyTorch, torch.nn.LSTMCell.

    >>> h, c = LSTMCell(3, 2)(tnp.ones(4, 3))
    >>> h.shape, c.shape
    (tinygrad_np.Size([4, 2]), tinygrad_np.Size([4, 2]))
    """

    _gates, _states = 4, 2
    _scan = staticmethod(tnp.lstm_scan)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        h, c = self._run(input, [] if hx is None else list(hx))
        return h, c
