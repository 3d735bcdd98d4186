"""Questions about a tensor, and its ways into Python and NumPy."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..methods import OPERANDS, by_ufunc, tensor_method, tensor_property
from ..tensor import Tensor, wrap
from .axes import axis
from .compare import eq
from .split import unbind


@tensor_method()
def size(self: Tensor, dim: int | None = None) -> Any:
    """The shape, or the size of one dimension. Source: PyTorch, torch.Tensor.size.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2, 3).size(), tnp.zeros(2, 3).size(-1)
    (tinygrad_np.Size([2, 3]), 3)
    """
    return self.shape if dim is None else self.array.shape[axis(dim, self.ndim)]


@tensor_method("nelement")
def numel(input: Tensor) -> int:
    """The number of elements. Source: PyTorch, torch.numel."""
    return input.array.size


@tensor_method("ndimension")
def dim(self: Tensor) -> int:
    """The number of dimensions. Source: PyTorch, torch.Tensor.dim."""
    return self.array.ndim


@tensor_method()
def element_size(self: Tensor) -> int:
    """Bytes per element. Source: PyTorch, torch.Tensor.element_size."""
    return self.array.itemsize


@tensor_property
def retains_grad(self: Tensor) -> bool:
    """Whether `retain_grad` was called on this non-leaf tensor."""
    node = self.grad_fn
    return node is not None and node.retained is not None and node.retained() is self


@tensor_property
def itemsize(self: Tensor) -> int:
    """Bytes per element."""
    return self.array.itemsize


@tensor_property
def _version(self: Tensor) -> int:
    """How often the memory was changed in place."""
    return self.version.count


@tensor_method()
def data_ptr(self: Tensor) -> int:
    """The address of the first element. Source: PyTorch, torch.Tensor.data_ptr."""
    return self.array.ctypes.data


@tensor_property
def nbytes(self: Tensor) -> int:
    """Bytes of all elements."""
    return self.array.nbytes


@tensor_method()
def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is one of floats. Source: PyTorch, torch.is_floating_point."""
    return input.array.dtype.kind == "f"


@tensor_method()
def cpu(self: Tensor) -> Tensor:
    """The tensor itself: it is on the CPU already."""
    return self


@tensor_method()
def item(self: Tensor) -> Any:
    """The one number in the tensor, as Python's.

    Raises RuntimeError unless there is exactly one element. Source: PyTorch, torch.Tensor.item.
    """
    if self.array.size != 1:
        raise RuntimeError(
            f"a Tensor with {self.array.size} elements cannot be converted to Scalar: "
            f"its shape is {list(self.shape)}"
        )
    return self.array.item()


@tensor_method()
def tolist(self: Tensor) -> Any:
    """The numbers as nested lists. Source: PyTorch, torch.Tensor.tolist."""
    return self.array.tolist()


@tensor_method()
def numpy(self: Tensor, *, force: bool = False) -> np.ndarray:
    """The array itself: it shares memory with the tensor.

    Raises RuntimeError for a tensor that requires grad, unless `force`: changes of the array would
    go unnoticed. Source: PyTorch, torch.Tensor.numpy.

    >>> import tinygrad_np as tnp
    >>> t = tnp.zeros(2)
    >>> t.numpy()[0] = 1; t
    tensor([1., 0.])
    """
    if self.requires_grad and not force:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    return self.array


@tensor_method(name="__array__")
def as_array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """What `np.asarray(tensor)` gives; a tensor that requires grad is refused as by `numpy()`."""
    return np.array(numpy(self), dtype, copy=copy)


@tensor_method(name="__array_ufunc__")
def apply_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What `np.exp(tensor)` and `ndarray * tensor` do: our op with its gradient, if there is one.

    Raises TypeError where there is none and a gradient would be lost.
    """
    if method == "__call__" and ufunc in by_ufunc and not options:
        return by_ufunc[ufunc](*inputs)
    tensors = [x for x in (*inputs, *options.get("out", ())) if isinstance(x, Tensor)]
    if any(x.requires_grad for x in tensors):
        raise TypeError(
            f"np.{ufunc.__name__} on a Tensor that requires grad would lose the gradient: "
            f"use the function of tinygrad_np, or detach() the tensor"
        )
    if "out" in options:
        options["out"] = tuple(getattr(x, "array", x) for x in options["out"])
    result = getattr(ufunc, method)(*(getattr(x, "array", x) for x in inputs), **options)
    return wrap(result) if "out" not in options else result


@tensor_property
def __array_priority__(self: Tensor) -> int:
    """1000, as PyTorch's: a Tensor goes before arrays of lower priority."""
    return 1000


@tensor_method(name="__len__")
def length(self: Tensor) -> int:
    """The size of the first dimension. Raises TypeError for a 0-d tensor."""
    if self.array.ndim == 0:
        raise TypeError("len() of a 0-d tensor")
    return len(self.array)


@tensor_method()
def is_inference(input: Tensor) -> bool:
    """False: see `inference_mode`. Source: PyTorch, torch.is_inference."""
    return False


@tensor_method(name="__iter__")
def iterate(self: Tensor) -> Iterator[Tensor]:
    """The parts along the first dimension. Raises TypeError for a 0-d tensor."""
    if self.array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(unbind(self))


@tensor_method(name="__contains__")
def contains(self: Tensor, element: Any) -> bool:
    """Whether an element equals `element`."""
    if not isinstance(element, OPERANDS):
        raise RuntimeError(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )
    return bool(eq(element, self).any())


@tensor_method(name="__bool__")
def truth(self: Tensor) -> bool:
    """Whether the one element is not 0. Raises RuntimeError unless there is exactly one."""
    if self.array.size != 1:
        what = "no values" if self.array.size == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {what} is ambiguous")
    return bool(self.array.item())


def _one(self: Tensor) -> Any:
    if self.array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    return self.array.item()


@tensor_method(name="__float__")
def as_float(self: Tensor) -> float:
    """The one element as a Python float."""
    return float(_one(self))


@tensor_method(name="__int__")
def as_int(self: Tensor) -> int:
    """The one element as a Python int."""
    return int(_one(self))


@tensor_method(name="__index__")
def as_index(self: Tensor) -> int:
    """The one element, of integers, as an index. Raises TypeError for other tensors."""
    if self.array.size != 1 or self.array.dtype.kind not in "iub":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(item(self))


@tensor_method(name="__format__")
def formatted(self: Tensor, spec: str) -> str:
    """A 0-d tensor is formatted as its number, any other as its text."""
    if self.array.ndim and spec:
        raise TypeError("unsupported format string passed to Tensor.__format__")
    return format(repr(self) if self.array.ndim else item(self), spec)


@tensor_method(name="__deepcopy__")
def deep_copy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """A leaf with memory of its own. Raises RuntimeError for what an op made."""
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            "protocol at the moment: detach() this one first"
        )
    result = rebuilt(type(self), self.array.copy(), self.requires_grad)
    memo[id(self)] = result
    result.grad = copy.deepcopy(self.grad, memo)
    return result


@tensor_method(name="__reduce_ex__")
def reduced(self: Tensor, protocol: Any) -> Any:
    """How a leaf is pickled: its array and whether it requires grad."""
    if not self.is_leaf:
        raise RuntimeError("only leaf tensors can be pickled: detach() this one first")
    return rebuilt, (type(self), np.asarray(self.array, order="C"), self.requires_grad)


def rebuilt(kind: type[Tensor], array: np.ndarray, requires_grad: bool) -> Tensor:
    """A leaf of class `kind` over `array`."""
    result = wrap(array, cls=kind)
    result.requires_grad = requires_grad
    return result


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a Tensor. Source: PyTorch, torch.is_tensor."""
    return isinstance(obj, Tensor)


@tensor_property
def is_cuda(self: Tensor) -> bool:
    """False: every tensor is on the CPU."""
    return False


@tensor_property
def is_sparse(self: Tensor) -> bool:
    """False: every tensor is dense."""
    return False


@tensor_property
def is_quantized(self: Tensor) -> bool:
    """False: no tensor is quantised."""
    return False


@tensor_method()
def is_complex(self: Tensor) -> bool:
    """False: there are no complex numbers here."""
    return False


@tensor_method()
def get_device(self: Tensor) -> int:
    """-1, which in PyTorch means the CPU."""
    return -1
