"""Products of matrices and vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy

from ..errors import OpError, described, line_of
from ..graph import user_frame
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from ..threads import product
from .creation import ones


class MatMul(Op):
    """y = a @ b;   da = g @ b^T,   db = a^T @ g      (the last two axes; others broadcast)"""

    def forward(self, a, b):
        self.hint = b.ndim > 2 and b.strides[-1] > b.strides[-2]  # b lies transposed, as keys do
        return product(a, b)

    def da(self, g, b):
        return MatMul()(g, b.mT)

    def db(self, g, a):
        return MatMul()(g.mT, a).mT if self.hint else MatMul()(a.mT, g)  # so lies as b does

    def samples(r):
        yield Sample(r.normal(3, 4), r.normal(4, 2))
        yield Sample(r.normal(5, 3, 4), r.normal(4, 2))
        yield Sample(r.normal(3, 4), r.normal(2, 4, 2))
        yield Sample(r.normal(5, 1, 3, 4), r.normal(2, 4, 2))
        yield Sample(r.normal(3, 0), r.normal(0, 2))
        yield Sample(r.normal(0, 3), r.normal(3, 2))
        yield ErrorSample(lambda: matmul(ones(2, 3), ones(4, 5)), r"\(2x3 and 4x5\)")
        yield ErrorSample(lambda: matmul(ones(3), ones(4)), "inconsistent tensor size")
        yield ErrorSample(lambda: matmul(ones(2, 2), ones(2, 2).double()), "to have the same dtype")
        yield ErrorSample(
            lambda: matmul(ones(()), ones(2)), "both arguments to matmul need to be at"
        )
        yield ErrorSample(lambda: mm(ones(2), ones(2)), "self must be a matrix")
        yield ErrorSample(lambda: ones(2) @ 2, "'other' must be Tensor, not int", TypeError)

    def reference(self, torch, a, b):
        return torch.matmul(a, b)

    def name(self):
        return "MmBackward0" if len(self.shapes[0]) == len(self.shapes[1]) == 2 else "BmmBackward0"


@tensor_method("__matmul__", reflected="__rmatmul__", ufunc=numpy.matmul)
def matmul(input: Any, other: Any) -> Tensor:
    """The matrix product; a vector counts as a row on the left and a column on the right.

    Shapes `(..., n, k)` and `(..., k, m)` -> `(..., n, m)`; the axes in front broadcast.
    Raises RuntimeError where sizes or dtypes differ. Source: PyTorch, torch.matmul.

    >>> import tinygrad_np as tnp
    >>> tnp.tensor([[1, 2], [3, 4]]) @ tnp.tensor([1, 1])
    tensor([3, 7])
    """
    for name, x in (("input", input), ("other", other)):
        if not hasattr(x, "ndim"):
            raise TypeError(f"matmul(): argument '{name}' must be Tensor, not {type(x).__name__}")
    check_product(input, other)
    a = input.reshape(1, -1) if input.ndim == 1 else input
    b = other.reshape(-1, 1) if other.ndim == 1 else other
    if a.ndim > 2 and b.ndim == 2:  # one large product is faster than many small ones
        rows = math.prod(a.shape[:-1])
        y = MatMul()(a.reshape(rows, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[-1])
    else:
        y = MatMul()(a, b)
    if input.ndim == 1:
        y = y.reshape(*y.shape[:-2], y.shape[-1])
    return y.reshape(y.shape[:-1]) if other.ndim == 1 else y


def check_product(a: Any, b: Any) -> None:
    """Raise where `a @ b` cannot be."""
    if a.ndim == 0 or b.ndim == 0:
        raise OpError(
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
        )
    if a.dtype != b.dtype:
        raise OpError(
            f"expected m1 and m2 to have the same dtype, but got: {described(a)} != {described(b)}"
        )
    k, n = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if k == n:
        return
    if a.ndim == b.ndim == 1:
        text = f"inconsistent tensor size, expected tensor [{k}] and src [{n}] to have the same "
        raise OpError(text + f"number of elements, but got {k} and {n} elements respectively")
    rows, columns = math.prod(a.shape[:-1]), b.shape[-1] if b.ndim > 1 else 1
    raise OpError(
        f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {n}x{columns})"
        f"\n  input: {described(a)}\n  other: {described(b)}\n  at {line_of(user_frame())}"
    )


@tensor_method()
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices. Source: PyTorch, torch.mm.

    >>> import tinygrad_np as tnp
    >>> tnp.mm(tnp.ones(1, 2), tnp.ones(2, 1))
    tensor([[2.]])
    """
    for name, x in (("self", input), ("mat2", mat2)):
        if x.ndim != 2:
            raise OpError(f"{name} must be a matrix, but is {described(x)}")
    return matmul(input, mat2)


@tensor_method()
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two batches of matrices of the same length. Source: PyTorch, torch.bmm.

    >>> import tinygrad_np as tnp
    >>> tnp.bmm(tnp.ones(3, 1, 2), tnp.ones(3, 2, 1)).shape
    tinygrad_np.Size([3, 1, 1])
    """
    check_batches(input, mat2)
    return matmul(input, mat2)


def check_batches(a: Tensor, b: Tensor) -> None:
    """Raise unless both are stacks of as many matrices."""
    for name, x in (("batch1", a), ("batch2", b)):
        if x.ndim != 3:
            raise OpError(f"{name} must be a 3D tensor, but is {described(x)}")
    if a.shape[0] != b.shape[0]:
        raise OpError(
            f"batch1 and batch2 must have same number of batches, got {a.shape[0]} and {b.shape[0]}"
        )


@tensor_method()
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The inner product of two vectors. Source: PyTorch, torch.dot.

    >>> import tinygrad_np as tnp
    >>> tnp.dot(tnp.tensor([1, 2]), tnp.tensor([3, 4]))
    tensor(11)
    """
    if input.ndim != 1 or tensor.ndim != 1:
        raise OpError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    return matmul(input, tensor)
