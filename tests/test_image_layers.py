"""The layers around convolution and pooling equal torch's: numbers, texts, arguments, errors."""

import numpy as np
import pytest
import torch
from next_to_torch import same_error, told
from test_layers import assert_same, pair_of, run

import nn
import tinygrad_np as tnp

torch.set_num_threads(1)

LAYERS = [
    ("Conv1d", (2, 3, 3), {"padding": 1, "stride": 2}, (2, 2, 7)),
    ("Conv1d", (4, 6, (2,)), {"groups": 2, "dilation": 3, "bias": False}, (4, 9)),
    ("Conv1d", (2, 3, 3), {"padding": "same", "padding_mode": "reflect"}, (2, 2, 7)),
    ("Conv1d", (2, 3, 2), {"padding": 2, "padding_mode": "circular"}, (2, 2, 7)),
    ("ConvTranspose1d", (2, 3, 3), {}, (2, 2, 7)),
    ("ConvTranspose1d", (4, 2, 3, 2, 1, 1, 2), {"dilation": 2}, (4, 5)),
    ("ConvTranspose2d", (3, 2, 2, 2), {}, (2, 3, 4, 5)),
    ("ConvTranspose2d", (4, 6, (3, 2), (2, 1), (1, 0), (1, 0), 2, False), {}, (2, 4, 4, 3)),
    ("ConvTranspose2d", (2, 2, 3), {"dilation": (1, 3), "output_padding": (0, 2)}, (2, 3, 3)),
    ("MaxPool1d", (3, 2, 1), {"ceil_mode": True}, (2, 3, 8)),
    ("MaxPool1d", (2,), {"dilation": 2}, (3, 8)),
    ("AvgPool1d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, (2, 3, 8)),
    ("AvgPool1d", ((2,),), {"stride": (3,)}, (3, 8)),
    ("AdaptiveAvgPool1d", (3,), {}, (2, 3, 8)),
    ("AdaptiveAvgPool2d", ((3, None),), {}, (2, 3, 7, 5)),
    ("AdaptiveAvgPool2d", (1,), {}, (2, 3, 7, 5)),
    ("AdaptiveMaxPool1d", (3,), {}, (3, 8)),
    ("AdaptiveMaxPool2d", (2,), {}, (2, 3, 7, 5)),
    ("Unfold", (2,), {"padding": (1, 0)}, (2, 3, 4, 5)),
    ("Fold", ((4, 5), (2, 3)), {"stride": (2, 1)}, (2, 12, 6)),
    ("Upsample", (5,), {}, (2, 3, 4)),
    ("Upsample", (), {"scale_factor": (2, 1.5), "mode": "bilinear"}, (2, 3, 4, 4)),
    ("UpsamplingNearest2d", ((3, 5),), {}, (2, 3, 4, 4)),
    ("UpsamplingBilinear2d", (), {"scale_factor": 2}, (2, 3, 4, 4)),
    ("PixelShuffle", (2,), {}, (2, 8, 2, 3)),
    ("PixelUnshuffle", (2,), {}, (2, 2, 4, 6)),
    ("ZeroPad1d", (2,), {}, (2, 3, 4)),
    ("ZeroPad2d", ((1, 0, 2, -1),), {}, (2, 3, 4, 4)),
    ("ConstantPad1d", ((1, 2), 3.5), {}, (2, 3, 4)),
    ("ConstantPad2d", (1, 3.5), {}, (2, 3, 4, 4)),
    ("ReflectionPad1d", ((1, 2),), {}, (2, 3, 4)),
    ("ReflectionPad2d", ((1, 2, 0, 3),), {}, (2, 3, 4, 4)),
    ("ReplicationPad1d", (2,), {}, (2, 3, 4)),
    ("ReplicationPad2d", ((1, 2, 0, 3),), {}, (2, 3, 4, 4)),
    ("Unflatten", (1, (2, -1)), {}, (2, 6)),
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layer(name, args, options, shape):
    ours, theirs = pair_of(name, args, options)
    assert repr(ours) == repr(theirs)
    assert_same(list(ours.state_dict().values()), list(theirs.state_dict().values()))
    x = np.random.default_rng(0).normal(2, 3, shape)
    assert_same(run(tnp, ours, x), run(torch, theirs, x))


@pytest.mark.parametrize(
    "name", ["adaptive_avg_pool2d", "adaptive_max_pool1d", "fold", "interpolate", "unfold"]
)
def test_arguments_of_functions(name):
    theirs = getattr(torch.nn.functional, name)
    if name == "adaptive_max_pool1d":
        theirs = torch.nn.functional.adaptive_max_pool1d_with_indices
    assert told(getattr(nn.functional, name)) == told(theirs)


NAMES = sorted({layer[0] for layer in LAYERS})


@pytest.mark.parametrize("name", NAMES)
def test_arguments_and_defaults(name):
    assert told(getattr(nn, name)) == told(getattr(torch.nn, name))


@pytest.mark.parametrize("name", ["Conv1d", "ConvTranspose1d", "ConvTranspose2d"])
def test_default_weights_are_bit_for_bit_torchs(name):
    tnp.manual_seed(3)
    torch.manual_seed(3)
    ours, theirs = (getattr(lib, name)(4, 6, 3, groups=2) for lib in (nn, torch.nn))
    for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("size", [(9, 7), (10, 8), (2, 4, 10, 7)])
def test_output_size_of_a_transposed_convolution(size):
    ours, theirs = pair_of("ConvTranspose2d", (3, 4, 3, 2), {"padding": (1, 3), "dilation": (1, 2)})
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
    assert_same([ours(tnp.tensor(x), size).detach()], [theirs(torch.tensor(x), size).detach()])


@pytest.mark.parametrize("name", ["MaxPool1d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d"])
def test_indices(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 7)[-int(name[-2]) - 2 :])
    ours, theirs = (getattr(lib, name)(2, return_indices=True) for lib in (nn, torch.nn))
    assert_same(ours(tnp.tensor(x)), theirs(torch.tensor(x)))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: n.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
        lambda t, n: n.ConvTranspose1d(3, 4, 3, groups=2),
        lambda t, n: n.Conv1d(3, 4, 3, padding="same", stride=2),
        lambda t, n: n.ConvTranspose2d(3, 4, 3)(t.ones(2, 3, 5, 5), (1, 2, 3)),
        lambda t, n: n.ConvTranspose2d(3, 4, 3)(t.ones(3, 5, 5), (7, 8)),
        lambda t, n: n.Unflatten(1, 2),
        lambda t, n: n.Unflatten(1, (2, 2.5)),
    ],
)
def test_errors(act):
    same_error(act)
