"""Writing random numbers into tensors: PyTorch's numbers, for the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from .. import random
from ..methods import before_change, tensor_method, write
from ..random import Generator
from ..spelling import spelled
from ..tensor import Tensor, wrap
from .strides import is_contiguous, memory_order

Shape = tuple[int, ...]


@tensor_method()
def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Write normal numbers, PyTorch's for the same seed. Source: PyTorch, torch.Tensor.normal_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2).normal_(generator=Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    blocks, dtype = is_contiguous(self), self.array.dtype
    return _fill(self, "normal_", generator, lambda g, n: g.normal(n, mean, std, dtype, blocks))


@tensor_method()
def uniform_(
    self: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Write uniform numbers, PyTorch's for the seed. Source: PyTorch, torch.Tensor.uniform_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2).uniform_(generator=Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    dtype = self.array.dtype
    return _fill(self, "uniform_", generator, lambda g, n: g.uniform(n, from_, to, dtype))


@tensor_method()
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Write 1 with probability p, else 0; p is a number or a tensor that broadcasts.

    Raises RuntimeError unless 0 <= p <= 1. Source: PyTorch, torch.Tensor.bernoulli_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(4).bernoulli_(generator=Generator().manual_seed(0))
    tensor([0., 0., 1., 0.])
    """
    dtype, order = self.array.dtype, memory_order(self)
    if isinstance(p, Tensor):
        p = p.array if order is None else numpy.broadcast_to(p.array, self.shape).transpose(order)
    return _fill(self, "bernoulli_", generator, lambda g, shape: g.bernoulli(shape, p, dtype))


@tensor_method()
def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Write exponential numbers with rate lambd.

    Raises RuntimeError unless lambd > 0, and for integers.
    Source: PyTorch, torch.Tensor.exponential_.

    >>> import tinygrad_np as tnp
    >>> tnp.zeros(2).exponential_(generator=Generator().manual_seed(0))
    tensor([3.5083, 1.2304])
    """
    dtype = self.array.dtype
    return _fill(self, "exponential_", generator, lambda g, n: g.exponential(n, lambd, dtype))


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

    def draw(source: Generator, shape: Shape) -> numpy.ndarray:
        if to is not None:
            return source.randint(from_ or 0, to, shape, dtype)
        if from_ is not None:
            return source.randint(0, from_, shape, dtype)
        return _any_numbers(source, shape, dtype)

    return _fill(self, "random_", generator, draw)


def _any_numbers(generator: Generator, shape: Shape, dtype: numpy.dtype[Any]) -> numpy.ndarray:
    words = generator._doublewords if dtype.itemsize == 8 else generator._words
    if dtype.kind == "f":
        above = 2 ** (numpy.finfo(dtype).nmant + 1) + 1
    else:
        above = 2 if dtype.kind == "b" else int(numpy.iinfo(dtype).max) + 1
    return (words(math.prod(shape)) % above).astype(dtype).reshape(shape)


def _fill(
    tensor: Tensor,
    name: str,
    generator: Generator | None,
    draw: Callable[[Generator, Shape], numpy.ndarray],
) -> Tensor:
    """`tensor` with the numbers that `draw` gives for a shape, in the order of its memory."""
    generator, order = source(generator, name), memory_order(tensor)
    before_change(tensor)
    shape = tensor.array.shape
    if order is None:
        numbers = draw(generator, shape)
    else:
        numbers = draw(generator, tuple(shape[d] for d in order)).transpose(numpy.argsort(order))
    write(tensor, wrap(numbers), name)
    return tensor


def source(generator: Generator | None, name: str) -> Generator:
    """The generator given to the function `name`, or the default one."""
    if generator is None:
        return random.default_generator
    if not isinstance(generator, Generator):
        raise TypeError(
            f"{name}(): argument 'generator' must be {spelled('Generator')}, "
            f"not {type(generator).__name__}"
        )
    return generator
