"""Classes as vectors of zeros and a one."""

from __future__ import annotations

import tinygrad_np as tnp
from tinygrad_np import Tensor


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at the place of each class, 0 elsewhere, along a new last dimension of `num_classes`.

    Without `num_classes` it is the largest class + 1. Raises RuntimeError for a dtype other than
    int64, and for classes below 0 or beyond. Source: PyTorch, torch.nn.functional.one_hot.

    >>> one_hot(tnp.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if tensor.dtype != tnp.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if tensor.numel() and tensor.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = tensor.max().item() if tensor.numel() else -1
    if num_classes == -1:
        num_classes = largest + 1
    if largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return (tensor.unsqueeze(-1) == tnp.arange(num_classes)).long()
