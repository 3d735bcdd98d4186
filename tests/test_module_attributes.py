"""What assigning attributes of a Module registers, and torch's texts where it must not be."""

import pytest
from next_to_torch import BOTH, same_error

import nn
import tinygrad_np as tnp


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
