"""Normalisation equals torch's: values, gradients to second order, running statistics, errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import FUNCTIONALS, call, normal, same_error, slopes, stretched, told
from test_functions import same
from test_layers import assert_same, pair_of, run

import nn
import nn.functional as F
import tinygrad_np as tnp

SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=5)


def affine(name, *extra, **options):
    """`name(x, ..., weight, bias)` as a function of the three tensors."""
    return lambda lib, x, w, b: call(name, weight=w, bias=b, **options)(lib, x, *extra)


def batch(lib, x, w, b):
    return call("batch_norm", weight=w, bias=b, training=True)(lib, x, None, None)


@settings(max_examples=40, deadline=None, print_blob=True)
@given(SHAPES, st.sampled_from([1e-5, 0.3]), st.data())
def test_layer_norm(shape, eps, data):
    k = data.draw(st.integers(1, len(shape)))
    x, last = stretched(data, normal(0, *shape)), shape[-k:]
    same(affine("layer_norm", last, eps=eps), x, normal(1, *last), normal(2, *last))
    same(call("layer_norm", normalized_shape=last, eps=eps), x)
    same(lambda lib, x, w: call("rms_norm", weight=w, eps=eps)(lib, x, last), x, normal(1, *last))


@settings(max_examples=40, deadline=None, print_blob=True)
@given(SHAPES, st.sampled_from([1, 2, 3]), st.data())
def test_group_norm(shape, groups, data):
    shape[1] = groups * data.draw(st.integers(1, 3))
    if np.prod(shape) == groups:
        shape[0] = 2
    x, w, b = stretched(data, normal(0, *shape)), normal(1, shape[1]), normal(2, shape[1])
    same(affine("group_norm", groups), x, w, b)


@settings(max_examples=40, deadline=None, print_blob=True)
@given(SHAPES, st.data())
def test_batch_and_instance_norm(shape, data):
    shape[-1] += 1
    shape[0] += 1
    x, w, b = stretched(data, normal(0, *shape)), normal(1, shape[1]), normal(2, shape[1])
    same(batch, x, w, b)
    if len(shape) > 2:
        same(affine("instance_norm"), x, w, b)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics(name, training):
    x, w, b = normal(0, 3, 2, 4, 5), normal(1, 2), normal(2, 2)
    results = []
    for lib, make in ((tnp, tnp.tensor), (torch, torch.tensor)):
        mean, var = make(normal(3, 2)), make(normal(4, 2) ** 2)
        stats = {("training" if name == "batch_norm" else "use_input_stats"): training}
        y = call(name, weight=make(w), bias=make(b), momentum=0.3, **stats)(lib, make(x), mean, var)
        results.append([y, mean, var])
    assert_same(*results)


def test_second_derivatives():
    x, w, b = normal(0, 3, 4, 2), normal(1, 4), normal(2, 4)
    same(slopes(batch), x, w, b)
    same(slopes(affine("instance_norm")), x, w, b)
    same(slopes(affine("group_norm", 2)), x, w, b)
    same(slopes(affine("layer_norm", (4, 2))), x, normal(1, 4, 2), normal(2, 4, 2))
    same(slopes(call("rms_norm", normalized_shape=(2,))), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_far_from_0_keep_their_digits(dtype):
    x = np.asarray(1e4 + normal(0, 8, 64), dtype)
    expected = (x - x.mean(1, keepdims=True, dtype=float)) / x.std(1, keepdims=True, dtype=float)
    y = F.layer_norm(tnp.tensor(x), (64,), eps=0.0)
    assert y.dtype is getattr(tnp, dtype)
    np.testing.assert_allclose(y.numpy(), expected, atol=2e-3 if dtype == "float32" else 1e-11)


def test_constant_inputs_give_0_and_no_gradient():
    for x in (np.zeros((2, 3)), np.full((2, 3), 7.0)):
        same(call("layer_norm", normalized_shape=(3,)), x)


def test_empty_inputs():
    for shape in ((0, 4), (0, 4, 3), (2, 4, 0)):
        x = np.zeros(shape)
        same(call("layer_norm", normalized_shape=shape[-1:]), x)
        same(call("group_norm", num_groups=2), x)
        same(lambda lib, x: call("batch_norm", training=True)(lib, x, None, None), x)


LAYERS = [
    ("LayerNorm", (4,), {}, (2, 3, 4)),
    ("LayerNorm", ((3, 4),), {"eps": 0.1, "bias": False}, (2, 3, 4)),
    ("LayerNorm", ([4],), {"elementwise_affine": False}, (3, 4)),
    ("RMSNorm", (4,), {}, (2, 3, 4)),
    ("RMSNorm", ((3, 4),), {"eps": 0.1, "elementwise_affine": False}, (2, 3, 4)),
    ("GroupNorm", (2, 4), {}, (3, 4, 2, 2)),
    ("GroupNorm", (4, 4), {"bias": False, "eps": 0.1}, (3, 4, 2)),
    ("GroupNorm", (1, 4), {"affine": False}, (3, 4)),
    ("InstanceNorm1d", (3,), {}, (2, 3, 5)),
    ("InstanceNorm1d", (3,), {"affine": True}, (3, 5)),
    ("InstanceNorm1d", (3,), {"affine": True, "bias": False, "momentum": 0.5}, (2, 3, 5)),
    ("InstanceNorm2d", (3,), {"track_running_stats": True}, (2, 3, 4, 5)),
    ("InstanceNorm2d", (3,), {"track_running_stats": True, "affine": True}, (3, 4, 5)),
    ("InstanceNorm2d", (3,), {"track_running_stats": True, "momentum": None}, (2, 3, 4, 5)),
    ("InstanceNorm3d", (3,), {"affine": True}, (3, 2, 4, 2)),
    ("BatchNorm3d", (3,), {}, (2, 3, 2, 4, 2)),
    ("BatchNorm3d", (3,), {"momentum": None, "affine": False}, (2, 3, 2, 4, 2)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layer(name, args, options, shape):
    ours, theirs = pair_of(name, args, options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for step in range(4):
        if step == 2:
            ours.eval(), theirs.eval()
        x = normal(step, *shape) * 3 + 2
        assert_same(run(tnp, ours, x), run(torch, theirs, x))
        assert_same(*(list(layer.state_dict().values()) for layer in (ours, theirs)))
    ours.reset_parameters(), theirs.reset_parameters()
    assert_same(*(list(layer.state_dict().values()) for layer in (ours, theirs)))


def test_arguments_and_defaults():
    for name in sorted({layer[0] for layer in LAYERS}):
        assert told(getattr(nn, name)) == told(getattr(torch.nn, name)), name
    for name in ("layer_norm", "group_norm", "instance_norm", "batch_norm", "rms_norm"):
        assert told(getattr(F, name)) == told(getattr(torch.nn.functional, name)), name


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.layer_norm(t.ones(2, 3), [4]),
        lambda t, f: f.layer_norm(t.ones(2, 3), (3,), t.ones(2)),
        lambda t, f: f.layer_norm(t.ones(2, 3), (3,), None, t.ones(2)),
        lambda t, f: f.layer_norm(t.ones(2, 3), ()),
        lambda t, f: f.layer_norm(t.ones(3), (2, 3)),
        lambda t, f: f.rms_norm(t.ones(2, 3), (4,)),
        lambda t, f: f.rms_norm(t.ones(2, 3), (3,), t.ones(2)),
        lambda t, f: f.group_norm(t.ones(2, 3), 2),
        lambda t, f: f.group_norm(t.ones(2), 2),
        lambda t, f: f.group_norm(t.ones(1, 2), 2),
        lambda t, f: f.group_norm(t.ones(2, 4, 3), 2, t.ones(3)),
        lambda t, f: f.instance_norm(t.ones(2, 3)),
        lambda t, f: f.instance_norm(t.ones(2, 3, 1)),
        lambda t, f: f.instance_norm(t.ones(2, 3, 2), t.ones(3), None),
        lambda t, f: f.instance_norm(t.ones(2, 3, 2), use_input_stats=False),
        lambda t, f: f.instance_norm(t.ones(2, 3, 2), weight=t.ones(2)),
        lambda t, f: f.instance_norm(t.ones(2, 3, 2), t.ones(2), t.ones(2)),
    ],
)
def test_errors(act):
    same_error(act, FUNCTIONALS)


def test_group_norm_names_the_shape_of_the_bias():  # torch names that of the weight
    with pytest.raises(RuntimeError, match=r"bias to be a vector .* but got bias of shape \[3\]"):
        F.group_norm(tnp.ones(2, 4, 3), 2, None, tnp.ones(3))
    with pytest.raises(NotImplementedError, match="\"standardize\" not implemented for 'Long'"):
        F.layer_norm(tnp.ones(2, 3).long(), (3,))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: n.GroupNorm(3, 4),
        lambda t, n: n.InstanceNorm1d(3)(t.ones(3)),
        lambda t, n: n.InstanceNorm1d(3, affine=True)(t.ones(2, 4, 3)),
        lambda t, n: n.InstanceNorm2d(3)(t.ones(3, 2)),
        lambda t, n: n.BatchNorm3d(3)(t.ones(2, 3)),
    ],
)
def test_errors_of_modules(act):
    same_error(act)


def test_instance_norm_warns_of_another_number_of_channels():
    for t, n in ((tnp, nn), (torch, torch.nn)):
        with pytest.warns(
            UserWarning, match=r"^input's size at dim=1 does not match num_features."
        ):
            n.InstanceNorm1d(3)(t.ones(2, 4, 3))
