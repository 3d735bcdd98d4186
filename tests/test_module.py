"""Module: every check runs on torch too, so that torch is what says what is right."""

import gc
import weakref

import numpy as np
import pytest
import torch
from next_to_torch import BOTH, block

import nn
import tinygrad_np as tnp


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
