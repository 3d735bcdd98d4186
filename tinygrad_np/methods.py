"""How the functions of `ops/` become methods, operators and changes in place of Tensor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy

from . import dtypes, errors
from .graph import context, line_of, user_frame
from .op import Op
from .tensor import Tensor, wrap

Function = TypeVar("Function", bound=Callable[..., Any])

NUMBERS = (int, float, numpy.number, numpy.bool_)
OPERANDS = (Tensor, *NUMBERS, numpy.ndarray)

by_ufunc: dict[Any, Callable[..., Any]] = {}


def tensor_method(
    *aliases: str,
    name: str | None = None,
    reflected: str | None = None,
    in_place: tuple[str, ...] = (),
    ufunc: Any = None,
) -> Callable[[Function], Function]:
    """Make a function a method of Tensor too, under its own name (or `name`) and `aliases`.

    `reflected` names the operator with its two arguments exchanged; the methods named in
    `in_place` write the result into the tensor itself; `ufunc` is the NumPy function that calls
    this one when it meets a Tensor.
    """

    def attach(function: Function) -> Function:
        for alias in (name or function.__name__, *aliases):
            setattr(Tensor, alias, _operator(function) if alias in _BINARY else function)
        if reflected:
            setattr(Tensor, reflected, _operator(lambda self, other: function(other, self)))
        for alias in in_place:
            setattr(Tensor, alias, _changing(function, alias))
        if ufunc is not None:
            by_ufunc[ufunc] = function
        return function

    return attach


def tensor_property(function: Function) -> Function:
    """Make a function of one tensor a property of Tensor."""
    setattr(Tensor, function.__name__, property(function))
    return function


_BINARY = {
    f"__{name}__"
    for name in "add sub mul truediv floordiv mod pow matmul eq ne lt le gt ge and or xor".split()
}


def _operator(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator leaves operands that are no numbers, arrays or tensors to their own class."""

    @wraps(function)
    def operator(self: Tensor, other: Any) -> Any:
        return function(self, other) if isinstance(other, OPERANDS) else NotImplemented

    return operator


def promoted(*operands: Any) -> list[Any]:
    """The operands in their common dtype, numbers as 0-d arrays: what an op takes.

    Numbers are weak and never change the dtype of a tensor within their kind.
    Raises TypeError for what is no number, array or tensor.
    """
    arrays = [x.array if isinstance(x, Tensor) else x for x in operands]
    for x in arrays:
        if not isinstance(x, OPERANDS):
            raise TypeError(f"expected a Tensor, an array or a number, got {type(x).__name__}")
    dtype = dtypes.common_type(*arrays)
    return [_cast(x, array, dtype) for x, array in zip(operands, arrays, strict=True)]


def _cast(x: Any, array: Any, dtype: numpy.dtype[Any]) -> Any:
    if isinstance(array, NUMBERS):
        return numpy.asarray(array, dtype)
    if array.dtype == dtype:
        return x
    return Op.registry["Cast"](dtype)(x)


def _changing(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The method `name` that writes what `function` gives into the tensor itself."""

    @wraps(function)
    def change(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        before_change(self)
        result = function(self, *args, **kwargs)
        write(self, result, name)
        return self

    change.__name__ = change.__qualname__ = name
    change.__doc__ = f"`{function.__name__}`, written into the tensor itself."
    return change


def before_change(tensor: Tensor) -> None:
    """Raise, before anything is changed, where a change in place would break a graph."""
    base = tensor
    while base.view_of is not None:
        base = base.view_of.source
    if context.grad_enabled and base.edge is base:
        what = "a leaf Variable" if base is tensor else "a view of a leaf Variable"
        raise RuntimeError(
            f"{what} that requires grad is being used in an in-place operation at "
            f"{line_of(user_frame())}. Do it inside no_grad(), or on a clone()."
        )
    if not tensor.array.flags.writeable:
        raise RuntimeError(
            "unsupported operation: the memory of this tensor is read-only, or more than one of "
            "its elements refers to a single memory location (as after expand). "
            "Please clone() the tensor before performing the operation."
        )


def write(tensor: Tensor, result: Any, name: str) -> None:
    """Make `tensor` hold the values, and where graphs are recorded the history, of `result`."""
    result = result if isinstance(result, Tensor) else wrap(result)
    array = tensor.array
    if result.array.shape != array.shape:
        raise RuntimeError(
            f"output with shape {list(array.shape)} doesn't match the broadcast shape "
            f"{list(result.array.shape)} of {name} at {line_of(user_frame())}"
        )
    if not dtypes.can_cast(result.array.dtype, array.dtype):
        raise RuntimeError(
            f"result type {dtypes.of(result.array)} can't be cast to the desired output type "
            f"{dtypes.of(array)} in {name} at {line_of(user_frame())}"
        )
    if result.array.dtype != array.dtype:
        result = Op.registry["Cast"](array.dtype)(result)
    if result.edge is result:
        result = Op.registry["Clone"]()(result)
    history = context.grad_enabled and (tensor.edge is not None or result.edge is not None)
    numpy.copyto(array, result.array)
    tensor.version.bump()
    if history:
        rewrite(tensor, result.edge)
        tensor.version.rewrites += 1


def rewrite(tensor: Tensor, node: Any) -> None:
    """Give `tensor`, and whatever it is a view of, the history that ends in `node`."""
    if tensor.view_of is None:
        tensor._node = node
        return
    source, op = tensor.view_of.source, tensor.view_of.op
    positions = op.forward(numpy.arange(source.array.size).reshape(source.array.shape))
    before, piece = wrap(source.array, source.edge), wrap(tensor.array, node)
    index = numpy.unravel_index(positions, source.array.shape)
    rewrite(source, Op.registry["SetItem"](index)(before, piece).edge)
