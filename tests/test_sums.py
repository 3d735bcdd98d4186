"""Sums by BLAS: against NumPy's in float64, for every choice of axes."""

import itertools

import numpy as np
import pytest

from tinygrad_np.layout import internal
from tinygrad_np.sums import sum_to, summed

SHAPES = [
    (40, 30),
    (1200,),
    (1, 1200),
    (1200, 1),
    (5, 0, 300),
    (6, 7, 40),
    (2, 3, 50, 7),
    (64, 5, 4, 0),
    (3, 2),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("keepdims", [False, True])
def test_summed_is_numpys_sum(shape, dtype, keepdims):
    x = (np.random.default_rng(0).standard_normal(shape) * 4).astype(dtype)
    axes = range(len(shape))
    for chosen in [c for k in axes for c in itertools.combinations(axes, k + 1)]:
        for array in (x, np.asfortranarray(x), *([internal(x)] if x.ndim == 4 else [])):
            y = summed(array, chosen, keepdims)
            expected = x.astype(np.float64).sum(chosen, keepdims=keepdims)
            assert (y.shape, y.dtype) == (expected.shape, dtype)
            eps = 0 if dtype == np.int64 else np.finfo(dtype).eps
            size = np.abs(x.astype(np.float64)).sum(chosen, keepdims=keepdims)
            assert np.all(np.abs(y - expected) <= 40 * eps * size), chosen


@pytest.mark.parametrize(("shape", "axes"), [((2, 1 << 20), (1,)), ((2, 2, 2, 1 << 18), (0, 2, 3))])
def test_long_rows_lose_few_digits(shape, axes):
    x = np.full(shape, 0.1, np.float32)
    x = internal(x) if x.ndim == 4 else x
    expected = x.astype(np.float64).sum(axes)
    np.testing.assert_allclose(summed(x, axes), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "target"),
    [((2, 3), (3,)), ((2, 3), (2, 1)), ((4, 2, 3), (1, 1, 3)), ((2, 3), ()), ((0, 3), (1, 3))],
)
def test_the_sum_over_what_broadcasting_stretched(shape, target):
    x = np.random.default_rng(0).standard_normal(shape)
    y = sum_to(x, target)
    np.testing.assert_allclose(y, _folded(x, target))
    assert y.shape == target


def _folded(x, target):
    """By a loop over the numbers."""
    y = np.zeros(target)
    for place in np.ndindex(x.shape):
        last = place[len(place) - len(target) :]
        y[tuple(0 if n == 1 else i for i, n in zip(last, target, strict=True))] += x[place]
    return y


@pytest.mark.parametrize(("shape", "target"), [((3, 2), (2, 3)), ((), (1, 1)), ((2,), (1, 2))])
def test_what_does_not_broadcast(shape, target):
    with pytest.raises(ValueError, match="does not broadcast to"):
        sum_to(np.ones(shape), target)
