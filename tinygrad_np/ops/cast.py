"""Changing the dtype, and copying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from .. import dtypes
from ..backend import device as Device
from ..backend import quiet
from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .creation import must_be_tensor


class Cast(Op):
    """y = x in another dtype;   dx = g in the dtype of x"""

    torch_name = "ToCopy"
    dtype: numpy.dtype[Any]

    def forward(self, x):
        self.source = x.dtype
        return x.astype(self.dtype)

    def dx(self, g):
        return Cast(self.source)(g)

    def samples(r):
        yield Sample(r.normal(3, 4), dtype=numpy.dtype("float64"))
        yield Sample(r.integers(-9, 9, (3,)), dtype=numpy.dtype("float64"))
        yield ErrorSample(lambda: to(wrap(numpy.ones(2)), "cuda"), "computes on device 'cpu' only")

    def reference(self, torch, x):
        return x.to(getattr(torch, self.dtype.name))


class Clone(Op):
    """y = x, in memory of its own;   dx = g"""

    def forward(self, x):
        return x.copy("K")

    def dx(self, g):
        return g

    def samples(r):
        yield Sample(r.normal(3, 4))
        yield ErrorSample(lambda: clone([1.0]), "'input' .* must be Tensor, not list", TypeError)

    def reference(self, torch, x):
        return x.clone()


def floating(x: Any) -> Any:
    """x itself if of floating point, otherwise in the default dtype: for ops without integers."""
    array = x.array if isinstance(x, Tensor) else x
    return x if array.dtype.kind == "f" else Cast(dtypes.get_default_dtype().dtype)(x)


def in_floats(a: Any, b: Any) -> Sequence[Any]:
    """Two operands in their common dtype, integers in the default dtype, as in true division."""
    pair = promoted(a, b)
    return pair if getattr(pair[0], "array", pair[0]).dtype.kind == "f" else promoted(a, b, 1.0)[:2]


def not_implemented(kernel: str, x: Any) -> Exception:
    """PyTorch's error for a dtype that an operation does not take: it is a RuntimeError too."""
    return NotImplementedError(f'"{kernel}" not implemented for {dtypes.scalar_name(x.dtype)!r}')


@tensor_method()
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy that gradients flow through.

    Raises TypeError for what is no tensor. Source: PyTorch, torch.clone.

    >>> import tinygrad_np as tnp
    >>> x = tnp.ones(2, requires_grad=True)
    >>> x.clone()
    tensor([1., 1.], grad_fn=<CloneBackward0>)
    """
    must_be_tensor(input, "clone", "input")
    return Clone()(input)


@tensor_method()
def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """`input` in another dtype: `to(dtype)`, `to(device, dtype)` or as another tensor, `to(other)`.

    Returns `input` itself where nothing changes, unless `copy`. Gradients flow back in the dtype
    of `input`; there is none through integers. Raises RuntimeError for a device other than the CPU.
    Source: PyTorch, torch.Tensor.to.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1.7, -1.7]).to(tnp.int64)
    tensor([ 1, -1])
    """
    if args:
        target, *flags = args
        if isinstance(target, Tensor):
            dtype = target.dtype
        elif target is None or isinstance(target, str | int | Device):
            device = target
            if flags and not isinstance(flags[0], bool):
                dtype = flags.pop(0)
        else:
            dtype = target
        copy = flags[1] if len(flags) > 1 else copy
    if device is not None:
        Device(device)
    wanted = input.array.dtype if dtype is None else dtypes.to_numpy(dtype)
    if wanted == input.array.dtype:
        return clone(input) if copy else input
    return Cast(wanted)(input) if wanted.kind == "f" else wrap(quiet(input.array.astype)(wanted))


@tensor_method()
def cuda(self: Tensor, device: Any = None) -> Tensor:
    """Raises RuntimeError: tensors are on the CPU. Source: PyTorch, torch.Tensor.cuda."""
    return to(self, "cuda")


@tensor_method()
def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """PyTorch's name for the kind of tensor; with `dtype`, or such a name, the tensor cast.

    Raises ValueError for another name. Source: PyTorch, torch.Tensor.type.

    >>> import tinygrad_np as tnp
    >>> tnp.ones(2).type(), tnp.ones(2).type("torch.LongTensor")
    ('torch.FloatTensor', tensor([1, 1]))
    """
    if dtype is None:
        return f"torch.{dtypes.scalar_name(self.dtype)}Tensor"
    if isinstance(dtype, str):
        named = [d for d in dtypes.ALL if dtype == f"torch.{dtypes.scalar_name(d)}Tensor"]
        if not named:
            raise ValueError(f"invalid type: {dtype!r}")
        dtype = named[0]
    return to(self, getattr(dtype, "dtype", dtype))


def _to(name: str, dtype: dtypes.dtype) -> None:
    def method(self: Tensor) -> Tensor:
        return to(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`self.to({dtype.name})`. Source: PyTorch, torch.Tensor.{name}."
    tensor_method()(method)


for _name in ("half", "float", "double", "short", "int", "long", "bool"):
    _to(_name, getattr(dtypes, _name))
_to("bfloat16", dtypes.bfloat16)  # refused by name when it is called
_to("char", dtypes.int8)
_to("byte", dtypes.uint8)


@tensor_method()
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """`self` in the dtype of `other`. Source: PyTorch, torch.Tensor.type_as."""
    return to(self, other)
