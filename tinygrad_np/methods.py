"""How the functions of `ops/` become methods, operators and changes in place of Tensor."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy

from . import dtypes
from .errors import line_of
from .graph import context, user_frame
from .op import Op
from .tensor import Tensor, wrap

Function = TypeVar("Function", bound=Callable[..., Any])

NUMBERS = (int, float, numpy.number, numpy.bool_)
OPERANDS = (Tensor, *NUMBERS, numpy.ndarray)

by_ufunc: dict[Any, Callable[..., Any]] = {}
attached: dict[str, Any] = {}  # what Tensor got from ops/, by name


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
            _attach(alias, _operator(function) if alias in _BINARY else function)
        if reflected:
            _attach(reflected, _operator(_exchanged(function)))
        for alias in in_place:
            _attach(alias, _changing(function, alias))
        if ufunc is not None:
            by_ufunc[ufunc] = inspect.unwrap(function)
        return function

    return attach


def tensor_property(function: Function) -> Function:
    """Make a function of one tensor a property of Tensor."""
    _attach(function.__name__, property(function))
    return function


def _attach(name: str, what: Any) -> None:
    attached[name] = what
    setattr(Tensor, name, what)


def _exchanged(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def exchanged(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return exchanged


_BINARY = {
    *("__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__pow__"),
    *("__matmul__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
    *("__and__", "__or__", "__xor__", "__lshift__", "__rshift__"),
}


def _operator(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator leaves operands that are no numbers, arrays or tensors to their own class."""

    def operator(self: Tensor, other: Any) -> Any:
        return function(self, other) if isinstance(other, OPERANDS) else NotImplemented

    operator.__doc__ = function.__doc__
    return operator


def listed(function: Function) -> Function:
    """Decorates `f(input, *sizes)` to take the sizes by their name too, as one list, and the input.

    >>> import tinygrad_np as tnp
    >>> tnp.permute(input=tnp.zeros(2, 3), dims=(1, 0)).shape
    tinygrad_np.Size([3, 2])
    """
    first, last = inspect.signature(function).parameters

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if first in named and not args:
            args = (named.pop(first),)
        if last in named and len(args) == 1:
            args = (*args, named.pop(last))
        return function(*args, **named)

    return call  # type: ignore[return-value]


def promoted(*operands: Any) -> Sequence[Any]:
    """The operands in their common dtype, numbers as 0-d arrays: what an op takes.

    Numbers are weak and never change the dtype of a tensor within their kind. Without a tensor, as
    in a rule on plain arrays, NumPy's scalars are what 0-d arrays become and keep their dtype.
    Raises TypeError for what is no number, array or tensor.
    """
    if len(operands) == 2:  # the everyday cases: 0.5 us and not 3
        a, b = operands
        if isinstance(a, Tensor):
            if isinstance(b, Tensor) and a.array.dtype is b.array.dtype:
                return operands
            if type(b) in (float, int) and a.array.dtype.kind == "f":
                return a, numpy.asarray(b, a.array.dtype)
    elif len(operands) == 1 and isinstance(operands[0], Tensor):
        return operands
    if not any(isinstance(x, Tensor) for x in operands):
        operands = tuple(numpy.asarray(x) if isinstance(x, numpy.generic) else x for x in operands)
    arrays = [x.array if isinstance(x, Tensor) else x for x in operands]
    for x in arrays:
        if not isinstance(x, OPERANDS):
            raise TypeError(f"expected a Tensor, an array or a number, got {type(x).__name__}")
    dtype = dtypes.common_type(*arrays)
    return [_cast(x, array, dtype) for x, array in zip(operands, arrays, strict=True)]


def of_tensors(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Decorates a function of two tensors that, unlike the operators, takes no number.

    NumPy's function of the same name goes past it to what is decorated, and may have one.
    """

    @wraps(function)
    def call(input: Any, other: Any) -> Any:
        for position, argument, x in ((1, "input", input), (2, "other", other)):
            if not isinstance(x, Tensor | numpy.ndarray | numpy.generic):
                raise TypeError(
                    f"{function.__name__}(): argument '{argument}' (position {position}) must be "
                    f"Tensor, not {type(x).__name__}"
                )
        return function(input, other)

    return call


def _cast(x: Any, array: Any, dtype: numpy.dtype[Any]) -> Any:
    if isinstance(array, NUMBERS):
        if dtype.kind == "f":
            return numpy.asarray(array, dtype)
        return numpy.asarray(array).astype(dtype)  # wraps 300 in uint8, as PyTorch does
    if array.dtype == dtype:
        return x
    return Op.registry["Cast"](dtype)(x)


def _changing(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The method `name` that writes what `function` gives into the tensor itself."""

    @wraps(function)
    def change(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return changed(self, function, name, *args, **kwargs)

    change.__name__ = change.__qualname__ = name
    change.__doc__ = f"`{function.__name__}`, written into the tensor itself."
    return change


def changed(
    tensor: Tensor, function: Callable[..., Any], name: str, *args: Any, **kwargs: Any
) -> Tensor:
    """`tensor` with `function(tensor, ...)` written into it, as the method `name` does."""
    before_change(tensor)
    must_be_apart(tensor, *args, *kwargs.values())
    write(tensor, function(_before(tensor, args), *args, **kwargs), name)
    return tensor


def _before(tensor: Tensor, others: Iterable[Any]) -> Tensor:
    """The tensor itself, or where a graph is recorded a copy, which its rules may save."""
    if context.grad_enabled and any(
        isinstance(x, Tensor) and x.edge is not None for x in (tensor, *others)
    ):
        return wrap(tensor.array.copy(), tensor.edge)
    return tensor


def before_change(tensor: Tensor) -> None:
    """Raise, before anything is changed, where a change in place would break a graph."""
    base = tensor
    while base.edge is not base and base.view_of is not None:
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


def must_be_apart(tensor: Tensor, *others: Any) -> None:
    """Raise where memory that is written to is read too, as other elements of another tensor.

    As in PyTorch only for tensors without gaps in their memory.
    """
    array = tensor.array
    for x in others:
        if (
            isinstance(x, Tensor)
            and x.array is not array
            and numpy.may_share_memory(x.array, array)
            and _place(x.array) != _place(array)
            and _dense(x.array)
            and _dense(array)
        ):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to "
                "tensor refer to a single memory location. Please clone() the tensor before "
                "performing the operation."
            )


def _place(array: numpy.ndarray) -> tuple[Any, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides


def _dense(array: numpy.ndarray) -> bool:
    step = array.itemsize
    for stride, n in sorted(zip(array.strides, array.shape, strict=True)):
        if n != 1:
            if stride != step:
                return False
            step *= n
    return True


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
            f"result type {dtypes.scalar_name(result.array.dtype)} can't be cast to the desired "
            f"output type {dtypes.scalar_name(array.dtype)} in {name} at {line_of(user_frame())}"
        )
    if result.array.dtype != array.dtype:
        result = Op.registry["Cast"](array.dtype)(result)
    if result.edge is result:
        result = Op.registry["Clone"]()(result)
    history = context.grad_enabled and (tensor.edge is not None or result.edge is not None)
    if history and tensor.view_of is not None:
        tensor.view_of.must_be_single("is being modified inplace")
    numpy.copyto(array, result.array)
    tensor.version.bump()
    if history:
        rewrite(tensor, result.edge)
        tensor.version.rewrites += 1


def rewrite(tensor: Tensor, node: Any) -> None:
    """Give `tensor`, and whatever it is a view of, the history that ends in `node`."""
    while (view := tensor.view_of) is not None:
        source = view.source
        view.must_hold()
        positions = view.op.forward(numpy.arange(source.array.size).reshape(source.array.shape))
        index = numpy.unravel_index(positions, source.array.shape or (1,))
        before, piece = wrap(source.array, source.edge), wrap(tensor.array, node)
        if not source.array.ndim:  # of one number every view has one
            index, piece = (), Op.registry["Reshape"](())(piece)
        tensor, node = source, Op.registry["SetItem"](index)(before, piece).edge
    tensor._node = node
