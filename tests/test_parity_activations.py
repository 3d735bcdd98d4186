"""Activations equal torch's: at kinks and infinities, to second order, in place, as modules."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import FUNCTIONALS, call, normal, same_error, slopes, stretched, told
from test_functions import same

import nn
import nn.functional as F
import tinygrad_np as tnp

POINTS = np.array(
    [-800.0, -30.0, -6.0, -3.0, -1.5, -1.0, -0.5, -1e-8, -0.0, 0.0, 1e-8, 0.25, 0.5, 1.0, 3.0, 6.0,
     20.0, 20.5, 30.0, 800.0]
)  # fmt: skip
CASES = [
    ("relu", {}), ("relu6", {}), ("sigmoid", {}), ("tanh", {}), ("softsign", {}), ("silu", {}),
    ("hardtanh", {}), ("hardtanh", {"min_val": -0.5, "max_val": 3.0}), ("mish", {}),
    ("leaky_relu", {}), ("leaky_relu", {"negative_slope": -0.5}), ("tanhshrink", {}),
    ("elu", {}), ("elu", {"alpha": 1.5}), ("elu", {"alpha": -0.5}), ("selu", {}), ("celu", {}),
    ("celu", {"alpha": 0.5}), ("hardswish", {}),
    ("gelu", {}), ("gelu", {"approximate": "tanh"}), ("logsigmoid", {}), ("softplus", {}),
    ("softplus", {"beta": 2.0, "threshold": 1.1}), ("softplus", {"beta": -0.5}),
    ("threshold", {"threshold": 0.5, "value": 7.0}), ("glu", {}), ("glu", {"dim": 0}),
    ("softmin", {"dim": 0}),
]  # fmt: skip
IDS = [" ".join(map(str, [name, *options.values()])) for name, options in CASES]
cases = pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)


@cases
def test_values_and_gradients(name, options):
    same(call(name, **options), POINTS)


@cases
def test_second_derivatives(name, options):
    same(slopes(call(name, **options)), np.delete(POINTS, [-4, -1]))  # softplus jumps at 20


def test_hardsigmoid():  # of which torch has the slope in single precision only, and no second
    def by_relu6(lib, x):
        return call("hardsigmoid")(lib, x) if lib is tnp else call("relu6")(lib, x + 3) / 6

    same(by_relu6, POINTS)
    same(slopes(by_relu6), POINTS)
    expected = torch.nn.functional.hardsigmoid(torch.tensor(POINTS))
    np.testing.assert_array_equal(F.hardsigmoid(tnp.tensor(POINTS)), expected)


@cases
def test_infinities_and_nan(name, options):
    x = np.array([-np.inf, np.inf, np.nan, 1.0])
    ours = call(name, **options)(tnp, tnp.tensor(x))
    theirs = call(name, **options)(torch, torch.tensor(x))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-14)


def test_gradients_at_infinity():
    saturating = ("elu", "selu", "celu", "softplus", "logsigmoid", "hardtanh", "relu6")
    for name in saturating:
        same(slopes(lambda lib, x, name=name: call(name)(lib, x) / 1e300), np.array([-np.inf]))


@cases
def test_single_precision(name, options):
    x = np.concatenate([POINTS, normal(0, 80)]).astype(np.float32)
    ours = call(name, **options)(tnp, tnp.tensor(x))
    exact = call(name, **options)(torch, torch.tensor(x).double())
    assert ours.dtype is tnp.float32
    np.testing.assert_allclose(ours.numpy(), exact.numpy(), rtol=1e-6, atol=2e-7)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_gradients_keep_their_dtype(dtype):
    for name, options in CASES:
        x = tnp.tensor([-1.0, 0.5], dtype=getattr(tnp, dtype), requires_grad=True)
        y = call(name, **options)(tnp, x)
        y.sum().backward()
        assert y.dtype is x.grad.dtype is x.dtype, name


@settings(max_examples=40, deadline=None, print_blob=True)
@given(st.sampled_from(CASES[:-3]), st.lists(st.integers(0, 3), min_size=1, max_size=4), st.data())
def test_drawn_shapes_and_memory_orders(case, shape, data):
    name, options = case
    same(call(name, **options), stretched(data, normal(data.draw(st.integers(0, 99)), *shape)))


@settings(max_examples=30, deadline=None, print_blob=True)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_glu_along_every_dim(shape, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    shape[dim] *= 2
    same(call("glu", dim=dim), stretched(data, normal(0, *shape)))


@pytest.mark.parametrize(
    ("shape", "weights"),
    [((4,), (1,)), ((4,), ()), ((), (1,)), ((3, 2), (2,)), ((3, 2, 4), (2,)), ((0, 2), (2,)),
     ((2, 3, 2, 2), (1,)), ((2, 3, 2, 2), (3,))],
)  # fmt: skip
def test_prelu(shape, weights):
    same(call("prelu"), normal(0, *shape), normal(1, *weights))
    if 0 not in shape:
        same(slopes(call("prelu")), normal(0, *shape), normal(1, *weights))


INTEGERS = np.array([-3, 0, 1, 7])


@pytest.mark.parametrize(
    ("name", "options"),
    [("relu6", {}), ("hardtanh", {"min_val": -1.5, "max_val": 2.5}), ("softsign", {}),
     ("threshold", {"threshold": 1.5, "value": 2.5})],
)  # fmt: skip
def test_integers_that_torch_takes(name, options):
    same(call(name, **options), INTEGERS)


@pytest.mark.parametrize(
    "name",
    ["gelu", "leaky_relu", "elu", "selu", "celu", "silu", "mish", "softplus", "hardsigmoid",
     "hardswish", "logsigmoid", "glu"],
)  # fmt: skip
def test_integers_that_torch_refuses(name):
    same_error(lambda t, f: getattr(f, name)(t.tensor([0, 1])), FUNCTIONALS)
    same_error(lambda t, f: getattr(f, name)(t.tensor([True, False])), FUNCTIONALS)


IN_PLACE = [
    ("ReLU", ()), ("ReLU6", ()), ("LeakyReLU", (0.2,)), ("ELU", (1.5,)), ("SELU", ()),
    ("CELU", (1.5,)), ("SiLU", ()), ("Mish", ()), ("Hardtanh", (-0.5, 2.0)), ("Hardsigmoid", ()),
    ("Hardswish", ()), ("Threshold", (0.5, 7.0)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), IN_PLACE)
def test_in_place(name, args):
    def write(lib, x):
        layer = getattr(nn if lib is tnp else torch.nn, name)(*args, inplace=True)
        z = x * 1
        y = layer(z)
        assert y is z
        return y * z

    if name != "Hardsigmoid":  # see above
        same(write, POINTS[3:-3])
    leaf = tnp.tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in"):
        getattr(nn, name)(*args, inplace=True)(leaf)


@pytest.mark.parametrize(
    ("name", "args"),
    [("relu_", ()), ("elu_", (1.5,)), ("celu_", (1.5,)), ("selu_", ()), ("leaky_relu_", (0.2,)),
     ("hardtanh_", (-0.5, 2.0)), ("threshold_", (0.5, 7.0)), ("sigmoid_", ()), ("tanh_", ())],
)  # fmt: skip
def test_functions_in_place(name, args):
    def write(lib, x):
        z = x * 1
        functional = F if lib is tnp else torch.nn.functional
        assert getattr(functional, name, getattr(lib, name, None))(z, *args) is z
        return z * z

    same(write, POINTS[3:-3])
    assert getattr(F, name, None) in (None, getattr(tnp, name))


MODULES = [
    *[(name, args, {}) for name, args in IN_PLACE],
    *[(name, args, {"inplace": True}) for name, args in IN_PLACE],
    ("GELU", (), {}), ("GELU", ("tanh",), {}), ("PReLU", (), {}), ("PReLU", (3, 0.1), {}),
    ("Softplus", (), {}), ("Softplus", (2, 1), {}), ("Softsign", (), {}), ("LogSigmoid", (), {}),
    ("Tanhshrink", (), {}), ("GLU", (), {}), ("GLU", (0,), {}), ("Softmin", (1,), {}),
    ("Sigmoid", (), {}), ("Tanh", (), {}), ("Softmax", (0,), {}), ("LogSoftmax", (1,), {}),
    ("Hardtanh", (), {}), ("Threshold", (0.1, 20), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "options"), MODULES)
def test_modules(name, args, options):
    ours, theirs = (getattr(n, name)(*args, **options) for n in (nn, torch.nn))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = normal(0, 2, 3, 4).astype(np.float32)
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(tnp.tensor(x)).detach().numpy(), expected, rtol=1e-6, atol=1e-7)


def test_arguments_and_defaults():
    without = ("Sigmoid", "Tanh", "Softsign", "LogSigmoid", "Tanhshrink")  # torch: any arguments
    for name in sorted({module[0] for module in MODULES} - set(without)):
        assert told(getattr(nn, name)) == told(getattr(torch.nn, name)), name
    builtin = ("gelu", "softplus", "logsigmoid", "threshold")
    for name in sorted({case[0] for case in CASES} - {*builtin, "sigmoid", "tanh"}):
        assert told(getattr(F, name)) == told(getattr(torch.nn.functional, name)), name


def test_the_old_names_of_hardtanhs_limits_warn():
    texts = []
    for n in (nn, torch.nn):
        with pytest.warns(FutureWarning) as caught:
            layer = n.Hardtanh(min_value=-2.0, max_value=0.5)
        assert (layer.min_val, layer.max_val) == (-2.0, 0.5)
        assert all(w.filename == __file__ for w in caught)
        texts.append([str(w.message) for w in caught])
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.glu(t.ones(3)),
        lambda t, f: f.glu(t.ones(())),
        lambda t, f: f.glu(t.ones(2), 3),
        lambda t, f: f.prelu(t.ones(2, 3), t.ones(2)),
        lambda t, f: f.prelu(t.ones(3), t.ones(3)),
        lambda t, f: f.prelu(t.ones(()), t.ones(2)),
        lambda t, f: f.prelu(t.ones(3), t.ones(1).double()),
        lambda t, f: f.gelu(t.ones(2), approximate="foo"),
        lambda t, f: f.hardtanh(t.ones(2), 2, 1),
        lambda t, f: f.hardtanh(t.ones(2).bool()),
        lambda t, f: f.celu(t.ones(2), 0.0),
    ],
)
def test_errors(act):
    same_error(act, FUNCTIONALS)


def test_hardtanh_wants_its_limits_in_order():
    same_error(lambda t, n: n.Hardtanh(2, 1))


def test_softplus_does_not_overflow_beyond_torchs_threshold():
    y = F.softplus(tnp.tensor([1000.0, -1000.0]), threshold=1e9)
    assert y.tolist() == [1000.0, 0.0]
