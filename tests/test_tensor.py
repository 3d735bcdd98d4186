"""Tensor among Python, NumPy and its own stub."""

import copy
import pickle

import numpy as np
import pytest
import torch

import tinygrad_np as tnp
from tinygrad_np.make_stub import STUB, stub_text

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])


def test_the_stub_is_up_to_date():
    assert STUB.read_text() == stub_text(), "run python -m tinygrad_np.make_stub"


@BOTH
def test_python_protocols(lib):
    x = lib.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    assert [row.tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    assert 3.0 in x
    assert 5.0 not in x
    assert (float(x[0, 1]), int(x[1, 1]), bool(x[0, 0])) == (2.0, 4, True)
    assert f"{x[0, 1]:.3f}" == "2.000"
    assert [10, 20, 30][lib.tensor(1)] == 20
    assert isinstance(hash(x), int)
    assert (x == None) is False  # noqa: E711
    assert x.size() == x.shape == (2, 2)
    assert x.size(-1) == x.dim() == x.ndim == 2
    assert x.numel() == x.nelement() == 4
    assert x.device == lib.device("cpu")


@BOTH
@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda lib: len(lib.tensor(1)), TypeError, "len.* of a 0-d tensor"),
        (lambda lib: list(lib.tensor(1)), TypeError, "iteration over a 0-d tensor"),
        (lambda lib: bool(lib.ones(2)), RuntimeError, "more than one value is ambiguous"),
        (lambda lib: lib.ones(2).item(), RuntimeError, "cannot be converted to Scalar"),
        (lambda lib: [1, 2][lib.ones(1)], TypeError, "only integer tensors of a single element"),
        (lambda lib: lib.ones(2).size(1), IndexError, r"range of \[-1, 0\], but got 1"),
        (lambda lib: lib.ones(2, requires_grad=True).numpy(), RuntimeError, "Can't call numpy"),
        (lambda lib: np.asarray(lib.ones(2, requires_grad=True)), RuntimeError, "Can't call numpy"),
        (lambda lib: copy.deepcopy(lib.ones(2, requires_grad=True) * 2), RuntimeError, "deepcopy"),
        (lambda lib: lib.ones(2) + "a", TypeError, "unsupported operand"),
        (lambda lib: lib.from_numpy([1]), TypeError, "expected np.ndarray"),
        (lambda lib: lib.tensor([[1, 2], [3]]), ValueError, "expected sequence"),
        (lambda lib: lib.zeros(-1), RuntimeError, "negative"),
        (lambda lib: lib.arange(0, 1, 0), RuntimeError, "step must be nonzero"),
        (lambda lib: lib.arange(1, 0), RuntimeError, "inconsistent with step sign"),
        (lambda lib: lib.linspace(0, 1, -1), RuntimeError, "number of steps must be non-negative"),
    ],
)
def test_errors(lib, call, error, text):
    with pytest.raises(error, match=text):
        call(lib)


def test_attribute_typos_raise():
    with pytest.raises(AttributeError):
        tnp.ones(1).require_grad = True


def test_other_devices_are_refused_by_name():
    with pytest.raises(RuntimeError, match="on device 'cpu' only, not on 'cuda:0'"):
        tnp.ones(2).to("cuda:0")
    with pytest.raises(RuntimeError, match="not on 'meta'"):
        tnp.zeros(2, device="meta")


def test_numpy_shares_memory_both_ways():
    a = np.zeros(3, np.float32)
    t = tnp.from_numpy(a)
    t[0] = 1
    a[1] = 2
    t.numpy()[2] = 3
    assert t.tolist() == a.tolist() == [1.0, 2.0, 3.0]
    assert tnp.as_tensor(a).numpy() is not None
    assert np.shares_memory(tnp.as_tensor(a).numpy(), a)
    assert not np.shares_memory(tnp.tensor(a).numpy(), a)
    assert np.asarray(t) is t.array or np.shares_memory(np.asarray(t), a)
    assert np.array(t, dtype=np.float64).dtype == np.float64


def test_arrays_on_the_left_and_numpys_functions_keep_the_gradient():
    x = tnp.tensor([1.0, 2.0], dtype=tnp.float64, requires_grad=True)
    y = np.array([3.0, 4.0]) * x + np.exp(x) - np.float64(1.0)
    assert isinstance(y, tnp.Tensor)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [3 + np.e, 4 + np.e**2])
    with pytest.raises(TypeError, match=r"np\.cbrt on a Tensor that requires grad would lose"):
        np.cbrt(x)
    assert isinstance(np.cbrt(x.detach()), tnp.Tensor)
    a = np.ones(2)
    a += x.detach()
    assert a.tolist() == [2.0, 3.0]
    assert np.sum(x.detach()).item() == np.mean(x.detach()).item() * 2 == 3.0


def test_functions_in_rules_keep_the_dtype_of_numpys_scalars():
    x = np.array(0.3)
    assert tnp.exp(-x).dtype == tnp.mul(-x, -x).dtype == np.float64
    assert tnp.exp(-x) == np.exp(-0.3)
    assert (tnp.ones(1) * -x.astype(np.float32)).dtype == tnp.float32


@BOTH
def test_dtypes_of_results(lib):
    names = {
        "floats": lib.tensor([1.0]).dtype,
        "ints": lib.tensor([1]).dtype,
        "bools": lib.tensor([True]).dtype,
        "int / int": (lib.tensor([1]) / 2).dtype,
        "int * float": (lib.tensor([1]) * 1.5).dtype,
        "double + number": (lib.ones(1, dtype=lib.float64) + 1).dtype,
        "float + np.float64": (lib.ones(1) + np.float64(1)).dtype,
        "float + int64 tensor": (lib.ones(1) + lib.tensor([1])).dtype,
        "float + 0-d double": (lib.ones(1) + lib.tensor(1.0, dtype=lib.float64)).dtype,
        "sum of bools": lib.tensor([True]).sum().dtype,
        "comparison": (lib.ones(1) > 0).dtype,
        "arange": lib.arange(3).dtype,
        "arange float": lib.arange(3.0).dtype,
        "full": lib.full((1,), 1).dtype,
        "int8 + 300": (lib.ones(1, dtype=lib.int8) + 1).dtype,
        "exp of ints": lib.exp(lib.tensor([1])).dtype,
        "int ** float": (lib.tensor([2]) ** 0.5).dtype,
        "half": lib.ones(1).half().dtype,
        "to": lib.ones(1).to(lib.int32).dtype,
        "Tensor": lib.Tensor([1, 2]).dtype,
        "where": lib.where(lib.tensor([True]), 1.0, lib.tensor([1])).dtype,
        "cat": lib.cat([lib.ones(1), lib.tensor([1])]).dtype,
    }
    found = {name: str(dtype).split(".")[1] for name, dtype in names.items()}
    expected = dict.fromkeys(names, "float32")
    expected |= dict.fromkeys(["ints", "sum of bools", "arange", "full"], "int64")
    expected |= {"bools": "bool", "comparison": "bool", "double + number": "float64"}
    expected |= {"int8 + 300": "int8", "half": "float16", "to": "int32"}
    assert found == expected


@BOTH
def test_copies_keep_what_leaves_are(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    (x * 2).sum().backward()
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin.requires_grad
        assert twin.is_leaf
        assert twin.tolist() == [1.0, 2.0]
    assert pickle.loads(pickle.dumps(lib.tensor(1.0))).shape == ()
    both = copy.deepcopy([x, x])
    assert both[0] is both[1]
    assert both[0].grad.tolist() == [2.0, 2.0]


@BOTH
def test_view_follows_pytorchs_strides(lib):
    x = lib.arange(24.0).view(2, 3, 4)
    assert x.transpose(0, 2).stride() == (1, 4, 12)
    assert not x.transpose(0, 2).is_contiguous()
    assert x[:, 1:].stride() == (12, 4, 1)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        x.transpose(1, 2).view(24)
    assert x.transpose(1, 2).contiguous().view(24).shape == (24,)
    assert x[:, 1:].view(2, 2, 2, 2).shape == (2, 2, 2, 2)
    assert (x + 1).view(4, 6).shape == (4, 6)


def test_results_of_convolution_can_be_viewed_and_are_told_contiguous():
    y = tnp.conv2d(tnp.ones(2, 3, 5, 5), tnp.ones(4, 3, 2, 2))
    assert y.is_contiguous()
    assert y.stride() == (64, 16, 4, 1)
    assert y.view(2, -1).shape == (2, 64)
