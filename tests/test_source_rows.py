"""What the layers of the published NumPy networks do, done with ours: rows A5 to A9, C5 and C6."""

import numpy as np
import pytest
import torch

import nn
import nn.functional as F
import tinygrad_np as tnp


def leaf(*shape, seed=0):
    return tnp.tensor(np.random.default_rng(seed).normal(size=shape)).requires_grad_()


def test_a5_linear_on_images_and_a_gradient_of_their_shape():
    layer, x = nn.Sequential(nn.Flatten(), nn.Linear(24, 3)).double(), leaf(2, 4, 3, 2)
    y = layer(x)
    y.sum().backward()
    w, b = (p.detach().numpy() for p in layer.parameters())
    np.testing.assert_allclose(y.detach(), x.detach().numpy().reshape(2, 24) @ w.T + b)
    np.testing.assert_allclose(x.grad, np.broadcast_to(w.sum(0).reshape(4, 3, 2), x.shape))


def test_a6_max_pooling_tells_where_its_maxima_are():
    x = leaf(2, 3, 6, 5)
    y, indices = nn.MaxPool2d(3, 2, padding=1, return_indices=True)(x)
    flat = x.detach().numpy().reshape(2, 3, 30)
    taken = np.take_along_axis(flat, indices.numpy().reshape(2, 3, -1), axis=2)
    assert (taken == y.detach().numpy().reshape(2, 3, -1)).all()


def test_a7_average_pooling_with_padding_and_overlap_and_by_repetition():
    x = np.random.default_rng(0).normal(size=(6, 6))
    padded = np.pad(x, 2)
    expected = [[padded[i : i + 3, j : j + 3].mean() for j in (0, 2, 4, 6)] for i in (0, 2, 4, 6)]
    with pytest.raises(RuntimeError, match="at most half"):  # as PyTorch: no window of padding only
        nn.AvgPool2d(3, 2, padding=2)(tnp.tensor(x[None, None]))
    pooled = nn.AvgPool2d(3, 2)(F.pad(tnp.tensor(x[None, None]), (2, 2, 2, 2)))
    np.testing.assert_allclose(pooled[0, 0], expected)
    whole = leaf(1, 2, 6, 4)
    g = np.random.default_rng(1).normal(size=(1, 2, 3, 2))
    nn.AvgPool2d(2)(whole).backward(tnp.tensor(g))
    np.testing.assert_allclose(whole.grad, np.repeat(np.repeat(g / 4, 2, axis=2), 2, axis=3))


@pytest.mark.parametrize("size_average", [True, False])
def test_a8_cross_entropy_of_one_hot_targets_at_every_pixel(size_average):
    scores = leaf(2, 2, 4, 3)  # (N, H, W, C) there, the classes on axis 1 here
    one_hot = np.eye(3)[np.random.default_rng(1).integers(0, 3, (2, 2, 4))]
    loss = nn.CrossEntropyLoss(reduction="mean" if size_average else "sum")(
        scores.permute(0, 3, 1, 2), tnp.tensor(one_hot).permute(0, 3, 1, 2)
    )
    loss.backward()
    z = scores.detach().numpy()
    p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    n = 16 if size_average else 1
    assert loss.item() == pytest.approx(-(one_hot * np.log(p)).sum() / n, rel=1e-12)
    np.testing.assert_allclose(scores.grad, (p - one_hot) / n, rtol=1e-10, atol=1e-14)


def test_a9_momentum_starts_with_the_first_gradient_and_biases_decay_too():
    w, b = tnp.ones(2, 2), tnp.ones(2)
    optimizer = nn.optim.SGD([w, b], lr=0.1, momentum=0.9, weight_decay=0.5)
    value, buffer = 1.0, None
    for _ in range(3):
        for p in (w, b):
            p.grad = tnp.ones_like(p)
        optimizer.step()
        g = 1 + 0.5 * value
        buffer = g if buffer is None else 0.9 * buffer + g
        value -= 0.1 * buffer
        assert w.flatten().tolist() == pytest.approx([value] * 4)
        assert b.tolist() == pytest.approx([value] * 2)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.LazyLinear(7), (4, 7)),
        (nn.Sequential(nn.Unflatten(1, (3, 6, 6)), nn.LazyConv2d(5, 3, padding="same")), (5, 6, 6)),
        (nn.Sequential(nn.Unflatten(1, (3, 6, 6)), nn.LazyConv2d(5, 3, padding=2)), (5, 8, 8)),
        (nn.Sequential(nn.Unflatten(1, (3, 6, 6)), nn.MaxPool2d(2), nn.Flatten()), (4, 27)),
    ],
    ids=["linear", "conv same", "conv full", "pool"],
)
def test_c5_c6_output_shapes_follow_from_the_first_input(layer, shape):
    assert layer(tnp.zeros(4, 108)).shape[-len(shape) :] == shape


def test_c6_one_hot_and_back():
    y = np.random.default_rng(0).integers(0, 4, 9)
    y[0] = 3
    one_hot = F.one_hot(tnp.tensor(y))
    assert (one_hot.numpy() == torch.nn.functional.one_hot(torch.tensor(y)).numpy()).all()
    assert (one_hot.argmax(1).numpy() == y).all()
