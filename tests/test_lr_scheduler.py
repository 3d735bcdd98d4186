"""Schedulers give torch's learning rates, warnings and errors."""

import warnings

import pytest
import torch
from next_to_torch import told

import tinygrad_np as tnp
from nn import optim

LIBS = [(tnp, optim), (torch, torch.optim)]
BOTH = pytest.mark.parametrize("lib", LIBS, ids=["ours", "torch"])


def make(lib, step_size=3, gamma=0.3, **options):
    t, o = lib
    groups = [{"params": t.ones(1), "lr": 0.02}, {"params": t.ones(1)}]
    optimizer = o.SGD(groups, lr=0.5)
    return optimizer, o.lr_scheduler.StepLR(optimizer, step_size, gamma, **options)


def rates(lib, epochs, **options):
    optimizer, scheduler = make(lib, **options)
    history = [scheduler.get_last_lr()]
    for _ in range(epochs):
        optimizer.step()
        scheduler.step()
        assert scheduler.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
        history.append(list(scheduler.get_last_lr()))
    return history


@pytest.mark.parametrize("step_size", [1, 3, 6])
def test_step_lr(step_size):
    ours, theirs = (rates(lib, 20, step_size=step_size) for lib in LIBS)
    assert ours == theirs


def test_the_recipe_of_lenet():  # A15: 2e-2, 6e-3, 1.8e-3, 5.4e-4
    history = [group[0] for group in rates(LIBS[0], 19, step_size=6)]
    for epoch, expected in [(0, 2e-2), (5, 2e-2), (6, 6e-3), (12, 1.8e-3), (18, 5.4e-4)]:
        assert history[epoch] == pytest.approx(expected, rel=1e-12)


@BOTH
def test_going_on_from_a_saved_state(lib):
    optimizer, scheduler = make(lib)
    for _ in range(4):
        optimizer.step(), scheduler.step()
    again, resumed = make(lib)
    again.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    assert "optimizer" not in scheduler.state_dict()
    for _ in range(5):
        optimizer.step(), scheduler.step()
        again.step(), resumed.step()
        assert resumed.get_last_lr() == scheduler.get_last_lr()
    assert resumed.last_epoch == 9


def test_state_dict_has_torchs_entries():
    ours, theirs = (make(lib)[1].state_dict() for lib in LIBS)
    names = ("step_size", "gamma", "base_lrs", "last_epoch", "_step_count", "_last_lr")
    assert [ours[n] for n in names] == [theirs[n] for n in names]


@BOTH
def test_last_epoch(lib):
    optimizer, _ = make(lib)
    scheduler = lib[1].lr_scheduler.StepLR(optimizer, 3, 0.3, last_epoch=2)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02 * 0.3)
    assert scheduler.base_lrs == [0.02, 0.5]
    with pytest.raises(KeyError, match=r"param 'initial_lr' is not specified in param_groups\[0\]"):
        lib[1].lr_scheduler.StepLR(lib[1].SGD([lib[0].ones(1)]), 3, last_epoch=2)


@BOTH
def test_schedulers_can_be_combined(lib):
    optimizer, first = make(lib, step_size=2, gamma=0.5)
    second = lib[1].lr_scheduler.StepLR(optimizer, 3, 0.1)
    for _ in range(6):
        optimizer.step(), first.step(), second.step()
    assert optimizer.param_groups[1]["lr"] == pytest.approx(0.5 * 0.5**3 * 0.1**2)


@BOTH
def test_stepping_to_an_epoch(lib):
    optimizer, scheduler = make(lib)
    optimizer.step()
    with pytest.warns(
        UserWarning, match=r"The epoch parameter in `scheduler.step\(\)` was not nec"
    ):
        scheduler.step(7)
    assert scheduler.get_last_lr() == [0.02 * 0.3**2, 0.5 * 0.3**2]
    scheduler.step()
    assert scheduler.last_epoch == 8


@BOTH
def test_the_wrong_order_warns(lib):
    optimizer, scheduler = make(lib)
    with pytest.warns(UserWarning, match=r"Detected call of `lr_scheduler.step\(\)` before `opti"):
        scheduler.step()
    optimizer, scheduler = make(lib)
    optimizer.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


@BOTH
def test_users_own_scheduler_and_optimizer(lib):
    class Linear(lib[1].lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base * (1 - self.last_epoch / 10) for base in self.base_lrs]

    class Still(lib[1].Optimizer):
        def step(self, closure=None):
            return None

    optimizer = Still([lib[0].ones(1)], {"lr": 1.0})
    scheduler = Linear(optimizer)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([0.7])


@BOTH
def test_only_optimizers(lib):
    with pytest.raises(TypeError, match="int is not an Optimizer"):
        lib[1].lr_scheduler.StepLR(3, 1)


def test_arguments_and_defaults():
    assert told(optim.lr_scheduler.StepLR) == told(torch.optim.lr_scheduler.StepLR)
