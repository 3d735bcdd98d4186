"""The stream of 32-bit words behind all random numbers, and its state."""

from __future__ import annotations

import copy
import os
from typing import Any, Self

import numpy as np

from .tensor import Tensor, wrap

Array = np.ndarray[Any, Any]

# The layout of torch.get_rng_state(), so that saved states can be exchanged.
_STATE = np.dtype(
    [
        *(("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8")),
        *(("words", "<u8", 624), ("normal_x", "<f8"), ("normal", "<f8"), ("normal_rho", "<f8")),
        *(("has_normal", "<i4"), ("unused", "<i4"), ("float_normal", "<f4"), ("has_float", "<i4")),
    ]
)


class Twister:
    """The Mersenne twister MT19937 with PyTorch's seeds and states; NumPy computes the words.

    Source: Matsumoto and Nishimura, ACM Transactions on Modeling and Computer Simulation 8 (1998),
    3-30; PyTorch, aten/src/ATen/{core/MT19937RNGEngine.h,CPUGeneratorImpl.cpp}
    """

    def __init__(self) -> None:
        self.manual_seed(67280421310721)  # PyTorch's default seed

    def manual_seed(self, seed: int) -> Self:
        """Starts the stream of a seed; a negative one stands for 2**64 + seed.

        The twister takes the low 32 bits. Raises RuntimeError for anything but an integer, and
        ValueError unless -2**63 <= seed < 2**64.

        >>> Twister().manual_seed(-1).initial_seed() == 2**64 - 1
        True
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        check_long(seed, 2**64)
        self._seed = int(seed) % 2**64
        self._twister = np.random.MT19937()
        seeded: Any = np.random.RandomState(self._seed % 2**32).get_state(legacy=False)
        self._twister.state = seeded
        self._spare = np.empty(0)  # the second normal of a pair, while it waits
        return self

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return self._seed

    def seed(self) -> int:
        """Starts from 64 bits of the operating system's randomness, and returns them."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # a generator of its own, as in PyTorch

    def get_state(self) -> Tensor:
        """All that decides the numbers to come: uint8 (5056,), as PyTorch lays it out.

        >>> t = Twister(); state = t.get_state(); number = t.random64()
        >>> t.set_state(state).random64() == number
        True
        """
        state = np.zeros(1, _STATE)
        twister = self._twister.state["state"]
        state["seed"], state["seeded"], state["words"] = self._seed, 1, twister["key"]
        fresh = twister["pos"] == 624 and twister["key"][0] == self._seed % 2**32
        state["left"] = 625 - twister["pos"]
        state["next"] = (
            0 if fresh else twister["pos"]
        )  # all words used, or none made: see set_state
        if self._spare.size:
            state["has_normal"], state["normal"] = 1, self._spare
        return wrap(state.view(np.uint8))

    def set_state(self, new_state: Any) -> Self:
        """Continues where `get_state` was called, ours or PyTorch's.

        Raises TypeError unless it is uint8, RuntimeError if it is no such state.
        """
        new_state = getattr(new_state, "array", new_state)
        if getattr(new_state, "dtype", None) != np.uint8:
            got = getattr(new_state, "dtype", type(new_state).__name__)
            raise TypeError(f"RNG state must be a uint8 array, got {got}")
        if new_state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} "
                f"but found the input RNG state size to be {new_state.size}"
            )
        state = np.ascontiguousarray(new_state).reshape(-1).view(_STATE)[0]
        if not (state["seeded"] == 1 and 1 <= state["left"] <= 624 and state["next"] <= 624):
            raise RuntimeError("Invalid mt19937 state")
        # PyTorch's fresh state says 1 left at word 0, ours at word 624: both refill first.
        resumed: Any = {"key": state["words"].astype(np.uint32), "pos": 625 - int(state["left"])}
        self._twister.state = {"bit_generator": "MT19937", "state": resumed}
        self._seed = int(state["seed"])
        self._spare = np.full(int(state["has_normal"]), state["normal"])
        return self

    def _words(self, size: int) -> Array:
        return self._twister.random_raw(size).astype(np.uint32)

    def _doublewords(self, size: int) -> Array:
        words = self._twister.random_raw(2 * size)
        out = words[::2] << 32
        out |= words[1::2]
        return out

    def random64(self) -> int:
        """One integer in [0, 2**63), as `torch.empty((), dtype=torch.int64).random_()` draws it.

        Each iteration over a DataLoader takes one, and its RandomSampler another.

        >>> Twister().manual_seed(0).random64()
        900450186894289455
        """
        return int(self._doublewords(1)[0]) % 2**63


def check_long(number: int, end: int) -> None:
    """Raises PyTorch's ValueError unless -2**63 <= number < end, a power of two."""
    if not -(2**63) <= number < end:
        raise ValueError(
            "Overflow when unpacking long long: "
            f"expected -2**63 <= number < 2**{end.bit_length() - 1}, got {number}"
        )
