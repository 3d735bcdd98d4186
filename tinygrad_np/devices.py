"""PyTorch's modules about accelerators, which answer that there is only the CPU.

Scripts ask `cuda.is_available()`, set `backends.cudnn.benchmark` and scale losses for half
precision; with these modules they take their CPU path.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .without_effect import autocast


class GradScaler:
    """Scales losses against underflow in half precision on a GPU; on the CPU the scale is 1.

    Source: PyTorch, torch.amp.GradScaler.

    >>> GradScaler().scale(3.0)
    3.0
    """

    def __init__(self, *args: Any, enabled: bool = True, **kwargs: Any) -> None:
        self.enabled = enabled

    def scale(self, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing to take back."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step()`"""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """The scale stays 1."""

    def get_scale(self) -> float:
        """1.0"""
        return 1.0

    def is_enabled(self) -> bool:
        """What the constructor was told."""
        return self.enabled

    def state_dict(self) -> dict[str, Any]:
        """Nothing to keep."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing to take."""


def answer(value: Any) -> Callable[..., Any]:
    """A function that gives `value` whatever it is asked."""
    return lambda *args, **kwargs: value


def refuse(what: str) -> Callable[..., Any]:
    """A function that says that `what` needs a GPU."""

    def refused(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{what} needs a GPU; tinygrad_np computes on device 'cpu' only")

    return refused


def _module(name: str, doc: str, **contents: Any) -> ModuleType:
    """A module of these contents that `import tinygrad_np.<name>` finds."""
    full = f"{__package__}.{name}"
    module = sys.modules[full] = ModuleType(full, doc)
    vars(module).update(contents, __path__=[])
    return module


_ABSENT: dict[str, Any] = {
    **dict.fromkeys(("is_available", "is_initialized", "is_bf16_supported"), answer(False)),
    **dict.fromkeys(("device_count", "memory_allocated", "max_memory_allocated"), answer(0)),
    **dict.fromkeys(("memory_reserved", "max_memory_reserved"), answer(0)),
    **dict.fromkeys(("synchronize", "empty_cache", "manual_seed", "manual_seed_all"), answer(None)),
    "reset_peak_memory_stats": answer(None),
}
_precision: dict[str, Any] = {"GradScaler": GradScaler, "autocast": autocast}
amp = _module("amp", "Automatic mixed precision: the dtype stays.", **_precision)
cuda_amp = _module("cuda.amp", "Automatic mixed precision.", **_precision)
cuda = _module(
    "cuda", "There is no GPU.", **_ABSENT, amp=cuda_amp, current_device=refuse("current_device()"),
    get_device_name=refuse("get_device_name()"), set_device=refuse("set_device()"),
    get_device_properties=refuse("get_device_properties()"),
)  # fmt: skip
mps = _module("mps", "There is no GPU.", **_ABSENT)
xpu = _module("xpu", "There is no GPU.", **_ABSENT)
accelerator = _module(
    "accelerator", "There is no accelerator.", **_ABSENT, current_accelerator=answer(None)
)
backends = _module(
    "backends", "Switches of libraries for a GPU; they can be set and change nothing.",
    cudnn=_module(
        "backends.cudnn", "cuDNN: not there.", is_available=answer(False), version=answer(None),
        enabled=False, benchmark=False, deterministic=False, allow_tf32=False,
    ),
    mps=_module("backends.mps", "MPS: not there.", is_available=answer(False),
                is_built=answer(False)),
    cuda=_module("backends.cuda", "CUDA: not there.", is_built=answer(False),
                 matmul=_module("backends.cuda.matmul", "", allow_tf32=False)),
)  # fmt: skip

use_deterministic_algorithms = answer(None)  # they all are
are_deterministic_algorithms_enabled = answer(True)
set_float32_matmul_precision = answer(None)
get_float32_matmul_precision = answer("highest")
