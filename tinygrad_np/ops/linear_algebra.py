"""Products that add to something, and products along chosen dimensions."""

from __future__ import annotations

import math
from typing import Any

from ..errors import OpError
from ..methods import tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from ..threads import product
from .arithmetic import add, mul
from .axes import axis
from .creation import ones
from .matmul import check_batches, check_product, matmul


class Addmm(Op):
    """y = beta x + alpha a @ b;   dx = beta g,   da = alpha g @ b^T,   db = alpha a^T @ g"""

    beta: float = 1
    alpha: float = 1

    def forward(self, x, a, b):
        y = product(a, b)
        if self.alpha != 1:
            y *= self.alpha
        if self.beta != 0:
            y += x if self.beta == 1 else x * self.beta
        return y

    def dx(self, g):
        return g if self.beta == 1 else g * self.beta

    def da(self, g, b):
        return product(g if self.alpha == 1 else g * self.alpha, b.mT)

    def db(self, g, a):
        return product(a.mT, g if self.alpha == 1 else g * self.alpha)

    def samples(r):
        yield Sample(r.normal(3, 2), r.normal(3, 4), r.normal(4, 2))
        yield Sample(r.normal(2), r.normal(3, 4), r.normal(4, 2), beta=0.5, alpha=-2)
        yield Sample(r.normal(), r.normal(3, 0), r.normal(0, 2), beta=2)
        yield Sample(r.normal(5, 1, 2), r.normal(5, 3, 4), r.normal(5, 4, 2), alpha=3)
        yield ErrorSample(
            lambda: addmm(ones(2), ones(3), ones(3, 2)), "mat1 must be a matrix, got 1-D tensor"
        )
        yield ErrorSample(lambda: addmm(ones(2), ones(2, 3), ones(4, 2)), r"\(2x3 and 4x2\)")
        yield ErrorSample(
            lambda: addmm(ones(3), ones(2, 3), ones(3, 2)), "could not be broadcast together"
        )

    def reference(self, torch, x, a, b):
        function = torch.addmm if a.ndim == 2 else torch.baddbmm
        return function(x, a, b, beta=self.beta, alpha=self.alpha)

    def name(self):
        return "AddmmBackward0" if len(self.shapes[1]) == 2 else "BaddbmmBackward0"


def _for_integers(x: Tensor, factor: float) -> float:
    """A factor as PyTorch takes it: cut to a whole number for integers."""
    return factor if x.array.dtype.kind == "f" else int(factor)


@tensor_method(in_place=("addmm_",))
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2) of matrices; `input` broadcasts.

    Source: PyTorch, torch.addmm.

    >>> import tinygrad_np as tnp
    >>> tnp.addmm(tnp.ones(2), tnp.ones(1, 3), tnp.ones(3, 2))
    tensor([[4., 4.]])
    """
    for name, x in (("mat1", mat1), ("mat2", mat2)):
        if x.ndim != 2:
            raise OpError(f"{name} must be a matrix, got {x.ndim}-D tensor")
    check_product(mat1, mat2)
    beta, alpha = (_for_integers(mat1, factor) for factor in (beta, alpha))
    return Addmm(beta, alpha)(input, mat1, mat2)


@tensor_method(in_place=("baddbmm_",))
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2) of stacks of matrices; `input` broadcasts.

    Source: PyTorch, torch.baddbmm.

    >>> import tinygrad_np as tnp
    >>> tnp.baddbmm(tnp.ones(1), tnp.ones(1, 1, 3), tnp.ones(1, 3, 2))
    tensor([[[4., 4.]]])
    """
    check_batches(batch1, batch2)
    check_product(batch1, batch2)
    beta, alpha = (_for_integers(batch1, factor) for factor in (beta, alpha))
    return Addmm(beta, alpha)(input, batch1, batch2)


@tensor_method(in_place=("addmv_",))
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat @ vec). Source: PyTorch, torch.addmv.

    >>> import tinygrad_np as tnp
    >>> tnp.addmv(tnp.ones(2), tnp.ones(2, 3), tnp.ones(3), alpha=2)
    tensor([7., 7.])
    """
    beta, alpha = (_for_integers(mat, factor) for factor in (beta, alpha))
    y = mul(mv(mat, vec), alpha)
    return add(y, mul(input, beta)) if beta != 0 else y


@tensor_method()
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector. Source: PyTorch, torch.mv.

    >>> import tinygrad_np as tnp
    >>> tnp.mv(tnp.tensor([[1, 2], [3, 4]]), tnp.tensor([1, 1]))
    tensor([3, 7])
    """
    if input.ndim != 2 or vec.ndim != 1:
        raise OpError(
            f"vector + matrix @ vector expected, got {vec.ndim}, {input.ndim}, {vec.ndim}"
        )
    if input.shape[1] != vec.shape[0]:
        n, m = input.shape
        raise OpError(f"size mismatch, got input ({n}), mat ({n}x{m}), vec ({vec.shape[0]})")
    return matmul(input, vec)


@tensor_method("ger")
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of all pairs: the matrix input[i] * vec2[j]. Source: PyTorch, torch.outer.

    >>> import tinygrad_np as tnp
    >>> tnp.outer(tnp.tensor([1, 2]), tnp.tensor([1, 10]))
    tensor([[ 1, 10],
            [ 2, 20]])
    """
    for name, x in (("self", input), ("vec2", vec2)):
        if x.ndim != 1:
            raise OpError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
    return input.unsqueeze(-1) * vec2


ger = outer


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over the last `dims` dimensions of a and the first of b, or over pairs.

    `dims` is a number or two lists of dimensions, of a and of b. Raises RuntimeError where their
    sizes differ. Source: PyTorch, torch.tensordot.

    >>> import tinygrad_np as tnp
    >>> tnp.tensordot(tnp.ones(2, 3, 4), tnp.ones(4, 3), dims=([1, 2], [1, 0]))
    tensor([12., 12.])
    """
    of_a, of_b = _pairs(a, b, dims.tolist() if isinstance(dims, Tensor) else dims)
    for i, j in zip(of_a, of_b, strict=True):
        if a.shape[i] != b.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} "
                f"and second has size {b.shape[j]} in dim {j}"
            )
    of_a, of_b = [axis(i, a.ndim) for i in of_a], [axis(j, b.ndim) for j in of_b]
    rest_a = [i for i in range(a.ndim) if i not in of_a]
    rest_b = [j for j in range(b.ndim) if j not in of_b]
    sizes_a, sizes_b = [a.shape[i] for i in rest_a], [b.shape[j] for j in rest_b]
    n = math.prod(a.shape[i] for i in of_a)
    a = a.permute(rest_a + of_a).reshape(math.prod(sizes_a), n)  # (*rest, *dims) -> (rows, n)
    b = b.permute(of_b + rest_b).reshape(n, math.prod(sizes_b))  # (*dims, *rest) -> (n, columns)
    return matmul(a, b).reshape(sizes_a + sizes_b)


def _pairs(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if not isinstance(dims, int):
        of_a, of_b = ([d] if isinstance(d, int) else list(d) for d in dims)
        if len(of_a) != len(of_b):
            raise RuntimeError("both dimension lists should have same length")
        return of_a, of_b
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.ndim, b.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))
