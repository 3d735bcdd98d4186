"""Saving, loading, copying and pickling modules: checked on torch too, which says what is right."""

import copy
import pickle
from collections import OrderedDict

import pytest
from next_to_torch import BOTH, block, same_error

import nn
import tinygrad_np as tnp


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
