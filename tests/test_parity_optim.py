"""Every optimiser goes step by step where torch.optim goes, over grids of its options."""

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from test_optim import LIBS, NAMES, assert_close, parameters, set_gradients

BETAS = [(0.9, 0.999), (0.3, 0.5)]
DECAY = {"weight_decay": [0, 1e-2], "maximize": [False, True]}
DECOUPLED = {"betas": BETAS, "decoupled_weight_decay": [False, True], **DECAY}
CHOICES = {
    "SGD": {
        "momentum": [0, 0.9],
        "dampening": [0, 0.3],
        "nesterov": [False, True],
        **DECAY,
    },
    "Adam": {"amsgrad": [False, True], **DECOUPLED},
    "AdamW": {"amsgrad": [False, True], "weight_decay": [1e-2, 0.3], "maximize": [False, True]},
    "Adadelta": {"rho": [0.9, 0, 1], "eps": [1e-6, 1e-2], **DECAY},
    "Adagrad": {"lr_decay": [0, 0.1], "initial_accumulator_value": [0, 0.5], **DECAY},
    "RMSprop": {"alpha": [0.99, 0.5], "momentum": [0, 0.9], "centered": [False, True], **DECAY},
    "NAdam": {"momentum_decay": [4e-3, 0, 0.3], **DECOUPLED},
    "RAdam": DECOUPLED,
    "Adamax": {"betas": BETAS, "eps": [1e-8, 1e-2], **DECAY},
}
GRID = [
    (name, dict(zip(choices, values, strict=True)))
    for name, choices in CHOICES.items()
    for values in itertools.product(*choices.values())
    if name != "SGD" or not values[2] or (values[0] and not values[1])
]
# Rounding apart: torch's addcmul and addcdiv round once where NumPy rounds twice or thrice.
TOLERANCE = {"float64": 1e-12, "float32": 2e-6, "float16": 1e-2}


def same_state(ours, theirs, tolerance):
    a, b = ours.state_dict(), theirs.state_dict()
    assert list(a["state"]) == list(b["state"])
    for i, state in a["state"].items():
        other = b["state"][i]
        assert set(state) == set(other)
        assert_close(state.values(), [other[name] for name in state], tolerance)
        for name, value in state.items():
            assert str(value.dtype).split(".")[1] == str(other[name].dtype).split(".")[1]
    assert a["param_groups"] == b["param_groups"]
    assert [list(group) for group in a["param_groups"]] == [list(g) for g in b["param_groups"]]


def run_both(name, options, dtype, steps=20):
    """Groups with options of their own, 0-d and empty parameters, one without a gradient."""
    optimizers, params = [], []
    for t, _, o in LIBS:
        p = [*parameters(t, dtype), t.zeros(0, 3, dtype=getattr(t, dtype), requires_grad=True)]
        groups = [{"params": p[:2]}, {"params": p[2:], "lr": 0.01, "weight_decay": 0.1}]
        optimizers.append(getattr(o, name)(groups, lr=0.05, **options))
        params.append(p)
    for step in range(steps):
        for (t, _, _), p, optimizer in zip(LIBS, params, optimizers, strict=True):
            set_gradients(t, p, step)
            p[-1].grad = t.zeros(0, 3, dtype=p[-1].dtype)
            if step == steps // 2:
                optimizer.param_groups[0]["lr"] = 0.02  # lr multiplies b, not what b gathers
            optimizer.step()
        assert_close(*params, TOLERANCE[dtype])
    same_state(*optimizers, TOLERANCE[dtype])
    return params


def test_the_grid_covers_all():
    assert list(CHOICES) == NAMES
    assert len(GRID) == 212


@pytest.mark.parametrize(("name", "options"), GRID, ids=str)
def test_twenty_steps(name, options):
    run_both(name, options, "float64")


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", NAMES)
def test_lower_precisions_stay(name, dtype):  # E4, with options that NumPy would let promote
    results = []
    for t, _, o in LIBS:
        params = parameters(t, dtype)
        options = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
        lr, decay = np.float64(0.05), np.float64(0.01)
        # eps must not vanish in float16
        eps = {} if name == "SGD" else {"eps": np.float64(1e-3)}
        optimizer = getattr(o, name)(params, lr=lr, weight_decay=decay, **eps, **options)
        for step in range(3):
            set_gradients(t, params, step)
            optimizer.step()
        tensors = [
            v
            for s in optimizer.state.values()
            for k, v in s.items()
            if k not in ("step", "mu_product")
        ]
        assert {str(x.dtype).split(".")[1] for x in params + tensors} == {dtype}
        results.append(params)
    assert_close(*results, tolerance=TOLERANCE[dtype])


@pytest.mark.parametrize("name", NAMES)
def test_twenty_steps_in_float32(name):
    run_both(name, {}, "float32")


@settings(max_examples=40, deadline=None, print_blob=True)
@given(data=st.data())
def test_any_shape_and_strides(data):
    name = data.draw(st.sampled_from(NAMES))
    shape = data.draw(st.lists(st.integers(0, 4), max_size=3))
    flip, scale = data.draw(st.booleans()), 10.0 ** data.draw(st.integers(-6, 6))
    r = np.random.default_rng(len(shape))
    start, *gradients = (np.asarray(r.normal(size=shape)) for _ in range(4))
    params = []
    for t, _, o in LIBS:

        def laid(array, t=t):
            return t.from_numpy(array.copy().T if flip else array.copy())

        p = laid(start).requires_grad_()
        optimizer = getattr(o, name)([p])
        for g in gradients:
            p.grad = laid(np.asarray(scale * g))
            optimizer.step()
        params.append(p)
    assert_close(params[:1], params[1:], 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_that_torch_saved(name):
    options = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    before = parameters(torch)
    saved = getattr(torch.optim, name)(before, lr=0.05, **options)
    for step in range(3):
        set_gradients(torch, before, step)
        saved.step()
    loaded, params = [], []
    for t, _, o in LIBS:
        params.append([t.tensor(p.detach().numpy(), requires_grad=True) for p in before])
        state = saved.state_dict()
        state["state"] = {
            i: {k: t.tensor(v.numpy()) for k, v in s.items()} for i, s in state["state"].items()
        }
        loaded.append(getattr(o, name)(params[-1]))
        loaded[-1].load_state_dict(state)
        for step in range(3, 6):
            set_gradients(t, params[-1], step)
            loaded[-1].step()
    assert_close(*params)
    same_state(*loaded, 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_in_a_tensor(name):
    params = []
    for t, _, o in LIBS:
        p, lr = t.ones(3, dtype=t.float64, requires_grad=True), t.tensor([0.05], dtype=t.float64)
        optimizer = getattr(o, name)([p], lr=lr)
        scheduler = o.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for step in range(3):
            p.grad = t.full((3,), 0.1 * step, dtype=t.float64)
            optimizer.step()
            scheduler.step()
        assert optimizer.param_groups[0]["lr"] is lr
        assert lr.tolist() == [0.05 / 8]
        params.append(p)
    assert_close(params[:1], params[1:])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("error")
def test_no_warnings_at_zero(name):
    results = []
    for t, _, o in LIBS:
        p = t.zeros(2, requires_grad=True)
        p.grad = t.zeros(2)
        options = {} if name == "SGD" else {"eps": 0}
        getattr(o, name)([p], **options).step()
        results.append(p.tolist())
    np.testing.assert_equal(*results)
