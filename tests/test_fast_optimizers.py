"""The compiled steps of SGD and Adam: bit for bit those of the readable rules, on NumPy."""

import numpy as np
import pytest

import tinygrad_np as tnp
from nn import optim

pytest.importorskip("numba")
from tinygrad_np.fast import optimizers

CASES = [
    (optim.SGD, {}),
    (optim.SGD, {"weight_decay": 0.1}),
    (optim.SGD, {"momentum": 0.9, "weight_decay": 0.1, "maximize": True}),
    (optim.SGD, {"momentum": 0.9, "dampening": 0.3}),
    (optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 1e-4}),
    (optim.Adam, {}),
    (optim.Adam, {"weight_decay": 0.1, "maximize": True, "betas": (0.8, 0.95)}),
    (optim.AdamW, {"weight_decay": 0.1, "eps": 1e-3}),
]
TWINS = {optim.SGD: optimizers.sgd, optim.Adam: optimizers.adam, optim.AdamW: optimizers.adam}


def plain(kind):
    """The readable rule, which stands alone with TINYGRAD_NP_FAST=0."""
    return getattr(kind.update, "plain", kind.update)


def steps(kind, options, dtype, update, order="C"):
    """The parameter and the state after five steps by `update`, and how often it did one."""
    rng, done = np.random.default_rng(0), 0
    p = np.asarray(rng.normal(size=(50, 101)), dtype, order)
    gradients = [np.asarray(rng.normal(size=p.shape), dtype, order) for _ in range(5)]
    optimizer = kind([tnp.zeros(1, requires_grad=True)], lr=0.01, **options)
    state, (group,) = {}, optimizer.param_groups
    for g in gradients:
        if update(optimizer, p, g, state, group) is NotImplemented:
            plain(kind)(optimizer, p, g, state, group)
        else:
            done += 1
    return [p, *(state[name].numpy() for name in sorted(state))], done


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_five_steps_have_the_bits_of_the_rule(kind, options, dtype, order):
    ours, done = steps(kind, options, dtype, TWINS[kind], order)
    expected, _ = steps(kind, options, dtype, plain(kind), order)
    assert done == (5 if kind is optim.SGD and "momentum" not in options else 4)
    assert len(ours) == len(expected)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_what_is_left_to_the_rule(kind):
    optimizer = kind([tnp.zeros(1, requires_grad=True)], lr=0.01)
    (group,) = optimizer.param_groups
    whole = np.zeros((6, 8), np.float32)
    state = {n: tnp.zeros(6, 4) for n in ("momentum_buffer", "exp_avg", "exp_avg_sq")}
    state["step"] = tnp.tensor(1.0)
    for p in (whole[:, ::2], np.zeros((6, 4), np.float16)):
        assert TWINS[kind](optimizer, p, np.ones_like(p), state, group) is NotImplemented
    assert state["step"].item() == 1
    assert not whole.any()
    group["amsgrad"] = True
    if kind is optim.Adam:
        p = np.zeros((6, 4), np.float32)
        assert optimizers.adam(optimizer, p, p, state, group) is NotImplemented


@pytest.mark.parametrize(("kind", "options"), CASES)
@pytest.mark.parametrize("start", [1.0, np.inf])
def test_a_parameter_that_is_its_own_gradient(kind, options, start):
    results = []
    for update in (TWINS[kind], plain(kind)):
        optimizer = kind([tnp.zeros(1, requires_grad=True)], lr=0.1, **options)
        p, state, (group,) = np.full(50, start, np.float32), {}, optimizer.param_groups
        with np.errstate(invalid="ignore"):
            for _ in range(3):
                if update(optimizer, p, p, state, group) is NotImplemented:
                    plain(kind)(optimizer, p, p, state, group)
        results.append(p)
    np.testing.assert_array_equal(*results)


def test_read_only_parameters_and_updates_by_keyword():
    p = np.zeros(1 << 15, np.float32)
    optimizer = optim.SGD([tnp.zeros(1, requires_grad=True)], lr=0.1)
    (group,) = optimizer.param_groups
    optimizer.update(p=p, g=np.ones_like(p), state={}, group=group)
    assert (p == np.float32(-0.1)).all()
    p.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        optimizer.update(p, np.ones_like(p), {}, group)
