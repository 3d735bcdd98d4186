"""The arguments of convolutions and pools: what torch takes is taken, mistakes have its texts."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tinygrad_np.conv_algorithms import row_fused
from tinygrad_np.conv_algorithms.arguments import conv_geometry, pool_geometry
from tinygrad_np.conv_algorithms.geometry import (
    Geometry,
    conv_output_shape,
    inside,
    pool_output_shape,
)

X, W = (2, 4, 8, 7), (4, 4, 3, 3)


@pytest.mark.parametrize("start", range(-7, 8))
@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_inside_names_the_positions_in_range(start, step):
    for size in range(6):
        for count in range(8):
            positions = range(start, start + step * count, step)
            which, where = inside(start, step, size, count)
            expected = [i for i, at in enumerate(positions) if at in range(size)]
            assert [*range(count)][which] == expected
            assert [*range(size)][where] == [positions[i] for i in expected]


# Convolution.


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 2), (5, 6)], ids=str)
@pytest.mark.parametrize("dilation", [1, 2, (3, 1)])
def test_same_and_valid_pad_as_torch(kernel, dilation):
    r = np.random.default_rng(0)
    x, w = r.standard_normal((2, 3, 9, 8)), r.standard_normal((4, 3, *kernel))
    tx, tw = torch.tensor(x), torch.tensor(w)
    for padding in ("same", "valid"):
        geometry = conv_geometry(kernel, padding=padding, dilation=dilation)
        if min(geometry.output_size((9, 8), kernel)) > 0:
            y = F.conv2d(tx, tw, padding=padding, dilation=dilation).numpy()
            ours, _ = row_fused.forward(x, w, geometry)
            np.testing.assert_allclose(ours, y, rtol=1e-10, atol=1e-12)


def test_conv_arguments_are_ints_or_pairs():
    expected = Geometry((2, 2), ((1, 1), (1, 1)), (3, 3), 2)
    assert conv_geometry((3, 3), 2, 1, 3, 2) == expected
    assert conv_geometry((3, 3), [2, 2], (1,), np.int64(3), np.int32(2)) == expected
    assert conv_geometry((3, 3), (2, 1), (0, 4)) == Geometry((2, 1), ((0, 0), (4, 4)))
    assert len({expected, conv_geometry((3, 3), 2, 1, 3, 2)}) == 1
    with pytest.raises(AttributeError):
        expected.groups = 1


CONV_MISTAKES = [
    ({"padding": -1}, X, W, "negative padding is not supported"),
    ({"stride": 0}, X, W, "non-positive stride is not supported"),
    ({"stride": (1, -1)}, X, W, "non-positive stride is not supported"),
    ({"dilation": 0}, X, W, "non-positive dilation is not supported"),
    ({"groups": 0}, X, W, "non-positive groups is not supported"),
    ({"padding": "full"}, X, W, "Invalid padding string: 'full'"),
    (
        {"padding": "same", "stride": 2},
        X,
        W,
        "padding='same' is not supported for strided convolutions",
    ),
    (
        {"stride": (1, 2, 3)},
        X,
        W,
        r"expected stride to be a single integer value or a list of 2 values to match the "
        r"convolution dimensions, but got stride=\[1, 2, 3\]",
    ),
    ({"dilation": ()}, X, W, r"expected dilation to be .*, but got dilation=\[\]"),
    (
        {"groups": 2},
        X,
        W,
        r"Given groups=2, weight of size \[4, 4, 3, 3\], expected input\[2, 4, 8, 7\] to have 8 "
        "channels, but got 4 channels instead",
    ),
    (
        {"groups": 3},
        X,
        W,
        r"Given groups=3, expected weight to be divisible by 3 at dimension 0, but got weight of "
        r"size \[+4, 4, 3, 3\]+ instead",
    ),
    (
        {},
        X,
        (0, 4, 3, 3),
        r"Given groups=1, expected weight to be at least 1 at dimension 0, but got weight of size "
        r"\[0, 4, 3, 3\] instead",
    ),
    (
        {"padding": (0, 1), "dilation": (4, 2)},
        X,
        W,
        r"Calculated padded input size per channel: \(8 x 9\). Kernel size: \(9 x 5\). "
        "Kernel size can't be greater than actual input size",
    ),
    (
        {"padding": 2},
        (2, 4, 0, 7),
        W,
        r"Only zero batch or zero channel inputs are supported, but got input shape: "
        r"\[2, 4, 0, 7\]",
    ),
    (
        {},
        (4, 4),
        W,
        r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d.*"
        r"but got input of size: \[4, 4\]",
    ),
]


@pytest.mark.parametrize(("arguments", "x_shape", "w_shape", "text"), CONV_MISTAKES)
def test_conv_mistakes_have_torchs_texts(arguments, x_shape, w_shape, text):
    with pytest.raises(RuntimeError, match=text):
        F.conv2d(torch.ones(x_shape), torch.ones(w_shape), **arguments)
    with pytest.raises(RuntimeError, match=text):
        conv_output_shape(x_shape, w_shape, conv_geometry(w_shape[2:], **arguments))


def test_an_empty_kernel_and_a_flat_weight():
    with pytest.raises(RuntimeError, match=r"Only zero batch .* weight shape: \[4, 4, 0, 3\]"):
        conv_output_shape(X, (4, 4, 0, 3), Geometry())
    with pytest.raises(RuntimeError, match=r"a 4D weight, .* weight of size: \[4, 4, 3\]"):
        conv_output_shape(X, (4, 4, 3), Geometry())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"stride": 1.0}, r"conv2d\(\): argument 'stride' must be tuple of ints, not float"),
        ({"stride": True}, r"conv2d\(\): argument 'stride' must be tuple of ints, not bool"),
        ({"padding": None}, r"argument 'padding' must be tuple of ints, not NoneType"),
        ({"padding": np.ones(2, int)}, r"argument 'padding' must be tuple of ints, not ndarray"),
        (
            {"dilation": (1, 2.0)},
            r"argument 'dilation' must be tuple of ints, but found element of type float at pos 1",
        ),
        ({"groups": 1.0}, r"conv2d\(\): argument 'groups' must be int, not float"),
        ({"groups": (1, 2)}, r"conv2d\(\): argument 'groups' must be int, not tuple"),
    ],
)
def test_conv_arguments_of_a_wrong_type(arguments, text):
    with pytest.raises(TypeError, match=text):
        conv_geometry((3, 3), **arguments)
    with pytest.raises(TypeError):
        F.conv2d(torch.ones(X), torch.ones(W), **arguments)


def test_bools_inside_tuples_are_no_ints():  # PyTorch takes them
    conv_geometry((3, 3), stride=(1, 1))  # a cache must not take one for the other
    with pytest.raises(TypeError, match="but found element of type bool at pos 1"):
        conv_geometry((3, 3), stride=(1, True))


# Pools.


def test_pool_arguments_are_ints_or_pairs_and_the_stride_may_be_left_out():
    expected = (3, 2), Geometry((3, 2))
    for stride in (None, (), [], (3, 2)):
        assert pool_geometry("max_pool2d", (3, 2), stride) == expected
    assert pool_geometry("max_pool2d", np.int64(2), 1, (1,), 3, True) == (
        (2, 2),
        Geometry((1, 1), ((1, 1), (1, 1)), (3, 3), ceil_mode=True),
    )


POOL_MISTAKES = [
    ({"kernel_size": 0}, X, "stride should not be zero"),
    ({"kernel_size": 0, "stride": 1}, X, "kernel size should be greater than zero, but got kH: 0"),
    ({"kernel_size": -1}, X, "kernel size should be greater than zero, but got kH: -1 kW: -1"),
    ({"kernel_size": 2, "stride": 0}, X, "stride should not be zero"),
    (
        {"kernel_size": 2, "stride": -1},
        X,
        "stride should be greater than zero, but got dH: -1 dW: -1",
    ),
    ({"kernel_size": 2, "padding": -1}, X, "pad must be non-negative, but got pad: -1"),
    (
        {"kernel_size": (3, 2), "padding": (1, 2)},
        X,
        "pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and "
        "dilation=1",
    ),
    ({"kernel_size": 9}, X, r"Given input size: \(4x8x7\). Calculated output size: \(4x0x0\)."),
    (
        {"kernel_size": (1, 2, 3)},
        X,
        "2d: kernel_size must either be a single int, or a tuple of two ints",
    ),
    (
        {"kernel_size": 2, "stride": (1, 2, 3)},
        X,
        "2d: stride must either be omitted, a single int, or a tuple of two ints",
    ),
    (
        {"kernel_size": 2, "padding": ()},
        X,
        "2d: padding must either be a single int, or a tuple of two ints",
    ),
    ({"kernel_size": 2}, (2, 0, 8, 7), r"Expected 3D or 4D .* input, but got:\[2, 0, 8, 7\]"),
    ({"kernel_size": 2}, (1, 2, 3, 8, 7), r"3D or 4D .* input, but got:\[1, 2, 3, 8, 7\]"),
]


@pytest.mark.parametrize(("arguments", "x_shape", "text"), POOL_MISTAKES)
def test_pool_mistakes_have_torchs_texts(arguments, x_shape, text):
    with pytest.raises(RuntimeError, match=text):
        F.avg_pool2d(torch.ones(x_shape), **arguments)
    with pytest.raises(RuntimeError, match=text):
        pool_output_shape(x_shape, *pool_geometry("avg_pool2d", **arguments))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"kernel_size": 2, "dilation": 0},
            "dilation should be greater than zero, but got dilationH: 0 dilationW: 0",
        ),
        (
            {"kernel_size": 3, "padding": 2, "dilation": 2},
            "pad should be smaller than or equal to half of kernel size, but got padW = 2, "
            "padH = 2, kW = 3, kH = 3",
        ),
    ],
)
def test_pool_mistakes_with_dilations(arguments, text):
    with pytest.raises(RuntimeError, match=text):
        F.max_pool2d(torch.ones(X), **arguments)
    with pytest.raises(RuntimeError, match=text):
        pool_geometry("max_pool2d", **arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((2.0,), r"max_pool2d\(\): argument 'kernel_size' .*must be tuple of ints, not float"),
        ((None,), r"argument 'kernel_size' .*must be tuple of ints, not NoneType"),
        ((True,), r"argument 'kernel_size' .*must be tuple of ints, not bool"),
        (
            ((2.0, 2),),
            r"'kernel_size' .*must be tuple of ints, but found element of type float at pos 0",
        ),
        ((2, 2, "same"), r"argument 'padding' .*must be tuple of ints, not str"),
    ],
)
def test_pool_arguments_of_a_wrong_type(arguments, text):
    with pytest.raises(TypeError, match=text):
        F.max_pool2d(torch.ones(X), *arguments)
    with pytest.raises(TypeError, match=text):
        pool_geometry("max_pool2d", *arguments)
