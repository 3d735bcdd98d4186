"""How samples become a batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of samples as one: tensors, arrays and numbers stacked, within tuples and dicts too.

    Tuples become lists; Python floats become float64, text stays as it is. Raises TypeError for
    anything else, RuntimeError for samples of unequal size.
    Source: PyTorch, torch.utils.data.default_collate.

    >>> default_collate([(tnp.zeros(2), 3), (tnp.ones(2), 4)])
    [tensor([[0., 0.],
            [1., 1.]]), tensor([3, 4])]
    """
    first = batch[0]
    if isinstance(first, Tensor) or (isinstance(first, numpy.ndarray) and _is_numeric(first)):
        return tnp.stack([tnp.as_tensor(sample) for sample in batch])
    if isinstance(first, str | bytes):  # numpy.str_ and numpy.bytes_ are some
        return batch
    if isinstance(first, numpy.generic):
        return tnp.as_tensor(batch)
    if isinstance(first, float):
        return tnp.tensor(batch, dtype=tnp.float64)
    if isinstance(first, int):
        return tnp.tensor(batch)
    if isinstance(first, Mapping):
        return _like(first, {key: default_collate([s[key] for s in batch]) for key in first})
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        parts = [default_collate(part) for part in zip(*batch, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {first.dtype if isinstance(first, numpy.ndarray) else type(first)}"
    )


def default_convert(data: Any) -> Any:
    """A sample with its arrays as tensors, within lists and dicts too; what else is left alone.

    Source: PyTorch, torch.utils.data.default_convert.

    >>> default_convert({"x": numpy.zeros(2, numpy.float32), "name": "a"})
    {'x': tensor([0., 0.]), 'name': 'a'}
    """
    if isinstance(data, numpy.ndarray | numpy.generic):
        return tnp.as_tensor(data) if _is_numeric(data) else data
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        parts = [default_convert(part) for part in data]
        return type(data)(*parts) if hasattr(data, "_fields") else parts
    return data


def _is_numeric(array: numpy.ndarray | numpy.generic) -> bool:
    return array.dtype.kind not in "SUO"


def _like(old: Mapping[Any, Any], new: dict[Any, Any]) -> Mapping[Any, Any]:
    """`new` as a mapping of the kind of `old`, as a dict where that cannot be made."""
    try:
        if not isinstance(old, MutableMapping):
            return type(old)(new)  # type: ignore[call-arg]
        clone = copy.copy(old)  # it keeps what the kind has beside its items
        clone.update(new)
        return clone
    except TypeError:
        return new
