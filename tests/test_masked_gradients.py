"""What becomes of an infinite or undefined gradient where an op is constant: as in PyTorch.

Where PyTorch selects, nothing passes; where it multiplies by a slope of 0, it is nan.
"""

import itertools
import warnings

import numpy as np
import pytest
import torch
from next_to_torch import FUNCTIONALS
from test_every_op import OPS

import tinygrad_np as tnp
from tinygrad_np import Op
from tinygrad_np.ops.elementwise import ReLU
from tinygrad_np.ops.keep import Keep
from tinygrad_np.sample_check import Case
from tinygrad_np.samples import Rng, Sample

torch.set_num_threads(1)

INCOMING = [np.inf, -np.inf, np.nan, 0.0, 1.5]
POINTS = [-4.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0, 7.0]  # all kinks among them
X, G = np.array(list(itertools.product(POINTS, INCOMING))).T  # each point with each gradient

ELEMENTWISE = {
    "relu": lambda t, F, x: t.relu(x),
    "relu6": lambda t, F, x: F.relu6(x),
    "leaky_relu": lambda t, F, x: F.leaky_relu(x),
    "leaky_relu with slope 0": lambda t, F, x: F.leaky_relu(x, 0.0),
    "prelu": lambda t, F, x: F.prelu(x, t.full((1,), 0.25, dtype=x.dtype)),
    "elu": lambda t, F, x: F.elu(x),
    "selu": lambda t, F, x: F.selu(x),
    "hardtanh": lambda t, F, x: F.hardtanh(x),
    "hardsigmoid": lambda t, F, x: F.hardsigmoid(x),
    "hardswish": lambda t, F, x: F.hardswish(x),
    "threshold": lambda t, F, x: F.threshold(x, 0.5, 20.0),
    "softplus": lambda t, F, x: F.softplus(x, threshold=2.0),
    "dropout": lambda t, F, x: (t.manual_seed(0), F.dropout(x, 0.5))[1],
    "clamp": lambda t, F, x: x.clamp(-1, 1),
    "clamp from below": lambda t, F, x: x.clamp(min=0),
    "clamp from above": lambda t, F, x: t.clip(x, max=1),
    "clamp by tensors": lambda t, F, x: t.clamp(x, t.zeros_like(x), t.ones_like(x)),
    "bound of clamp": lambda t, F, x: t.clamp(t.zeros_like(x), x, t.ones_like(x)),
    "square root of clamp": lambda t, F, x: (x + 0).clamp(min=0).sqrt(),  # of no -0.0
    "where": lambda t, F, x: t.where(x > 0, x, t.zeros_like(x)),
    "other of where": lambda t, F, x: t.where(x > 0, t.zeros_like(x), x),
    "masked_fill": lambda t, F, x: x.masked_fill(x > 0, 1.0),
    "maximum": lambda t, F, x: t.maximum(x, t.zeros_like(x)),
    "minimum": lambda t, F, x: t.minimum(t.zeros_like(x), x),
    "maximum with itself": lambda t, F, x: t.maximum(x, x),
    "fmax": lambda t, F, x: t.fmax(x, t.zeros_like(x)),
    "fmin": lambda t, F, x: t.fmin(x, t.zeros_like(x)),
    "floor": lambda t, F, x: t.floor(x),
    "ceil": lambda t, F, x: t.ceil(x),
    "round": lambda t, F, x: t.round(x),
    "trunc": lambda t, F, x: t.trunc(x),
    "frac": lambda t, F, x: t.frac(x),
    "sign": lambda t, F, x: t.sign(x),
    "abs": lambda t, F, x: t.abs(x),
    "floor division": lambda t, F, x: t.div(x, 2, rounding_mode="floor"),
    "truncated division": lambda t, F, x: t.div(x, 2, rounding_mode="trunc"),
    "remainder": lambda t, F, x: x % 2,
    "atan2": lambda t, F, x: t.atan2(x, t.zeros_like(x)),
    "atan2 of 0": lambda t, F, x: t.atan2(t.zeros_like(x), x),
    "power 0": lambda t, F, x: x**0,
    "power of a tensor of 0": lambda t, F, x: t.pow(x, t.zeros_like(x)),
    "power of base 0": lambda t, F, x: t.pow(t.zeros_like(x), x),
    "product with a mask": lambda t, F, x: x * (x > 0),
    "nan_to_num": lambda t, F, x: t.nan_to_num(x),
    "huber_loss": lambda t, F, x: F.huber_loss(x, t.zeros_like(x), reduction="none"),
    "l1_loss": lambda t, F, x: F.l1_loss(x, t.zeros_like(x), reduction="none"),
    "embedding": lambda t, F, x: F.embedding(
        t.arange(len(x)) % 7, x.reshape(-1, 1), padding_idx=1
    ).reshape(-1),
}
MATRIX = {
    "tril": lambda t, F, x: t.tril(x),
    "triu": lambda t, F, x: t.triu(x, 1),
    "max": lambda t, F, x: x.max(),
    "min": lambda t, F, x: x.min(),
    "median": lambda t, F, x: x.median(),
    "max along": lambda t, F, x: x.max(1).values,
    "min along": lambda t, F, x: x.min(0).values,
    "amax": lambda t, F, x: x.amax(1),
    "amin": lambda t, F, x: x.amin(),
    "std of equal numbers": lambda t, F, x: (x * 0).std(1),
    "var of equal numbers": lambda t, F, x: (x * 0).var(1),
    "max_pool2d": lambda t, F, x: F.max_pool2d(x[None, None], 2),
    "weight of prelu": lambda t, F, x: F.prelu(t.ones_like(x), x[0, :1]),
    "norm of 0": lambda t, F, x: (x * 0).norm(dim=1),
    "1-norm of 0": lambda t, F, x: (x * 0).norm(1, dim=1),
    "1.5-norm of 0": lambda t, F, x: (x * 0).norm(1.5, dim=1),
    "3-norm of 0": lambda t, F, x: (x * 0).norm(3, dim=1),
    "ignored labels": lambda t, F, x: F.nll_loss(
        x, t.arange(x.shape[0]) % 2 * 102 - 100, reduction="none"
    ),
}
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def gradient(lib, function, x, g):
    """The gradient of x for a g that comes in; a number comes in everywhere."""
    t, F = lib
    tensor = t.from_numpy(x.copy()).requires_grad_()
    y = function(t, F, tensor)
    g = np.full(tuple(y.shape), g, x.dtype) if isinstance(g, float) else g
    y.backward(t.from_numpy(g.copy()))
    return tensor.grad.numpy()


def agree(function, x, g):
    ours, theirs = (gradient(lib, function, x, g) for lib in FUNCTIONALS)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@DTYPES
@pytest.mark.parametrize("function", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_elements_get_what_they_get_in_torch_whatever_the_size(function, dtype):
    for x, g in zip(X.reshape(-1, 3), G.reshape(-1, 3), strict=True):
        agree(function, x.astype(dtype), g.astype(dtype))
    agree(function, np.resize(X, 5000).astype(dtype), np.resize(G, 5000).astype(dtype))


@DTYPES
@pytest.mark.parametrize("function", MATRIX.values(), ids=MATRIX)
def test_matrices_get_what_they_get_in_torch_whatever_the_size(function, dtype):
    for shape in [(3, 3), (50, 100)]:
        x = np.random.default_rng(0).integers(-3, 3, shape).astype(dtype)  # with ties
        for g in INCOMING:
            agree(function, x, g)


def second(lib, function, x, gg):
    """The gradient of g for a gg that comes in at the gradient of x."""
    t, F = lib
    x = t.from_numpy(x).requires_grad_()
    y = function(t, F, x)
    g = t.ones_like(y).requires_grad_()
    (gx,) = t.autograd.grad(y, [x], g, create_graph=True)
    return t.autograd.grad(gx, [g], t.from_numpy(gg))[0].numpy()


SELECTING = (
    *("relu", "relu6", "leaky_relu", "hardtanh", "hardswish", "threshold", "clamp"),
    *("clamp by tensors", "where", "other of where", "masked_fill", "maximum", "minimum", "fmax"),
    *("embedding",),
)


@pytest.mark.parametrize("name", SELECTING)
def test_the_second_order_selects_as_in_torch(name):
    ours, theirs = (second(lib, ELEMENTWISE[name], X, G) for lib in FUNCTIONALS)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


DIFFERENT = {  # where a reference multiplies
    "Conv2d": "by the zeros of the padding, or not: each algorithm in its way",
    "Conv2dInputGrad": "as Conv2d",
    "Conv2dWeightGrad": "as Conv2d",
    "Resample": "by the weights that are 0",
    "Cumprod": "only up to the first 0, which has no second order",
    "RNNScan": "x by the identity, to use torch's cell",
    "LSTMScan": "x by the identity, to use torch's cell",
    "GRUScan": "x by the identity, to use torch's cell",
}


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.differentiable])
def test_every_op_passes_on_infinity_as_its_reference(name):
    """So a rule such as g * (a > b) is found in any op, if its samples lie on both sides."""
    for sample in OPS[name].samples(Rng()):
        case = Case(OPS[name], sample, torch) if isinstance(sample, Sample) else None
        if case is None or not case.floats:
            continue
        differ = any(not same_with(case, value) for value in (np.inf, -np.inf, np.nan))
        assert not differ or name in DIFFERENT, sample


def same_with(case, value):
    """Whether an incoming gradient of this value everywhere gives what it gives in torch."""
    y, tensors = case.run(case.inputs, case.floats)
    theirs = [torch.from_numpy(x.copy()) for x in case.inputs]
    leaves = [theirs[i].requires_grad_() for i in case.floats]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the reference warns of
        z = case.op(**case.config).reference(torch, *theirs)
    g = np.full(y.shape, value)
    actual = tnp.autograd.grad(y, [tensors[i] for i in case.floats], tnp.from_numpy(g))
    expected = torch.autograd.grad(z, leaves, torch.from_numpy(g), materialize_grads=True)
    return all(
        np.allclose(a.numpy(), e.numpy(), rtol=1e-6, equal_nan=True)
        for a, e in zip(actual, expected, strict=True)
    )


def test_the_exceptions_are_ops():
    assert set(DIFFERENT) <= set(Op.registry)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "mask_shape"),
    [
        ((3, 4), (3, 4)),
        ((3, 1), (4,)),
        ((4,), (2, 1)),
        ((), ()),
        ((), (3,)),
        ((5,), ()),
        ((0,), (0,)),
    ],
)
def test_keep_takes_every_dtype_and_shape(dtype, shape, mask_shape):
    r = np.random.default_rng(0)
    x, mask = r.normal(size=shape).astype(dtype), np.asarray(r.random(mask_shape) < 0.5)
    y = Keep()(x, mask)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, np.where(mask, x, x.dtype.type(0)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F", "K", "mixed"])
def test_the_compiled_choice_is_the_plain_one(dtype, order):
    rectifiers = pytest.importorskip("tinygrad_np.fast.rectifiers")
    r = np.random.default_rng(0)
    x = np.resize(r.permutation([*POINTS, *INCOMING]), (6, 17)).astype(dtype)
    mask = r.random(x.shape) < 0.5
    if order in "CF":
        x, mask = x.copy(order), mask.copy(order)
    elif order == "mixed":
        mask = mask.copy("F")
    else:
        x, mask = x.T, mask.T
    plain = getattr(Keep.forward, "plain", Keep.forward)
    expected = plain(Keep(), x, mask)
    np.testing.assert_array_equal(expected, np.where(mask, x, x.dtype.type(0)))
    y = rectifiers.keep(Keep(), x, mask)
    if order == "mixed":
        assert y is NotImplemented
    else:
        assert y.tobytes() == expected.tobytes()
        assert y.strides == expected.strides == x.strides
    assert rectifiers.keep(Keep(), x.astype("float16"), mask) is NotImplemented
    assert rectifiers.keep(Keep(), x, np.False_) is NotImplemented


def test_the_compiled_slope_of_relu_is_the_plain_one():
    rectifiers = pytest.importorskip("tinygrad_np.fast.rectifiers")
    out = np.maximum(np.array([*X, np.nan, np.nan]), 0)
    g = np.array([*G, np.inf, np.nan])
    plain = getattr(ReLU.dx, "plain", ReLU.dx)
    np.testing.assert_array_equal(rectifiers.relu_dx(None, g, out), plain(ReLU(), g, out))
