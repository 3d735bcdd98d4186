"""What optimisers take and refuse, in torch's words."""

import pytest
import torch
from next_to_torch import same_error, told
from test_optim import NAMES

import tinygrad_np as tnp
from nn import optim

LIBS = [(tnp, optim), (torch, torch.optim)]
BOTH = pytest.mark.parametrize("lib", LIBS, ids=["ours", "torch"])


def two(t):
    return [{"params": t.ones(1)}, {"params": t.ones(1)}]


def load(optimizer, other):
    optimizer.load_state_dict(other.state_dict())


def repeated(t, o):
    p = t.ones(1)
    o.SGD([{"params": [p]}, {"params": [p]}])


@pytest.mark.parametrize(
    "act",
    [
        lambda t, o: o.SGD(t.ones(1)),
        lambda t, o: o.SGD([]),
        lambda t, o: o.SGD([3]),
        lambda t, o: o.SGD([{"params": {t.ones(1)}}]),
        lambda t, o: o.SGD([t.ones(1, requires_grad=True) * 2]),
        lambda t, o: o.SGD([t.ones(1)]).add_param_group([1]),
        lambda t, o: repeated(t, o),
        lambda t, o: o.SGD([("a", t.ones(1)), t.ones(1)]),
        lambda t, o: o.SGD([{"params": [("a", t.ones(1))]}, {"params": [t.ones(1)]}]),
        lambda t, o: o.SGD([{"params": [t.ones(1)]}, {"params": [("a", t.ones(1))]}]),
        lambda t, o: o.SGD([t.ones(1)], lr=-1),
        lambda t, o: o.SGD([t.ones(1)], momentum=-0.1),
        lambda t, o: o.SGD([t.ones(1)], weight_decay=-0.1),
        lambda t, o: o.SGD([t.ones(1)], nesterov=True),
        lambda t, o: o.SGD([t.ones(1)], momentum=0.9, dampening=0.1, nesterov=True),
        lambda t, o: o.Adam([t.ones(1)], lr=-1.0),
        lambda t, o: o.Adam([t.ones(1)], eps=-1.0),
        lambda t, o: o.Adam([t.ones(1)], betas=(1.0, 0.9)),
        lambda t, o: o.Adam([t.ones(1)], betas=(0.9, -0.1)),
        lambda t, o: o.Adam([t.ones(1)], weight_decay=-1),
        lambda t, o: o.Adam([t.ones(1)], betas=(0, 0.9)),
        lambda t, o: o.Adam([t.ones(1)], betas=(t.tensor(0.5), 0.9)),
        lambda t, o: o.Adam([t.ones(1)], fused=True, foreach=True),
        lambda t, o: o.SGD([t.ones(1)], fused=True, foreach=True),
        lambda t, o: o.Adagrad([t.ones(1)], fused=True, foreach=True),
        lambda t, o: load(o.SGD([t.ones(1)]), o.SGD(two(t))),
        lambda t, o: load(o.SGD([t.ones(1)]), o.SGD([t.ones(1), t.ones(1)])),
    ],
)
def test_errors(act):
    same_error(act, LIBS)


SHARED = [{"lr": -1.0}, {"weight_decay": -0.5}]
BAD = {name: [*SHARED, {"eps": -1.0}] for name in NAMES} | {"SGD": SHARED}
BAD["AdamW"] += [{"betas": (1.0, 0.9)}, {"betas": (0.9, -0.1)}]
for name in ("NAdam", "RAdam", "Adamax"):
    BAD[name] += [{"betas": (1.0, 0.9)}, {"betas": (0, 2)}]
BAD["NAdam"] += [{"momentum_decay": -1}]
BAD["Adadelta"] += [{"rho": -0.1}, {"rho": 1.1}, {"rho": 2, "lr": -1}]
BAD["Adagrad"] += [{"lr_decay": -1}, {"initial_accumulator_value": -0.1}]
BAD["RMSprop"] += [{"momentum": -1}, {"alpha": -0.1}, {"alpha": -1, "momentum": -2}]


@pytest.mark.parametrize(
    ("name", "options"), [(name, o) for name, options in BAD.items() for o in options], ids=str
)
def test_options_out_of_range(name, options):
    same_error(lambda t, o: getattr(o, name)([t.ones(1)], **options), LIBS)


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_is_one_number(name):
    same_error(lambda t, o: getattr(o, name)([t.ones(1)], lr=t.ones(2)), LIBS)
    for t, o in LIBS:
        with pytest.raises(ValueError, match="Invalid learning rate: "):
            getattr(o, name)([t.ones(1)], lr=t.tensor([-1.0]))


@BOTH
def test_duplicates_in_a_group_warn(lib):
    t, o = lib
    p = t.ones(1)
    with pytest.warns(
        UserWarning, match="optimizer contains a parameter group with duplicate para"
    ):
        o.SGD([p, p])


def test_differentiable_is_refused():
    with pytest.raises(ValueError, match="differentiable=True is not supported"):
        optim.SGD([tnp.ones(1)], differentiable=True)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_and_text(name):
    ours, theirs = getattr(optim, name), getattr(torch.optim, name)

    assert told(ours) == told(theirs)
    assert repr(ours(two(tnp))) == repr(theirs(two(torch)))
