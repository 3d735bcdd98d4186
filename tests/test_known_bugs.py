"""What went wrong in four published NumPy networks, and may not go wrong here: E1 to E22.

Sources: E1-E7 CNN-Numpy (rongzhao-zhang), E8-E14 cnn-numpy (neuron-whisperer), E15-E19 nnet
(andersbll), E20-E22 these and a notebook on the digits of 8x8 pixels.
"""

import gzip
import itertools
import math
import re
import subprocess
import sys
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

import nn
import nn.functional as F
import tinygrad_np as tnp
from nn.data import download
from tinygrad_np.conv_algorithms import ALGORITHMS, conv_algorithm

ROOT = Path(__file__).parents[1]
SOURCES = {p: p.read_text() for d in ("tinygrad_np", "nn") for p in (ROOT / d).rglob("*.py")}
INF, NAN = math.inf, math.nan


def leaf(*shape, dtype=np.float64, seed=0):
    return tnp.tensor(np.random.default_rng(seed).normal(size=shape).astype(dtype)).requires_grad_()


def theirs(*tensors):
    """The same in torch, as leaves."""
    return [torch.tensor(t.detach().numpy(), requires_grad=True) for t in tensors]


def same(ours, expected):
    np.testing.assert_allclose(ours.detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_e1_cross_entropy_without_max_shift_gave_nan():
    rows = [
        ([100.0, 0.0], [0.0, -100.0]),
        ([-200.0, -200.0], [-math.log(2), -math.log(2)]),
        ([1e4, -1e4], [0.0, -2e4]),
        ([-INF, 0.0], [-INF, 0.0]),
    ]
    for logits, logp in rows:
        x = tnp.tensor([logits], dtype=tnp.float64, requires_grad=True)
        assert F.log_softmax(x, 1).tolist() == [pytest.approx(logp, rel=1e-14)]
        loss = F.cross_entropy(x, tnp.tensor([1]))
        assert loss.item() == pytest.approx(-logp[1], rel=1e-14)
        loss.backward()
        assert x.grad.tolist() == [pytest.approx([math.exp(logp[0]), math.exp(logp[1]) - 1])]
    half = tnp.tensor([[6e4, 0.0]], dtype=tnp.float16)
    assert F.log_softmax(half, 1).tolist() == [[0.0, -6e4]]


def test_e2_zero_padding_took_part_in_the_maximum():
    x = tnp.full((1, 1, 2, 2), -2.0, requires_grad=True)
    y, indices = nn.MaxPool2d(2, 2, padding=1, return_indices=True)(x)
    y.sum().backward()
    assert y.flatten().tolist() == [-2, -2, -2, -2]
    assert indices.flatten().tolist() == [0, 1, 2, 3]
    assert x.grad.flatten().tolist() == [1, 1, 1, 1]


def test_e3_relu_at_zero_at_nan_and_in_place():
    x = tnp.tensor([-1.0, 0.0, 2.0, NAN], requires_grad=True)
    y = nn.ReLU()(x)
    y.sum().backward()
    assert x.grad[:3].tolist() == [0, 0, 1]
    assert y[:3].tolist() == [0, 0, 2]
    assert y[3].isnan()
    z = x.detach() * x  # which saves z's operand
    saved = z * z
    before = z._version
    nn.ReLU(inplace=True)(z)
    assert z._version == before + 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        saved.sum().backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_e4_layers_changed_the_dtype(dtype):
    tnp.manual_seed(0)
    layers = [nn.Conv2d(2, 3, 3, padding=1), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.ReLU()]
    layers += [nn.Linear(6, 6), nn.LogSoftmax(1)]
    for layer in layers:
        layer.to(getattr(tnp, np.dtype(dtype).name))
        x = leaf(2, 2, 6, 6, dtype=dtype)
        y = layer(x)
        y.sum().backward()
        gradients = [p.grad for p in layer.parameters()]
        assert {t.detach().numpy().dtype for t in (y, x.grad, *gradients)} == {np.dtype(dtype)}
    scaled = leaf(3, dtype=dtype) * np.sqrt(2 / 9)
    assert scaled.detach().numpy().dtype == dtype
    assert nn.init.kaiming_normal_(leaf(3, 4, dtype=dtype)).detach().numpy().dtype == dtype
    assert tnp.gradcheck(nn.Conv2d(2, 3, 3).double(), leaf(1, 2, 4, 4))


def test_e5_average_pooling_backward_lost_the_rest_of_7x7():
    x = leaf(1, 1, 7, 7)
    nn.AvgPool2d(2)(x).sum().backward()
    expected = np.full((7, 7), 0.25)
    expected[6, :] = expected[:, 6] = 0
    assert (x.grad[0, 0].numpy() == expected).all()


def test_e6_one_outer_product_per_position_and_all_images_at_once():
    published = 64 * 10 * 10 * (6 * 5 * 5) * 16 * 4  # bytes, of one temporary
    conv, x = nn.Conv2d(6, 16, 5), leaf(64, 6, 14, 14, dtype=np.float32)
    y = conv(x)
    tracemalloc.start()
    try:
        y.sum().backward()
        assert tracemalloc.get_traced_memory()[1] < published / 4
    finally:
        tracemalloc.stop()
    seen = []
    net = nn.Classifier([nn.Flatten(), nn.Linear(4, 2)])
    net.model.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    net.evaluate(np.zeros((2500, 2, 2)), np.zeros(2500, int))
    assert seen == [1000, 1000, 500]


def test_e7_gradients_were_overwritten_and_state_hung_on_layers_and_positions():
    layer, x = nn.Linear(3, 3).double(), leaf(2, 3)
    reference = torch.nn.Linear(3, 3).double()
    reference.load_state_dict(
        {k: torch.tensor(v.detach().numpy()) for k, v in layer.state_dict().items()}
    )
    (tx,) = theirs(x)
    for _ in range(2):  # a layer called twice, and two gradients that add up
        layer(layer(x).relu()).sum().backward()
        reference(reference(tx).relu()).sum().backward()
    for ours, expected in [(x, tx), *zip(layer.parameters(), reference.parameters(), strict=True)]:
        same(ours.grad, expected.grad)
    net = nn.Sequential(nn.Linear(1, 1, bias=False))
    weight = net[0].weight
    nn.init.zeros_(weight)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
    for _ in range(2):
        weight.grad = tnp.ones(1, 1)
        optimizer.step()
        net.insert(0, nn.ReLU())  # the momentum stays with its parameter
    assert weight.item() == pytest.approx(-0.5 * (1 + 1.9))


CONVOLUTIONS = [*itertools.product([1, 2, 3, 4], [1, 2, 3, 4], [0, 1, 2], [1, 2])]


@pytest.mark.parametrize("name", ["naive", "stride_groups", "im2col", "row_fused"])
def test_e8_e9_convolution_was_wrong_but_for_some_strides_and_channels(name):
    """New weights in each call, bias added too often, padding twice; dx, db and most k/s wrong."""
    assert name in ALGORITHMS
    for k, stride, padding, dilation in CONVOLUTIONS:
        if name == "naive" and (stride > 3 or k == 1):
            continue  # it is slow
        x, w, b = leaf(2, 3, 9, 8), leaf(2, 3, k, k, seed=1), leaf(2, seed=2)  # F is not C
        tx, tw, tb = theirs(x, w, b)
        expected = torch.nn.functional.conv2d(tx, tw, tb, stride, padding, dilation)
        g = np.random.default_rng(3).normal(size=expected.shape)
        expected.backward(torch.tensor(g))
        with conv_algorithm(name):
            y, again = (F.conv2d(x, w, b, stride, padding, dilation) for _ in range(2))
            y.backward(tnp.tensor(g))
        assert (y == again).all()
        same(y, expected.detach())
        for ours, reference in [(x, tx), (w, tw), (b, tb)]:
            same(ours.grad, reference.grad)


def test_e9_relu_was_the_absolute_value_without_a_derivative():
    x = tnp.tensor([-3.0, 3.0], requires_grad=True)
    y = nn.ReLU()(x)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([0, 3], [0, 1])


def test_e10_softmax_of_a_sigmoid_could_not_be_sure():
    net = nn.Classifier([nn.Linear(10, 10)])
    with tnp.no_grad():
        net.model[0].weight.copy_(30 * tnp.eye(10))
        net.model[0].bias.zero_()
    result = net.evaluate(np.eye(10), np.arange(10))
    assert result.output.max().item() > 1 - 1e-6  # not 0.232
    assert result.cross_entropy < 1e-6  # not 1.461
    x = np.array([-1e4, -800.0, 0.0, 800.0, 1e4])
    assert tnp.tensor(x).sigmoid().tolist() == torch.tensor(x).sigmoid().tolist()
    filters = re.compile(r"simplefilter\(.ignore|filterwarnings\(.ignore|np\.seterr|numpy\.seterr")
    found = [path.name for path, text in SOURCES.items() if filters.search(text)]
    assert found == ["sample_check.py"]  # around the reference in torch, not around an op


def test_e11_predictions_were_random():
    net = nn.Classifier([nn.Flatten(), nn.Linear(12, 4)])
    X = np.random.default_rng(0).normal(size=(50, 3, 4))
    first, second = net.predict(X), net.predict(X)
    assert (first == second).all()
    np.testing.assert_allclose(first.sum(1).numpy(), 1, rtol=1e-6)
    nn.init.zeros_(net.model[1].weight)
    nn.init.zeros_(net.model[1].bias)
    assert net.classify(X).tolist() == [0] * 50  # of equals the first


def test_e12_the_gradient_was_copied_to_every_tie():
    x = tnp.ones(1, 1, 4, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]] * 2
    a, b = (tnp.ones(2, requires_grad=True) for _ in range(2))
    a.amax().backward()
    assert a.grad.tolist() == [0.5, 0.5]
    tnp.maximum(a, b).sum().backward()
    assert b.grad.tolist() == [0.5, 0.5]
    b.grad = None
    b.max(0).values.backward()
    assert b.grad.tolist() == [1, 0]


def test_e13_the_program_never_printed_its_test_score():
    command = [sys.executable, "-W", "error", ROOT / "examples" / "mnist.py"]
    arguments = ["flat", "--images", "400", "--epochs", "4", "--lr", "0.1"]
    done = subprocess.run([*command, *arguments], capture_output=True, encoding="utf-8", check=True)
    last = re.compile(r"Test set: 20 images  CCE: ([\d.]+)  CE: ([\d.]+)").search(done.stdout)
    assert float(last[1]) < math.log(10)
    assert nn.MaxPool2d(3).stride == 3
    net = nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(8, 3)).double()
    X, Y = leaf(4, 1, 3, 3).detach(), tnp.tensor([0, 1, 2, 0])
    means = []
    for times in (1, 2):  # the gradient of a batch is a mean, in each layer
        net.zero_grad()
        F.cross_entropy(net(tnp.cat([X] * times)), tnp.cat([Y] * times)).backward()
        means.append([p.grad.numpy() for p in net.parameters()])
    for once, twice in zip(*means, strict=True):
        np.testing.assert_allclose(once, twice, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("page", [b"<html>404</html>", gzip.compress(b"404")], ids=["html", "gz"])
def test_e14_an_error_page_was_kept_as_the_data(tmp_path, monkeypatch, page):
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)  # between the attempts

    class ErrorPage(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), ErrorPage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(download.DownloadError):
            download.fetch(
                [f"http://127.0.0.1:{server.server_port}/x"], tmp_path / "x.gz", "0" * 64
            )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert list(tmp_path.iterdir()) == []


def test_e15_the_derivative_of_tanh_was_tanh():
    values = [-2.0, 0.0, 0.5, 400.0, -400.0]
    x = tnp.tensor(values, dtype=tnp.float64, requires_grad=True)
    nn.Tanh()(x).sum().backward()
    slopes = [(math.tanh(v + 1e-5) - math.tanh(v - 1e-5)) / 2e-5 for v in values]
    assert x.grad.tolist() == pytest.approx(slopes, abs=1e-9)


def test_e16_weight_decay_made_weights_grow():
    ours = leaf(5)
    (other,) = theirs(ours)
    optimizers = [
        nn.optim.SGD([ours], lr=0.1, momentum=0.9, weight_decay=0.5),
        torch.optim.SGD([other], lr=0.1, momentum=0.9, weight_decay=0.5),
    ]
    norms = [ours.norm().item()]
    for _ in range(20):
        ours.grad, other.grad = tnp.zeros(5, dtype=tnp.float64), torch.zeros(5).double()
        for optimizer in optimizers:
            optimizer.step()
        same(ours, other.detach())
        norms.append(ours.norm().item())
    plain = tnp.ones(1, dtype=tnp.float64, requires_grad=True)
    plain.grad = tnp.zeros(1, dtype=tnp.float64)
    optimizer = nn.optim.SGD([plain], lr=0.1, weight_decay=0.5)
    for _ in range(20):
        optimizer.step()
    assert plain.item() == pytest.approx(0.95**20)
    assert norms[20] < norms[0]


def test_e17_options_of_the_convolution_were_ignored_or_mixed_up():
    x = leaf(1, 1, 6, 7)
    for padding, size in [("valid", (4, 3)), ("same", (6, 7)), ((2, 4), (8, 11))]:
        assert nn.Conv2d(1, 1, (3, 5), padding=padding).double()(x).shape[2:] == size
    w = leaf(1, 1, 2, 5, seed=1)
    tx, tw = theirs(x, w)
    same(F.conv2d(x, w, None, (2, 1), (0, 2)), torch.conv2d(tx, tw, None, (2, 1), (0, 2)).detach())
    with pytest.raises(ValueError, match="Invalid padding string 'full'"):
        nn.Conv2d(1, 1, 3, padding="full")
    with pytest.raises(ValueError, match="padding_mode='nearest'"):
        nn.Conv2d(1, 1, 3, padding_mode="nearest")
    for wrong in ({"border_mode": "nearest"}, {"mode": "avg"}):
        with pytest.raises(TypeError, match="unexpected keyword"):
            (nn.Conv2d if "border_mode" in wrong else nn.MaxPool2d)(2, 2, 2, **wrong)


def test_e18_overlapping_windows_lost_gradient():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = 1
    x = tnp.tensor(x, requires_grad=True)
    F.max_pool2d(x, 3, stride=1).sum().backward()
    assert x.grad[0, 0, 2, 2].item() == 9
    y = tnp.tensor([[[[1.0, 2.0, NAN, 0.0]]]], requires_grad=True)  # a nan is the maximum
    pooled, indices = F.max_pool2d(y, (1, 2), stride=(1, 2), return_indices=True)
    assert indices.flatten().tolist() == [1, 2]
    pooled.sum().backward()
    assert y.grad.flatten().tolist() == [0, 1, 1, 0]


def test_e19_fit_began_anew_and_dropped_samples():
    seen = []
    X, Y = np.arange(10.0)[:, None], np.arange(10) % 2
    net = nn.Classifier([nn.LazyLinear(2)])
    net.model.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].tolist()))
    net.fit(X, Y, lr=0.0, epochs=2, batch_size=4)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    epochs = [[x for batch in part for [x] in batch] for part in (seen[:3], seen[3:])]
    assert sorted(epochs[0]) == sorted(epochs[1]) == X[:, 0].tolist()
    assert epochs[0] != epochs[1]
    weight = net.model[0].weight.tolist()
    net.fit(X, Y, lr=0.0)
    assert net.model[0].weight.tolist() == weight
    for labels, message in [(Y + 1, "got 1 to 2"), (Y + 0.0, "got tinygrad_np.float64 of shape")]:
        with pytest.raises(ValueError, match=f"a class from 0 to 1 for each of 10 .*{message}"):
            net.fit(X, labels, lr=0.1, batch_size=10)


class WrongInputGradient(nn.Linear):
    """Right for its weights, not for its input."""

    def forward(self, input):
        return super().forward(input.detach() + 0 * input)


def test_e20_gradient_checks_proved_nothing():
    conv, X = nn.Conv2d(1, 2, 2), leaf(2, 1, 3, 3, dtype=np.float32)
    with pytest.raises(ValueError, match=r"is float32, not float64\. A numeric derivative is a"):
        tnp.gradcheck(conv, X)

    def loss(scores, targets):
        return scores.square().mean()

    table = nn.check_gradients(conv, X, 0, loss=loss)
    assert max(row.error for row in table.rows) < 1e-7  # the mean was .068 for a right rule
    assert [row.name for row in table.rows] == ["weight", "bias", "input"]
    with pytest.raises(tnp.GradcheckError, match="the gradient of input is wrong"):
        nn.check_gradients(WrongInputGradient(3, 2), leaf(4, 3), 0, loss=loss)


def test_e21_names_that_are_gone_pickled_data_and_no_seed(tmp_path):
    gone = re.compile(r"\b(np|numpy)\.(int|float|bool|object)\b|fetch_mldata|random_integers")
    assert [path.name for path, text in SOURCES.items() if gone.search(text)] == []
    assert [path.name for path, text in SOURCES.items() if "allow_pickle=True" in text] == []
    data = [text for path, text in SOURCES.items() if path.parent.name == "data"]
    assert not any(re.search(r"^\s*(import|from) pickle", text, re.M) for text in data)
    drawn = []
    for _ in range(2):
        tnp.manual_seed(7)
        drawn.append([p.tolist() for p in nn.models.LeNet().parameters()])
    assert drawn[0] == drawn[1]


def test_e22_infinite_inputs_a_loss_with_another_gradient_and_shared_momentum():
    x = tnp.tensor([-INF, INF], requires_grad=True)
    y = x.relu()
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([0, INF], [0, 1])

    sure = tnp.tensor([[40.0, 0.0]], dtype=tnp.float64, requires_grad=True)
    loss = F.cross_entropy(sure, tnp.tensor([1]))  # -log(p + 1e-12) would be 27.6
    loss.backward()
    assert loss.item() == pytest.approx(40, rel=1e-14)
    assert sure.grad.tolist() == [pytest.approx([1, -1])]
    assert tnp.gradcheck(lambda s: F.cross_entropy(s, tnp.tensor([1])), sure)

    p = tnp.zeros(1, requires_grad=True)
    p.grad = tnp.ones(1)
    for _ in range(2):  # each optimiser has a momentum of its own
        nn.optim.SGD([p], lr=1.0, momentum=0.9).step()
    assert p.item() == -2

    horizontal_change = tnp.tensor([[[[-1.0, 0.0, 1.0]] * 3]])  # finds vertical edges
    edge = tnp.zeros(1, 1, 5, 6)
    edge[..., 3:] = 1
    assert F.conv2d(edge, horizontal_change).abs().sum() > 0
    assert F.conv2d(edge.mT, horizontal_change).abs().sum() == 0
