"""PyTorch's random numbers on the CPU, in NumPy: the same seed gives the same numbers.

Words of the Mersenne twister become numbers as they do in PyTorch. The results are equal bit by
bit, except that logarithms and cosines of another library (normal, exponential), or a fused
multiply-add (float64 numbers that are scaled), may round the last bit differently.
Source: PyTorch, aten/src/ATen/native/cpu/DistributionTemplates.h and
aten/src/ATen/core/{DistributionsHelper,TransformationHelper}.h
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes
from .backend import CPU
from .draws import affine, box_muller, exchanged
from .mersenne import Array, Twister, check_long

Shape = int | Sequence[int]

_FLOAT64 = np.dtype(np.float64)


class Generator(Twister):
    """A source of random numbers with PyTorch's stream; what it draws are plain arrays.

    A shape is an int or a sequence of ints; `dtype=None` is the default dtype. Every method
    raises RuntimeError for a negative size, and for an integer dtype where it draws floats.

    >>> Generator().manual_seed(0).rand(2)
    array([0.4962566, 0.7682218], dtype=float32)

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Generator.html
    """

    device = CPU

    def __init__(self, device: Any = "cpu") -> None:
        if str(device) != "cpu":
            raise RuntimeError(f"Generator expected the device cpu, got {device}")
        super().__init__()

    def _unit(self, size: int, dtype: np.dtype[Any]) -> Array:
        """[0, 1): 53 bits of two words for float64, else 24 bits of a word, in float32."""
        if dtype == _FLOAT64:
            return (self._doublewords(size) & (2**53 - 1)) * 2.0**-53
        out = (self._words(size) & (2**24 - 1)).astype(np.float32)
        out *= 2.0**-24
        return out

    def rand(self, shape: Shape = (), dtype: Any = None) -> Array:
        """Uniform on [0, 1): see `uniform`."""
        return self.uniform(shape, dtype=dtype)

    def uniform(
        self, shape: Shape = (), low: float = 0.0, high: float = 1.0, dtype: Any = None
    ) -> Array:
        """Uniform on [low, high): x * (high - low) + low, rounded once.

        Raises RuntimeError if low > high, or if high - low is beyond the dtype.

        >>> Generator().manual_seed(0).uniform((1, 2), -1, 1)
        array([[-0.00748682,  0.5364436 ]], dtype=float32)

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html
        """
        shape, size, dtype = _checked(shape, dtype)
        if not low <= high:
            raise RuntimeError(
                "uniform_ expects to return a [from, to) range, "
                f"but found from={low:g} > to={high:g}"
            )
        largest = float(np.finfo(dtype).max)
        if high - low > largest:
            raise RuntimeError(
                f"uniform_ expects to-from <= {largest:g}, the largest {dtype}, "
                f"but found to={high:g} and from={low:g}"
            )
        out = self._unit(size, dtype)
        start, stop = out.dtype.type(low), out.dtype.type(high)
        out = affine(out, stop - start, start).astype(dtype, copy=False)
        out[out == dtype.type(high)] = low  # rounding may arrive at the excluded end
        return out.reshape(shape)

    def randn(self, shape: Shape = (), dtype: Any = None) -> Array:
        """Normal with mean 0 and deviation 1: see `normal`."""
        return self.normal(shape, dtype=dtype)

    def normal(
        self,
        shape: Shape = (),
        mean: float = 0.0,
        std: float = 1.0,
        dtype: Any = None,
        blocks: bool = True,
    ) -> Array:
        """Normal: sqrt(-2 ln(1 - u)) * (cos, sin)(2 pi v) * std + mean for uniform u, v.

        From 16 numbers on in blocks of 8 u and 8 v; fewer, or without `blocks`, in float64, pair by
        pair.
        Raises RuntimeError if std < 0.

        >>> Generator().manual_seed(0).normal(2, 10, 2).round(3)
        array([13.082,  9.413], dtype=float32)

        Source: Box and Muller, Annals of Mathematical Statistics 29 (1958), 610-611
        """
        shape, size, dtype = _checked(shape, dtype)
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        out = (
            self._normal_blocks(size, dtype) if blocks and size >= 16 else self._normal_pairs(size)
        )
        scale, shift = out.dtype.type(std), out.dtype.type(mean)
        return affine(out, scale, shift).astype(dtype, copy=False).reshape(shape)

    def _normal_blocks(self, size: int, dtype: np.dtype[Any]) -> Array:
        whole = size - size % 16
        # A last, partial block is drawn and dropped (not in float16); the last 16 are drawn anew.
        u = self._unit(whole if dtype == np.float16 else size, dtype)
        out = np.empty(size, u.dtype)
        out[:whole] = box_muller(*u[:whole].reshape(-1, 2, 8).swapaxes(0, 1))
        if whole < size:
            out[-16:] = box_muller(*self._unit(16, dtype).reshape(2, 1, 8))
        return out

    def _normal_pairs(self, size: int) -> Array:
        pairs = (size - self._spare.size + 1) // 2
        v, u = self._unit(2 * pairs, _FLOAT64).reshape(pairs, 2, 1).swapaxes(0, 1)
        out = np.concatenate([self._spare, box_muller(u, v)])
        self._spare = out[size:]
        return out[:size]

    def exponential(self, shape: Shape = (), lambd: float = 1.0, dtype: Any = None) -> Array:
        """Exponential with rate lambd: -ln(1 - u) / lambd for uniform u, in float64.

        Raises RuntimeError unless lambd > 0.

        >>> Generator().manual_seed(0).exponential(2)
        array([3.5083263, 1.2303847], dtype=float32)

        Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
        """
        shape, size, dtype = _checked(shape, dtype)
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        out = -1 / lambd * np.log1p(-self._unit(size, _FLOAT64))
        return out.astype(dtype).reshape(shape)

    def bernoulli(self, shape: Shape, p: float | Array = 0.5, dtype: Any = None) -> Array:
        """1 with probability p, else 0: u < p for uniform u. An array p is broadcast to the shape.

        u has 53 bits for a number or a float64 array, 24 bits for other arrays.
        Raises RuntimeError unless 0 <= p <= 1.

        >>> Generator().manual_seed(0).bernoulli(4, 0.5)
        array([0., 0., 1., 0.], dtype=float32)

        Source: https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html
        """
        shape, size, dtype = _checked(shape, dtype, "fiub")
        if not np.all((np.asarray(p) >= 0) & (np.asarray(p) <= 1)):
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        precision = p.dtype if isinstance(p, np.ndarray) else _FLOAT64
        out = self._unit(size, precision).reshape(shape) < p
        return out.astype(dtype)

    def randint(self, low: int, high: int, shape: Shape = (), dtype: Any = np.int64) -> Array:
        """Integers in [low, high): low + word % (high - low), of two words from a range of 2**28.

        Raises ValueError for a bound beyond int64, RuntimeError if low >= high or if the dtype
        cannot hold both ends.

        >>> Generator().manual_seed(0).randint(0, 10, 5)
        array([4, 9, 3, 0, 3])

        Source: https://docs.pytorch.org/docs/stable/generated/torch.randint.html
        """
        shape, size, dtype = _checked(shape, dtype, "fiub")
        for bound in (low, high):
            check_long(bound, 2**63)
        if low >= high:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            )
        for name, bound in (("from", low), ("to - 1", high - 1)):
            if dtype.kind != "f" and np.array(bound).astype(dtype) != bound:
                raise RuntimeError(f"{name} is out of bounds for {dtype}, got {bound}")
        words = self._words(size) if high - low < 2**28 else self._doublewords(size)
        out = (words % (high - low)).astype(np.int64) + low  # wraps round where the range does
        return out.astype(dtype, copy=False).reshape(shape)

    def randperm(self, n: int) -> Array:
        """A random order of 0 ... n - 1: entry i changes places with one of i ... n - 1.

        >>> Generator().manual_seed(0).randperm(4)
        array([0, 1, 3, 2])

        Source: Fisher and Yates; https://docs.pytorch.org/docs/stable/generated/torch.randperm.html
        """
        _, n, dtype = _checked(n, np.int64, "i")
        places = np.arange(n)
        other = places.copy()  # entry i changes places with entry other[i]
        other[:-1] += self._words(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint32)
        return exchanged(other).astype(dtype, copy=False)

    def multinomial(self, p: Array, num_samples: int, replacement: bool = False) -> Array:
        """Indices drawn with probabilities proportional to each row of p (C,) or (N, C).

        One index, or several without replacement: the largest p / exponential. Several with
        replacement: inversion of the running sum. Returns int64 (num_samples,) or (N, num_samples).
        Raises RuntimeError for probabilities or numbers of samples that make no sense.

        >>> Generator().manual_seed(0).multinomial(np.array([0.0, 0.3, 0.7]), 2)
        array([2, 1])

        Source: https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html
        """
        _check_multinomial(p, num_samples, replacement)
        if num_samples == 1 or not replacement:
            with np.errstate(divide="ignore", invalid="ignore"):  # an exponential may be 0
                keys = p / self.exponential(p.shape, dtype=p.dtype)
            if num_samples == 1:
                return keys.argmax(-1, keepdims=True)
            return np.argsort(-keys, axis=-1, kind="stable")[..., :num_samples]
        sums = np.cumsum(p, axis=-1, dtype=np.promote_types(p.dtype, np.float32)).reshape(
            -1, p.shape[-1]
        )
        sums /= sums[:, -1:]
        u = self._unit(len(sums) * num_samples, _FLOAT64).reshape(-1, num_samples)
        out = [np.searchsorted(row, points) for row, points in zip(sums, u, strict=True)]
        return np.array(out, np.int64).reshape(*p.shape[:-1], num_samples)


def _checked(
    shape: Shape, dtype: Any, kinds: str = "f"
) -> tuple[tuple[int, ...], int, np.dtype[Any]]:
    """The shape as a tuple, its number of elements, and NumPy's dtype, of one of these kinds."""
    dtype = dtypes.to_numpy(dtypes.get_default_dtype() if dtype is None else dtype)
    if dtype.kind not in kinds:
        raise RuntimeError(f"random numbers expected a floating-point dtype, but got {dtype}")
    sizes = tuple(map(operator.index, shape if isinstance(shape, Sequence) else (shape,)))
    if min(sizes, default=0) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(sizes)}: {list(sizes)}"
        )
    return sizes, math.prod(sizes), dtype


def _check_multinomial(p: Array, num_samples: int, replacement: bool) -> None:
    if p.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, got shape {p.shape}")
    if p.dtype.kind != "f":
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, "
            f"got: {dtypes.scalar_name(p.dtype)}"
        )
    if num_samples <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples, got {num_samples}")
    if not replacement and num_samples > p.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement, "
            f"got {num_samples} > {p.shape[-1]}"
        )
    if not np.all((p >= 0) & (p < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not np.all(p.sum(-1) > 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: Any) -> Generator:
    """Starts the default generator from a seed, and returns it.

    Anything that `int` takes will do; else as `Generator.manual_seed`.

    >>> manual_seed(0).rand(1), manual_seed("0").rand(1)
    (array([0.4962566], dtype=float32), array([0.4962566], dtype=float32))

    Source: https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html
    """
    return default_generator.manual_seed(int(seed))


seed = default_generator.seed
initial_seed = default_generator.initial_seed
get_rng_state = default_generator.get_state
set_rng_state = default_generator.set_state
