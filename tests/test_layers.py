"""Layers, initialisations and containers equal PyTorch's: same seed, same numbers, same texts."""

import inspect
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
import torch

import nn
import nn.functional as F
import tinygrad_np as tnp

TF = torch.nn.functional
BOTH = pytest.mark.parametrize("lib", [(tnp, nn), (torch, torch.nn)], ids=["ours", "torch"])

LAYERS = [
    ("Linear", (5, 3), {}, (4, 5)),
    ("Linear", (5, 3), {"bias": False}, (2, 3, 5)),
    ("Linear", (5, 3), {}, (5,)),
    ("Conv2d", (1, 6, 5), {"padding": 2}, (2, 1, 9, 9)),
    ("Conv2d", (2, 3, (3, 2)), {"stride": (2, 1), "padding": (1, 0)}, (2, 2, 7, 6)),
    ("Conv2d", (4, 6, 3), {"groups": 2, "dilation": 2, "bias": False}, (1, 4, 8, 9)),
    ("Conv2d", (2, 3, (3, 4)), {"padding": "same", "dilation": (1, 2)}, (2, 2, 7, 6)),
    ("Conv2d", (2, 3, 3), {"padding": "valid"}, (2, 5, 6)),
    ("Conv2d", (2, 3, 3), {"padding": (1, 2), "padding_mode": "reflect"}, (2, 2, 5, 6)),
    ("Conv2d", (2, 3, 3), {"padding": (2, 1), "padding_mode": "replicate"}, (2, 2, 5, 6)),
    ("Conv2d", (2, 3, 3), {"padding": "same", "padding_mode": "circular"}, (2, 2, 5, 6)),
    ("Conv2d", (2, 3, (2, 4)), {"padding": "same", "padding_mode": "circular"}, (2, 2, 5, 6)),
    ("MaxPool2d", (2,), {}, (2, 3, 6, 7)),
    ("MaxPool2d", (3, 2, 1), {"ceil_mode": True}, (2, 3, 6, 7)),
    ("MaxPool2d", ((2, 3),), {"stride": (1, 2), "dilation": (2, 1)}, (2, 3, 6, 7)),
    ("AvgPool2d", (2,), {}, (2, 3, 6, 7)),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, (2, 3, 6, 7)),
    ("AvgPool2d", ((3, 2),), {"divisor_override": 5}, (3, 6, 7)),
    ("BatchNorm1d", (3,), {}, (5, 3)),
    ("BatchNorm1d", (3,), {"bias": False, "eps": 0.1}, (5, 3, 2)),
    ("BatchNorm2d", (3,), {"momentum": 0.3}, (2, 3, 4, 2)),
    ("BatchNorm2d", (3,), {"momentum": None}, (2, 3, 4, 2)),
    ("BatchNorm2d", (3,), {"affine": False}, (2, 3, 4, 2)),
    ("BatchNorm2d", (3,), {"track_running_stats": False}, (2, 3, 4, 2)),
    ("ReLU", (), {}, (3, 4)),
    ("ReLU", (True,), {}, (3, 4)),
    ("Sigmoid", (), {}, (3, 4)),
    ("Tanh", (), {}, (3, 4)),
    ("Softmax", (1,), {}, (3, 4)),
    ("LogSoftmax", (-2,), {}, (3, 4)),
    ("Identity", (54,), {"unused": True}, (3,)),
    ("Flatten", (), {}, (2, 3, 4)),
    ("Flatten", (0, 1), {}, (2, 3, 4)),
    ("Dropout", (0.3,), {}, (40, 50)),
    ("Dropout", (0.3, True), {}, (40, 50)),
    ("Dropout", (0,), {}, (3,)),
    ("Dropout", (1,), {}, (3,)),
]


def pair_of(name, args, options):
    """Our layer and torch's in float64, made from the same seed."""
    tnp.manual_seed(7)
    torch.manual_seed(7)
    return getattr(nn, name)(*args, **options).double(), getattr(torch.nn, name)(
        *args, **options
    ).double()


def run(lib, layer, x):
    """(output, gradient of x, gradients of the parameters) for the loss sum y^2 c."""
    leaf = lib.tensor(x, requires_grad=True)
    y = layer(leaf + 0)
    c = lib.tensor(np.random.default_rng(1).normal(size=tuple(y.shape)))
    layer.zero_grad()
    (y * y * c).sum().backward()
    return [y.detach(), leaf.grad, *(p.grad for p in layer.parameters())]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layer(name, args, options, shape):
    ours, theirs = pair_of(name, args, options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    rng = np.random.default_rng(0)
    for step in range(4):
        if step == 2:
            ours.eval(), theirs.eval()
        x = rng.normal(2, 3, shape)
        assert_same(run(tnp, ours, x), run(torch, theirs, x))
        states = ours.state_dict().values(), theirs.state_dict().values()
        assert_same(*map(list, states))


@pytest.mark.parametrize("name", [layer[0] for layer in LAYERS])
def test_default_weights_are_bit_for_bit_torchs(name):
    args, options = next(layer[1:3] for layer in LAYERS if layer[0] == name)
    tnp.manual_seed(3)
    torch.manual_seed(3)
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        assert str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1]
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert tnp.rand(1).item() == torch.rand(1).item()  # and the streams go on together


NAMES = sorted({layer[0] for layer in LAYERS} | {"CrossEntropyLoss", "NLLLoss", "MSELoss"})
FUNCTIONS = "linear relu softmax log_softmax dropout batch_norm cross_entropy nll_loss mse_loss"
INITS = "uniform_ normal_ constant_ ones_ zeros_ kaiming_uniform_ kaiming_normal_ xavier_uniform_ "
INITS += "xavier_normal_ calculate_gain"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        *[(getattr(nn, n), getattr(torch.nn, n)) for n in NAMES if n not in ("Sigmoid", "Tanh")],
        *[(getattr(F, n), getattr(TF, n)) for n in FUNCTIONS.split() if n != "linear"],
        *[(getattr(nn.init, n), getattr(torch.nn.init, n)) for n in INITS.split()],
        (nn.Module.load_state_dict, torch.nn.Module.load_state_dict),
        (nn.Module.named_parameters, torch.nn.Module.named_parameters),
        (nn.Module.named_modules, torch.nn.Module.named_modules),
        (nn.Module.register_buffer, torch.nn.Module.register_buffer),
        (nn.Parameter, torch.nn.Parameter),
    ],
    ids=lambda f: f.__name__,
)
def test_arguments_and_defaults(ours, theirs):
    def told(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.default, p.kind) for p in parameters]

    assert told(ours) == told(theirs)


def test_half_and_single_precision_are_kept():  # E4
    for dtype in (tnp.float16, tnp.float32):
        net = nn.Sequential(
            nn.Conv2d(1, 2, 3, dtype=dtype), nn.BatchNorm2d(2, dtype=dtype), nn.ReLU(),
            nn.AvgPool2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8, 3, dtype=dtype),
        )  # fmt: skip
        y = net(tnp.ones(2, 1, 6, 6, dtype=dtype))
        loss = nn.CrossEntropyLoss()(y, tnp.tensor([0, 1]))
        loss.backward()
        assert y.dtype is loss.dtype is dtype
        assert all(p.grad.dtype is dtype for p in net.parameters())
    with pytest.raises(RuntimeError, match="computes on device 'cpu' only"):
        nn.Linear(1, 1, device="cuda")


def test_max_pool_returns_indices():
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 7))
    ours = nn.MaxPool2d(2, return_indices=True)(tnp.tensor(x))
    theirs = torch.nn.MaxPool2d(2, return_indices=True)(torch.tensor(x))
    assert_same(ours, theirs)


# -- functions


def test_functional_forms():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(4, 5)), rng.normal(size=(3, 5)), rng.normal(size=3)
    cases = [
        ("linear", (x, w, b), {}),
        ("linear", (x, w[0]), {}),
        ("relu", (x,), {}),
        ("tanh", (x,), {}),
        ("sigmoid", (x,), {}),
        ("softmax", (x, 1), {}),
        ("log_softmax", (x,), {"dim": 0}),
        ("dropout", (x, 0.4), {}),
        ("dropout", (x, 0.4, False), {}),
        ("dropout", (x[:0], 0.4), {}),
        ("max_pool2d", (x[None], 2), {}),
        ("avg_pool2d", (x[None], 2), {}),
        ("pad", (x, (1, 2)), {"value": 3.0}),
        ("conv2d", (x[None], w[:, None, :, None]), {"padding": (2, 0)}),
    ]
    for name, args, options in cases:
        tnp.manual_seed(1)
        torch.manual_seed(1)
        ours, theirs = (
            getattr(f, name)(*(t(a) if isinstance(a, np.ndarray) else a for a in args), **options)
            for f, t in ((F, tnp.tensor), (TF, torch.tensor))
        )
        assert_same([ours], [theirs])
    assert F.softmax(tnp.ones(2), 0, dtype=tnp.float64).dtype is tnp.float64


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_masks_are_torchs(p, dtype):
    for n in (1, 15, 16, 1000):
        tnp.manual_seed(n)
        torch.manual_seed(n)
        ours = F.dropout(tnp.ones(n, 3, dtype=getattr(tnp, dtype)), p)
        theirs = TF.dropout(torch.ones(n, 3, dtype=getattr(torch, dtype)), p)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_in_place_forms_write_the_input():
    x = tnp.tensor([-1.0, 2.0])
    assert F.relu(x, inplace=True) is x
    assert x.tolist() == [0, 2]
    assert F.dropout(x, 0.5, inplace=True) is x
    x = tnp.tensor([-1.0, 0.0, np.nan], requires_grad=True)  # E3: 0 at the kink, nan stays
    y = nn.ReLU(inplace=True)(x * 1)
    y.sum().backward()
    assert x.grad.tolist()[:2] == [0, 0]
    assert y.isnan().tolist() == [False, False, True]


@BOTH
def test_implicit_dim_warns(lib):
    t, n = lib
    text = "Implicit dimension choice for softmax has been deprecated. Change the call to inc"
    for shape, dim in [((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((1, 2, 3, 4), 1)]:
        x = t.ones(shape)
        with pytest.warns(UserWarning, match=text) as caught:
            y = n.functional.softmax(x)
        assert y.sum(dim).flatten()[0].item() == pytest.approx(1)
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="Implicit dimension choice for log_softmax"):
        n.LogSoftmax()(t.ones(2))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.dropout(t.ones(2), 1.5),
        lambda t, f: f.batch_norm(t.ones(1, 3), None, None, training=True),
        lambda t, f: f.batch_norm(t.ones(1, 3, 1), None, None, training=True),
        lambda t, f: f.batch_norm(t.ones(2, 3), None, None),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), None),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), None, training=True),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(2), t.ones(3)),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), t.ones(4), training=True),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), t.ones(3), weight=t.ones(2)),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), t.ones(3), bias=t.ones(2)),
    ],
)
def test_errors_of_functions(act):
    with pytest.raises((RuntimeError, ValueError)) as theirs:
        act(torch, TF)
    with pytest.raises(type(theirs.value)) as ours:
        act(tnp, F)
    assert str(ours.value) == str(theirs.value).replace("torch.", "tinygrad_np.")


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: n.Conv2d(3, 4, 3, groups=0),
        lambda t, n: n.Conv2d(3, 4, 3, groups=2),
        lambda t, n: n.Conv2d(4, 3, 3, groups=2),
        lambda t, n: n.Conv2d(3, 4, 3, padding="same", stride=2),
        lambda t, n: n.Conv2d(1, 2, 3)(t.ones(1, 2, 5, 5)),
        lambda t, n: n.Dropout(-0.1),
        lambda t, n: n.BatchNorm1d(3)(t.ones(2, 3, 4, 5)),
        lambda t, n: n.BatchNorm2d(3)(t.ones(2, 3)),
        lambda t, n: n.BatchNorm2d(3)(t.ones(2, 4, 2, 2)),
        lambda t, n: n.BatchNorm2d(3)(t.ones(1, 3, 1, 1)),
        lambda t, n: n.Sequential(3),
        lambda t, n: n.Sequential(n.ReLU())[2],
        lambda t, n: n.Sequential(n.ReLU())["0"],
        lambda t, n: n.Sequential(n.ReLU()).insert(5, n.ReLU()),
        lambda t, n: n.Sequential(n.ReLU()) + 3,
        lambda t, n: n.Sequential(n.ReLU()) * 0,
        lambda t, n: n.Sequential(n.ReLU()) * 1.5,
        lambda t, n: n.ModuleList(3),
        lambda t, n: n.ModuleList([3]),
        lambda t, n: n.ModuleList([n.ReLU()])[-2],
        lambda t, n: n.ModuleList()(1),
        lambda t, n: n.init.kaiming_normal_(t.ones(3)),
        lambda t, n: n.init.xavier_uniform_(t.ones(3)),
        lambda t, n: n.init.kaiming_uniform_(t.ones(3, 2), mode="foo"),
        lambda t, n: n.init.kaiming_uniform_(t.ones(3, 2), nonlinearity="foo"),
        lambda t, n: n.init.calculate_gain("foo"),
        lambda t, n: n.init.calculate_gain("leaky_relu", "x"),
        lambda t, n: n.init.calculate_gain("leaky_relu", True),
    ],
)
def test_errors_of_modules(act):
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - torch says which
        act(torch, torch.nn)
    with pytest.raises(type(theirs.value)) as ours:
        act(tnp, nn)
    text = str(theirs.value).replace("torch.nn.modules.container.", "nn.layers.container.")
    text = text.replace("torch.", "tinygrad_np.")
    assert str(ours.value).split("\n")[0].removeprefix("Conv2d: ") == text


def test_errors_that_list_choices():
    with pytest.raises(ValueError, match=r"Invalid padding string 'foo', should be one of {'sa"):
        nn.Conv2d(1, 1, 1, padding="foo")
    with pytest.raises(
        ValueError, match=r"padding_mode must be one of .*, but got padding_mode='f"
    ):
        nn.Conv2d(1, 1, 1, padding_mode="foo")


# -- initialisation


INIT_CALLS = {
    "uniform_": lambda i, x: i.uniform_(x, -2, 3),
    "normal_": lambda i, x: i.normal_(x, 1, 2),
    "constant_": lambda i, x: i.constant_(x, 0.3),
    "ones_": lambda i, x: i.ones_(x),
    "zeros_": lambda i, x: i.zeros_(x),
    "xavier_uniform_": lambda i, x: i.xavier_uniform_(x, 1.5),
    "xavier_normal_": lambda i, x: i.xavier_normal_(x),
    "kaiming_uniform_": lambda i, x: i.kaiming_uniform_(x, a=0.2),
    "kaiming_uniform_ of conv": lambda i, x: i.kaiming_uniform_(x, nonlinearity="conv2d"),
    "kaiming_normal_": lambda i, x: i.kaiming_normal_(x, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_ of tanh": lambda i, x: i.kaiming_normal_(x, nonlinearity="tanh"),
}


@pytest.mark.parametrize("name", INIT_CALLS)
@pytest.mark.parametrize("shape", [(3, 4), (6, 2, 5, 5), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initialisations_are_torchs(name, shape, dtype):
    results = []
    for lib, init in ((tnp, nn.init), (torch, torch.nn.init)):
        lib.manual_seed(11)
        x = lib.zeros(*shape, dtype=getattr(lib, dtype), requires_grad=True)
        assert INIT_CALLS[name](init, x) is x
        assert x.requires_grad
        results.append(x.detach().numpy())
    # Logarithms, and products in float64, may differ in the last bit: see tinygrad_np.random.
    exact = "normal" not in name and dtype == "float32"
    np.testing.assert_allclose(*results, rtol=0, atol=0 if exact else 4 * np.finfo(dtype).eps)


def test_initialisation_by_a_generator_leaves_the_default_alone():
    before = tnp.get_rng_state().tolist()
    a = nn.init.normal_(tnp.empty(5), generator=tnp.Generator().manual_seed(1))
    b = torch.nn.init.normal_(torch.empty(5), generator=torch.Generator().manual_seed(1))
    assert a.tolist() == b.tolist()
    assert tnp.get_rng_state().tolist() == before


def test_gains():
    for name in ("linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu"):
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for slope in (None, 0, 0.3):
        gains = [i.calculate_gain("leaky_relu", slope) for i in (nn.init, torch.nn.init)]
        assert gains[0] == gains[1]


def test_empty_weights_warn():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        assert nn.init.kaiming_normal_(tnp.ones(3, 0)).shape == (3, 0)
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        assert nn.Linear(0, 2)(tnp.ones(3, 0)).shape == (3, 2)


# -- containers


def shown(container):
    return [(name, type(module).__name__) for name, module in container.named_children()]


@BOTH
def test_containers_as_lists(lib):
    _, n = lib
    for kind in (lambda *m: n.Sequential(*m), lambda *m: n.ModuleList(m)):
        seq = kind(n.ReLU(), n.Tanh())
        first, second = seq
        assert seq.append(n.Sigmoid()) is seq
        assert len(seq) == 3
        assert first in seq
        assert seq[-3] is first
        assert [c for _, c in shown(seq[1:])] == ["Tanh", "Sigmoid"]
        seq.insert(0, n.Identity())
        seq.insert(3, n.Flatten())
        assert [c for _, c in shown(seq)] == ["Identity", "ReLU", "Tanh", "Flatten", "Sigmoid"]
        assert [i for i, _ in shown(seq)] == list("01234")
        seq[1] = second
        del seq[2], seq[:1]
        assert shown(seq) == [("0", "Tanh"), ("1", "Flatten"), ("2", "Sigmoid")]
        assert seq.pop(0) is second
        assert seq.extend([first]) is seq
        assert shown(seq) == [("0", "Flatten"), ("1", "Sigmoid"), ("2", "ReLU")]
        seq += kind(n.Tanh())
        assert len(seq + kind(second)) == 5
        assert len(seq) == 4


@BOTH
def test_sequential(lib):
    t, n = lib
    named = n.Sequential(OrderedDict(a=n.ReLU(), b=n.Tanh()))
    assert named.a is named[0]
    assert shown(named[1:]) == [("b", "Tanh")]
    assert list((named * 2)._modules) == list("0123")
    assert [type(m).__name__ for m in 2 * named] == ["ReLU", "Tanh", "ReLU", "Tanh"]
    numbered = (named * 1).insert(-1, n.Sigmoid())
    assert [type(m).__name__ for m in numbered] == ["ReLU", "Sigmoid", "Tanh"]
    twice = n.Sequential(n.ReLU())
    twice *= 3
    assert shown(twice) == [("0", "ReLU")]  # the same module under three names
    assert len(twice) == 3
    assert n.Sequential()(5) == 5
    assert n.Sequential(n.Identity(), n.ReLU())(t.tensor(-1.0)).item() == 0


def test_a_failed_insert_changes_nothing():
    seq = nn.Sequential(nn.ReLU())
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        seq.insert(0, 3)
    assert shown(seq) == [("0", "ReLU")]


def test_repr_of_lists():
    def lists(n):
        linears = [n.Linear(2, 2) for _ in range(3)]
        nested = [n.Sequential(n.Tanh()) for _ in range(2)]
        yield n.ModuleList([n.ReLU(), *linears, n.ReLU(), *nested])
        yield n.ModuleList()
        yield n.Sequential()
        yield n.Sequential(n.ModuleList([n.ReLU()]))

    for ours, theirs in zip(lists(nn), lists(torch.nn), strict=True):
        assert repr(ours) == repr(theirs)


def test_namedtuples_pass_through_modules():
    Out = namedtuple("Out", "a b")

    class Two(nn.Module):
        def forward(self, x):
            return Out(x, x + 1)

    assert Two()(1) == (1, 2)
