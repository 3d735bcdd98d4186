"""Anomaly mode: the rule that first gives nan is named, with the line of its forward."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

from ..graph import context


class set_detect_anomaly:
    """Look for nan in every gradient of a backward from now on, or inside a `with` block.

    The error names the op and the line where its forward ran. `check_nan=False` looks for nothing.
    Source: PyTorch, torch.autograd.set_detect_anomaly.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor(0.0, requires_grad=True)
    >>> with tnp.autograd.set_detect_anomaly(True):
    ...     (x.sqrt() * 0).backward()
    Traceback (most recent call last):
    ...
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output...
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.outer = context.detect_anomaly
        context.detect_anomaly = bool(mode) and check_nan

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        context.detect_anomaly = self.outer


class detect_anomaly(set_detect_anomaly):
    """`set_detect_anomaly(True)` for a `with` block, with PyTorch's warning that it is slow."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(context.detect_anomaly)
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> Any:
        context.detect_anomaly = self.check_nan


def is_anomaly_enabled() -> bool:
    """Whether backward looks for nan."""
    return context.detect_anomaly
