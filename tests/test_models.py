"""Both LeNets: size, start, and numbers next to the same networks written in torch."""

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp


def torch_lenet(pool, order):
    n = torch.nn
    pools = {"max": n.MaxPool2d, "avg": n.AvgPool2d}

    def block(*conv, **options):
        after = [pools[pool](2), n.ReLU()]
        return n.Conv2d(*conv, **options), *(after if order == "conv-pool-relu" else after[::-1])

    features = n.Sequential(*block(1, 6, 5, padding=2), *block(6, 16, 5))
    dense = n.Linear(400, 120), n.ReLU(), n.Linear(120, 84), n.ReLU(), n.Linear(84, 10)
    net = n.Sequential(features, n.Sequential(n.Flatten(), *dense))
    return net.double()


def test_61706_parameters():
    net = nn.models.LeNet()
    assert sum(p.numel() for p in net.parameters()) == 61_706
    assert [tuple(p.shape) for p in net.parameters() if p.ndim > 1] == [
        (6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84),
    ]  # fmt: skip


def test_kaiming_normal_weights_and_zero_biases():
    tnp.manual_seed(0)
    net = nn.models.LeNet()
    for p in net.parameters():
        if p.ndim == 1:
            assert p.tolist() == [0] * len(p)
        else:
            expected = (2 / np.prod(p.shape[1:])) ** 0.5
            error = 4 * expected / (2 * p.numel()) ** 0.5  # four standard errors of a deviation
            assert p.std().item() == pytest.approx(expected, abs=error)
            assert p.mean().item() == pytest.approx(0, abs=2**0.5 * error)


@pytest.mark.parametrize("pool", ["max", "avg"])
@pytest.mark.parametrize("order", ["conv-pool-relu", "conv-relu-pool"])
def test_numbers(pool, order):
    ours, theirs = nn.models.LeNet(pool, order).double(), torch_lenet(pool, order)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        q.data = torch.from_numpy(p.detach().numpy().copy())
    x = np.random.default_rng(0).normal(size=(3, 1, 28, 28))
    y = np.array([3, 1, 4])
    out, expected = ours(tnp.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=1e-11)
    nn.CrossEntropy()(out, tnp.tensor(y)).backward()
    torch.nn.CrossEntropyLoss()(expected, torch.tensor(y)).backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("pool", ["max", "avg"])
def test_lenetv2(pool):
    """As train_torch.py of CNN-Numpy builds it."""
    n = torch.nn
    pooler = {"max": n.MaxPool2d, "avg": n.AvgPool2d}[pool]
    theirs = n.Sequential(
        n.Conv2d(1, 8, 3, 1, 1), n.ReLU(), n.Conv2d(8, 8, 3, 1, 1), n.ReLU(), pooler(2),
        n.Conv2d(8, 16, 3, 1, 0), n.ReLU(), n.Conv2d(16, 16, 3, 1, 0), n.ReLU(), pooler(2),
        n.Conv2d(16, 32, 3, 1, 0), n.ReLU(), n.Conv2d(32, 32, 3, 1, 0), n.ReLU(),
        n.AdaptiveAvgPool2d(1), n.Flatten(), n.Linear(32, 10),
    ).double()  # fmt: skip
    ours = nn.models.LeNetv2(pool).double()
    assert sum(p.numel() for p in ours.parameters()) == 18_370
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        q.data = torch.from_numpy(p.detach().numpy().copy())
    x = np.random.default_rng(0).normal(size=(3, 1, 28, 28))
    out, expected = ours(tnp.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=1e-11)
    out.square().sum().backward()
    expected.square().sum().backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_order_matters_for_average_pooling_alone():  # A21
    x = tnp.randn(2, 1, 28, 28)
    for pool, same in [("max", True), ("avg", False)]:
        nets = []
        for order in ("conv-pool-relu", "conv-relu-pool"):
            tnp.manual_seed(1)
            nets.append(nn.models.LeNet(pool=pool, order=order))
        assert tnp.allclose(nets[0](x), nets[1](x)) is same


def test_errors():
    with pytest.raises(ValueError, match="LeNet: expected pool 'max' or 'avg', got 'sum'"):
        nn.models.LeNet(pool="sum")
    with pytest.raises(ValueError, match=r"LeNet: expected order 'conv-pool-relu' or .*got 'rel"):
        nn.models.LeNet(order="relu")
    with pytest.raises(ValueError, match="LeNetv2: expected pool 'max' or 'avg', got 'sum'"):
        nn.models.LeNetv2(pool="sum")
