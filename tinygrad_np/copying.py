"""Copies of tensors: by the module `copy`, by pickle, and the memory that goes into a file.

A tensor shows a part of some memory, its storage, from an offset on and in strides. It is rebuilt
from these: what shared memory does so again after a deepcopy, and in a file.
"""

from __future__ import annotations

import copy
import copyreg
import warnings
from collections import OrderedDict
from typing import Any

import numpy
from numpy.lib.array_utils import byte_bounds

from .allocation import owns
from .backend import device
from .methods import tensor_method
from .size import Size
from .tensor import Tensor, wrap

Sizes = tuple[int, ...]


class Storage:
    """The memory that arrays show, as one flat array."""

    __slots__ = ("array",)

    def __init__(self, array: numpy.ndarray) -> None:
        self.array = array

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for two storages of the same memory, as long as they live."""
        return *byte_bounds(self.array), self.array.dtype

    def __reduce__(self) -> tuple[Any, ...]:
        return Storage, (self.array,)


def storage_of(array: numpy.ndarray) -> tuple[Storage, int, Sizes]:
    """The storage of an array, the element where it starts there, and its strides in elements.

    An array that is reversed, or of another dtype than its memory, is copied into a storage of its
    own: PyTorch has no such views.
    """
    owner = array
    while not owns(owner) and isinstance(owner.base, numpy.ndarray):
        owner = owner.base
    flat, step = owner.ravel("K"), array.itemsize
    start = byte_bounds(array)[0] - byte_bounds(flat)[0]
    if (
        flat.dtype != array.dtype
        or not numpy.may_share_memory(flat, owner)  # the memory has gaps
        or any(distance < 0 or distance % step for distance in (start, *array.strides))
    ):
        flat, start = array.ravel(), 0
        array = flat.reshape(array.shape)
    return Storage(flat), start // step, tuple(stride // step for stride in array.strides)


def view(storage: Storage, offset: int, size: Sizes, stride: Sizes) -> numpy.ndarray:
    """What `storage_of` took apart, read-only if one element stands in several places.

    Raises ValueError where the array would leave the storage, or go backwards.
    """
    step = storage.array.itemsize
    if any(s < 0 for s in stride):
        raise ValueError(f"expected strides of at least 0, got {stride}")
    strides = tuple(s * step for s in stride)
    array = numpy.ndarray(size, storage.array.dtype, storage.array, offset * step, strides)
    if any(n > 1 and s == 0 for n, s in zip(size, stride, strict=True)):
        array.flags.writeable = False
    return array


@tensor_method()
def __deepcopy__(self: Tensor, memo: dict[Any, Any]) -> Tensor:
    """A copy with its gradient; tensors that share memory share it in one deepcopy again.

    Raises RuntimeError unless it is a leaf. Source: PyTorch, torch.Tensor.__deepcopy__.
    """
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
            "because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    storage, offset, stride = storage_of(self.array)
    if storage.key not in memo:
        memo[storage.key] = storage, Storage(storage.array.copy())  # both: addresses stay unique
    array = view(memo[storage.key][1], offset, self.shape, stride)
    twin = wrap(array, cls=type(self))
    twin._requires_grad = self._requires_grad
    twin._grad = copy.deepcopy(self._grad, memo)
    if type(self) is not Tensor:
        vars(twin).update(copy.deepcopy(vars(self), memo))
    return twin


@tensor_method()
def __reduce_ex__(self: Tensor, protocol: Any) -> tuple[Any, ...]:
    """For pickle, without gradient and hooks, and for copy.copy, which shares the memory."""
    for hook in (self._hooks or {}).values():
        warnings.warn(f"backward hook {hook!r} on tensor will not be serialized.", stacklevel=3)
    storage, offset, stride = storage_of(self.array)
    parts: tuple[Any, ...] = (
        storage,
        offset,
        tuple(self.shape),
        stride,
        self.requires_grad,
        OrderedDict(),
    )
    if type(self) is Tensor:
        return rebuild_tensor, parts
    return rebuild_subclass, (type(self), parts, vars(self))


def rebuild_tensor(
    storage: Storage,
    offset: int,
    size: Sizes,
    stride: Sizes,
    requires_grad: bool,
    hooks: Any,
    metadata: Any = None,
) -> Tensor:
    """A leaf over a storage: the arguments are those of PyTorch's files."""
    return wrap(view(storage, offset, size, stride)).requires_grad_(requires_grad)


def rebuild_subclass(cls: type[Tensor], parts: tuple[Any, ...], state: dict[str, Any]) -> Tensor:
    """The same of a class of the user's, with the attributes of its own."""
    tensor = rebuild_tensor(*parts)
    result = wrap(tensor.array, None, tensor.version, cls)
    vars(result).update(state)
    return result.requires_grad_(tensor.requires_grad)


copyreg.pickle(Size, lambda size: (Size, (tuple(size),)))  # as PyTorch writes them in its files
copyreg.pickle(device, lambda place: (device, (str(place),)))
