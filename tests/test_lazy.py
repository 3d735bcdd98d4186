"""Lazy layers before and after their first batch, next to torch's."""

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from next_to_torch import BOTH, LIBS, same_error, told

import nn
import tinygrad_np as tnp

torch.set_num_threads(1)

LAYERS = [
    ("LazyLinear", (3,), {}, (2, 5)),
    ("LazyLinear", (3,), {"bias": False}, (5,)),
    ("LazyConv1d", (4, 3), {"padding": 1}, (2, 3, 7)),
    ("LazyConv2d", (4, 3), {"padding_mode": "circular", "padding": 1}, (2, 3, 7, 6)),
    ("LazyConv2d", (4, (3, 2)), {"groups": 2, "bias": False}, (4, 7, 6)),
    ("LazyConvTranspose1d", (4, 3), {"stride": 2}, (2, 3, 7)),
    ("LazyConvTranspose2d", (4, 3, 2), {"output_padding": 1, "groups": 2}, (2, 4, 5, 6)),
    ("LazyBatchNorm1d", (), {}, (4, 3)),
    ("LazyBatchNorm1d", (), {"affine": False}, (4, 3, 2)),
    ("LazyBatchNorm2d", (1e-3, None), {"bias": False}, (2, 3, 4, 5)),
    ("LazyBatchNorm2d", (), {"track_running_stats": False}, (2, 3, 4, 5)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_the_first_batch_makes_the_layer(name, args, options, shape):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    seen = []
    for lib, mod in LIBS:
        lib.manual_seed(5)
        layer = getattr(mod, name)(*args, **options)
        before = [repr(layer), layer.has_uninitialized_params(), list(layer.state_dict())]
        before += [repr(v) for k, v in layer.state_dict().items() if "num" not in k]
        y = layer(lib.tensor(x))
        after = [repr(layer), type(layer).__name__, type(layer) is getattr(mod, name[4:])]
        after += [not hasattr(layer, "has_uninitialized_params")]
        numbers = [y.detach().numpy(), *(v.numpy() for v in layer.state_dict().values())]
        seen.append((before + after, [*numbers, lib.rand(1).numpy()]))
    assert seen[0][0] == seen[1][0]
    for a, b in zip(seen[0][1], seen[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for a, b in zip(seen[0][1][1:], seen[1][1][1:], strict=True):
        assert a.shape == b.shape
        assert name.startswith("LazyBatchNorm") or np.array_equal(a, b)


@pytest.mark.parametrize("name", sorted({layer[0] for layer in LAYERS}))
def test_arguments_and_defaults(name):
    assert told(getattr(nn, name)) == told(getattr(torch.nn, name))
    assert told(nn.UninitializedParameter) == told(torch.nn.UninitializedParameter)
    assert told(nn.UninitializedBuffer) == told(torch.nn.UninitializedBuffer)


def network(mod):
    return mod.Sequential(
        mod.LazyConv2d(4, 3), mod.LazyBatchNorm2d(), mod.ReLU(), mod.Flatten(), mod.LazyLinear(2)
    )


@BOTH
def test_a_dry_run_before_the_optimiser(lib):
    t, n = lib
    net = network(n)
    optimizer = (
        t.optim.SGD(net.parameters(), lr=0.1) if t is torch else nn.optim.SGD(net.parameters())
    )
    optimizer.zero_grad()
    optimizer.step()  # nothing has a gradient yet
    waiting = list(net.parameters())
    net(t.ones(2, 3, 6, 6)).sum().backward()
    assert all(a is b for a, b in zip(waiting, net.parameters(), strict=True))
    before = net[4].bias.detach().clone()
    optimizer.step()  # and now they all have
    assert not t.equal(before, net[4].bias)
    assert repr(net[4]) == "Linear(in_features=64, out_features=2, bias=True)"


@BOTH
def test_conversions_before_the_first_batch(lib):
    t, n = lib
    net = network(n).double()
    assert net[0].weight.dtype is t.float64
    assert net[1].running_mean.dtype is t.float64
    assert net(t.ones(2, 3, 6, 6, dtype=t.float64)).dtype is t.float64
    assert net[1].running_var.dtype is t.float64
    layer = n.LazyLinear(2, dtype=t.float16)
    layer.requires_grad_ = None
    layer.weight.requires_grad = False
    layer(t.ones(1, 3, dtype=t.float16))
    assert layer.weight.dtype is t.float16
    assert (layer.weight.requires_grad, layer.bias.requires_grad) == (False, True)


@BOTH
def test_states_before_and_after(lib):
    t, n = lib
    known, unknown = network(n), network(n)
    known(t.ones(2, 3, 6, 6))
    assert (
        str(unknown.load_state_dict(network(n).state_dict())) == "<All keys matched successfully>"
    )
    assert unknown[0].has_uninitialized_params()
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        known.load_state_dict(unknown.state_dict())
    unknown.load_state_dict(known.state_dict())
    assert not unknown[0].has_uninitialized_params()
    assert repr(unknown[4]) == "LazyLinear(in_features=0, out_features=2, bias=True)"
    x = t.rand(2, 3, 6, 6)
    known.eval(), unknown.eval()
    assert t.equal(known(x), unknown(x))
    assert repr(unknown[4]) == "Linear(in_features=64, out_features=2, bias=True)"
    with pytest.raises(RuntimeError, match=r"size mismatch for 4.weight"):
        unknown.load_state_dict({**known.state_dict(), "4.weight": t.ones(2, 3)})
    assert n.LazyLinear(2).load_state_dict({}, strict=False).missing_keys == ["weight", "bias"]


@BOTH
def test_copies_before_the_first_batch(lib):
    t, n = lib
    layer = n.LazyLinear(2, dtype=t.float64)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other.weight) == "<UninitializedParameter>"
        assert other.weight is not layer.weight
        other(t.ones(1, 3, dtype=other.weight.dtype))
        assert layer.has_uninitialized_params()
    assert copy.deepcopy(layer).weight.dtype is t.float64


@BOTH
def test_uninitialised_parameters_and_buffers(lib):
    _, n = lib
    for kind in (n.UninitializedParameter, n.UninitializedBuffer):
        x = kind()
        assert repr(x) == f"<{kind.__name__}>"
        assert x.is_leaf
        for use in (lambda x: x + 1, lambda x: x.sum(), lambda x: x.numel(), lambda x: x.view(-1)):
            with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
                use(x)
        with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized"):
            x.shape  # noqa: B018
        x.materialize((2, 3))
        assert type(x) is kind.cls_to_become
        assert x.shape == (2, 3)
    assert n.UninitializedParameter().requires_grad
    assert not n.UninitializedParameter(False).requires_grad


def lazy_module(mod):
    base = nn.layers.lazy if mod is nn else torch.nn.modules.lazy

    class Grow(base.LazyModuleMixin, mod.Module):
        def __init__(self):
            super().__init__()
            self.weight = mod.UninitializedParameter()

        def initialize_parameters(self, input):
            if self.has_uninitialized_params() and input.ndim == 2:
                self.weight.materialize(input.shape[1:])

        def forward(self, input):
            return input * self.weight

    return Grow()


@BOTH
def test_a_lazy_module_of_the_user(lib):
    t, n = lib
    layer = lazy_module(n)
    assert layer(input=t.ones(2, 3)).shape == (2, 3)
    assert layer(t.ones(4, 3)).shape == (4, 3)
    assert type(layer).__name__ == "Grow"


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: lazy_module(n)(t.ones(2, 3, 4)),
        lambda t, n: n.LazyConv2d(4, 3, groups=2)(t.ones(2, 3, 5, 5)),
        lambda t, n: n.LazyConv2d(4, 3)(t.ones(5, 5)),
        lambda t, n: n.LazyConv1d(4, 3)(t.ones(5)),
        lambda t, n: n.LazyConvTranspose2d(4, 3, padding_mode="reflect"),
        lambda t, n: loaded(n)(t.ones(2, 5)),
    ],
)
def test_errors(act):
    same_error(act)


def loaded(mod):
    layer = mod.LazyLinear(2)
    layer.load_state_dict(mod.Linear(3, 2).state_dict())
    return layer


def test_a_lazy_state_can_be_saved():
    file = io.BytesIO()
    tnp.save(nn.LazyLinear(2).state_dict(), file)
    file.seek(0)
    state = tnp.load(file)
    assert repr(state["weight"]) == "<UninitializedParameter>"
