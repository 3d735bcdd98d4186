"""Gradients that are too long made shorter, in place."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

import numpy

import tinygrad_np as tnp
from tinygrad_np import Tensor, no_grad

Tensors = Tensor | Iterable[Tensor]


def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors together, as if they were one vector: (sum |x|^p)^(1/p), 0-d.

    The order p may be inf or -inf, the largest or smallest |x|. Computed in float64, in the common
    dtype of the tensors. `foreach` changes nothing. Raises RuntimeError for inf or nan if
    `error_if_nonfinite`, for integers, and for an empty tensor if p is inf or below 0.
    Source: PyTorch, torch.nn.utils.get_total_norm.

    >>> get_total_norm([tnp.tensor([3.0]), tnp.tensor([0.0, 4.0])])
    tensor(5.)
    """
    arrays = [tensor.array for tensor in _listed(tensors)]
    if not arrays:
        return tnp.tensor(0.0)
    order = float(norm_type)
    norms = numpy.array([_norm(x, order) for x in arrays])
    total = tnp.from_numpy(numpy.array(_norm(norms, order), numpy.result_type(*arrays)))
    if error_if_nonfinite and not numpy.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it "
            "cannot be clipped. To disable this error and scale the gradients by the non-finite "
            "norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Multiply all gradients by max_norm / (total_norm + 1e-6) if that is below 1.

    Source: PyTorch, torch.nn.utils.clip_grads_with_norm_.

    >>> p = tnp.ones(2, requires_grad=True)
    >>> (3 * p).sum().backward()
    >>> clip_grads_with_norm_(p, 1.0, total_norm=tnp.tensor(6.0))
    >>> p.grad
    tensor([0.5000, 0.5000])
    """
    factor = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0).item()
    for grad in _grads(parameters):
        grad.mul_(factor)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Shorten all gradients, by one factor, to the total norm `max_norm`; the norm before that.

    See `get_total_norm`. Warns about an empty generator: it may have been used up.
    Source: Pascanu et al., arXiv:1211.5063; PyTorch, torch.nn.utils.clip_grad_norm_.

    >>> p = tnp.ones(1, requires_grad=True)
    >>> (4 * p).backward()
    >>> clip_grad_norm_(p, max_norm=1.0), p.grad
    (tensor(4.), tensor([1.0000]))
    """
    listed = _listed(parameters)
    if isinstance(parameters, types.GeneratorType) and not listed:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2
        )
    total = get_total_norm(_grads(listed), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients to [-clip_value, clip_value].

    Source: PyTorch, torch.nn.utils.clip_grad_value_.

    >>> p = tnp.ones(1, requires_grad=True)
    >>> (4 * p).backward()
    >>> clip_grad_value_(p, 0.5)
    >>> p.grad
    tensor([0.5000])
    """
    for grad in _grads(parameters):
        grad.clamp_(-float(clip_value), float(clip_value))


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: Tensors) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


@tnp.backend.quiet
def _norm(x: numpy.ndarray, order: float) -> float:
    """In float64: the squares of float32 from 1.9e19 on are inf, of float16 from 256 on."""
    if x.dtype.kind != "f":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {x.dtype}"
        )
    if not (0 <= order < numpy.inf or x.size):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {order:g} norm on an empty tensor because the "
            "operation does not have an identity"
        )
    return float(numpy.linalg.norm(x.ravel().astype(numpy.float64), order))
