"""Writing random numbers into tensors: PyTorch's numbers, for the same seed."""

from __future__ import annotations

import math
from typing import Any

import numpy

from .. import random
from ..methods import tensor_method
from ..random import Generator
from ..tensor import Tensor
from .fill import _drawn


@tensor_method()
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Write 1 with probability p, else 0; p is a number or a tensor that broadcasts.

    Raises RuntimeError unless 0 <= p <= 1. Source: PyTorch, torch.Tensor.bernoulli_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(4).bernoulli_(generator=Generator().manual_seed(0))
    tensor([0., 0., 1., 0.])
    """
    p = p.array if isinstance(p, Tensor) else p
    drawn = source(generator).bernoulli(self.array.shape, p, self.array.dtype)
    return _drawn(self, drawn, "bernoulli_")


@tensor_method()
def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Write exponential numbers with rate lambd.

    Raises RuntimeError unless lambd > 0, and for integers.
    Source: PyTorch, torch.Tensor.exponential_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2).exponential_(generator=Generator().manual_seed(0))
    tensor([3.5083, 1.2304])
    """
    drawn = source(generator).exponential(self.array.shape, lambd, self.array.dtype)
    return _drawn(self, drawn, "exponential_")


@tensor_method()
def random_(
    self: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Write whole numbers: of `random_(to)`, of `random_(from, to)`, or all that the dtype holds.

    Of a floating point dtype that is up to 2^digits, below which every whole number is exact.
    Raises RuntimeError where no number lies between. Source: PyTorch, torch.Tensor.random_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(3).random_(10, generator=Generator().manual_seed(0))
    tensor([4., 9., 3.])
    """
    dtype = self.array.dtype
    generator, shape = source(generator), self.array.shape
    if to is None:
        if from_ is None:
            return _drawn(self, _any_numbers(generator, shape, dtype), "random_")
        from_, to = 0, from_
    return _drawn(self, generator.randint(from_ or 0, to, shape, dtype), "random_")


def _any_numbers(
    generator: Generator, shape: tuple[int, ...], dtype: numpy.dtype[Any]
) -> numpy.ndarray:
    words = generator._doublewords if dtype.itemsize == 8 else generator._words
    if dtype.kind == "f":
        above = 2 ** (numpy.finfo(dtype).nmant + 1) + 1
    else:
        above = 2 if dtype.kind == "b" else int(numpy.iinfo(dtype).max) + 1
    return (words(math.prod(shape)) % above).astype(dtype).reshape(shape)


def source(generator: Generator | None) -> Generator:
    """The generator given, or the default one."""
    return random.default_generator if generator is None else generator
