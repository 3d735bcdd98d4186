"""Dropout."""

from __future__ import annotations

import tinygrad_np as tnp
from tinygrad_np import Tensor, default_generator


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability p and divide the others by 1 - p; nothing if not training.

    The mask is PyTorch's for the same seed. Raises ValueError unless 0 <= p <= 1.
    Source: Hinton et al., arXiv:1207.0580; PyTorch, torch.nn.functional.dropout.

    >>> dropout(tnp.ones(2), p=0.5, training=False)
    tensor([1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        mask = tnp.zeros((), dtype=input.dtype)
    else:
        mask = tnp.from_numpy(default_generator.bernoulli(input.shape, 1 - p, input.dtype))
        mask /= 1 - p
    return input.mul_(mask) if inplace else input * mask
