"""The internal memory order keeps values, and costs a copy only where the order is another one."""

import itertools

import numpy as np
import pytest

from tinygrad_np import layout

SHAPE = (3, 4, 5, 6)
ORDERS = list(itertools.permutations(range(4)))
ONES = [
    (1, 4, 5, 6),
    (3, 1, 5, 6),
    (3, 4, 1, 6),
    (3, 4, 5, 1),
    (1, 1, 5, 6),
    (1, 4, 1, 6),
    (3, 1, 1, 1),
    (1, 1, 1, 1),
]


def lying_as(x, order):
    """x with its axes one behind the other in memory as `order` says."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


def values(shape=SHAPE, dtype=np.float32):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("order", ORDERS)
def test_internal_keeps_the_values_of_any_order(order):
    x = lying_as(values(), order)
    y = layout.internal(x)
    np.testing.assert_array_equal(y, values())
    assert y.strides == (4, 4 * 6 * 3, 4 * 4 * 6 * 3, 4 * 3)
    assert np.shares_memory(x, y) == layout.is_internal(x) == (order == (2, 1, 3, 0))


@pytest.mark.parametrize("shape", ONES)
def test_axes_of_size_one_cause_no_copies(shape):
    for order in ORDERS:
        x = lying_as(values(shape), order)
        rest = [axis for axis in order if shape[axis] > 1]
        in_order = rest == [axis for axis in (2, 1, 3, 0) if shape[axis] > 1]
        assert layout.is_internal(x) == in_order == np.shares_memory(layout.internal(x), x)
        np.testing.assert_array_equal(layout.internal(x), x)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[::-1, :, ::-1],
        lambda x: x[:, ::2, :, 1:],
        lambda x: np.broadcast_to(x[:, :1, :1], SHAPE),
        lambda x: x[:0],
    ],
    ids=["negative", "sliced", "broadcast", "empty"],
)
def test_internal_takes_any_strides_and_read_only_arrays(view):
    x = view(values())
    x.flags.writeable = False
    y = layout.internal(x)
    assert layout.is_internal(y)
    np.testing.assert_array_equal(y, x)


def test_elementwise_functions_keep_the_order():
    x = layout.internal(values())
    for y in (np.maximum(x, 0), x + 1, x * layout.internal(values()), np.exp(x / 1000)):
        assert layout.is_internal(y)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8, bool])
def test_every_dtype_is_kept(dtype):
    assert layout.internal(values(dtype=dtype)).dtype == dtype
    for make in (layout.empty, layout.zeros):
        made = make(SHAPE, dtype)
        assert (made.shape, made.dtype, layout.is_internal(made)) == (SHAPE, dtype, True)
    assert not layout.zeros(SHAPE, dtype).any()


def test_memory_and_logical_are_inverse_views():
    x = layout.internal(values())
    m = layout.memory(x)
    assert m.flags.c_contiguous
    assert m.shape == (5, 4, 6, 3)
    assert m[1, 2, 3, 0] == x[0, 2, 1, 3]
    assert np.shares_memory(layout.logical(m), x)
    np.testing.assert_array_equal(layout.logical(m), x)
