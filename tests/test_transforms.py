"""Transforms: numbers by hand, and for the random ones those of torchvision 0.28."""

import numpy as np
import pytest
import torch

import tinygrad_np as tnp
from nn.data import MNIST, DataLoader, transforms

IMAGE = np.arange(12.0, dtype=np.float32).reshape(1, 3, 4)


def test_arrays_become_tensors():
    rgb = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    image = transforms.ToTensor()(rgb)
    assert (tuple(image.shape), image.dtype) == ((3, 2, 4), tnp.float32)
    expected = torch.from_numpy(rgb.transpose(2, 0, 1).copy()).to(torch.float32).div(255)
    assert image.tolist() == expected.tolist()
    grey = transforms.ToTensor()(np.array([[0, 255]], np.uint8))
    assert grey.tolist() == [[[0.0, 1.0]]]
    for dtype in (np.float64, np.int32):  # not scaled
        image = transforms.ToTensor()(np.full((2, 3), 7, dtype))
        assert image.tolist() == [[[7.0] * 3] * 2]
        assert image.numpy().dtype == dtype
    assert transforms.ToTensor()(grey) is grey


def test_pixels_are_of_the_default_dtype():
    tnp.set_default_dtype(tnp.float64)
    try:
        image = transforms.ToTensor()(np.array([[51]], np.uint8))
        assert MNIST(train=False)[0][0].dtype is tnp.float64
    finally:
        tnp.set_default_dtype(tnp.float32)
    assert (image.dtype, image.item()) == (tnp.float64, 51 / 255)


def test_normalize():
    x = tnp.tensor([[[1.0, 2.0]], [[3.0, 5.0]]])
    y = transforms.Normalize((1, 3), (0.5, 2.0))(x)
    assert y.tolist() == [[[0.0, 2.0]], [[0.0, 1.0]]]
    assert x.tolist() == [[[1.0, 2.0]], [[3.0, 5.0]]]
    assert transforms.Normalize(1, 2)(x.double().unsqueeze(0)).tolist()[0][1] == [[1.0, 2.0]]
    same = transforms.Normalize([1.0], [1.0], inplace=True)(x)
    assert same is x
    assert x.tolist() == [[[0.0, 1.0]], [[2.0, 4.0]]]


def test_the_pipeline_of_mnist():
    pipeline = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    digits = MNIST(train=False, transform=pipeline)
    raw = torch.from_numpy(digits.data.numpy()[3])[None].to(torch.float32).div(255)
    expected = raw.sub(torch.tensor(0.1307)).div(torch.tensor(0.3081))
    image, label = digits[3]
    assert image.tolist() == expected.tolist()
    assert label == 0
    images, labels = next(iter(DataLoader(digits, batch_size=4)))
    assert tuple(images.shape) == (4, 1, 28, 28)
    assert (images[3].tolist(), labels.tolist()) == (image.tolist(), [7, 2, 1, 0])


CROPS = [  # options, and what torchvision gives one after the other from seed 0
    ({"size": 2}, [[0, 1], [4, 5]]),
    ({"size": (2, 3), "padding": 1}, [[0, 0, 1], [0, 4, 5]]),
    ({"size": 2, "padding": (1, 2), "fill": 7}, [[7, 7], [3, 7]]),
    (
        {"size": [3], "padding": [1, 0, 2, 1], "padding_mode": "edge"},
        [[6, 7, 7], [10, 11, 11], [10, 11, 11]],
    ),
    ({"size": (3, 4)}, IMAGE[0].tolist()),
    (
        {"size": 5, "pad_if_needed": True},
        [[0] * 5, [0, 1, 2, 3, 0], [4, 5, 6, 7, 0], [8, 9, 10, 11, 0], [0] * 5],
    ),
    (
        {"size": (4, 6), "pad_if_needed": True, "padding": 1, "padding_mode": "reflect"},
        [[1, 0, 1, 2, 3, 2], [5, 4, 5, 6, 7, 6], [9, 8, 9, 10, 11, 10], [5, 4, 5, 6, 7, 6]],
    ),
    (
        {"size": 3, "padding": 1, "padding_mode": "symmetric"},
        [[2, 3, 3], [2, 3, 3], [6, 7, 7]],
    ),
    ({"size": 3, "padding": (2,)}, [[4, 5, 6], [8, 9, 10], [0, 0, 0]]),
]


def test_random_crops_and_flips_from_one_seed():
    image = tnp.tensor(IMAGE)
    tnp.manual_seed(0)
    for options, expected in CROPS:
        assert transforms.RandomCrop(**options)(image).tolist() == [expected]
    flip, flipped = transforms.RandomHorizontalFlip(), IMAGE[..., ::-1].tolist()
    flips = [flip(image).tolist() for _ in range(12)]
    turned = "001100101001"  # where torchvision flips
    assert flips == [flipped if turn == "1" else IMAGE.tolist() for turn in turned]
    assert tnp.rand(1).item() == 0.1852310299873352
    assert image.tolist() == IMAGE.tolist()


def test_pixels_move_together_in_a_batch():
    image = tnp.tensor(IMAGE).to(tnp.uint8)
    batch = tnp.stack([image, image])
    first, second = transforms.RandomCrop(2)(batch)
    assert (first.tolist(), first.dtype) == (second.tolist(), image.dtype)
    assert transforms.RandomHorizontalFlip(1)(batch)[1, 0, 0].tolist() == [3, 2, 1, 0]
    assert transforms.RandomHorizontalFlip(0)(batch) is batch


def test_repr_and_lambda():
    steps = [
        transforms.RandomCrop(28, padding=4),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize((0.1307,), (0.3081,)),
        transforms.Lambda(lambda x: x + 1),
    ]
    assert repr(transforms.Compose(steps)) == (
        "Compose(\n    RandomCrop(size=(28, 28), padding=4)\n    RandomHorizontalFlip(p=0.5)\n"
        "    ToTensor()\n    Normalize(mean=(0.1307,), std=(0.3081,))\n    Lambda()\n)"
    )
    assert transforms.Compose(steps[-1:] * 3)(1) == 4


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: transforms.RandomCrop(5)(tnp.ones(1, 3, 4)), ValueError,
         r"Required crop size \(5, 5\) is larger than input image size \(3, 4\)"),
        (lambda: transforms.RandomCrop((1, 2, 3)), ValueError,
         r"Please provide only two dimensions \(h, w\) for size\."),
        (lambda: transforms.RandomCrop(2, padding=(1, 2, 3))(tnp.ones(3, 4)), ValueError,
         "Padding must be an int or a 1, 2, or 4 element tuple, not a 3 element tuple"),
        (lambda: transforms.RandomCrop(2, 1, padding_mode="circular")(tnp.ones(3, 4)), ValueError,
         "Padding mode should be either constant, edge, reflect or symmetric"),
        (lambda: transforms.RandomCrop(2)(IMAGE), TypeError, "Tensor is not a torch image"),
        (lambda: transforms.RandomHorizontalFlip(1)(tnp.ones(3)), TypeError,
         "Tensor is not a torch image"),
        (lambda: transforms.Lambda(3), TypeError,
         "Argument lambd should be callable, got 'int'"),
        (lambda: transforms.ToTensor()(3), TypeError,
         "pic should be ndarray. Got <class 'int'>"),
        (lambda: transforms.ToTensor()(np.zeros(3)), ValueError,
         "pic should be 2/3 dimensional. Got 1 dimensions."),
        (lambda: transforms.Normalize(0, 1)(IMAGE), TypeError,
         "img should be Tensor Image. Got <class 'numpy.ndarray'>"),
        (lambda: transforms.Normalize(0, 1)(tnp.arange(3)), TypeError,
         "Input tensor should be a float tensor. Got tinygrad_np.int64."),
        (lambda: transforms.Normalize(0, 1)(tnp.ones(3, 3)), ValueError,
         r"size \(\.\.\., C, H, W\)\. Got tensor\.size\(\) = tinygrad_np\.Size\(\[3, 3\]\)"),
        (lambda: transforms.Normalize(0, 0.0)(tnp.ones(3, 3, 3)), ValueError,
         "std evaluated to zero after conversion to tinygrad_np.float32, leading to division by"),
    ],
)  # fmt: skip
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()
