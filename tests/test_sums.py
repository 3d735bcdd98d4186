"""Sums by BLAS: against NumPy's in float64, for every choice of axes."""

import itertools

import numpy as np
import pytest

from tinygrad_np.layout import internal
from tinygrad_np.sums import summed

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
