"""Two published training runs on the digits, reproduced digit for digit."""

import math

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tnp
from nn.data import DataLoader, Digits, TensorDataset

# per epoch: the mean loss of its batches, then the accuracies on the training and test images
NUMPY_NETWORK = """
 1 2.0222 0.552 0.562
 2 0.7954 0.880 0.864
 3 0.2587 0.800 0.769
 4 0.3640 0.950 0.949
 5 0.1249 0.977 0.956
 6 0.0924 0.973 0.951
 7 0.0610 0.991 0.973
 8 0.0353 0.989 0.960
 9 0.0345 0.997 0.971
10 0.0274 0.998 0.971
"""
PYTORCH_NETWORK = """
 1 2.1325 0.309 0.280
 2 1.6937 0.765 0.751
 3 1.3111 0.841 0.813
 4 1.0346 0.906 0.873
 5 0.8131 0.927 0.884
 6 0.6370 0.944 0.911
 7 0.5183 0.952 0.929
 8 0.4214 0.958 0.936
 9 0.3520 0.964 0.940
10 0.2969 0.971 0.944
"""


def splits(dtype):
    """Images (N, 1, 8, 8) in 0..1 and labels (N,) to train with, then those to test with."""
    for train in (True, False):
        images, labels = Digits(train)[:]
        yield images.to(dtype), labels


def row(epoch, losses, *accuracies):
    return " ".join([f"{epoch:2} {np.mean(losses):.4f}", *(f"{a:.3f}" for a in accuracies)])


def numpy_start(model, seed):
    """He's normal weights from a NumPy generator, those of the linear layer drawn as (in, out)."""
    rng = np.random.default_rng(seed)
    for weight in (p for p in model.parameters() if p.ndim > 1):
        out, *rest = weight.shape
        shape = (*rest, out) if weight.ndim == 2 else weight.shape
        drawn = rng.standard_normal(shape).astype(np.float32) * math.sqrt(2 / math.prod(rest))
        with tnp.no_grad():
            weight.copy_(tnp.from_numpy(drawn.T if weight.ndim == 2 else drawn))
    for bias in (p for p in model.parameters() if p.ndim == 1):
        nn.init.zeros_(bias)


def accuracy(model, images, labels):
    with tnp.no_grad():
        return (model(images).argmax(1) == labels).sum().item() / len(labels)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_numpy_network(dtype):
    dtype = getattr(tnp, dtype)
    (images, labels), test = splits(dtype)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    numpy_start(model, 42)
    model.to(dtype)
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 1e-4},
        {"params": [p for p in model.parameters() if p.ndim == 1]},
    ]
    optimizer = nn.optim.SGD(groups, lr=0.05, momentum=0.9)
    rng = np.random.default_rng(42)
    rng.choice(len(images), 36, replace=False)  # the pictures that the notebook shows
    rows = []
    for epoch in range(1, 11):
        losses = []
        order = tnp.from_numpy(rng.permutation(len(images)))
        for start in range(0, len(images), 64):
            batch = order[start : start + 64]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        rows.append(row(epoch, losses, accuracy(model, images, labels), accuracy(model, *test)))
    assert rows == NUMPY_NETWORK.strip("\n").splitlines()


def loader_accuracy(model, dataset):
    model.eval()
    with tnp.no_grad():
        right = [(model(x).argmax(1) == y).sum().item() for x, y in DataLoader(dataset, 256)]
    model.train()
    return sum(right) / len(dataset)


def pytorch_rows(dtype):
    train, test = (TensorDataset(*split) for split in splits(dtype))
    tnp.manual_seed(42)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    model.to(dtype)  # the numbers drawn are those of float32
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
    loader = DataLoader(train, batch_size=64, shuffle=True)
    rows = []
    for epoch in range(1, 11):
        losses = []
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        rows.append(row(epoch, losses, loader_accuracy(model, train), loader_accuracy(model, test)))
    return rows


def test_the_pytorch_network():
    assert pytorch_rows(tnp.float64) == PYTORCH_NETWORK.strip("\n").splitlines()


def test_the_pytorch_network_in_float32():
    rows = pytorch_rows(tnp.float32)
    ours, published = (
        np.array([row.split() for row in table], float)
        for table in (rows, PYTORCH_NETWORK.strip("\n").splitlines())
    )
    assert np.abs(ours[:, 1] - published[:, 1]).max() <= 1e-4  # of the loss, as in PyTorch
    assert np.abs(ours[:, 2:] - published[:, 2:]).max() <= 0.0025  # of the accuracy: one test image
