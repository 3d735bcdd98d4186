"""Interpolation, padding and shuffled pixels are PyTorch's over grids of their arguments."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import FUNCTIONALS, call, normal, same_error, stretched
from test_functions import same

import nn.functional as F
import tinygrad_np as tnp

torch.set_num_threads(1)

few = settings(max_examples=60, deadline=None, print_blob=True)


@few
@given(st.sampled_from(["nearest", "nearest-exact", "linear", "area"]), st.data())
def test_interpolation(mode, data):
    n = data.draw(st.sampled_from([1, 2]))
    shape = [data.draw(st.integers(0, 2)), 2, *(data.draw(st.integers(1, 9)) for _ in range(n))]
    options = {"mode": "bilinear" if mode == "linear" and n == 2 else mode}
    if mode == "linear":
        options["align_corners"] = data.draw(st.sampled_from([None, False, True]))
    if data.draw(st.booleans()):
        options["size"] = tuple(data.draw(st.integers(1, 14)) for _ in range(n))
    else:
        scale = st.sampled_from(
            [s for s in (0.4, 0.75, 1.0, 1.5, 2.0, 2.5) if s * min(shape[2:]) >= 1]
        )
        options["scale_factor"] = data.draw(scale | st.tuples(*[scale] * n))
        options["recompute_scale_factor"] = data.draw(st.sampled_from([None, False, True]))
    same(call("interpolate", **options), stretched(data, normal(0, *shape)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize(("mode", "twice"), [("nearest", 0), ("nearest-exact", 1)])
def test_nearest_picks_pytorchs_pixels(mode, twice, axes, dtype):
    for n in range(1, 41):
        x = np.broadcast_to(np.arange(n, dtype=dtype), (1, 1, n, n)[-axes - 2 :])
        for m in range(1, 60, 3):
            ours, theirs = (
                f.interpolate(t.tensor(x), m, mode=mode).numpy() for t, f in FUNCTIONALS
            )
            places = (2 * np.arange(m) + twice) * n  # / 2m: on an integer the last bit decides
            clear = (places % (2 * m) != 0) | (
                (m // math.gcd(m, n)) & (m // math.gcd(m, n) - 1) == 0
            )
            np.testing.assert_array_equal(ours[..., clear], theirs[..., clear])


@pytest.mark.parametrize("scale", [1.1, 2.1])
def test_nearest_of_the_same_or_twice_the_size_whatever_the_scale(scale):
    same(call("interpolate", scale_factor=scale), normal(0, 1, 2, 6, 6))
    x = normal(0, 1, 2, 6)  # no gradient: PyTorch's goes to other pixels than its forward picks
    ours, theirs = (f.interpolate(t.tensor(x), scale_factor=scale) for t, f in FUNCTIONALS)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("dtype", ["float16", "float32", "uint8"])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_dtypes_are_kept(dtype, mode):
    if (dtype, mode) == ("uint8", "bilinear"):
        return
    x = np.random.default_rng(0).uniform(0, 255, (2, 3, 7, 5)).astype(dtype)
    ours, theirs = (f.interpolate(t.from_numpy(x), (5, 11), mode=mode) for t, f in FUNCTIONALS)
    assert ours.numpy().dtype == theirs.numpy().dtype == dtype
    rtol = 2e-3 if dtype == "float16" else 1e-6
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol)


def test_what_is_not_finite_stays_where_it_is():
    x = normal(0, 1, 1, 5, 6)
    x[0, 0, 2, 2], x[0, 0, 4, 5] = np.nan, np.inf
    for options in ({"mode": "nearest", "size": 9}, {"mode": "bilinear", "size": (8, 11)}):
        ours, theirs = (f.interpolate(t.from_numpy(x), **options) for t, f in FUNCTIONALS)
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)


def test_second_order():
    x = tnp.tensor(normal(0, 1, 2, 3, 4), requires_grad=True)
    for options in ({}, {"mode": "bilinear"}, {"mode": "bilinear", "align_corners": True}):
        assert tnp.gradgradcheck(lambda x, o=options: F.interpolate(x * x, (5, 3), **o), (x,))


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_pixels(batch):
    same(call("pixel_shuffle", upscale_factor=2), normal(0, *batch, 8, 2, 3))
    same(call("pixel_unshuffle", downscale_factor=3), normal(0, *batch, 2, 3, 6))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.interpolate(t.ones(1, 1, 4)),
        lambda t, f: f.interpolate(t.ones(1, 1, 4), 2, 2),
        lambda t, f: f.interpolate(t.ones(1, 1, 4), 0),
        lambda t, f: f.interpolate(t.ones(1, 1, 0), 2),
        lambda t, f: f.interpolate(t.ones(1, 0, 4), 2),
        lambda t, f: f.interpolate(t.ones(1, 0, 4, 4), 2),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 0), 2),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), (2, 0)),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), (2.5, 2)),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), (2, 2, 2)),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), scale_factor=(2, 2, 2)),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), scale_factor=0.1),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), scale_factor=-1),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), 2, mode="linear"),
        lambda t, f: f.interpolate(t.ones(1, 1, 4), 2, mode="bilinear"),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), 2, align_corners=True),
        lambda t, f: f.interpolate(t.ones(1, 1, 4, 4), 2, recompute_scale_factor=True),
        lambda t, f: f.pixel_shuffle(t.ones(4), 2),
        lambda t, f: f.pixel_shuffle(t.ones(3, 4, 4), 2),
        lambda t, f: f.pixel_shuffle(t.ones(4, 4, 4), 0),
        lambda t, f: f.pixel_unshuffle(t.ones(4, 4), 2),
        lambda t, f: f.pixel_unshuffle(t.ones(1, 3, 4), 2),
        lambda t, f: f.pixel_unshuffle(t.ones(1, 4, 3), 2),
        lambda t, f: f.pixel_unshuffle(t.ones(1, 4, 4), -1),
    ],
)
def test_errors_are_pytorchs(act):
    same_error(act, FUNCTIONALS)


@pytest.mark.parametrize(
    ("shape", "options", "match"),
    [
        ([1, 1, 4, 4], {"mode": "bicubic"}, "mode='bicubic' is not supported, only nearest, "),
        ([1, 1, 4, 4], {"mode": "bilinear", "antialias": True}, "antialias=True is not supported"),
        ([1, 4], {}, r"Only 3D and 4D input Tensors supported \(got 2D\)"),
        ([1, 1, 2, 2, 2], {}, r"Only 3D and 4D input Tensors supported \(got 5D\)"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(shape, options, match):
    with pytest.raises(NotImplementedError, match=match):
        F.interpolate(tnp.ones(shape), 2, **options)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_integers_have_no_interpolation(mode):
    for t, f in FUNCTIONALS:
        with pytest.raises(NotImplementedError, match=r"upsample_.* not implemented for 'Long'"):
            f.interpolate(t.ones(1, 1, 4, 4).long(), 2, mode=mode)
