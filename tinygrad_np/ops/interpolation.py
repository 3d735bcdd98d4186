"""Between two tensors, and steps from one: lerp, addcmul, addcdiv."""

from __future__ import annotations

from typing import Any

import numpy

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .cast import not_implemented
from .creation import ones, tensor


class Lerp(Op):
    """y = a + w (b - a);   da = g (1 - w),   db = g w,   dw = g (b - a)"""

    def forward(self, a, b, w):
        return self.xp.where(abs(w) < 0.5, a + w * (b - a), b - (b - a) * (1 - w))  # exact at 0, 1

    def da(self, g, w):
        return g * (1.0 - w)

    def db(self, g, w):
        return g * w

    def dw(self, g, a, b):
        return g * (b - a)

    def samples(r):
        yield Sample(r.normal(3, 4), r.normal(3, 4), r.normal(3, 4))
        yield Sample(r.normal(3, 1), r.normal(4), numpy.array(0.3))
        yield Sample(r.normal(2), r.normal(2), numpy.array([0.0, 1.0]))
        yield ErrorSample(lambda: lerp(tensor([1]), tensor([2]), 0.5), "not implemented for 'Long'")
        yield ErrorSample(
            lambda: lerp(ones(2), ones(2), ones(2).double()),
            "expected dtype float32 for `weight` but got dtype float64",
        )

    def reference(self, torch, a, b, w):
        return torch.lerp(a, b, w)


@tensor_method(in_place=("lerp_",))
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """input + weight * (end - input), exact at both ends; `weight` is a number or a tensor.

    Raises RuntimeError for integers and for different dtypes. Source: PyTorch, torch.lerp.

    >>> import tinygrad_np as tnp
    >>> tnp.lerp(tnp.tensor([0.0, 1.0]), tnp.tensor([10.0, 3.0]), 0.5)
    tensor([5., 2.])
    """
    if input.array.dtype.kind != "f":
        raise not_implemented("lerp_kernel_scalar", input)
    for name, x in (("end", end), ("weight", weight)):
        if isinstance(x, Tensor) and x.array.dtype != input.array.dtype:
            raise RuntimeError(
                f"expected dtype {input.array.dtype} for `{name}` but got dtype {x.array.dtype}"
            )
    return Lerp()(*promoted(input, end, weight))


def _number(value: float, *tensors: Any) -> float:
    """A factor as PyTorch takes it: cut to a whole number for integers."""
    floats = any(x.array.dtype.kind == "f" for x in tensors if isinstance(x, Tensor))
    return value if floats else int(value)


@tensor_method(in_place=("addcmul_",))
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """input + value * tensor1 * tensor2. Source: PyTorch, torch.addcmul.

    >>> import tinygrad_np as tnp
    >>> tnp.addcmul(tnp.ones(2), tnp.tensor([1.0, 2.0]), tnp.tensor([3.0, 4.0]), value=0.5)
    tensor([2.5000, 5.0000])
    """
    return input + tensor1 * tensor2 * _number(value, input, tensor1, tensor2)


@tensor_method(in_place=("addcdiv_",))
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """input + value * tensor1 / tensor2.

    Raises RuntimeError where both are integers. Source: PyTorch, torch.addcdiv.

    >>> import tinygrad_np as tnp
    >>> tnp.addcdiv(tnp.ones(2), tnp.tensor([1.0, 2.0]), tnp.tensor([2.0, 4.0]))
    tensor([1.5000, 1.5000])
    """
    if tensor1.array.dtype.kind != "f" and tensor2.array.dtype.kind != "f":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported: expected a floating point "
            "tensor1 or tensor2, as in input + value * torch.trunc(tensor1 / tensor2)"
        )
    return input + value * (tensor1 / tensor2)
