"""Activations and softmax."""

from __future__ import annotations

import warnings
from typing import Any

from tinygrad_np import Tensor


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(input, 0). Source: PyTorch, torch.nn.functional.relu.

    >>> import tinygrad_np as tnp
    >>> relu(tnp.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else input.relu()


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = e^x / sum e^x along `dim`. Warns without `dim`, and chooses it as PyTorch does.

    Source: PyTorch, torch.nn.functional.softmax.

    >>> import tinygrad_np as tnp
    >>> softmax(tnp.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return input.softmax(_dim(input, dim, "softmax", _stacklevel), dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = x - ln sum e^x along `dim`. Warns without `dim`, and chooses it as PyTorch does.

    Source: PyTorch, torch.nn.functional.log_softmax.

    >>> import tinygrad_np as tnp
    >>> log_softmax(tnp.tensor([0.0, 1000.0]), dim=0)
    tensor([-1000.,     0.])
    """
    return input.log_softmax(_dim(input, dim, "log_softmax", _stacklevel), dtype)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = softmax of -x along `dim`. Warns without `dim`, and chooses it as PyTorch does.

    Source: PyTorch, torch.nn.functional.softmin.

    >>> import tinygrad_np as tnp
    >>> softmin(tnp.tensor([0.0, 1000.0]), dim=0)
    tensor([1., 0.])
    """
    return (-input).softmax(_dim(input, dim, "softmin", _stacklevel), dtype)


def _dim(input: Tensor, dim: int | None, name: str, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1
