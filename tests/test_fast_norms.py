"""The compiled loops of normalisation give what PyTorch gives, and leave the rest to NumPy."""

import numpy
import pytest
import torch

import nn
import tinygrad_np as tnp

pytest.importorskip("numba")

from tinygrad_np.fast import alike, norms
from tinygrad_np.ops.standardize import Standardize

R = numpy.random.default_rng(0)


def in_order(x, order):
    """x with its axes in memory in this order."""
    return numpy.ascontiguousarray(x.transpose(order)).transpose(numpy.argsort(order))


# shape, reduced dims, shape of weight and bias, the axes as they lie in memory
CASES = [
    ((4, 3, 5, 7), (0, 2, 3), (3, 1, 1), (0, 1, 2, 3)),  # batch norm
    ((4, 3, 5, 7), (0, 2, 3), (3, 1, 1), (2, 1, 3, 0)),  # in the internal order
    ((4, 3, 5, 7), (0, 2, 3), (3, 1, 1), (0, 2, 3, 1)),  # channels last
    ((33, 18), (0,), (18,), (0, 1)),
    ((33, 18), (0,), (), (0, 1)),
    ((150, 18), (0,), (18,), (0, 1)),
    ((6, 4, 10), (2,), (10,), (0, 1, 2)),  # layer norm
    ((6, 4, 10), (1, 2), (4, 10), (0, 1, 2)),
    ((6, 4, 10), (1, 2), (4, 1), (0, 1, 2)),
    ((6, 4, 10), (0, 1, 2), (4, 10), (0, 1, 2)),
    ((6, 4, 5, 5), (2, 3), (4, 1, 1), (0, 1, 2, 3)),  # instance norm
    ((1, 1, 8), (2,), (8,), (0, 1, 2)),
]
IDS = [f"{shape}-{dims}-{order}".replace(" ", "") + f"-w{w}" for shape, dims, w, order in CASES]
DTYPES = [("float32", 2e-5), ("float64", 1e-12)]


@pytest.fixture(autouse=True)
def no_fallback(monkeypatch):
    """Every case here is the compiled loops', or its test says that it is not."""
    for name in ("forward", "dx", "dw", "db"):
        plain, twin = Standardize.__dict__[name], getattr(norms, name)
        monkeypatch.setattr(Standardize, name, lambda op, *a, t=twin, p=plain: chosen(t, p, op, a))
    known = {"x": "dx", "w": "dw", "b": "db"}
    rules = [
        rule._replace(function=getattr(Standardize, known[name]))
        for name, rule in zip(Standardize.names, Standardize.rules, strict=True)
    ]
    monkeypatch.setattr(Standardize, "rules", rules)


def chosen(twin, plain, op, arrays):
    if any(isinstance(a, tnp.Tensor) for a in arrays):
        return plain(op, *arrays)
    result = twin(op, *arrays)
    assert result is not NotImplemented
    return result


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize(("shape", "dims", "w_shape", "order"), CASES, ids=IDS)
def test_values_and_gradients_are_pytorchs(shape, dims, w_shape, order, dtype, tolerance):
    x = in_order(R.normal(3, 2, shape).astype(dtype), order)
    w, b, g = (R.normal(size=s).astype(dtype) for s in (w_shape, w_shape, shape))
    ours = [tnp.from_numpy(v).requires_grad_() for v in (x, w, b)]
    y, mean, var = tnp.standardize(ours[0], dims, 1e-3, ours[1], ours[2])
    y.backward(tnp.from_numpy(g))
    theirs = [torch.tensor(v.astype("float64"), requires_grad=True) for v in (x, w, b)]
    expected = Standardize(dims, 1e-3).reference(torch, *theirs)
    expected.backward(torch.tensor(g.astype("float64")))
    close = dict(rtol=tolerance, atol=20 * tolerance)
    numpy.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), **close)
    for a, e in zip(ours, theirs, strict=True):
        assert a.grad.numpy().dtype == dtype
        assert a.grad.shape == a.shape
        numpy.testing.assert_allclose(a.grad.numpy(), e.grad.numpy(), **close)
    numpy.testing.assert_allclose(mean.numpy(), x.mean(dims, keepdims=True), **close)
    numpy.testing.assert_allclose(var.numpy(), x.var(dims, keepdims=True), **close)
    assert alike(y.detach().numpy(), numpy.empty_like(x))


def test_only_some_gradients_and_twice():
    x, w = tnp.randn(40, 6, requires_grad=True), tnp.randn(6, requires_grad=True)
    y, _, _ = tnp.standardize(x, 0, 1e-5, w)
    g = tnp.randn(40, 6)
    (dw,) = tnp.autograd.grad(y, w, g, retain_graph=True)
    g.mul_(2)  # the same memory with other values
    (twice,) = tnp.autograd.grad(y, w, g, retain_graph=True)
    dx, again = tnp.autograd.grad(y, (x, w), g)
    assert tnp.allclose(twice, 2 * dw)
    assert tnp.equal(again, twice)
    assert dx.shape == x.shape


def test_second_derivatives():
    x, w = tnp.randn(30, 4).double().requires_grad_(), tnp.randn(4).double().requires_grad_()
    assert tnp.gradgradcheck(lambda x, w: tnp.standardize(x, 0, 1e-3, w)[0], (x, w))


def test_nan_stays_in_its_channel():
    x = R.normal(size=(8, 3, 20)).astype("float32")
    x[2, 1, 5] = numpy.nan
    y = tnp.standardize(tnp.from_numpy(x), (0, 2))[0].numpy()
    assert numpy.isnan(y[:, 1]).all()
    assert numpy.isfinite(y[:, [0, 2]]).all()


def test_a_large_mean_costs_no_digits():
    x = R.normal(size=(64, 4, 50)).astype("float32") + numpy.float32(4096)
    y = nn.BatchNorm1d(4)(tnp.from_numpy(x)).detach().numpy()
    exact = x.astype("float64")
    exact = (exact - exact.mean((0, 2), keepdims=True)) / exact.std((0, 2), keepdims=True)
    numpy.testing.assert_allclose(y, exact, atol=2e-3)


@pytest.mark.parametrize(
    "x",
    [
        numpy.zeros((4, 6), "float16"),
        numpy.zeros((8, 6), "float32")[::2],
        numpy.zeros((0, 6), "float32"),
    ],
    ids=["float16", "strided", "empty"],
)
def test_the_rest_is_left_to_numpy(x):
    op = Standardize((1,), 1e-5)
    assert norms.forward(op, x, numpy.ones(6, x.dtype), numpy.ones(6, x.dtype)) is NotImplemented


def test_reduced_axes_around_kept_ones_are_left_to_numpy():
    x = numpy.zeros((4, 3, 5, 7), "float32")
    assert norms.forward(Standardize((1, 3), 1e-5), x, x[:1], x[:1]) is NotImplemented


@pytest.mark.parametrize("rows", [1, 5, 64, 150])
def test_columns_far_from_zero(rows):
    x = numpy.full((rows, 3), 1e37, "f4")
    x[:, 1] = 1e4 + R.normal(size=rows)
    x[:, 2] = numpy.inf
    y, mean, _ = tnp.standardize(tnp.from_numpy(x), 0, 1e-5)
    expected = torch.from_numpy(x).double().mean(0).numpy()
    numpy.testing.assert_allclose(mean.numpy()[0], expected, rtol=1e-7)
    assert y.numpy()[:, 0].tolist() == [0] * rows
    z = x[:, 1].astype("f8")
    exact = (z - z.mean()) / numpy.sqrt(z.var() + 1e-5)
    numpy.testing.assert_allclose(y.numpy()[:, 1], exact, atol=1e-3)
