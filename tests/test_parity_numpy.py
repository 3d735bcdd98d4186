"""Tensors and NumPy: arrays on either side, functions of NumPy, numbers out; next to PyTorch."""

import math

import numpy as np
import pytest
import torch
from next_to_torch import BOTH, LIBS

import tinygrad_np as tnp

pytestmark = pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")  # torch's own

A = np.array([[1.0, 2.0], [3.0, 4.0]])


@BOTH
def test_tensors_become_arrays(lib):
    t, _ = lib
    x = t.from_numpy(A.copy())
    for array in (np.asarray(x), x.numpy(), x.detach().numpy(), np.asarray(x.t()).T):
        array[0, 0] += 1
    assert x[0, 0].item() == 5  # they share memory
    copied = np.array(x)
    copied[0, 0] = 99
    assert x[0, 0].item() == 5
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert np.array(x).shape == np.shape(x) == (2, 2)
    assert np.stack([x, x]).shape == (2, 2, 2)
    assert np.concatenate([x, x], 1).shape == (2, 4)
    assert np.array([t.tensor(1.5), t.tensor(2.5)]).tolist() == [1.5, 2.5]
    assert x.__array_priority__ == 1000


@BOTH
def test_tensors_that_require_grad_become_no_arrays(lib):
    t, _ = lib
    x = t.ones(2, requires_grad=True)
    for call in (np.asarray, np.array, lambda x: x.numpy(), lambda x: x.__array__()):
        with pytest.raises(
            RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"
        ):
            call(x)
    assert x.numpy(force=True).tolist() == [1, 1]


CALLS = {
    "t * array": lambda t, x: x * A,
    "array @ t": lambda t, x: t.from_numpy(A) @ x.double(),
    "float64 * t": lambda t, x: np.float64(2) * x,
    "t * float64": lambda t, x: x * np.float64(2),
    "t + float32": lambda t, x: x + np.float32(0.5),
    "t + int64": lambda t, x: x + np.int64(3),
    "int tensor * float64": lambda t, x: x.long() * np.float64(1.5),
    "t ** int": lambda t, x: x ** np.int64(2),
    "np.exp": lambda t, x: np.exp(x),
    "np.sqrt": lambda t, x: np.sqrt(x),
    "np.sin": lambda t, x: np.sin(x),
    "np.maximum": lambda t, x: np.maximum(x, x * 2 - 3),
    "np.add": lambda t, x: np.add(x, x),
    "index by array": lambda t, x: x[np.array([1, 0])],
    "index by numpy's int": lambda t, x: x[np.int64(1)],
    "tensor of array": lambda t, x: t.tensor(A) * t.tensor(np.float32(2)),
    "tensor of numpy's numbers": lambda t, x: t.tensor([np.float64(1), np.float32(2)]),
    "as_tensor": lambda t, x: t.as_tensor(A),
    "full of numpy's number": lambda t, x: t.full((2,), np.float64(3)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("name", CALLS)
def test_arrays_and_numpys_numbers_as_operands(name, dtype):
    if dtype == "int64" and name in ("np.exp", "np.sqrt", "np.sin"):
        return  # NumPy's functions of integers give float64 there, float32 here
    results = []
    for t, _ in LIBS:
        y = CALLS[name](t, t.tensor(A.tolist(), dtype=getattr(t, dtype)))
        assert isinstance(y, t.Tensor), name
        results.append((str(y.dtype).split(".")[1], tuple(y.shape), y.tolist()))
    ours, theirs = results
    assert ours[:2] == theirs[:2]
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-6)


@BOTH
def test_numbers_out_of_tensors(lib):
    t, _ = lib
    x = t.tensor(2.5)
    assert (float(x), int(x), bool(x), f"{x:.3f}", f"{x}") == (2.5, 2, True, "2.500", "2.5")
    assert f"{t.tensor(3):04d}" == "0003"
    assert f"{t.tensor([1.0])}" == "tensor([1.])"
    assert math.sqrt(t.tensor([4.0])) == 2.0
    assert round(float(x), 1) == 2.5
    assert list(range(5))[t.tensor(3)] == 3
    assert [10, 20, 30][t.tensor([1])] == 20
    assert x.item().__class__ is float
    assert t.tensor(True).item() is True
    for call in (float, int):
        with pytest.raises((RuntimeError, ValueError, TypeError)):
            call(t.ones(2))
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with more than one value"):
        bool(t.ones(2))
    with pytest.raises(TypeError, match=r"unsupported format string passed to Tensor"):
        f"{t.ones(2):.3f}"


@BOTH
def test_operands_of_other_kinds(lib):
    t, _ = lib
    x = t.tensor([1.0])
    for call in (
        lambda: x - [1.0], lambda: [1.0] - x, lambda: x + None, lambda: x < None,
        lambda: x @ 2, lambda: "a" - x,
    ):  # fmt: skip
        with pytest.raises(TypeError):
            call()
    assert (x == None) is False  # noqa: E711
    assert (x == "a") is False
    assert (x != "a") is True


def test_arrays_on_the_left_give_tensors_with_gradients():
    x = tnp.tensor(A, requires_grad=True)
    for y, expected in ((A * x, A * A), (A - x, A - A), (A / x, A / A), (A + x, A + A)):
        assert isinstance(y, tnp.Tensor)
        assert y.requires_grad
        np.testing.assert_array_equal(y.detach().numpy(), expected)
    assert np.isnan(x.detach()).dtype is tnp.bool


def test_arrays_in_place():
    results = []
    for t, _ in LIBS:
        x = t.ones(2, 2, dtype=t.float64)
        x += A
        x *= np.float64(2)
        x[0] = t.from_numpy(np.array([7.0, 8.0]))
        array = A.copy()
        array += np.asarray(x)
        results.append((x.tolist(), array.tolist()))
    assert results[0] == results[1]


def test_what_numpys_functions_would_lose_is_refused():
    x = tnp.ones(2, requires_grad=True)
    assert np.exp(x).requires_grad
    with pytest.raises(TypeError, match=r"np\.cbrt on a Tensor that requires grad would lose"):
        np.cbrt(x)
    assert isinstance(torch.ones(1), torch.Tensor)
