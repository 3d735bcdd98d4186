"""Datasets: what gives a sample for an index, and datasets made of other datasets."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, Generic, TypeVar

from tinygrad_np import Generator, Tensor, default_generator, randperm

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """The base of datasets: a subclass writes `__getitem__(index)` and `__len__()`.

    With `__getitems__(indices)` it may also give the list of a batch's samples at once;
    `a + b` is `ConcatDataset([a, b])`. Source: PyTorch, torch.utils.data.Dataset.

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

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample], Iterable[Sample]):
    """The base of datasets without indices: a subclass writes `__iter__()`.

    `a + b` is `ChainDataset([a, b])`. Source: PyTorch, torch.utils.data.IterableDataset.
    """

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


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


class StackDataset(Dataset[Any]):
    """Datasets of equal length side by side: a sample is the tuple, or dict, of their samples.

    Raises ValueError where lengths differ, for no dataset, and for some with and some without a
    name. Source: PyTorch, torch.utils.data.StackDataset.

    >>> StackDataset(number=[1, 2], word=["one", "two"])[1]
    {'number': 2, 'word': 'two'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = {len(dataset) for dataset in args or kwargs.values()}
        if len(lengths) > 1:
            raise ValueError("Size mismatch between datasets")
        (self._length,) = lengths

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {key: dataset[index] for key, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[int]) -> list[Any]:
        keys = list(self.datasets) if isinstance(self.datasets, dict) else None
        datasets = self.datasets.values() if isinstance(self.datasets, dict) else self.datasets
        columns = [samples_of(dataset, indices) for dataset in datasets]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    "Nested dataset's output size mismatch. "
                    f"Expected {len(indices)}, got {len(column)}"
                )
        rows = list(zip(*columns, strict=True))
        return [dict(zip(keys, row, strict=True)) for row in rows] if keys else rows

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[Sample]):
    """Datasets one after the other.

    Raises AssertionError for no dataset and for an IterableDataset, ValueError for an index before
    the first sample. Source: PyTorch, torch.utils.data.ConcatDataset.

    >>> list(ConcatDataset(["ab", "cde"])[i] for i in (0, 2, -1))
    ['a', 'c', 'e']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> Any:
        if idx < -len(self):
            raise ValueError("absolute value of index should not exceed dataset length")
        idx += len(self) * (idx < 0)
        place = bisect_right(self.cumulative_sizes, idx)
        return self.datasets[place][idx - [0, *self.cumulative_sizes][place]]


class ChainDataset(IterableDataset[Sample]):
    """Iterable datasets one after the other.

    Raises AssertionError, when it is used, for a dataset that is none.
    Source: PyTorch, torch.utils.data.ChainDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self) -> Iterator[Sample]:
        return chain.from_iterable(self._checked())

    def __len__(self) -> int:
        return sum(map(len, self._checked()))


class Subset(Dataset[Sample]):
    """The samples of `dataset` at `indices`.

    Raises NotImplementedError where a subclass overrides `__getitem__` alone, by which a
    DataLoader does not go. Source: PyTorch, torch.utils.data.Subset.

    >>> Subset("abcd", [3, 1])[0]
    'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__. "
                "When subclassing Subset and overriding __getitem__, you must also override "
                "__getitems__ to ensure DataLoader works correctly with your custom logic. "
                "A simple implementation:\n\ndef __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        return samples_of(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def samples_of(dataset: Any, indices: list[int]) -> list[Any]:
    """The list of samples at `indices`, by `__getitems__` of the dataset where it has that."""
    getitems = getattr(dataset, "__getitems__", None)
    return getitems(indices) if getitems else [dataset[index] for index in indices]


def random_split(
    dataset: Any,
    lengths: Sequence[Any],
    generator: Generator | None = default_generator,
) -> list[Subset[Any]]:
    """Disjoint random subsets of `lengths`, or fractions that sum to 1: PyTorch's, for a seed.

    What the fractions, rounded down, leave over goes to the first subsets, one sample to each.
    Raises ValueError for lengths that do not sum to that of the dataset, and for a fraction beyond
    [0, 1]. Source: PyTorch, torch.utils.data.random_split.

    >>> [split.indices for split in random_split("abcde", [3, 2], Generator().manual_seed(0))]
    [[4, 0, 1], [3, 2]]
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of(lengths, len(dataset))
    if sum(lengths) != len(dataset):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    indices = iter(randperm(len(dataset), generator=generator).tolist())
    return [Subset(dataset, [next(indices) for _ in range(n)]) for n in lengths]


def _lengths_of(fractions: Sequence[float], total: int) -> list[int]:
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"Fraction at index {i} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i in (i for i, length in enumerate(lengths) if length == 0):
        warnings.warn(
            f"Length of split at index {i} is 0. This might result in an empty dataset.",
            stacklevel=3,
        )
    return lengths
