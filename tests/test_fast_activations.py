"""The compiled activations: against the plain rules in float64, and PyTorch at the edges."""

import numpy as np
import pytest
import torch

import tinygrad_np as tnp
from nn import functional

pytest.importorskip("numba")

from tinygrad_np import threads
from tinygrad_np.fast import activations as fast
from tinygrad_np.ops.activations import NormalCdf
from tinygrad_np.ops.elementwise import Sigmoid, Tanh

F = np.float32
FORWARD = {"sigmoid": Sigmoid, "normal_cdf": NormalCdf}
BACKWARD = {"sigmoid_dx": Sigmoid, "tanh_dx": Tanh, "normal_cdf_dx": NormalCdf}
EDGES = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, 40, -40, 87, -87, 5.5, -5.5, 1e-30]


def plain(method):
    return getattr(method, "plain", method)


def numbers(shape=(3, 4, 5, 6), order=(0, 1, 2, 3)):
    r = np.random.default_rng(0)
    x, g = ((r.normal(size=shape) * 3).astype(F).transpose(order) for _ in range(2))
    return x, g


@pytest.mark.parametrize("name", FORWARD)
def test_forward_over_the_whole_range(name):
    x = np.concatenate([np.linspace(-87, 87, 99_999), np.linspace(-1, 1, 9_999)]).astype(F)
    exact = plain(FORWARD[name].forward)(FORWARD[name](), x.astype(np.float64))
    y = getattr(fast, name)(FORWARD[name](), x)
    assert y.dtype == F
    np.testing.assert_allclose(y, exact, rtol=5e-7 if name == "sigmoid" else 0, atol=3e-7)


@pytest.mark.parametrize("name", FORWARD)
def test_forward_at_the_edges(name):
    x = np.array(EDGES, F)
    y = getattr(fast, name)(FORWARD[name](), x)
    theirs = torch.sigmoid if name == "sigmoid" else torch.special.ndtr
    np.testing.assert_allclose(y, theirs(torch.tensor(x)).numpy(), rtol=5e-7, atol=1e-7)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 1, 3, 0)], ids=str)
@pytest.mark.parametrize("name", BACKWARD)
def test_backward_in_both_memory_orders(name, order):
    cls = BACKWARD[name]
    x, g = numbers(order=order)
    v = x if cls is NormalCdf else plain(cls.forward)(cls(), x)
    gx = getattr(fast, name)(cls(), g, v)
    assert gx.dtype == F
    assert gx.shape == x.shape
    assert gx.strides == x.strides
    exact = plain(cls.dx)(cls(), *(a.astype(np.float64) for a in (g, v)))
    np.testing.assert_allclose(gx, exact, rtol=1e-6, atol=1e-6)
    edges = np.array(EDGES, F)
    with np.errstate(all="ignore"):
        expected = plain(cls.dx)(cls(), edges[::-1].copy(), edges)
    got = getattr(fast, name)(cls(), edges[::-1].copy(), edges)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-37)


def test_what_the_twins_leave_to_the_plain_rules():
    x, g = numbers()
    for other in (x.astype(np.float64), x.astype(np.float16), x[:, ::2]):
        assert fast.sigmoid(Sigmoid(), other) is NotImplemented
    for other in (g.astype(np.float64), np.broadcast_to(F(1), x.shape), g.transpose(1, 0, 2, 3)):
        assert fast.tanh_dx(Tanh(), other, x) is NotImplemented


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (7, 3)], ids=str)
def test_small_shapes(shape):
    x = np.full(shape, 0.5, F)
    y = fast.sigmoid(Sigmoid(), x)
    assert y.shape == shape
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)), rtol=3e-7)


def test_threads_change_nothing(monkeypatch):
    x, _ = numbers()
    before, single = tnp.get_num_threads(), fast.normal_cdf(NormalCdf(), x)
    monkeypatch.setattr(threads, "THRESHOLD", 0)
    try:
        tnp.set_num_threads(3)
        np.testing.assert_array_equal(fast.normal_cdf(NormalCdf(), x), single)
    finally:
        tnp.set_num_threads(before)


@pytest.mark.parametrize("name", ["gelu", "silu", "sigmoid", "tanh", "logsigmoid", "mish"])
def test_large_tensors_as_torch(name):
    x, g = numbers((20, 1000), (0, 1))
    leaf, theirs = tnp.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = getattr(functional, name)(leaf)
    y.backward(tnp.tensor(g))
    ty = getattr(torch.nn.functional, name)(theirs)
    ty.backward(torch.tensor(g))
    atol = 3e-6  # 3e-7 of a Phi, times an x of 6 where that is not 1, for each library
    np.testing.assert_allclose(y.detach().numpy(), ty.detach().numpy(), rtol=2e-6, atol=atol)
    np.testing.assert_allclose(leaf.grad.numpy(), theirs.grad.numpy(), rtol=2e-6, atol=4e-6)
