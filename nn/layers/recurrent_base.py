"""What RNN, LSTM and GRU share: layers, directions, states, packed sequences, and all checks."""

from __future__ import annotations

import itertools
import math
import numbers
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from ..utils.rnn import PackedSequence


class Recurrent(Module):
    """Layers and directions of one kind of cell, `_scan`."""

    _gates: ClassVar[int] = 1
    _states: ClassVar[int] = 1
    _scan: Callable[..., Tensor]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.bidirectional = bias, batch_first, bidirectional
        self._check_arguments(dropout)
        self.dropout = float(dropout)
        self._suffixes = [
            f"_l{layer}{direction}"
            for layer in range(num_layers)
            for direction in (["", "_reverse"] if bidirectional else [""])
        ]
        rows, directions = self._gates * hidden_size, 1 + bidirectional
        for suffix in self._suffixes:
            columns = input_size if "_l0" in suffix else hidden_size * directions
            shapes = [(rows, columns), (rows, hidden_size), (rows,), (rows,)]
            for name, shape in zip(self._names(suffix), shapes, strict=False):
                setattr(self, name, Parameter(tnp.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    def _names(self, suffix: str) -> list[str]:
        names = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * self.bias
        return [name + suffix for name in names]

    def _check_arguments(self, dropout: Any) -> None:
        is_number = isinstance(dropout, numbers.Number) and not isinstance(dropout, bool)
        if not (is_number and 0 <= dropout <= 1):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                stacklevel=3,
            )
        kinds = {"bias": bool, "batch_first": bool, "input_size": int, "hidden_size": int}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                got = type(value).__name__
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {got}")
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")

    def reset_parameters(self) -> None:
        """Draw all parameters anew: uniform within 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: it is for GPUs."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in self._names(s)] for s in self._suffixes]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        output, (h,) = self._run(input, [] if hx is None else [hx])
        return output, h

    def _run(self, input: Any, hx: Sequence[Tensor]) -> tuple[Any, list[Tensor]]:
        """(output, last states `(layers * directions, B, H)`); no `hx` stands for zeros."""
        if isinstance(input, PackedSequence):
            rows, batch_sizes, order, back = input
            sizes = tuple(batch_sizes.tolist())
            self._check(rows, 2, sizes[0], hx)
            hx = hx if order is None else [state[:, order] for state in hx]
            rows, last = self._layers(rows, hx, sizes)
            last = last if back is None else [state[:, back] for state in last]
            return PackedSequence(rows, *input[1:]), last
        self._check_dimensions(input, hx)
        batch_dim = 0 if self.batch_first else 1
        if input.ndim == 2:
            y, last = self._run(input.unsqueeze(batch_dim), [state.unsqueeze(1) for state in hx])
            return y.squeeze(batch_dim), [state.squeeze(1) for state in last]
        steps, batch = input.shape[1 - batch_dim], input.shape[batch_dim]
        self._check(input, 3, batch, hx)
        if steps == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        x = input.transpose(0, 1) if self.batch_first else input
        rows = x.reshape(steps * batch, self.input_size)  # (T, B, I) -> (T*B, I)
        rows, last = self._layers(rows, hx, (batch,) * steps)
        y = rows.reshape(steps, batch, rows.shape[1])  # (T*B, D*H) -> (T, B, D*H)
        return y.transpose(0, 1) if self.batch_first else y, last

    def _layers(
        self, x: Tensor, hx: Sequence[Tensor], sizes: tuple[int, ...]
    ) -> tuple[Tensor, list[Tensor]]:
        """All layers on the rows of all steps: `(N, I) -> (N, D*H)`, and the last states."""
        h, directions, last = self.hidden_size, 1 + self.bidirectional, []
        shape = (len(self._suffixes), sizes[0], self._states * h)
        states = tnp.cat(hx, 2) if hx else tnp.zeros(shape, dtype=x.dtype)
        ends = _first_and_last_rows(sizes)
        for layer in range(self.num_layers):
            x = F.dropout(x, self.dropout, self.training) if layer else x
            outputs = []
            for reverse in range(directions):
                w_ih, w_hh, *b = self.all_weights[layer * directions + reverse]
                b_ih, b_hh = b or (None, tnp.zeros(len(w_hh), dtype=x.dtype))
                state = states[layer * directions + reverse]
                gates = F.linear(x, w_ih, b_ih)
                y = self._scan(gates, w_hh, b_hh, state, sizes, bool(reverse))
                outputs.append(y[:, :h])
                last.append(y[ends[1 - reverse]])
            x = tnp.cat(outputs, 1) if self.bidirectional else outputs[0]
        stacked = tnp.stack(last)
        return x, [stacked[:, :, k * h : k * h + h] for k in range(self._states)]

    def _check_dimensions(self, input: Tensor, hx: Sequence[Tensor]) -> None:
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{self._get_name()}: Expected input to be 2D or 3D, "
                f"got {input.ndim}D{' tensor' * (self._get_name() == 'RNN')} instead"
            )
        if any(state.ndim != input.ndim for state in hx):
            which = "batched 3-D" if input.ndim == 3 else "unbatched 2-D"
            dims = ", ".join(f"{state.ndim}-D" for state in hx)
            what, got = (
                ("hx", f"{dims} tensor") if len(hx) == 1 else ("hx and cx", f"({dims}) tensors")
            )
            raise RuntimeError(
                f"For {which} input, {what} should also be {input.ndim}-D but got {got}"
            )

    def _check(self, input: Tensor, ndim: int, batch: int, hx: Sequence[Tensor]) -> None:
        dtype = self.all_weights[0][0].dtype
        if input.dtype != dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert "
                f"input: input.to({dtype}), or convert model: model.to({input.dtype})"
            )
        if input.ndim != ndim:
            raise RuntimeError(f"input must have {ndim} dimensions, got {input.ndim}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.shape[-1]}"
            )
        expected = (len(self._suffixes), batch, self.hidden_size)
        for k, state in enumerate(hx):
            if state.shape != expected:
                which = f"hidden[{k}]" if len(hx) == 2 else "hidden"
                raise RuntimeError(f"Expected {which} size {expected}, got {list(state.shape)}")
            if state.dtype != dtype:
                raise RuntimeError(f"expected hidden states of {dtype}, got {state.dtype}")

    def extra_repr(self) -> str:
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        defaults["bidirectional"] = False
        shown = [f"{n}={getattr(self, n)}" for n, d in defaults.items() if getattr(self, n) != d]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *shown])


def _first_and_last_rows(sizes: tuple[int, ...]) -> list[Any]:
    """Where each sequence begins and ends among the rows of all steps."""
    batch, rows = sizes[0], sum(sizes)
    if sizes[-1] == batch:
        return [slice(batch), slice(rows - batch, rows)]
    last = list(range(batch))
    for start, n in zip(itertools.accumulate(sizes, initial=0), sizes, strict=False):
        last[:n] = range(start, start + n)
    return [slice(batch), last]
