"""Sequential and ModuleList behave as torch's do."""

import operator
from collections import OrderedDict

import pytest
import torch
from next_to_torch import BOTH, LIBS, same_error, translated

import nn


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


def both(act):
    """What `act(t, n)` gives with ours and with torch, which must be the same text."""
    ours, theirs = (str(act(t, n)) for t, n in LIBS)
    assert ours == translated(theirs)
    return ours


def test_module_dict():
    def act(t, n):
        d = n.ModuleDict({"a": n.ReLU(), "b": n.Sequential(n.Tanh(), n.Linear(2, 2))})
        yield d
        d["c"] = n.Sigmoid()
        d.update([("a", n.Tanh()), ["d", n.ReLU()]])
        d.update(n.ModuleDict(OrderedDict(z=n.Tanh(), y=n.ReLU())))
        yield d, len(d), list(d), "a" in d, "q" in d, d["a"], list(d.keys())
        del d["a"]
        yield d.pop("c"), [(k, type(v).__name__) for k, v in d.items()], list(d.values())
        yield list(d.state_dict()), d.b is d["b"], hash(d) == hash(d)
        d.clear()
        yield d

    both(lambda t, n: list(act(t, n)))


def test_parameter_list():
    def act(t, n):
        p = n.ParameterList([t.ones(2, 3), n.Parameter(t.ones(()).double(), False), 5])
        yield p, len(p), [type(x).__name__ for x in p], list(p.state_dict())
        p.append(t.zeros(1)).extend([t.ones(1), "text"])
        p += [t.ones(4)]
        p[0] = t.ones(2)
        yield p, p[-1], p[1:3], p[::-2], [name for name, _ in p.named_parameters()]
        yield n.ParameterList(), n.ParameterList([3]), p[0].requires_grad, "0" in dir(p)
        nest = n.Module()
        nest.weights = p
        nest.layer = n.ReLU()
        yield nest, list(nest.state_dict())

    both(lambda t, n: list(act(t, n)))


def test_parameter_dict():
    def act(t, n):
        p = n.ParameterDict({"b": t.ones(2), "a": n.Parameter(t.ones(1)), "n": 3})
        yield list(p), len(p), [type(x).__name__ for x in p.values()], "a" in p, list(reversed(p))
        yield list(p.state_dict()), p["n"], p.get("q"), p.get("n", 4), p.setdefault("n", 4)
        p.update(OrderedDict(z=t.ones(1), y=t.zeros(1)))
        p.update([("c", t.ones(2, 2))])
        yield p.setdefault("new", t.ones(3)), list(p.items()), list(p.keys())
        del p["z"]
        yield p.popitem(), p.pop("n"), list(p), list(p.copy())
        yield list(p | {"v": 1}), sorted({"v": 1} | p), list(p.fromkeys(["q", "r"], 1).items())
        p |= {"w": t.ones(1)}
        yield list(p)
        p.clear()
        yield p, len(p), list(p.parameters())

    both(lambda t, n: list(act(t, n)))


def test_repr_of_parameter_dicts():
    ours, theirs = (
        repr(n.ParameterDict({"b": t.ones(2, 1), "n": 3, "d": t.ones(1).double()})) for t, n in LIBS
    )
    assert ours.replace("tinygrad_np.", "torch.") == theirs


def test_error_texts():
    for act in [
        lambda t, n: n.ModuleList([n.ReLU()])[1],
        lambda t, n: n.ModuleList([n.ReLU()])[-2],
        lambda t, n: n.Sequential(n.ReLU())[1],
        lambda t, n: n.Sequential()["a"],
        lambda t, n: n.Sequential(n.ReLU()).insert(2, n.ReLU()),
        lambda t, n: operator.add(n.Sequential(), [n.ReLU()]),
        lambda t, n: n.Sequential() * 0,
        lambda t, n: n.Sequential() * 1.5,
        lambda t, n: n.ModuleList(3),
        lambda t, n: n.ModuleList([3]),
        lambda t, n: n.ModuleList([n.ReLU])(1),
        lambda t, n: n.ModuleList([n.ReLU()])(1),
        lambda t, n: n.ModuleDict()(1),
        lambda t, n: n.ModuleDict({"a": 3}),
        lambda t, n: n.ModuleDict({"a.b": n.ReLU()}),
        lambda t, n: n.ModuleDict({"keys": n.ReLU()}),
        lambda t, n: n.ModuleDict({3: n.ReLU()}),
        lambda t, n: n.ModuleDict(3),
        lambda t, n: n.ModuleDict([3]),
        lambda t, n: n.ModuleDict([("a",)]),
        lambda t, n: n.ModuleDict()["a"],
        lambda t, n: n.ModuleDict().pop("a"),
        lambda t, n: n.ParameterList([t.ones(1)])(1),
        lambda t, n: n.ParameterList([t.ones(1)])[1],
        lambda t, n: n.ParameterList(3),
        lambda t, n: n.ParameterList(t.ones(2)),
        lambda t, n: n.ParameterDict()(1),
        lambda t, n: n.ParameterDict({3: t.ones(1)}),
        lambda t, n: n.ParameterDict([("a", 1, 2)]),
        lambda t, n: n.ParameterDict([3]),
        lambda t, n: n.ParameterDict()["a"],
    ]:
        same_error(act)
    with pytest.raises(
        TypeError, match=r"ParameterDict.update should be called with an iterable o"
    ):
        nn.ParameterDict(3)
