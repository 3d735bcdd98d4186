"""Pools, adaptive ones among them, are PyTorch's over grids of their arguments."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import FUNCTIONALS, call, normal, stretched
from test_functions import same

import nn.functional as F
import tinygrad_np as tnp

torch.set_num_threads(1)

few = settings(max_examples=40, deadline=None, print_blob=True)


def ties(seed, *shape):
    """Few different numbers, so that windows have several maxima."""
    return np.random.default_rng(seed).integers(0, 4, shape).astype(float)


@st.composite
def cases(draw, dilated):
    """(number of axes, shape of the input, options) that fit."""
    n = draw(st.sampled_from([1, 2]))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(n))
    options = {
        "kernel_size": kernel,
        "stride": draw(st.sampled_from([None, 1, 2, 3])),
        "padding": tuple(draw(st.integers(0, k // 2)) for k in kernel),
        "ceil_mode": draw(st.booleans()),
    }
    if dilated:
        options["dilation"] = draw(st.sampled_from([1, 1, 2]))
    size = [(k - 1) * options.get("dilation", 1) + 1 + draw(st.integers(0, 5)) for k in kernel]
    batch = draw(st.sampled_from([[], [0], [1], [2]]))
    return n, [*batch, 2, *size], options


@few
@given(cases(dilated=True), st.data())
def test_max_pools(case, data):
    n, shape, options = case
    x = stretched(data, ties(0, *shape))
    same(call(f"max_pool{n}d", **options), x)
    if shape[0]:  # PyTorch leaves the indices of an empty batch unset in one case
        same(call(f"max_pool{n}d", **options, return_indices=True), x)


@few
@given(cases(dilated=False), st.booleans(), st.sampled_from([None, 3, -2]), st.data())
def test_avg_pools(case, include, divisor, data):
    n, shape, options = case
    options["count_include_pad"] = include
    if n == 2:
        options["divisor_override"] = divisor
    same(call(f"avg_pool{n}d", **options), stretched(data, normal(0, *shape)))


@few
@given(st.sampled_from([1, 2]), st.data())
def test_adaptive_pools(n, data):
    size = [data.draw(st.integers(1, 7)) for _ in range(n)]
    out = tuple(data.draw(st.integers(1, 8)) for _ in range(n))
    if n == 2 and data.draw(st.booleans()):
        out = (None, out[1])
    batch = data.draw(st.sampled_from([[], [0], [1], [2]]))
    same(
        call(f"adaptive_avg_pool{n}d", output_size=out),
        stretched(data, normal(0, *batch, 2, *size)),
    )
    x = stretched(data, ties(0, *batch, 2, *size))
    same(call(f"adaptive_max_pool{n}d", output_size=out), x)
    same(call(f"adaptive_max_pool{n}d", output_size=out, return_indices=True), x)


@pytest.mark.parametrize("name", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
def test_an_output_of_nothing(name):
    for lib, x in pairs(normal(0, 2, 3, 4, 5)):
        assert call(name, output_size=(0, 2))(lib, x).shape == (2, 3, 0, 2)


@pytest.mark.parametrize("name", ["avg_pool", "adaptive_avg_pool", "adaptive_max_pool"])
@pytest.mark.parametrize("n", [1, 2])
def test_second_order(name, n):
    x = tnp.tensor(normal(0, 2, 2, *[5] * n), requires_grad=True)
    assert tnp.gradgradcheck(lambda x: getattr(F, f"{name}{n}d")(x * x, 3), (x,))


def test_means_are_exact_and_nan_and_inf_stay_where_they_are():
    for size in (3, 7, 49):
        assert (F.adaptive_avg_pool2d(tnp.ones(1, size, size), 1) == 1).all()
    x = np.arange(49.0).reshape(1, 7, 7)
    x[0, 0, 0], x[0, 6, 6], x[0, 3, 1], x[0, 3, 3] = np.nan, np.inf, np.nan, -np.inf
    for name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        ours, theirs = (call(name, output_size=(3, 4))(*lib_x) for lib_x in pairs(x))
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    ours, theirs = (call("adaptive_max_pool2d", output_size=3, return_indices=True)(*p)[1]
                    for p in pairs(x))  # fmt: skip
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def pairs(x):
    return (tnp, tnp.from_numpy(x)), (torch, torch.from_numpy(x))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dtypes_are_kept(dtype):
    x = np.random.default_rng(0).normal(size=(2, 2, 6, 7)).astype(dtype)
    for name in ("adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "max_pool2d"):
        ours, theirs = (
            getattr(f, name)(x, 3) for (_, f), (_, x) in zip(FUNCTIONALS, pairs(x), strict=True)
        )
        assert ours.numpy().dtype == theirs.numpy().dtype == dtype
        rtol = 3e-3 if dtype == "float16" else 1e-5
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol, rtol / 10)


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.avg_pool1d(t.ones(1, 1, 4), 5),
        lambda t, f: f.avg_pool1d(t.ones(1, 1, 4), (2, 2)),
        lambda t, f: f.avg_pool1d(t.ones(1, 1, 4), 2, stride=(2, 2)),
        lambda t, f: f.avg_pool1d(t.ones(1, 1, 4), 2, padding=2),
        lambda t, f: f.avg_pool1d(t.ones(1, 1, 4), 2, padding=-1),
        lambda t, f: f.max_pool1d(t.ones(1, 1, 4), 5, return_indices=True),
        lambda t, f: f.max_pool1d(t.ones(1, 1, 4), 2, padding=2, return_indices=True),
        lambda t, f: f.max_pool1d(t.ones(1, 1, 4), 2, dilation=0, return_indices=True),
        lambda t, f: f.max_pool1d(t.ones(1, 1, 4), 2.5),
        lambda t, f: f.adaptive_avg_pool1d(t.ones(1, 1, 4), (2, 2)),
        lambda t, f: f.adaptive_avg_pool1d(t.ones(1, 1, 4), None),
        lambda t, f: f.adaptive_avg_pool2d(t.ones(1, 1, 4, 4), (2,)),
        lambda t, f: f.adaptive_avg_pool2d(t.ones(1, 1, 4, 4), -1),
        lambda t, f: f.adaptive_avg_pool2d(t.ones(1, 1, 0, 4), 2),
        lambda t, f: f.adaptive_avg_pool2d(t.ones(1, 1, 4, 4).long(), 2),
        lambda t, f: f.adaptive_max_pool1d(t.ones(1, 1, 0), 1),
        lambda t, f: f.adaptive_max_pool2d(t.ones(1, 1, 0, 4), 2),
    ],
)
def test_errors_are_pytorchs(act):
    errors = []
    for lib in FUNCTIONALS:
        with pytest.raises((RuntimeError, TypeError)) as caught:
            act(*lib)
        errors.append(caught.value)
    assert isinstance(errors[0], type(errors[1]))
    text = str(errors[1]).split("\n")[0].replace(" (position 2)", "")
    assert text in str(errors[0])


@pytest.mark.parametrize("name", ["max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool"])
@pytest.mark.parametrize("n", [1, 2])
def test_inputs_have_one_or_two_dimensions_more(name, n):
    for shape in ([4] * n, [1, 1, 1] + [4] * n):
        expected = rf"Expected {n + 1}D .* or {n + 2}D .* input to {name}{n}d, but got input of siz"
        with pytest.raises(RuntimeError, match=expected):
            getattr(F, f"{name}{n}d")(tnp.ones(shape), 2)


def test_the_gradient_of_a_thin_image_in_another_memory_order():
    x = ties(0, 2, 2, 3).transpose(0, 2, 1).copy().transpose(0, 2, 1)
    same(call("max_pool2d", kernel_size=(1, 2), dilation=2), x)
