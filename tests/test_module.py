"""Module: every check runs on torch too, so that torch is what says what is right."""

import copy
import gc
import pickle
import re
import weakref
from collections import OrderedDict

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp

BOTH = pytest.mark.parametrize("lib", [(tnp, nn), (torch, torch.nn)], ids=["ours", "torch"])


def translated(text):
    """Torch's text in our names."""
    text = re.sub(r"torch\.nn\.modules\.\w+\.", "nn.somewhere.", text)
    text = text.replace("torch.FloatTensor", "tinygrad_np.tensor.Tensor")
    text = text.replace("torch.nn.Buffer, ", "").replace("torch Tensor", "tinygrad_np.Tensor")
    return text.replace("torch.nn.", "nn.").replace("torch.", "tinygrad_np.")


def same_error(act):
    """Run `act(tensors, nn)` with ours and torch's: both raise the same error; its text."""
    errors = []
    for lib in ((tnp, nn), (torch, torch.nn)):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - torch says which
            act(*lib)
        errors.append((type(caught.value), str(caught.value)))
    (kind, text), (expected, theirs) = errors
    assert kind is expected
    assert re.sub(r"nn\.layers\.\w+\.", "nn.somewhere.", text) == translated(theirs)
    return text


def block(t, n):
    """A module with everything: a tied child, a nested one, buffers of both kinds, a None."""

    class Block(n.Module):
        def __init__(self):
            super().__init__()
            self.first = n.Linear(2, 3)
            self.scale = n.Parameter(t.ones(3))
            self.body = n.Sequential(n.Linear(3, 3), n.ReLU(), n.BatchNorm1d(3))
            self.again = self.first
            self.register_buffer("seen", t.zeros(2))
            self.register_buffer("scratch", t.zeros(1), persistent=False)
            self.register_parameter("absent", None)
            self.empty = n.Identity()
            self.plain = [1, 2]

        def forward(self, x):
            return self.body(self.first(x) * self.scale)

    return Block()


def test_names_and_order():
    ours, theirs = block(tnp, nn), block(torch, torch.nn)
    for walk, options in [
        ("named_parameters", {}),
        ("named_parameters", {"recurse": False}),
        ("named_parameters", {"prefix": "net"}),
        ("named_parameters", {"remove_duplicate": False}),
        ("named_buffers", {}),
        ("named_buffers", {"recurse": False, "prefix": "net"}),
        ("named_modules", {}),
        ("named_modules", {"remove_duplicate": False, "prefix": "net"}),
        ("named_children", {}),
        ("state_dict", {}),
        ("state_dict", {"prefix": "net."}),
    ]:
        a, b = getattr(ours, walk)(**options), getattr(theirs, walk)(**options)
        assert [i if isinstance(i, str) else i[0] for i in a] == [
            i if isinstance(i, str) else i[0] for i in b
        ]
    for walk in ("parameters", "buffers", "modules", "children"):
        assert len(list(getattr(ours, walk)())) == len(list(getattr(theirs, walk)()))
    assert repr(ours) == repr(theirs)


def test_dir_lists_what_is_registered():
    for net in (block(tnp, nn), nn.Sequential(nn.ReLU())):
        names = dir(net)
        assert names == sorted(names)
        assert "0" not in names
    assert {"first", "scale", "seen", "plain", "forward"} <= set(dir(block(tnp, nn)))


@BOTH
def test_assigning_registers_replaces_and_moves(lib):
    t, n = lib
    m = n.Module()
    m.x = 1
    m.x = n.Parameter(t.ones(1))
    assert "x" not in vars(m)
    m.y = n.Linear(1, 1)
    m.y = n.Parameter(t.ones(1))  # a child's name becomes a parameter's
    assert list(m._parameters) == ["x", "y"]
    assert list(m._modules) == []
    del m.y
    m.x = None
    assert m.x is None
    assert list(m.parameters()) == []
    m.register_buffer("b", t.zeros(1))
    m.b = t.ones(2)
    assert m._buffers["b"].shape == (2,)
    m.b = None
    m.register_buffer("b", t.zeros(1), persistent=False)
    assert list(m.state_dict()) == []
    m.b = t.ones(1)  # stays as it was registered
    assert list(m.state_dict()) == []
    m.register_buffer("b", t.zeros(1))
    assert list(m.state_dict()) == ["b"]
    m.child = n.ReLU()
    m.child = None
    assert m.child is None
    del m.child, m.b, m.x
    assert not hasattr(m, "child")
    assert list(m.state_dict()) == []
    m.plain = 3
    del m.plain
    with pytest.raises(AttributeError):
        del m.plain


class Early:
    """Assigns before super().__init__()."""

    @staticmethod
    def of(n, name, value):
        class Net(n.Module):
            def __init__(self):
                setattr(self, name, value)

        return Net()


def made_by_an_op(t, n):
    return n.Parameter(t.ones(1), requires_grad=False).mul_(t.ones(1, requires_grad=True))


def test_error_texts():
    for act in [
        lambda t, n: Early.of(n, "w", n.Parameter(t.ones(1))),
        lambda t, n: Early.of(n, "child", n.ReLU()),
        lambda t, n: n.Module.register_buffer(n.Module.__new__(n.Module), "b", None),
        lambda t, n: n.Module.register_parameter(n.Module.__new__(n.Module), "b", None),
        lambda t, n: setattr(n.Linear(1, 1), "weight", 3),
        lambda t, n: setattr(n.Linear(1, 1), "weight", t.ones(1)),
        lambda t, n: setattr(n.Linear(1, 1), "weight", n.ReLU),
        lambda t, n: setattr(n.Sequential(n.ReLU()), "0", 3),
        lambda t, n: setattr(n.BatchNorm1d(1), "running_mean", 3),
        lambda t, n: n.Module().foo,
        lambda t, n: n.Module()(1),
        lambda t, n: n.Module(3),
        lambda t, n: n.Module(a=3),
        lambda t, n: n.Module().register_buffer("b", 3),
        lambda t, n: n.Module().register_buffer("a.b", t.ones(1)),
        lambda t, n: n.Module().register_buffer("", t.ones(1)),
        lambda t, n: n.Module().register_buffer("forward", t.ones(1)),
        lambda t, n: n.Module().register_buffer(3, t.ones(1)),
        lambda t, n: n.Module().register_parameter("b", t.ones(1)),
        lambda t, n: n.Module().register_parameter("a.b", None),
        lambda t, n: n.Module().register_parameter(3, None),
        lambda t, n: n.Module().register_parameter("forward", None),
        lambda t, n: n.Module().register_parameter("p", made_by_an_op(t, n)),
        lambda t, n: n.Module().add_module("x", 3),
        lambda t, n: n.Module().add_module("x", n.ReLU),
        lambda t, n: n.Module().add_module("a.b", n.ReLU()),
        lambda t, n: n.Module().add_module("", n.ReLU()),
        lambda t, n: n.Module().add_module(3, n.ReLU()),
        lambda t, n: n.Module().add_module("training", n.ReLU()),
        lambda t, n: n.Module().train(1),
        lambda t, n: n.Module().get_submodule("a.b"),
        lambda t, n: n.Linear(1, 1).get_submodule("weight"),
        lambda t, n: n.Linear(1, 1).get_parameter("foo"),
        lambda t, n: n.Linear(1, 1).get_parameter("forward"),
        lambda t, n: n.Linear(1, 1, bias=False).get_parameter("bias"),
        lambda t, n: n.Linear(1, 1).get_buffer("weight"),
        lambda t, n: n.Linear(1, 1).get_buffer("foo"),
        lambda t, n: n.Module().load_state_dict([1]),
    ]:
        same_error(act)


def test_error_texts_of_our_own():
    with pytest.raises(TypeError, match="only accepts floating point dtypes, but got desired dtyp"):
        nn.Linear(1, 1).to(tnp.int64)
    with pytest.raises(TypeError, match="expected the data of a Parameter as a Tensor, got list"):
        nn.Parameter([1.0])


@BOTH
def test_finding(lib):
    net = block(*lib)
    assert net.get_submodule("") is net
    assert net.get_submodule("body.0") is net.body[0]
    assert net.get_parameter("body.0.weight") is net.body[0].weight
    assert net.get_buffer("body.2.running_mean") is net.body[2].running_mean


@BOTH
def test_parameter(lib):
    t, n = lib
    data = t.ones(2)
    p = n.Parameter(data)
    assert isinstance(p, t.Tensor)
    assert p.requires_grad
    assert p.is_leaf
    data.mul_(2)
    assert p.tolist() == [2, 2]
    assert n.Parameter(p, requires_grad=False).requires_grad is False
    assert n.Parameter().shape == (0,)
    assert repr(p) == "Parameter containing:\ntensor([2., 2.], requires_grad=True)"
    assert type(p * 2) is t.Tensor
    p.note = "users may write on a parameter"


@BOTH
def test_state_dict_shares_memory(lib):
    _t, n = lib
    m = n.Linear(2, 2)
    state = m.state_dict()
    assert isinstance(state, OrderedDict)
    assert not state["weight"].requires_grad
    state["weight"].zero_()
    assert m.weight.sum().item() == 0
    assert m.state_dict(keep_vars=True)["weight"] is m.weight


@BOTH
def test_state_dict_sees_changes_in_place(lib):
    _t, n = lib
    m = n.Linear(2, 2)
    loss = (m.weight * m.weight).sum()
    m.state_dict()["weight"].zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@BOTH
def test_load_state_dict(lib):
    t, n = lib
    source, target = block(t, n), block(t, n)
    before = target.first.weight
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert target.first.weight is before
    for (name, a), b in zip(source.state_dict().items(), target.state_dict().values(), strict=True):
        assert (a == b).all(), name
    partly = target.load_state_dict({"scale": t.zeros(3), "more": t.zeros(1)}, strict=False)
    assert partly.unexpected_keys == ["more"]
    assert partly.missing_keys[:2] == ["seen", "first.weight"]
    assert target.scale.tolist() == [0, 0, 0]
    assert repr(partly).startswith("_IncompatibleKeys(missing_keys=['seen',")


def test_load_state_dict_error_texts():
    def load(change, strict=True):
        def act(t, n):
            net = block(t, n)
            state = net.state_dict()
            change(t, state)
            net.load_state_dict(state, strict=strict)

        return same_error(act)

    def several(t, state):
        del state["first.weight"], state["body.2.bias"]
        state["first.more.x"] = state["what"] = state["body.0.weight.x"] = t.zeros(1)
        state["scale"] = t.zeros(4)
        state["seen"] = t.zeros(2, 1)

    text = load(several)
    assert text.count("\n\t") == 4
    assert 'Missing key(s) in state_dict: "first.weight", "body.2.bias". ' in text
    load(several, strict=False)
    load(lambda t, state: state.update(scale=t.zeros(())))
    load(lambda t, state: state.update(absent=t.zeros(1)))
    load(lambda t, state: state.update(scratch=t.zeros(1)))
    with pytest.raises(RuntimeError, match=r'named "weight", expected tinygrad_np.Tensor or Te'):
        nn.Linear(1, 1).load_state_dict({"weight": [1.0], "bias": tnp.ones(1)})


@BOTH
def test_load_state_dict_assigns(lib):
    t, n = lib
    m, weight, bias = n.Linear(2, 1), t.ones(1, 2).double(), n.Parameter(t.ones(1))
    m.bias.requires_grad_(False)
    m.load_state_dict({"weight": weight, "bias": bias}, assign=True)
    assert m.weight.dtype == t.float64
    assert m.weight.requires_grad
    weight.zero_()
    assert m.weight.sum().item() == 0
    assert m.bias is bias
    assert not m.bias.requires_grad
    norm = n.BatchNorm1d(1)
    mean = t.ones(1)
    norm.load_state_dict(norm.state_dict() | {"running_mean": mean}, assign=True)
    assert norm.running_mean is mean


@BOTH
def test_a_0d_parameter_takes_one_element(lib):
    t, n = lib
    m = n.Module()
    m.p = n.Parameter(t.tensor(1.0))
    m.load_state_dict({"p": t.tensor([3.0])})
    assert m.p.item() == 3


@BOTH
@pytest.mark.parametrize("through", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_keep_ties_flags_and_values(lib, through, monkeypatch):
    t, n = lib

    net = n.Sequential(n.Linear(2, 2), n.BatchNorm1d(2), n.Linear(2, 2))
    net[2].weight = net[0].weight
    net[0].bias.requires_grad_(False)
    net.eval()
    twin = through(net)
    assert type(twin[0].weight) is n.Parameter
    assert twin[0].weight is twin[2].weight
    assert [p.requires_grad for p in twin.parameters()] == [
        p.requires_grad for p in net.parameters()
    ]
    assert not twin[1].training
    for a, b in zip(net.state_dict().values(), twin.state_dict().values(), strict=True):
        assert (a == b).all()
    with t.no_grad():
        twin[0].weight.zero_()
    assert net[0].weight.abs().sum().item() > 0


@BOTH
def test_deepcopy_leaves_gradients_behind(lib):
    t, n = lib
    m = n.Linear(1, 1)
    m(t.ones(1, 1)).sum().backward()
    assert copy.deepcopy(m).weight.grad is None


@BOTH
def test_conversions(lib):
    t, n = lib
    net = block(t, n)
    weight = net.first.weight
    net(t.ones(2, 2)).sum().backward()
    assert net.double() is net
    assert net.first.weight is weight
    assert weight.dtype == weight.grad.dtype == net.seen.dtype == t.float64
    assert net.body[2].num_batches_tracked.dtype == t.int64
    net(t.ones(2, 2).double()).sum().backward()
    assert net.to(t.float32).scale.dtype == t.float32
    assert net.half().scale.dtype == t.float16
    assert net.float().scale.dtype == t.float32
    assert net.to(t.zeros(1).double()).scale.dtype == t.float64
    assert net.to("cpu", t.float32).scale.dtype == t.float32
    assert net.to(dtype=t.float64, device=t.device("cpu")).scale.dtype == t.float64
    assert net.cpu() is net
    assert net.first.weight is net.again.weight is weight


@BOTH
def test_modes_gradients_and_apply(lib):
    t, n = lib
    net = block(t, n)
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert net.train() is net
    assert all(m.training for m in net.modules())
    net(t.ones(2, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.scale.grad.tolist() == [0, 0, 0]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    seen = []
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "Linear", "ReLU", "BatchNorm1d", "Sequential", "Identity", "Block"]


@BOTH
def test_hooks(lib):
    _t, n = lib
    m, log = n.Identity(), []
    first = m.register_forward_pre_hook(lambda module, args: log.append(("pre", args)))
    m.register_forward_pre_hook(lambda module, args: args[0] + 1)
    m.register_forward_pre_hook(lambda module, args: (args[0] * 10,))
    m.register_forward_hook(lambda module, args, out: log.append((module is m, args, out)))
    last = m.register_forward_hook(lambda module, args, out: out + 0.5)
    assert m(1) == 20.5
    assert log == [("pre", (1,)), (True, (20,), 20)]
    first.remove()
    last.remove()
    assert m(1) == 20
    assert len(log) == 3
    with m.register_forward_hook(lambda module, args, out: out * 0):
        assert m(1) == 0
    assert m(1) == 20


@BOTH
def test_a_hook_may_remove_itself(lib):
    _t, n = lib
    m, calls = n.Identity(), []
    handle = m.register_forward_hook(lambda *_: (calls.append(1), handle.remove())[1])
    m(1), m(1)
    assert calls == [1]


@BOTH
def test_keyword_arguments_reach_forward(lib):
    _t, n = lib

    class Scale(n.Module):
        def forward(self, x, *, by=2):
            return x * by

    m = Scale()
    m.register_forward_hook(lambda module, args, out: None)
    assert m(3) == 6
    assert m(3, by=4) == 12


def test_nodes_know_their_modules():
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    node = net(tnp.ones(1, 1)).grad_fn
    assert [ref() for ref in node.scope] == [net, net[1]]


def test_errors_inside_a_layer_name_the_users_line():
    net = nn.Sequential(nn.Linear(3, 1))
    with pytest.raises(RuntimeError, match=r"test_module.py:\d+: net\(tnp.ones\(2, 2\)\)"):
        net(tnp.ones(2, 2))


def test_a_network_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        net = block(tnp, nn)
        net(tnp.ones(2, 2)).sum().backward()
        alive = weakref.ref(net)
        del net
        assert alive() is None
    finally:
        gc.enable()


def test_users_own_extra_repr():
    ours, theirs = (
        type("Net", (n.Module,), {"extra_repr": lambda self: "a=1\nb=2"}) for n in (nn, torch.nn)
    )
    assert repr(ours()) == repr(theirs())
    a, b = ours(), theirs()
    a.child, b.child = nn.Module(), torch.nn.Module()
    assert repr(a) == repr(b) == "Net(\n  a=1\n  b=2\n  (child): Module()\n)"


@BOTH
def test_calling_a_layer_twice_adds_its_gradients(lib):  # E7: activations cached on the layer
    t, n = lib
    m = n.Linear(1, 1, bias=False)
    with t.no_grad():
        m.weight.fill_(3)
    x = t.tensor([[2.0]])
    m(m(x)).sum().backward()
    assert m.weight.grad.item() == 2 * 3 * 2
    assert np.isclose(m(m(x)).item(), 18)
