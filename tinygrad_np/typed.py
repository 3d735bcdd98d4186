"""The names FloatTensor, LongTensor and their like: constructors, and answers of isinstance."""

from __future__ import annotations

from typing import Any

import numpy

from . import dtypes
from .tensor import Tensor, wrap


class _Typed(type):
    """The class of these names: what they make are Tensors of one dtype."""

    dtype: dtypes.dtype

    def __call__(cls, *data: Any) -> Tensor:
        if len(data) == 1 and not isinstance(data[0], int):
            return wrap(numpy.array(numpy.asarray(data[0]), cls.dtype.dtype))
        return wrap(numpy.zeros(data or (0,), cls.dtype.dtype))

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'tinygrad_np.{cls.__name__}'>"


def _typed(dtype: dtypes.dtype) -> Any:
    name = f"{dtypes.scalar_name(dtype)}Tensor"
    text = f"A {dtype.name} tensor of `data` or of sizes. Source: PyTorch, torch.{name}."
    return _Typed(name, (), {"dtype": dtype, "__doc__": text})


HalfTensor, FloatTensor, DoubleTensor = map(_typed, (dtypes.half, dtypes.float, dtypes.double))
CharTensor, ShortTensor, IntTensor = map(_typed, (dtypes.int8, dtypes.short, dtypes.int))
LongTensor, ByteTensor, BoolTensor = map(_typed, (dtypes.long, dtypes.uint8, dtypes.bool))
