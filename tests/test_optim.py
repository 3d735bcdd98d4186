"""Optimisers go step by step where torch.optim goes, and say what it says."""

import copy
import pickle

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp
from nn import optim

LIBS = [(tnp, nn, optim), (torch, torch.nn, torch.optim)]
BOTH = pytest.mark.parametrize("lib", LIBS, ids=["ours", "torch"])
SHAPES = [(3, 4), (4,), ()]

NAMES = ["SGD", "Adam", "AdamW", "Adadelta", "Adagrad", "RMSprop", "NAdam", "RAdam", "Adamax"]


def parameters(t, dtype="float64"):
    """The same few parameters in either library, one of which never gets a gradient."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in [*SHAPES, (2,)]]
    return [t.tensor(a, dtype=getattr(t, dtype), requires_grad=True) for a in arrays]


def set_gradients(t, params, step):
    rng = np.random.default_rng(100 + step)
    for p, shape in zip(params, SHAPES, strict=False):
        p.grad = t.tensor(rng.normal(size=shape) * 0.3, dtype=p.dtype)


def assert_close(ours, theirs, tolerance=1e-12):
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(
            a.detach().numpy(), b.detach().numpy(), rtol=tolerance, atol=tolerance
        )


@BOTH
def test_weight_decay_shrinks_weights(lib):  # E16: nnet's grew from 0.37 to 0.98
    t, _, o = lib
    p = t.full((4,), 0.37, requires_grad=True)
    optimizer = o.SGD([p], lr=0.1, weight_decay=0.1)
    for _ in range(20):
        p.grad = t.zeros(4)
        optimizer.step()
    assert p[0].item() == pytest.approx(0.37 * 0.99**20, rel=1e-5)


@BOTH
def test_biases_decay_too_and_the_first_buffer_is_the_gradient(lib):  # A9
    t, n, o = lib
    m = n.Linear(1, 1)
    with t.no_grad():
        m.bias.fill_(2.0)
    optimizer = o.SGD(m.parameters(), lr=1.0, momentum=0.5, weight_decay=0.1)
    m.weight.grad, m.bias.grad = t.zeros(1, 1), t.ones(1)
    optimizer.step()
    assert optimizer.state[m.bias]["momentum_buffer"].item() == pytest.approx(1.2)
    assert m.bias.item() == pytest.approx(0.8)
    optimizer.step()
    assert optimizer.state[m.bias]["momentum_buffer"].item() == pytest.approx(0.6 + 1.08)


@BOTH
def test_groups_have_their_own_options(lib):
    t, _n, o = lib
    a, b, c = (t.ones(1, requires_grad=True) for _ in range(3))
    optimizer = o.SGD([{"params": a, "lr": 0.5}, {"params": [b], "momentum": 0.9}], lr=0.1)
    optimizer.add_param_group({"params": (c for _ in range(1)), "maximize": True})
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, 0.1, 0.1]
    for p in (a, b, c):
        p.grad = t.ones(1)
    optimizer.step()
    assert [p.item() for p in (a, b, c)] == pytest.approx([0.5, 0.9, 1.1])
    assert [len(g["params"]) for g in optimizer.param_groups] == [1, 1, 1]


@BOTH
def test_closure(lib):
    t, _n, o = lib
    p = t.ones(1, requires_grad=True)
    optimizer = o.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (3 * p).sum()
        loss.backward()
        return loss

    with t.no_grad():
        assert optimizer.step(closure).item() == 3
    assert p.item() == pytest.approx(0.7)
    assert optimizer.step() is None


@BOTH
def test_zero_grad(lib):
    t, _n, o = lib
    p, q = t.ones(2, requires_grad=True), t.ones(1, requires_grad=True)
    optimizer = o.SGD([p, q])
    (p * p).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0, 0]
    assert q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


@BOTH
def test_a_step_between_forward_and_backward_is_noticed(lib):
    t, _n, o = lib
    p = t.ones(1, requires_grad=True)
    loss = (p * p).sum()
    p.grad = t.ones(1)
    o.SGD([p], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@BOTH
@pytest.mark.parametrize("name", NAMES)
def test_saving_and_going_on(lib, name):
    t, _n, o = lib
    options = {"SGD": {"momentum": 0.9}, "Adam": {"amsgrad": True}}.get(name, {})

    def steps(optimizer, params, start, stop):
        for step in range(start, stop):
            set_gradients(t, params, step)
            optimizer.step()

    straight = parameters(t)
    first = getattr(o, name)(straight, lr=0.05, **options)
    steps(first, straight, 0, 3)
    resumed = [p.detach().clone().requires_grad_() for p in straight]
    second = getattr(o, name)(resumed, lr=9.0)
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    assert second.param_groups[0]["lr"] == 0.05
    steps(first, straight, 3, 6)
    steps(second, resumed, 3, 6)
    # NAdam's product of float32 is loaded as float64, in torch too
    assert_close(straight, resumed, 1e-8 if name == "NAdam" else 1e-12)


@pytest.mark.parametrize("dtype", [tnp.float32, tnp.float64])
def test_loaded_state_is_a_copy_in_the_parameters_dtype(dtype):
    p, q = tnp.ones(2, requires_grad=True), tnp.ones(2, dtype=dtype, requires_grad=True)
    p.grad = tnp.ones(2)
    a, b = optim.Adam([p]), optim.Adam([q])
    a.step()
    b.load_state_dict(a.state_dict())
    assert b.state[q]["exp_avg"].dtype is dtype
    assert b.state[q]["step"].dtype is tnp.float32
    a.step()
    assert b.state[q]["step"].item() == 1
    assert b.state[q]["exp_avg"][0].item() == pytest.approx(0.1)


@BOTH
def test_named_parameters(lib):
    t, n, o = lib
    m = n.Linear(1, 1)
    optimizer = o.SGD(m.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"][1] is m.bias
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    m(t.ones(1, 1)).sum().backward()
    optimizer.step()


@BOTH
def test_copies_and_pickles(lib):
    t, n, o = lib
    m = n.Linear(1, 1)
    optimizer = o.Adam(m.parameters())
    m(t.ones(1, 1)).sum().backward()
    optimizer.step()
    o.lr_scheduler.StepLR(optimizer, 1)  # must leave nothing on it that cannot be pickled
    optimizer.register_step_pre_hook(lambda *given: None)
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (p, *_) = twin.param_groups[0]["params"]
        assert twin.state[p]["step"].item() == 1
        p.grad = t.ones(1, 1)
        twin.step()


@BOTH
def test_a_state_of_adam_in_adamw(lib):
    t, _n, o = lib
    p = t.ones(1, requires_grad=True)
    state = o.Adam([p], weight_decay=0.5, lr=0.1).state_dict()
    del state["param_groups"][0]["maximize"]  # as if saved before there was such an option
    optimizer = o.AdamW([("w", p)])
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["decoupled_weight_decay"]
    assert optimizer.param_groups[0]["param_names"] == ["w"]
    p.grad = t.zeros(1)
    optimizer.step()
    assert p.item() == pytest.approx(0.95)


@BOTH
def test_saved_lists_and_dicts_are_copied_in_the_parameters_dtype(lib):
    t, _n, o = lib
    p = t.ones(1, dtype=t.float64)
    state = o.SGD([p]).state_dict()
    saved = [{"past": [t.ones(1)], "step": t.ones(1)}]
    state["state"] = {0: {"inner": saved[0], "name": 3}}
    optimizer = o.SGD([p])
    optimizer.load_state_dict(state)
    inner = optimizer.state[p]["inner"]
    assert inner["past"][0].dtype is t.float64
    assert inner["step"].dtype is t.float32
    assert optimizer.state[p]["name"] == 3


HOOKED = [(lib, name) for lib in LIBS for name in ("SGD", "Own")]
HOOKED.append((LIBS[0], "Heir"))  # torch runs the hooks of an heir that calls super().step() twice


@pytest.mark.parametrize(("lib", "name"), HOOKED)
def test_hooks(lib, name):
    t, _n, o = lib

    class Own(o.Optimizer):
        def step(self, closure=None):
            calls.append("step")
            return closure and closure()

    class Heir(o.SGD):
        def step(self, closure=None):
            calls.append("step")
            return super().step(closure)

    calls, p = [], t.ones(1)
    optimizer = Own([p], {}) if name == "Own" else {"SGD": o.SGD, "Heir": Heir}[name]([p])

    def closure():
        calls.append("closure")
        return 5

    def before(optimizer, args, kwargs):
        calls.append(("before", args[0] is optimizer, args[1:], kwargs))
        return args, {"closure": closure}

    first = optimizer.register_step_pre_hook(before)
    second = optimizer.register_step_post_hook(lambda *given: calls.append("after"))
    assert optimizer.step() == 5
    steps = [] if name == "SGD" else ["step"]
    assert calls == [("before", True, (), {}), *steps, "closure", "after"]
    first.remove(), second.remove()
    assert optimizer.step() is None
    assert calls[4 + len(steps) - 1 :] == steps
    optimizer.register_step_pre_hook(lambda *given: 3)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwar"):
        optimizer.step()


@BOTH
def test_users_own_optimizer(lib):
    t, _n, o = lib

    class SignSGD(o.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @t.no_grad()
        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad.sign()

    p = t.ones(2, requires_grad=True)
    (p * p).sum().backward()
    SignSGD([p], lr=0.25).step()
    assert p.tolist() == [0.75, 0.75]


@pytest.mark.parametrize("factor", [0.5, np.float32(0.5), tnp.tensor(0.5)])
def test_an_update_of_ones_own(factor):
    class Halve(optim.Optimizer):
        def update(self, p, g, state, group):
            assert type(group["factor"]) is float
            assert [type(item) for item in group["pair"]] == [float, int]
            p *= group["factor"]

    p = tnp.ones(2, requires_grad=True)
    (p * p).sum().backward()
    version = p.version.count
    Halve([p], {"factor": factor, "pair": (factor, 1)}).step()
    assert p.tolist() == [0.5, 0.5]
    assert p.version.count > version
