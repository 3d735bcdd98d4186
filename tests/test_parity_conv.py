"""Convolutions, transposed ones and windows are PyTorch's over grids of their arguments."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import FUNCTIONALS, call, normal, stretched
from test_functions import same
from torch.nn import functional as TF

import nn.functional as F
import tinygrad_np as tnp

torch.set_num_threads(1)

few = settings(max_examples=40, deadline=None, print_blob=True)


@st.composite
def cases(draw, transposed=False):
    """(number of axes, shapes of input, weight and bias, options) that fit."""
    n = draw(st.sampled_from([1, 2]))
    kernel = [draw(st.integers(1, 3)) for _ in range(n)]
    options = {
        "stride": tuple(draw(st.integers(1, 3)) for _ in range(n)),
        "dilation": tuple(draw(st.integers(1, 3)) for _ in range(n)),
        "padding": tuple(draw(st.integers(0, 2)) for _ in range(n)),
        "groups": draw(st.sampled_from([1, 1, 2, 3])),
    }
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, options["dilation"], strict=True)]
    groups = options["groups"]
    if transposed:
        rates = zip(options["stride"], options["dilation"], strict=True)
        options["output_padding"] = tuple(draw(st.integers(0, max(r) - 1)) for r in rates)
        size = [draw(st.integers(1 - -4 // s, 5)) for s in options["stride"]]  # 4: 2 paddings
    else:
        size = [e + draw(st.integers(0, 4)) for e in extents]
    outer, inner = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    channels, filters = (outer, groups * inner) if transposed else (groups * inner, outer)
    batch = draw(st.sampled_from([[], [0], [1], [2]]))
    bias = [[filters]] * draw(st.integers(0, 1))
    return n, [[*batch, channels, *size], [outer, inner, *kernel], *bias], options


@few
@given(cases(), st.data())
def test_convolution(case, data):
    n, shapes, options = case
    arrays = [stretched(data, normal(i, *shape)) for i, shape in enumerate(shapes)]
    same(call(f"conv{n}d", **options), *arrays)


@few
@given(cases(transposed=True), st.data())
def test_transposed_convolution(case, data):
    n, shapes, options = case
    arrays = [stretched(data, normal(i, *shape)) for i, shape in enumerate(shapes)]
    same(call(f"conv_transpose{n}d", **options), *arrays)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel", [1, 2, 5])
def test_padding_by_name(padding, kernel):
    options = {"padding": padding, "dilation": 2}
    same(call("conv1d", **options), normal(0, 2, 2, 9), normal(1, 3, 2, kernel))
    same(call("conv2d", **options), normal(0, 2, 9, 10), normal(1, 3, 2, kernel, 3))


@pytest.mark.parametrize("algorithm", tnp.conv_algorithms.ALGORITHMS)
def test_every_algorithm_transposes(algorithm):
    with tnp.conv_algorithms.conv_algorithm(algorithm):
        options = {"stride": (2, 1), "padding": (0, 1), "output_padding": (2, 0), "dilation": 3}
        same(call("conv_transpose2d", **options), normal(0, 2, 4, 3, 3), normal(1, 4, 2, 2, 2))


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"])
def test_second_order(name):
    n = int(name[-2])
    x, w = (tnp.tensor(normal(i, 2, 2, *[3] * n), requires_grad=True) for i in range(2))
    function = getattr(tnp, name)
    assert tnp.gradgradcheck(lambda x, w: function(x, w, stride=2, padding=1), (x, w))


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64"])
def test_other_dtypes(dtype):
    x, w = (np.random.default_rng(i).integers(-3, 4, (2, 2, 4, 4)).astype(dtype) for i in range(2))
    for name in ("conv2d", "conv_transpose2d"):
        if name == "conv_transpose2d" and dtype == "int64":
            continue  # PyTorch has no kernel
        ours = getattr(F, name)(tnp.from_numpy(x), tnp.from_numpy(w), padding=1)
        theirs = getattr(TF, name)(torch.from_numpy(x), torch.from_numpy(w), padding=1)
        assert ours.numpy().dtype == theirs.numpy().dtype == dtype
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@few
@given(st.data())
def test_unfold_and_fold(data):
    def pair(low, high):
        return tuple(data.draw(st.integers(low, high)) for _ in range(2))

    kernel, dilation = pair(1, 3), pair(1, 2)
    options = {"dilation": dilation, "padding": pair(0, 2), "stride": pair(1, 3)}
    size = tuple(
        (k - 1) * d + 1 + data.draw(st.integers(0, 3))
        for k, d in zip(kernel, dilation, strict=True)
    )
    batch = data.draw(st.sampled_from([[], [0], [1], [2]]))
    x = stretched(data, normal(0, *batch, 2, *size))
    same(call("unfold", kernel_size=kernel, **options), x)
    columns = F.unfold(tnp.from_numpy(x), kernel, **options).numpy() + 1
    columns = stretched(data, columns)
    same(call("fold", output_size=size, kernel_size=kernel, **options), columns)


def test_unfold_times_weight_is_convolution():
    x, w = tnp.tensor(normal(0, 2, 3, 6, 7)), tnp.tensor(normal(1, 4, 3, 3, 2))
    y = w.flatten(1) @ F.unfold(x, (3, 2), padding=1)
    expected = F.conv2d(x, w, padding=1)
    np.testing.assert_allclose(y.view(expected.shape).numpy(), expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.conv1d(t.ones(8), t.ones(1, 1, 3)),
        lambda t, f: f.conv1d(t.ones(1, 1, 4, 4), t.ones(2, 1, 3)),
        lambda t, f: f.conv1d(t.ones(1, 3, 8), t.ones(4, 2, 3)),
        lambda t, f: f.conv1d(t.ones(3, 8), t.ones(4, 2, 3)),
        lambda t, f: f.conv1d(t.ones(1, 1, 2), t.ones(1, 1, 3)),
        lambda t, f: f.conv1d(t.ones(1, 1, 4), t.ones(2, 1, 3), stride=(1, 2)),
        lambda t, f: f.conv2d(t.ones(8, 8), t.ones(1, 1, 3, 3)),
        lambda t, f: f.conv_transpose1d(t.ones(8), t.ones(1, 1, 3)),
        lambda t, f: f.conv_transpose2d(t.ones(4, 4), t.ones(1, 1, 3, 3)),
        lambda t, f: f.conv_transpose2d(t.ones(1, 3, 4, 4), t.ones(2, 1, 3, 3)),
        lambda t, f: f.conv_transpose2d(t.ones(3, 4, 4), t.ones(2, 1, 3, 3)),
        lambda t, f: f.conv_transpose2d(t.ones(1, 2, 4, 4), t.ones(2, 1, 3, 3), t.ones(2)),
        lambda t, f: f.conv_transpose2d(t.ones(1, 2, 4, 4), t.ones(2, 1, 3, 3), groups=4),
        lambda t, f: f.conv_transpose2d(t.ones(1, 2, 1, 1), t.ones(2, 1, 3, 3), padding=2),
        lambda t, f: f.conv_transpose1d(t.ones(1, 2, 1), t.ones(2, 1, 3), padding=2),
        lambda t, f: f.conv_transpose2d(
            t.ones(1, 2, 4, 4), t.ones(2, 1, 3, 3), output_padding=(1, 2, 3)
        ),
        lambda t, f: f.conv_transpose2d(t.ones(1, 2, 4, 4), t.ones(2, 1, 3, 3), padding="same"),
        lambda t, f: f.unfold(t.ones(1, 1, 1, 4, 4), 2),
        lambda t, f: f.unfold(t.ones(1, 0, 4, 4), 2),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4), 5),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4), 0),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4), 2, stride=0),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4), 2, dilation=0),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4), 2, padding=-1),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4), (2, 2, 2)),
        lambda t, f: f.unfold(t.ones(1, 1, 4, 4).long(), 2),
        lambda t, f: f.fold(t.ones(4), 4, 2),
        lambda t, f: f.fold(t.ones(1, 3, 9), 4, 2),
        lambda t, f: f.fold(t.ones(1, 4, 8), 4, 2),
        lambda t, f: f.fold(t.ones(1, 4, 9), (1, 1), 2),
        lambda t, f: f.fold(t.ones(1, 4, 9), (0, 4), 2),
        lambda t, f: f.fold(t.ones(1, 4, 9), (4, 4, 4), 2),
        lambda t, f: f.fold(t.ones(1, 4, 9).long(), 4, 2),
    ],
)
def test_errors_are_pytorchs(act):
    errors = []
    for lib in FUNCTIONALS:
        with pytest.raises((RuntimeError, TypeError, IndexError)) as caught:
            act(*lib)
        errors.append(caught.value)
    assert isinstance(errors[0], type(errors[1]))
    assert str(errors[0]).startswith(str(errors[1]).split("\n")[0])


@pytest.mark.parametrize(
    ("act", "match"),
    [
        (lambda x, w: F.conv_transpose2d(x, w, output_padding=1), "must be smaller than either st"),
        (lambda x, w: F.conv_transpose2d(x, w, output_padding=-1), "negative output_padding is no"),
        (lambda x, w: F.conv_transpose2d(x, w, stride=0), "non-positive stride is not supported"),
        (lambda x, w: F.conv_transpose2d(x[..., :0], w), "Only zero batch or zero channel inputs"),
        (lambda x, w: F.conv_transpose2d(x, w.double()), "should be the same"),
        (lambda x, w: F.conv_transpose2d(x, w, tnp.ones(1).double()), "should be the same"),
        (lambda x, w: F.conv_transpose2d(x, w[0]), "Expected a 4D weight for conv_transpose2d"),
        (lambda x, w: F.conv1d(x[0], w), "Expected a 3D weight for conv1d, but got size"),
    ],
)
def test_other_errors(act, match):
    with pytest.raises(RuntimeError, match=match):
        act(tnp.ones(1, 2, 4, 4), tnp.ones(2, 1, 3, 3))
