"""Datasets: what has a length and gives a sample for an index."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from tinygrad_np import Tensor

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """The base of datasets: a subclass writes `__getitem__(index)` and `__len__()`.

    Source: PyTorch, torch.utils.data.Dataset.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> Squares()[2]
    4
    """

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of equal length; an index, a slice or an index array takes that part of each.

    Raises AssertionError where lengths differ. Source: PyTorch, torch.utils.data.TensorDataset.

    >>> import tinygrad_np as tnp
    >>> TensorDataset(tnp.arange(3), tnp.ones(3))[:2]
    (tensor([0, 1]), tensor([1., 1.]))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(len(tensor) != len(tensors[0]) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])
