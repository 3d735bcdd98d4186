"""nn.Classifier and nn.check_gradients: numbers next to torch, and what they find wrong."""

import functools
import math

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp


def data(n=30, seed=0):
    r = np.random.default_rng(seed)
    return r.normal(size=(n, 1, 8, 8)).astype("float32"), r.integers(0, 3, n)


def network(**options):
    layers = [nn.LazyConv2d(4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(3)]
    return nn.Classifier(layers, **options)


def twin(net):
    n = torch.nn
    model = n.Sequential(n.Conv2d(1, 4, 3), n.ReLU(), n.MaxPool2d(2), n.Flatten(), n.Linear(36, 3))
    model.load_state_dict(
        {k: torch.tensor(v.detach().numpy()) for k, v in net.model.state_dict().items()}
    )
    return model


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("momentum", [0, 0.9])
def test_training_is_that_of_torch(momentum, one_hot):
    X, Y = data()
    net = network(optimizer=functools.partial(nn.optim.SGD, momentum=momentum))
    net.predict(X)  # makes the weights
    model = twin(net)
    optimizer = torch.optim.SGD(model.parameters(), momentum=momentum)
    tx, ty = torch.tensor(X), torch.tensor(Y)
    for lr in (0.1, 0.1, 0.01):
        scores = model(tx)
        loss = torch.nn.functional.cross_entropy(scores, ty)
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result = net.train((X, np.eye(3)[Y] if one_hot else Y), lr)
        np.testing.assert_allclose(result.output, scores.softmax(1).detach(), rtol=1e-4)
        assert result.cross_entropy == pytest.approx(loss.item(), rel=1e-5)
        assert result.error == (scores.argmax(1) != ty).double().mean().item()
    for ours, theirs in zip(net.model.parameters(), model.parameters(), strict=True):
        np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-4, atol=1e-6)


def test_evaluation_is_of_all_samples_in_eval_mode_whatever_the_batch_size():
    X, Y = data()
    net = nn.Classifier([nn.Flatten(), nn.Linear(64, 20), nn.Dropout(0.5), nn.Linear(20, 3)])
    whole, parts = net.evaluate(X, Y), net.evaluate(X, Y, batch_size=7)
    scores = net.model[3](net.model[1](tnp.tensor(X).flatten(1))).detach().numpy().astype(float)
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert net.model.training
    for result in (whole, parts):
        np.testing.assert_allclose(result.output, p, rtol=1e-5)
        assert result.cross_entropy == pytest.approx(-np.log(p[np.arange(30), Y]).mean(), rel=1e-5)
        assert result.error == pytest.approx((p.argmax(1) != Y).mean(), rel=1e-15)
    assert (net.predict(X) == whole.output).all()
    assert (net.classify(X).numpy() == p.argmax(1)).all()


def test_guessing_costs_the_logarithm_of_the_number_of_classes():
    net = nn.Classifier([nn.Linear(2, 10)])
    for p in net.model.parameters():
        nn.init.zeros_(p)
    result = net.evaluate(np.ones((20, 2)), np.arange(20) % 10)
    assert result.cross_entropy == pytest.approx(math.log(10))
    assert result.error == 0.9


def test_fit_learns_and_returns_means_of_all_samples():
    tnp.manual_seed(0)
    X, Y = data(60)
    X[np.arange(60), 0, Y, Y] += 8
    net = network()
    scores = net.fit(X, Y, lr=0.1, epochs=8, batch_size=16)
    assert len(scores) == 8
    assert scores[-1][0] < 0.5 * scores[0][0]
    assert net.evaluate(X, Y).error < 0.1
    still = net.fit(X, Y, lr=0.0, batch_size=16)
    assert still[0] == pytest.approx(net.evaluate(X, Y)[1:], rel=1e-5)


@pytest.mark.parametrize(
    ("Y", "message"),
    [
        ([0] * 29, r"for each of 30 samples, got tinygrad_np.int64 of shape \(29,\)"),
        ([0.0] * 30, r"from 0 to 2 .*, got tinygrad_np.float32 of shape \(30,\)"),
        ([3] * 30, "got 3 to 3"),
        ([-1] * 30, "got -1 to -1"),
        (np.ones((30, 3)), "got rows that are not one-hot"),
        (np.ones((30, 4)), r"got tinygrad_np.float64 of shape \(30, 4\)"),
    ],
)
def test_wrong_classes(Y, message):
    net = network()
    for act in (lambda: net.train((data()[0], Y), 0.1), lambda: net.evaluate(data()[0], Y)):
        with pytest.raises(ValueError, match=message):
            act()


# -- check_gradients


def test_every_parameter_has_a_row_with_torchs_gradient():
    X, Y = data(3)
    net = network()
    assert net.check_gradients(X, Y)  # before the weights are made, those of a copy
    net.predict(X)
    table = net.check_gradients(X, Y, elements=None)
    assert table
    model = twin(net).double()
    tx = torch.tensor(X).double().requires_grad_()
    torch.nn.functional.cross_entropy(model(tx), torch.tensor(Y)).backward()
    expected = {name: p.grad for name, p in model.named_parameters()} | {"input": tx.grad}
    assert [row.name for row in table.rows] == [*expected]
    for row in table.rows:
        g = expected[row.name]
        assert (row.shape, row.checked) == (tuple(g.shape), g.numel())
        assert row.analytic == pytest.approx(g[row.index].item(), abs=1e-9)
        assert row.error < 1e-7
    assert len(str(table).splitlines()) == 1 + len(table.rows)


class Mistaken(nn.Linear):
    """A gradient that is wrong in one element of the weight."""

    def forward(self, input):
        change = tnp.zeros_like(self.weight)
        change[1, 7] = 0.01
        wrong = super().forward(input) + input @ (change * self.weight).mT
        return wrong - (input.detach() @ (change * self.weight.detach()).mT)


@pytest.mark.parametrize("elements", [None, 5])
def test_one_wrong_element_of_640_is_found_and_named(elements):
    tnp.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), Mistaken(64, 10), nn.ReLU(), nn.Linear(10, 3))
    X, Y = data(4)
    table = nn.check_gradients(model, X, Y, elements=elements, raise_exception=False)
    wrong = [row for row in table.rows if row.wrong]
    assert not table
    assert {row.name for row in wrong} >= {"1.weight"}
    row = next(row for row in wrong if row.name == "1.weight")
    assert (row.wrong, row.index, row.checked) == (1, (1, 7), 640)
    assert row.analytic == pytest.approx(1.01 * row.numeric, rel=1e-4)
    with pytest.raises(tnp.GradcheckError, match=r"(?s)gradient of 1.weight.* is wrong\nparameter"):
        nn.check_gradients(model, X, Y, elements=elements)


def test_the_users_model_stays_as_it_is():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.BatchNorm1d(5), nn.Linear(5, 3))
    before = {k: v.tolist() for k, v in model.state_dict().items()}
    X, Y = data(6)
    assert nn.check_gradients(model, X, Y)
    assert {k: v.tolist() for k, v in model.state_dict().items()} == before
    assert all(p.dtype is tnp.float32 and p.grad is None for p in model.parameters())


def test_kinks_are_counted_and_excused():
    layer = nn.Linear(2, 3)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    table = nn.check_gradients(nn.Sequential(layer, nn.ReLU()), np.ones((2, 2)), tnp.tensor([0, 1]))
    assert table
    assert table.rows[0].kinks == 6
    assert "at kinks" in str(table)


def test_what_cannot_be_checked_is_said():
    X, Y = data(2)
    dropout = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 3))
    with pytest.raises(tnp.GradcheckError, match=r"random numbers drawn, as by dropout\?"):
        nn.check_gradients(dropout, X, Y)
    assert nn.check_gradients(dropout.eval(), X, Y)
    with pytest.raises(ValueError, match="expected a function of one number, got 6"):
        nn.check_gradients(dropout, X, Y, loss=lambda scores, Y: scores)
    x = tnp.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="float32, not float64"):
        tnp.gradient_table(lambda: x.sum(), {"x": x})


def test_what_is_no_batch_is_refused():
    net = nn.Classifier([nn.LazyLinear(3)])
    X, Y = tnp.randn(4, 2), tnp.tensor([0, 1, 2, 0])
    with pytest.raises(TypeError, match=r"^expected a batch \(X, Y\), got Tensor$"):
        net.train(X, 0.1)
    with pytest.raises(ValueError, match=r"^expected a batch of one sample or more, got none$"):
        net.train((X[:0], Y[:0]), 0.1)


def test_a_classifier_s_gradients_are_checked_from_outside_too():
    net = nn.Classifier([nn.LazyLinear(3)])
    X, Y = tnp.randn(4, 2), tnp.tensor([0, 1, 2, 0])
    net.train((X, Y), 0.1)
    assert nn.check_gradients(net, X, Y)
