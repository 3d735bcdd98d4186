"""The functional forms of layers equal torch's: numbers, warnings, errors."""

import numpy as np
import pytest
import torch
from next_to_torch import BOTH, same_error

import nn
import nn.functional as F
import tinygrad_np as tnp

TF = torch.nn.functional


def test_functional_forms():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(4, 5)), rng.normal(size=(3, 5)), rng.normal(size=3)
    cases = [
        ("linear", (x, w, b), {}),
        ("linear", (x, w[0]), {}),
        ("relu", (x,), {}),
        ("tanh", (x,), {}),
        ("sigmoid", (x,), {}),
        ("softmax", (x, 1), {}),
        ("log_softmax", (x,), {"dim": 0}),
        ("dropout", (x, 0.4), {}),
        ("dropout", (x, 0.4, False), {}),
        ("dropout", (x[:0], 0.4), {}),
        ("max_pool2d", (x[None], 2), {}),
        ("avg_pool2d", (x[None], 2), {}),
        ("pad", (x, (1, 2)), {"value": 3.0}),
        ("conv2d", (x[None], w[:, None, :, None]), {"padding": (2, 0)}),
    ]
    for name, args, options in cases:
        tnp.manual_seed(1)
        torch.manual_seed(1)
        ours, theirs = (
            getattr(f, name)(*(t(a) if isinstance(a, np.ndarray) else a for a in args), **options)
            for f, t in ((F, tnp.tensor), (TF, torch.tensor))
        )
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12, atol=1e-14)
    assert F.softmax(tnp.ones(2), 0, dtype=tnp.float64).dtype is tnp.float64


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_masks_are_torchs(p, dtype):
    for n in (1, 15, 16, 1000):
        tnp.manual_seed(n)
        torch.manual_seed(n)
        ours = F.dropout(tnp.ones(n, 3, dtype=getattr(tnp, dtype)), p)
        theirs = TF.dropout(torch.ones(n, 3, dtype=getattr(torch, dtype)), p)
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_in_place_forms_write_the_input():
    x = tnp.tensor([-1.0, 2.0])
    assert F.relu(x, inplace=True) is x
    assert x.tolist() == [0, 2]
    assert F.dropout(x, 0.5, inplace=True) is x
    x = tnp.tensor([-1.0, 0.0, np.nan], requires_grad=True)  # E3: 0 at the kink, nan stays
    y = nn.ReLU(inplace=True)(x * 1)
    y.sum().backward()
    assert x.grad.tolist()[:2] == [0, 0]
    assert y.isnan().tolist() == [False, False, True]


@BOTH
def test_implicit_dim_warns(lib):
    t, n = lib
    text = "Implicit dimension choice for softmax has been deprecated. Change the call to inc"
    for shape, dim in [((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((1, 2, 3, 4), 1)]:
        x = t.ones(shape)
        with pytest.warns(UserWarning, match=text) as caught:
            y = n.functional.softmax(x)
        assert y.sum(dim).flatten()[0].item() == pytest.approx(1)
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="Implicit dimension choice for log_softmax"):
        n.LogSoftmax()(t.ones(2))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.dropout(t.ones(2), 1.5),
        lambda t, f: f.batch_norm(t.ones(1, 3), None, None, training=True),
        lambda t, f: f.batch_norm(t.ones(1, 3, 1), None, None, training=True),
        lambda t, f: f.batch_norm(t.ones(2, 3), None, None),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), None),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), None, training=True),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(2), t.ones(3)),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), t.ones(4), training=True),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), t.ones(3), weight=t.ones(2)),
        lambda t, f: f.batch_norm(t.ones(2, 3), t.ones(3), t.ones(3), bias=t.ones(2)),
    ],
)
def test_errors(act):
    same_error(act, [(tnp, F), (torch, TF)])
