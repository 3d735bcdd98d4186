"""Changing the dtype, and copying."""

from __future__ import annotations

from typing import Any

import numpy

from .. import dtypes
from ..backend import device as Device
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap


class Cast(Op):
    """y = x in another dtype;   dx = g in the dtype of x"""

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

    def reference(self, torch, x):
        return x.clone()


def floating(x: Any) -> Any:
    """x itself if of floating point, otherwise in the default dtype: for ops without integers."""
    array = x.array if isinstance(x, Tensor) else x
    return x if array.dtype.kind == "f" else Cast(dtypes.get_default_dtype().dtype)(x)


@tensor_method()
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy that gradients flow through.

    Source: PyTorch, torch.clone.

    >>> import tinygrad_np as tnp
    >>> x = tnp.ones(2, requires_grad=True)
    >>> x.clone()
    tensor([1., 1.], grad_fn=<CloneBackward0>)
    """
    return Clone()(input)


@tensor_method()
def to(input: Tensor, *args: Any, copy: bool = False, **kwargs: Any) -> Tensor:
    """`input` in the dtype given, or in the dtype of the tensor given; a device may be named too.

    Returns `input` itself where nothing changes, unless `copy`. Gradients flow back in the dtype
    of `input`; there is none through integers. Raises RuntimeError for a device other than the CPU.
    Source: PyTorch, torch.Tensor.to.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([1.7, -1.7]).to(tnp.int64)
    tensor([ 1, -1])
    """
    dtype = input.array.dtype
    for target in (*args, kwargs.pop("dtype", None), kwargs.pop("device", None)):
        if isinstance(target, Tensor):
            dtype = target.array.dtype
        elif isinstance(target, str | Device):
            Device(target)
        elif target is not None and not isinstance(target, bool):
            dtype = dtypes.to_numpy(target)
    kwargs.pop("non_blocking", None), kwargs.pop("memory_format", None)
    if kwargs:
        raise TypeError(f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
    if dtype == input.array.dtype:
        return clone(input) if copy else input
    return Cast(dtype)(input) if dtype.kind == "f" else wrap(input.array.astype(dtype))


def _to(name: str, dtype: dtypes.dtype) -> None:
    def method(self: Tensor) -> Tensor:
        return to(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`self.to({dtype.name})`. Source: PyTorch, torch.Tensor.{name}."
    tensor_method()(method)


for _name in ("half", "float", "double", "short", "int", "long", "bool"):
    _to(_name, getattr(dtypes, _name))


@tensor_method()
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """`self` in the dtype of `other`. Source: PyTorch, torch.Tensor.type_as."""
    return to(self, other)
