"""Layers equal torch's: same seed, same numbers, same texts, same arguments."""

import numpy as np
import pytest
import torch
from next_to_torch import same_error, told

import nn
import nn.functional as F
import tinygrad_np as tnp

TF = torch.nn.functional

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


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: n.Conv2d(3, 4, 3, groups=0),
        lambda t, n: n.Conv2d(3, 4, 3, groups=2),
        lambda t, n: n.Conv2d(4, 3, 3, groups=2),
        lambda t, n: n.Conv2d(3, 4, 3, padding="same", stride=2),
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
def test_errors(act):
    same_error(act)


def test_errors_that_list_choices():
    with pytest.raises(ValueError, match=r"Invalid padding string 'foo', should be one of {'sa"):
        nn.Conv2d(1, 1, 1, padding="foo")
    with pytest.raises(
        ValueError, match=r"padding_mode must be one of .*, but got padding_mode='f"
    ):
        nn.Conv2d(1, 1, 1, padding_mode="foo")
