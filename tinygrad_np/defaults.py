"""PyTorch's defaults for a whole program that have little to choose here, and memory formats."""

from __future__ import annotations

from typing import Any

from . import dtypes
from .backend import CPU, device


class _Format:
    """A name of PyTorch's for a memory order: accepted everywhere, and it changes nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


strided = _Format("strided")
contiguous_format = _Format("contiguous_format")
preserve_format = _Format("preserve_format")
channels_last = _Format("channels_last")


def set_default_device(name: Any) -> None:
    """Take "cpu" as the device of new tensors; another one is refused. None means "cpu".

    Source: PyTorch, torch.set_default_device.

    >>> set_default_device("cpu")
    """
    device("cpu" if name is None else name)


def get_default_device() -> device:
    """The CPU.

    >>> get_default_device()
    device(type='cpu')
    """
    return CPU


def set_default_tensor_type(t: Any) -> None:
    """Make the dtype of a type such as FloatTensor, or "torch.DoubleTensor", the default one.

    Raises TypeError if it is not one of floating point. Source: PyTorch,
    torch.set_default_tensor_type.

    >>> import tinygrad_np as tnp
    >>> set_default_tensor_type(tnp.FloatTensor)
    """
    name = t if isinstance(t, str) else getattr(t, "__name__", str(t))
    types = {"HalfTensor": "float16", "FloatTensor": "float32", "DoubleTensor": "float64"}
    name = name.rpartition(".")[2]
    if name not in types:
        raise TypeError(f"only floating-point types are supported as the default type, not {t!r}")
    dtypes.set_default_dtype(getattr(dtypes, types[name]))
