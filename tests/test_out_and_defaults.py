"""`out=`, defaults for a whole program, and old names: as in PyTorch."""

import copy
import pickle

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp
from tinygrad_np.ops.out import NAMES

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])


@BOTH
def test_out_gets_the_result_and_is_returned(lib):
    x = lib.ones(2, 3)
    y = lib.zeros(2, 2)
    assert lib.matmul(x, x.T, out=y) is y
    assert y.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert lib.add(y, 1, out=y) is y  # into one of the arguments
    assert y[0].tolist() == [4.0, 4.0]
    halves = lib.zeros(4)[::2]
    lib.mul(lib.ones(2), 5, out=halves)
    assert halves.tolist() == [5.0, 5.0]


@BOTH
def test_out_is_resized(lib):
    y = lib.empty(0)
    lib.cat([lib.ones(2), lib.zeros(1)], out=y)
    assert y.tolist() == [1.0, 1.0, 0.0]
    with pytest.warns(UserWarning, match="An output with one or more elements was resized"):
        lib.add(lib.ones(2), 1, out=y)
    assert y.tolist() == [2.0, 2.0]


@BOTH
def test_out_with_gradients_or_another_dtype_is_refused(lib):
    x = lib.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"out=... arguments don't support automatic diff"):
        lib.exp(x, out=lib.empty(2))
    with lib.no_grad():
        assert lib.exp(x * 0, out=lib.empty(2)).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        lib.exp(lib.ones(2), out=lib.empty(2).long())
    with pytest.raises(TypeError):
        lib.exp(lib.ones(2), out=[0.0])


def test_every_name_that_takes_out_takes_it_in_pytorch():
    for name in NAMES.split():
        assert hasattr(tnp, name), name
        assert "out" in (getattr(torch, name).__doc__ or ""), name


@BOTH
def test_the_class_tensor_makes_the_default_dtype(lib):
    lib.set_default_dtype(lib.float64)
    try:
        assert lib.Tensor([0]).dtype is lib.Tensor(2, 3).dtype is lib.float64
        assert lib.FloatTensor([0]).dtype is lib.float32
    finally:
        lib.set_default_dtype(lib.float32)


@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type")
@BOTH
def test_the_default_tensor_type(lib):
    lib.set_default_tensor_type(lib.DoubleTensor)
    assert lib.zeros(1).dtype is lib.float64
    lib.set_default_tensor_type("torch.FloatTensor")
    assert lib.get_default_dtype() is lib.float32
    with pytest.raises(TypeError, match="only floating-point types are supported"):
        lib.set_default_tensor_type(lib.LongTensor)


@BOTH
def test_there_is_one_device(lib):
    lib.set_default_device("cpu")
    assert lib.get_default_device() == lib.device("cpu") == lib.ones(1).device
    lib.set_default_device(None)
    x = lib.ones(1)
    assert (x.is_cuda, x.is_sparse, x.is_quantized, x.is_complex(), x.get_device()) == (
        *(False,) * 4,
        -1,
    )


def test_another_default_device_is_refused():
    with pytest.raises(RuntimeError, match="computes on device 'cpu' only, not on 'cuda'"):
        tnp.set_default_device("cuda")


@BOTH
def test_variable(lib):
    x = lib.autograd.Variable(lib.ones(2), requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]
    assert not lib.autograd.Variable(x).requires_grad


def test_memory_formats_are_names():
    for name in ("strided", "contiguous_format", "preserve_format", "channels_last"):
        ours = getattr(tnp, name)
        assert repr(ours) == repr(getattr(torch, name)) == f"torch.{name}"
        assert copy.deepcopy(ours) is pickle.loads(pickle.dumps(ours)) is ours


def test_data_is_found_as_an_attribute():
    assert tnp.utils.data.DataLoader is nn.data.DataLoader


def test_files_of_ops_are_no_public_names():
    files = [n for n, x in vars(tnp).items() if getattr(x, "__package__", "") == "tinygrad_np.ops"]
    assert files == ["ops"]
    assert not hasattr(tnp, "division")
    assert tnp.ops.division is not None


def test_what_a_script_prints_is_torchs():
    x = tnp.tensor([[1, 2]], dtype=tnp.int32)
    with tnp.as_torch():
        printed = f"{x} {x.shape} {x.dtype}"
    assert printed == "tensor([[1, 2]], dtype=torch.int32) torch.Size([1, 2]) torch.int32"
    assert str(x.dtype) == "tinygrad_np.int32"
    assert np.dtype(x.dtype) == np.int32
