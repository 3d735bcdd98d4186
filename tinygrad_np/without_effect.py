"""Names that make PyTorch faster and change no result: here they are accepted and do nothing."""

from __future__ import annotations

import contextlib
from typing import Any


class autocast(contextlib.ContextDecorator):
    """A context and decorator in which PyTorch takes a shorter dtype; here nothing changes.

    Source: PyTorch, torch.autocast.

    >>> import tinygrad_np as tnp
    >>> with tnp.autocast("cpu", dtype=tnp.bfloat16):
    ...     (tnp.ones(1, 2) @ tnp.ones(2, 1)).dtype
    tinygrad_np.float32
    """

    def __init__(
        self,
        device_type: str = "cpu",
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device, self.fast_dtype = device_type, dtype

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to put back."""


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function itself, also as a decorator: nothing is compiled.

    Source: PyTorch, torch.compile.

    >>> compile(abs) is abs, compile(fullgraph=True)(abs) is abs
    (True, True)
    """
    return compile if model is None else model
