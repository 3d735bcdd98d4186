"""PyTorch's dtype names, and its rules for the dtype of a result, on plain NumPy arrays."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from .spelling import spelled

_KIND = {"b": 0, "u": 1, "i": 1, "f": 2}


class dtype:
    """One of the nine number types, `float32` for example: one object each, compared by identity.

    NumPy takes it wherever it takes a dtype, and it equals NumPy's name for the same type.

    >>> np.zeros(2, float32).dtype == float32, float32 == np.float32
    (True, True)

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch-dtype
    """

    __slots__ = ("dtype", "is_floating_point", "is_signed", "itemsize", "name")
    is_complex = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.dtype: np.dtype[Any] = np.dtype(name)  # the attribute that np.dtype(self) reads
        self.is_floating_point = self.dtype.kind == "f"
        self.is_signed = self.dtype.kind in "if"
        self.itemsize = self.dtype.itemsize

    def __repr__(self) -> str:
        return spelled(self.name)

    def __eq__(self, other: object) -> builtins.bool:
        if isinstance(other, np.dtype) or _is_subclass(other, np.generic):
            return self.dtype == other
        return self is other

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __reduce__(self) -> str:  # by name: pickle and copy give back the same object
        return self.name


class _Refused(dtype):
    """A dtype that is here by name only, for programs that mention it: every use is an error."""

    __slots__ = ("instead", "is_complex")

    def __init__(self, name: str, itemsize: builtins.int, instead: str) -> None:
        self.name, self.itemsize, self.instead = name, itemsize, instead
        self.is_complex = name.startswith("complex")
        self.is_floating_point = not self.is_complex
        self.is_signed = True

    @property
    def dtype(self) -> Any:  # type: ignore[override]
        raise TypeError(f"{self.name} is not supported: NumPy {self.instead}")

    def __eq__(self, other: object) -> builtins.bool:
        return self is other

    def __hash__(self) -> builtins.int:
        return hash(self.name)


def _is_subclass(candidate: object, parent: type) -> builtins.bool:
    return isinstance(candidate, type) and issubclass(candidate, parent)


float16 = half = dtype("float16")
float32 = dtype("float32")
float64 = double = dtype("float64")
int8 = dtype("int8")
int16 = short = dtype("int16")
int32 = dtype("int32")
int64 = long = dtype("int64")
uint8 = dtype("uint8")
bool = dtype("bool")
bfloat16 = _Refused("bfloat16", 2, "has no such type; use float32, or float16 to save memory")
_instead = "has it, tinygrad_np does not; use two real tensors"
complex64 = _Refused("complex64", 8, _instead)
complex128 = _Refused("complex128", 16, _instead)
# PyTorch gives these three Python names to dtypes; this module says builtins.float for the types.
float = float32
int = int32

_SCALAR_NAMES = {
    **{"float16": "Half", "float32": "Float", "float64": "Double", "int8": "Char"},
    **{"int16": "Short", "int32": "Int", "int64": "Long", "uint8": "Byte", "bool": "Bool"},
}
ALL = (float16, float32, float64, int8, int16, int32, int64, uint8, bool)
_OF_NUMPY = {each.dtype: each for each in ALL}
_OF_PYTHON = {builtins.float: float64, builtins.int: int64, builtins.bool: bool}
_default = float32


def to_numpy(dtype_like: Any) -> np.dtype[Any]:
    """NumPy's dtype for ours, for a NumPy dtype or scalar type, or for Python's float, int, bool.

    As in PyTorch, the type `float` means float64; the default dtype is for Python *numbers*.
    Raises TypeError for every other type (complex, bfloat16, text, object, unsigned above 8 bits).

    >>> to_numpy(half), to_numpy(np.int16), to_numpy(builtins.float)
    (dtype('float16'), dtype('int16'), dtype('float64'))
    """
    if isinstance(dtype_like, dtype):
        return dtype_like.dtype
    return ours(dtype_like).dtype


def of(array: Any) -> dtype:
    """Our dtype of an array, or of anything else with a NumPy dtype.

    >>> of(np.arange(3))
    tinygrad_np.int64
    """
    return _OF_NUMPY.get(array.dtype) or ours(array.dtype)


def scalar_name(dtype_like: Any) -> str:
    """What PyTorch calls a dtype in errors and in `Tensor.type()`.

    >>> scalar_name(int64), scalar_name(float16)
    ('Long', 'Half')
    """
    return _SCALAR_NAMES[to_numpy(dtype_like).name]


def ours(dtype_like: Any) -> dtype:
    """Our dtype for whatever `to_numpy` takes."""
    if isinstance(dtype_like, dtype):
        return _OF_NUMPY[dtype_like.dtype]
    if _is_subclass(dtype_like, np.generic):
        found = _OF_NUMPY.get(np.dtype(dtype_like))
    elif isinstance(dtype_like, np.dtype):
        found = _OF_NUMPY.get(dtype_like)
    else:
        found = _OF_PYTHON.get(dtype_like) if isinstance(dtype_like, type) else None
    if found is None:
        names = ", ".join(each.name for each in ALL)
        raise TypeError(f"unsupported dtype {dtype_like!r}: expected one of {names}")
    return found


def _promote(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    if _KIND[a.kind] == _KIND[b.kind]:
        return np.promote_types(a, b)  # the wider; int8 with uint8 gives int16
    return a if _KIND[a.kind] > _KIND[b.kind] else b


def promote_types(type1: Any, type2: Any) -> dtype:
    """The smallest dtype that holds both: a float beats every integer, an integer beats bool.

    Unlike NumPy's, int64 with float32 stays float32. Raises TypeError for an unsupported type.

    >>> promote_types(int64, float16), promote_types(uint8, int8)
    (tinygrad_np.float16, tinygrad_np.int16)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.promote_types.html
    """
    return _OF_NUMPY[_promote(to_numpy(type1), to_numpy(type2))]


def common_type(*operands: Any) -> np.dtype[Any]:
    """NumPy's dtype of a result of arrays, (dtype, ndim) pairs and numbers.

    The highest kind decides (bool < integer < float); among the operands of that kind only those
    of the highest category count (arrays with axes > 0-dim arrays > numbers, NumPy's included).
    Raises TypeError for an unsupported operand.

    >>> common_type(np.zeros(2, np.int8), 300), common_type(np.zeros(2, np.float32), np.float64(1))
    (dtype('int8'), dtype('float32'))

    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
    """
    if len(operands) == 2:  # the everyday case, three times as fast as the general one
        a, b = operands
        if type(a) is type(b) is np.ndarray and a.dtype == b.dtype and a.dtype in _OF_NUMPY:
            return a.dtype
    top, result = -1, _default.dtype
    for operand in operands:
        type_, category = _described(operand)
        rank = 3 * _KIND[type_.kind] + category
        if rank > top:
            top, result = rank, type_
        elif rank == top and type_ is not result:
            result = _promote(result, type_)
    return result


def _described(operand: Any) -> tuple[np.dtype[Any], builtins.int]:
    """(dtype, category) of an operand of `common_type`."""
    if isinstance(operand, np.ndarray):
        type_, ndim = operand.dtype, operand.ndim
    elif isinstance(operand, tuple):
        type_, ndim = operand
    else:
        return _of_number(operand), 0
    if type_ not in _OF_NUMPY:
        type_ = to_numpy(type_)
    return type_, 2 if ndim else 1


def _of_number(number: Any) -> np.dtype[Any]:
    if isinstance(number, builtins.float | np.floating):
        return _default.dtype
    if isinstance(number, builtins.bool | np.bool_):
        return bool.dtype
    if isinstance(number, builtins.int | np.integer):
        return int64.dtype
    raise TypeError(f"unsupported operand: expected an array or a real number, got {number!r}")


def result_type(*operands: Any) -> dtype:
    """Our dtype of a result of tensors, arrays, (dtype, ndim) pairs and numbers: see `common_type`.

    >>> result_type(np.zeros(2, np.int8), 1.5), result_type(np.zeros((), np.int8), np.zeros(1, "?"))
    (tinygrad_np.float32, tinygrad_np.int8)
    """
    return _OF_NUMPY[common_type(*(getattr(x, "array", x) for x in operands))]


def can_cast(from_: Any, to: Any) -> builtins.bool:
    """Whether `from_` may be stored into `to`: never down a kind (float > integer > bool).

    >>> can_cast(float64, float16), can_cast(float16, int64)
    (True, False)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.can_cast.html
    """
    return _KIND[to_numpy(from_).kind] <= _KIND[to_numpy(to).kind]


def get_default_dtype() -> dtype:
    """The dtype of tensors made from Python floats, and of `zeros`, `rand` and their like.

    >>> get_default_dtype()
    tinygrad_np.float32
    """
    return _default


def set_default_dtype(d: Any) -> None:
    """Sets the default floating-point dtype (float32 at the start).

    Raises TypeError if it is not a floating-point dtype.

    >>> set_default_dtype(float32)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.set_default_dtype.html
    """
    global _default
    if not ours(d).is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = ours(d)
