"""Sequential and ModuleList behave as torch's do."""

from collections import OrderedDict

import pytest
import torch
from next_to_torch import BOTH

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
