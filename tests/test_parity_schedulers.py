"""Every scheduler gives torch's learning rates and momenta, bit by bit, over grids of options."""

import copy
import warnings

import pytest
import torch
from next_to_torch import plain, same_error, told

import tinygrad_np as tnp
from nn import optim

LIBS = [(tnp, optim), (torch, torch.optim)]
BOTH = pytest.mark.parametrize("lib", LIBS, ids=["ours", "torch"])


class Halving:
    """A function that is an object, whose attributes are saved."""

    def __init__(self, factor=0.5):
        self.factor = factor

    def __call__(self, epoch):
        return self.factor ** (epoch % 5)


def falling(epoch):
    return 1 / (1 + 0.1 * epoch)


def steady(epoch):
    return 0.97


GRID = [
    *(("StepLR", dict(step_size=n, gamma=g)) for n in (1, 7) for g in (0.1, 0.5)),
    *(("MultiStepLR", dict(milestones=m)) for m in ([], [3, 9, 9, 30], [0, 5], [9, 3])),
    ("MultiStepLR", dict(milestones=range(4, 20, 4), gamma=0.7)),
    *(("ConstantLR", dict(factor=f, total_iters=n)) for f in (1 / 3, 1.0, 0.7) for n in (0, 1, 12)),
    *(
        ("LinearLR", dict(start_factor=s, end_factor=e, total_iters=n))
        for s in (1 / 3, 1.0)
        for e in (1.0, 0.0, 0.2)
        for n in (1, 20)
    ),
    *(("ExponentialLR", dict(gamma=g)) for g in (0.9, 1, 1.01)),
    *(("PolynomialLR", dict(total_iters=n, power=p)) for n in (1, 30) for p in (1.0, 2.5, 0.5)),
    *(("CosineAnnealingLR", dict(T_max=n, eta_min=e)) for n in (1, 10, 80) for e in (0.0, 0.01)),
    *(
        ("CosineAnnealingWarmRestarts", dict(T_0=n, T_mult=m, eta_min=e))
        for n in (1, 7)
        for m in (1, 2, 3)
        for e in (0, 0.001)
    ),
    *(
        (name, dict(lr_lambda=f))
        for name in ("LambdaLR", "MultiplicativeLR")
        for f in (falling, [falling, steady], (steady, Halving()))
    ),
    *(
        ("CyclicLR", dict(base_lr=0.01, max_lr=[0.1, 0.3], step_size_up=5, mode=m, **options))
        for m in ("triangular", "triangular2", "exp_range")
        for options in (
            {},
            dict(step_size_down=11, gamma=0.97, base_momentum=[0.5, 0.6]),
            dict(cycle_momentum=False, scale_fn=Halving(0.9), scale_mode="iterations"),
            dict(scale_fn=lambda x: 1 / x, max_momentum=0.99),
        )
    ),
    *(
        ("OneCycleLR", dict(max_lr=[0.5, 0.1], anneal_strategy=a, three_phase=t, **options))
        for a in ("cos", "linear")
        for t in (False, True)
        for options in (
            dict(total_steps=60),
            dict(epochs=6, steps_per_epoch=10, pct_start=0.4, div_factor=3.0),
            dict(total_steps=70, cycle_momentum=False, final_div_factor=10),
            dict(total_steps=65, base_momentum=[0.5, 0.6], max_momentum=0.97),
        )
    ),
]


def make(lib, name, options, kind="SGD", **more):
    t, o = lib
    groups = [{"params": t.ones(1), "lr": 0.02}, {"params": t.ones(1)}]
    choice = {"momentum": 0.8} if kind == "SGD" else {}
    optimizer = getattr(o, kind)(groups, lr=0.5, **choice)
    return optimizer, getattr(o.lr_scheduler, name)(optimizer, **copy.deepcopy(options), **more)


def shown(optimizer, scheduler):
    """What a scheduler changes: rates and momenta, and what a group remembers of them."""
    groups = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    return [*scheduler.get_last_lr(), scheduler.last_epoch, groups]


def history(optimizer, scheduler, steps=55, *args):
    rows = [shown(optimizer, scheduler)]
    for _ in range(steps):
        optimizer.step()
        scheduler.step(*args)
        assert scheduler.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
        rows.append(copy.deepcopy(shown(optimizer, scheduler)))
    return rows


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), GRID, ids=plain)
def test_rates_and_momenta(name, options, kind):
    ours, theirs = (history(*make(lib, name, options, kind)) for lib in LIBS)
    assert ours == theirs


@pytest.mark.parametrize(("name", "options"), GRID, ids=plain)
def test_going_on_from_a_state_and_from_a_last_epoch(name, options):
    saved = []
    for lib in LIBS:
        optimizer, scheduler = make(lib, name, options)
        history(optimizer, scheduler, 13)
        saved.append(copy.deepcopy((optimizer.state_dict(), scheduler.state_dict())))
    results = []
    for (lib, own), other in zip(zip(LIBS, saved, strict=True), saved[::-1], strict=True):
        for state in (own[1], other[1]):  # each library loads what the other saved
            optimizer, scheduler = make(lib, name, options)
            optimizer.load_state_dict(own[0])
            scheduler.load_state_dict(copy.deepcopy(state))
            results.append(history(optimizer, scheduler, 20))
        optimizer, _ = make(lib, name, options)
        optimizer.load_state_dict(own[0])
        cls = getattr(lib[1].lr_scheduler, name)
        results.append(history(optimizer, cls(optimizer, **options, last_epoch=13), 20))
    assert results[0] == results[1] == results[3] == results[4]
    assert results[2] == results[5]


@pytest.mark.parametrize(("name", "options"), GRID, ids=plain)
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_stepping_to_epochs(name, options):
    rows = []
    for lib in LIBS:
        optimizer, scheduler = make(lib, name, options)
        optimizer.step()
        for epoch in (4, 1, 17, 30):
            scheduler.step(epoch)
            rows.append(copy.deepcopy(shown(optimizer, scheduler)))
            scheduler.step()
            rows.append(copy.deepcopy(shown(optimizer, scheduler)))
    assert rows[:8] == rows[8:]


def test_fractions_of_epochs():
    rows = []
    for lib in LIBS:
        optimizer, scheduler = make(lib, "CosineAnnealingWarmRestarts", dict(T_0=3, T_mult=2))
        for i in range(40):
            scheduler.step(i / 3)
            rows.append(copy.deepcopy(shown(optimizer, scheduler)))
    assert rows[:40] == rows[40:]


LOSSES = [5, 4, 4.5, 4, 4, 3.99999, 6, 6, 6, 6, 2, 2, 2, 2, float("nan"), 2, 2, 1, -1, -1, -1, -2]


@pytest.mark.parametrize(
    "options",
    [
        dict(patience=p, mode=m, threshold_mode=t, cooldown=c, threshold=1e-2)
        for p in (0, 2)
        for m in ("min", "max")
        for t in ("rel", "abs")
        for c in (0, 3)
    ]
    + [dict(patience=1, min_lr=[0.001, 0.2]), dict(patience=0, factor=0.5, eps=0.01, min_lr=0.1)],
    ids=plain,
)
def test_plateau(options):
    rows, states = [], []
    for t, o in LIBS:
        optimizer, scheduler = make((t, o), "ReduceLROnPlateau", options)
        for i, loss in enumerate(LOSSES * 3):
            if i == 7:
                state = copy.deepcopy(scheduler.state_dict())
                rates = optimizer.state_dict()
                optimizer, scheduler = make((t, o), "ReduceLROnPlateau", {})
                optimizer.load_state_dict(rates)
                scheduler.load_state_dict(state)
            scheduler.step(t.tensor(loss))
            rows.append((shown(optimizer, scheduler)[:3], scheduler.in_cooldown))
        states.append(scheduler.state_dict())
    assert rows[: len(rows) // 2] == rows[len(rows) // 2 :]
    assert states[0] == states[1]


def test_plateau_with_groups_that_came_later():
    for t, o in LIBS:
        optimizer, scheduler = make((t, o), "ReduceLROnPlateau", dict(patience=0))
        optimizer.add_param_group({"params": t.ones(1), "lr": 1.0})
        scheduler.step(1), scheduler.step(1)
        assert scheduler.get_last_lr() == pytest.approx([0.002, 0.05, 0.1])

    def act(t, o):
        optimizer, scheduler = make((t, o), "ReduceLROnPlateau", dict(patience=0, min_lr=[0, 0]))
        optimizer.add_param_group({"params": t.ones(1), "lr": 1.0})
        scheduler.step(1), scheduler.step(1)

    same_error(act, LIBS)


def chained(o, optimizer):
    s = o.lr_scheduler
    return s.ChainedScheduler(
        [s.ConstantLR(optimizer, 0.1, 4), s.CosineAnnealingLR(optimizer, 20, 1e-3)]
    )


def sequential(o, optimizer):
    s = o.lr_scheduler
    parts = [
        s.LinearLR(optimizer, 0.1, total_iters=5),
        s.CosineAnnealingWarmRestarts(optimizer, 4, 2),
        s.CyclicLR(optimizer, 0.1, 0.3, 4),
        s.StepLR(optimizer, 3),
    ]
    return s.SequentialLR(optimizer, parts, [5, 17, 30])


def sequential_of_chained(o, optimizer):
    s = o.lr_scheduler
    parts = [chained(o, optimizer), s.ExponentialLR(optimizer, 0.9)]
    return s.SequentialLR(optimizer, parts, [8])


def sequential_of_sequential(o, optimizer):
    s = o.lr_scheduler
    inner = s.SequentialLR(
        optimizer, [s.ConstantLR(optimizer, 0.5), s.StepLR(optimizer, 2)], milestones=[3]
    )
    return s.SequentialLR(optimizer, [inner, s.PolynomialLR(optimizer, 9)], [11])


def chained_of_sequential(o, optimizer):
    s = o.lr_scheduler
    return s.ChainedScheduler([sequential(o, optimizer), s.ExponentialLR(optimizer, 0.9)])


def first_milestone_at_once(o, optimizer):
    s = o.lr_scheduler
    parts = [s.ConstantLR(optimizer, 0.5), s.ExponentialLR(optimizer, 0.8)]
    return s.SequentialLR(optimizer, parts, [0])


COMBINED = [
    chained,
    sequential,
    sequential_of_chained,
    sequential_of_sequential,
    chained_of_sequential,
    first_milestone_at_once,
]


@pytest.mark.parametrize("build", COMBINED)
@pytest.mark.filterwarnings("ignore:Detected call of")  # of torch too: a nested one starts twice
def test_combinations(build):
    rows = []
    for t, o in LIBS:
        groups = [{"params": t.ones(1), "lr": 0.02}, {"params": t.ones(1)}]
        optimizer = o.SGD(groups, lr=0.5, momentum=0.8)
        scheduler = build(o, optimizer)
        for step in range(50):
            optimizer.step()
            scheduler.step()
            rows.append(copy.deepcopy((scheduler.get_last_lr(), optimizer.param_groups[1]["lr"])))
            if step == 9:
                state = copy.deepcopy(scheduler.state_dict())
                rates = optimizer.state_dict()
                optimizer = o.SGD(copy.deepcopy(groups), lr=0.5, momentum=0.8)
                scheduler = build(o, optimizer)
                optimizer.load_state_dict(rates)
                scheduler.load_state_dict(state)
    assert rows[:50] == rows[50:]


def sgd(t, o, **options):
    return o.SGD([{"params": t.ones(1)}, {"params": t.ones(1)}], **options)


def wrong(name, *args, **options):
    return lambda t, o: getattr(o.lr_scheduler, name)(sgd(t, o), *args, **options)


def too_many_steps(t, o):
    optimizer = sgd(t, o, momentum=0.9)
    scheduler = o.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=5)
    for _ in range(6):
        optimizer.step(), scheduler.step()


def combine(name, milestones=(), schedulers=None, same=True, optimizer=None):
    def act(t, o):
        s, first = o.lr_scheduler, sgd(t, o)
        parts = [s.StepLR(first if same else sgd(t, o), 1)] if schedulers is None else schedulers
        parts = [s.ReduceLROnPlateau(first) if part == "plateau" else part for part in parts]
        if name == "SequentialLR":
            s.SequentialLR(first, parts, list(milestones))
        else:
            s.ChainedScheduler(parts, optimizer if optimizer is None else first)

    return act


@pytest.mark.parametrize(
    "act",
    [
        *(wrong(name, lambda epoch: 1, last_epoch=3) for name in ("LambdaLR", "MultiplicativeLR")),
        *(wrong(name, [steady]) for name in ("LambdaLR", "MultiplicativeLR")),
        wrong("MultiplicativeLR", [steady, 3]),
        wrong("ConstantLR", factor=1.1),
        wrong("ConstantLR", factor=-0.1),
        wrong("LinearLR", start_factor=0),
        wrong("LinearLR", start_factor=1.5),
        wrong("LinearLR", end_factor=-0.1),
        wrong("LinearLR", end_factor=2),
        wrong("CosineAnnealingWarmRestarts", 0),
        wrong("CosineAnnealingWarmRestarts", 2.5),
        wrong("CosineAnnealingWarmRestarts", 2, 0),
        wrong("CosineAnnealingWarmRestarts", 2, eta_min="a"),
        lambda t, o: wrong("CosineAnnealingWarmRestarts", 2)(t, o).step(-1),
        wrong("CyclicLR", 0.1, 0.2, mode="square"),
        wrong("CyclicLR", [0.1], 0.2),
        wrong("CyclicLR", 0.1, [0.2]),
        wrong("CyclicLR", 0.1, 0.2, base_momentum=[0.2]),
        lambda t, o: o.lr_scheduler.CyclicLR(o.Adagrad([t.ones(1)]), 0.1, 0.2),
        lambda t, o: o.lr_scheduler.OneCycleLR(o.Adagrad([t.ones(1)]), 0.1, 10),
        wrong("OneCycleLR", 0.1),
        wrong("OneCycleLR", 0.1, epochs=3),
        wrong("OneCycleLR", 0.1, total_steps=0),
        wrong("OneCycleLR", 0.1, total_steps=2.0),
        wrong("OneCycleLR", 0.1, epochs=-1, steps_per_epoch=2),
        wrong("OneCycleLR", 0.1, epochs=1, steps_per_epoch=0),
        wrong("OneCycleLR", 0.1, 10, pct_start=1),
        wrong("OneCycleLR", 0.1, 10, pct_start=1.5),
        wrong("OneCycleLR", 0.1, 10, anneal_strategy="sin"),
        wrong("OneCycleLR", [0.1], 10),
        too_many_steps,
        wrong("ReduceLROnPlateau", factor=1.0),
        wrong("ReduceLROnPlateau", mode="best"),
        wrong("ReduceLROnPlateau", threshold_mode="log"),
        wrong("ReduceLROnPlateau", min_lr=[0.1]),
        *(
            (lambda t, o, name=name, args=args: getattr(o.lr_scheduler, name)(3, *args))
            for name, args in [
                ("StepLR", [1]),
                ("CyclicLR", [0.1, 0.2]),
                ("OneCycleLR", [0.1, 5]),
                ("ReduceLROnPlateau", []),
            ]
        ),
        combine("SequentialLR", schedulers=[]),
        combine("SequentialLR", milestones=[1]),
        combine("SequentialLR", same=False),
        combine("SequentialLR", schedulers=["plateau"]),
        combine("SequentialLR", schedulers=[3]),
        combine("ChainedScheduler", schedulers=[]),
        combine("ChainedScheduler", same=False, optimizer=True),
        combine("ChainedScheduler", schedulers=["plateau"]),
        combine("ChainedScheduler", schedulers=[3], optimizer=True),
        wrong("StepLR", 3, last_epoch=2),
    ],
)
def test_errors(act):
    same_error(act, LIBS)


@BOTH
def test_warnings(lib):
    optimizer, scheduler = make(lib, "StepLR", dict(step_size=2))
    optimizer.step()
    with pytest.warns(UserWarning, match=r"please use `get_last_lr\(\)`"):
        assert scheduler.get_lr() == [0.02, 0.5]
    optimizer.step()
    optimizer, scheduler = make(lib, "ReduceLROnPlateau", {})
    with pytest.warns(UserWarning, match=r"The epoch parameter in `scheduler.step\(\)` was not"):
        scheduler.step(1.0, 3)
    with warnings.catch_warnings():  # a later scheduler knows of the steps under an earlier one
        warnings.simplefilter("error")
        optimizer, scheduler = make(lib, "StepLR", dict(step_size=2))
        optimizer.step()
        lib[1].lr_scheduler.StepLR(optimizer, 2).step()


@BOTH
def test_steps_before_the_first_scheduler_do_not_count(lib):
    optimizer = sgd(*lib)
    optimizer.step()
    scheduler = lib[1].lr_scheduler.StepLR(optimizer, 1)
    with pytest.warns(UserWarning, match="Detected call of `lr_scheduler.step"):
        scheduler.step()


NAMES = [*dict(GRID), "ReduceLROnPlateau", "SequentialLR", "ChainedScheduler", "LRScheduler"]


@pytest.mark.parametrize("name", NAMES)
def test_arguments_and_defaults(name):
    ours, theirs = (getattr(o.lr_scheduler, name) for _, o in LIBS)
    assert told(ours) == told(theirs)
    assert issubclass(ours, optim.lr_scheduler._LRScheduler)


def test_no_scheduler_is_left_out():
    assert sorted(NAMES) == sorted(torch.optim.lr_scheduler.__all__)
