"""Dropout of elements or of whole channels. The masks are PyTorch's for the same seed."""

from __future__ import annotations

import math
import warnings

import tinygrad_np as tnp
from tinygrad_np import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability p and divide the others by 1 - p; nothing if not training.

    Raises ValueError unless 0 <= p <= 1.
    Source: Hinton et al., arXiv:1207.0580; PyTorch, torch.nn.functional.dropout.

    >>> dropout(tnp.ones(2), p=0.5, training=False)
    tensor([1., 1.])
    """
    return _masked(input, (), p, training, inplace)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of `(N, C, L)` or `(C, L)`.

    Raises RuntimeError for other dimensions. Source: PyTorch, torch.nn.functional.dropout1d.

    >>> dropout1d(tnp.ones(2, 3), training=False).shape
    tinygrad_np.Size([2, 3])
    """
    _check(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. "
            "Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial "
            "dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D "
            "inputs)."
        )
    return _of_channels(input, input.ndim - 1, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of `(N, C, H, W)`. As in PyTorch the first two dimensions of any
    input are taken for N and C, with a warning if it has not four.

    Source: Tompson et al., arXiv:1411.4280; PyTorch, torch.nn.functional.dropout2d.

    >>> dropout2d(tnp.ones(2, 3, 4, 4), training=False).shape
    tinygrad_np.Size([2, 3, 4, 4])
    """
    _check(p)
    if input.ndim not in (3, 4):
        warnings.warn(_deprecated("dropout2d", input.ndim, 2, "3D or 4D"), stacklevel=2)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise "
            "1D dropout behavior is desired - input is interpreted as shape (N, C, L), where C "
            "is the channel dim. This behavior will change in a future release to interpret the "
            "input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            "channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _of_channels(input, 2, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of `(N, C, D, H, W)` or `(C, D, H, W)`; warns of others.

    Source: PyTorch, torch.nn.functional.dropout3d.

    >>> dropout3d(tnp.ones(3, 2, 4, 4), training=False).shape
    tinygrad_np.Size([3, 2, 4, 4])
    """
    _check(p)
    if input.ndim not in (4, 5):
        warnings.warn(_deprecated("dropout3d", input.ndim, 3, "4D or 5D"), stacklevel=2)
    return _of_channels(input, 2 if input.ndim == 5 else 1, p, training, inplace)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to the limit of `selu` with probability p, and keep mean 0 and variance 1.

    Raises ValueError unless 0 <= p <= 1.
    Source: Klambauer et al., arXiv:1706.02515; PyTorch, torch.nn.functional.alpha_dropout.

    >>> alpha_dropout(tnp.ones(2))
    tensor([1., 1.])
    """
    if not training or p in (0, 1) or input.numel() == 0:
        return dropout(input, p, training, inplace)
    _check(p)
    limit = -1.7580993408473766  # of selu: -scale * alpha
    kept = tnp.empty_like(input).bernoulli_(1 - p)
    a = 1 / math.sqrt((limit**2 * p + 1) * (1 - p))
    y = input * (kept * a) + ((1 - kept) * (limit * a) - limit * a * p)
    return input.copy_(y) if inplace else y


def _of_channels(input: Tensor, lead: int, p: float, training: bool, inplace: bool) -> Tensor:
    """Dropout with one decision for all that share the first `lead` indices."""
    if input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    shared = (*input.shape[:lead], *[1] * (input.ndim - lead))
    return _masked(input, shared, p, training, inplace)


def _masked(
    input: Tensor, shared: tuple[int, ...], p: float, training: bool, inplace: bool
) -> Tensor:
    """Dropout with a mask of the shape `shared`, or in the order of memory one like the input."""
    _check(p)
    if not isinstance(input, Tensor):
        got = type(input).__name__
        raise TypeError(f"dropout(): argument 'input' (position 1) must be Tensor, not {got}")
    if not training or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        mask = tnp.zeros((), dtype=input.dtype)
    else:
        mask = tnp.empty(shared, dtype=input.dtype) if shared else tnp.empty_like(input)
        mask = mask.bernoulli_(1 - p).div_(1 - p)
    return input.mul_(mask) if inplace else input * mask


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _deprecated(name: str, ndim: int, spatial: int, dims: str) -> str:
    return (
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated "
        "and will result in an error in a future release. To retain the behavior "
        f"and silence this warning, please use dropout instead. Note that {name} "
        f"exists to provide channel-wise dropout on inputs with {spatial} spatial dimensions, "
        f"a channel dimension, and an optional batch dimension (i.e. {dims} inputs)."
    )
