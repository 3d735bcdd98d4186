"""Distributions give torch's samples, densities, gradients and errors."""

import numpy as np
import pytest
import torch
import torch.distributions
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import same_error, told, translated

import tinygrad_np as tnp
from tinygrad_np import distributions

LIBS = [(tnp, distributions), (torch, torch.distributions)]
FLOATS = st.sampled_from(["float32", "float64"])
SHAPES = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def array(seed, shape, dtype):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def normal(t, d, seed, shape, dtype):
    loc, raw = (t.tensor(array(seed + i, shape, dtype), requires_grad=True) for i in (0, 1))
    return d.Normal(loc, raw.exp()), [loc, raw]


def categorical(t, d, seed, shape, dtype):
    x = t.tensor(array(seed, (*shape, 4), dtype), requires_grad=True)
    return (d.Categorical(logits=x) if seed % 2 else d.Categorical(x.exp())), [x]


def bernoulli(t, d, seed, shape, dtype):
    x = t.tensor(array(seed, shape, dtype), requires_grad=True)
    return (d.Bernoulli(logits=x) if seed % 2 else d.Bernoulli(x.sigmoid())), [x]


KINDS = [normal, categorical, bernoulli]
BY_KIND = pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)


def same(ours, theirs, dtype):
    ours, theirs = ours.detach(), theirs.detach()
    assert (tuple(ours.shape), str(ours.dtype).split(".")[1]) == (
        tuple(theirs.shape), str(theirs.dtype).split(".")[1],
    )  # fmt: skip
    tolerance = {"float32": 3e-6, "float64": 1e-13}[dtype]
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), tolerance, tolerance)


@BY_KIND
@settings(max_examples=25, deadline=None, print_blob=True)
@given(st.integers(0, 9), SHAPES, SHAPES, FLOATS)
def test_samples_densities_and_gradients(make, seed, shape, sample_shape, dtype):
    results = []
    for t, d in LIBS:
        distribution, inputs = make(t, d, seed, shape, dtype)
        assert (distribution.batch_shape, distribution.event_shape) == (shape, ())
        t.manual_seed(seed)
        sample = distribution.sample(sample_shape)
        assert not sample.requires_grad
        values = [sample, distribution.log_prob(sample), distribution.entropy()]
        values += [distribution.mean, distribution.variance, distribution.stddev]
        values += [distribution.mode, distribution.perplexity(), t.rand(2)]
        (distribution.log_prob(sample).sum() + distribution.entropy().sum()).backward()
        results.append(values + [x.grad for x in inputs])
    for ours, theirs in zip(*results, strict=True):
        same(ours, theirs, dtype)


@settings(max_examples=20, deadline=None, print_blob=True)
@given(st.integers(0, 9), SHAPES, SHAPES, FLOATS)
def test_a_sample_inside_the_graph(seed, shape, sample_shape, dtype):
    results = []
    for t, d in LIBS:
        distribution, inputs = normal(t, d, seed, shape, dtype)
        t.manual_seed(seed)
        sample = distribution.rsample(sample_shape)
        (sample**2).sum().backward()
        results.append([sample, distribution.cdf(sample), *(x.grad for x in inputs)])
    for ours, theirs in zip(*results, strict=True):
        same(ours, theirs, dtype)


@BY_KIND
@settings(max_examples=20, deadline=None, print_blob=True)
@given(st.integers(0, 9), SHAPES, FLOATS)
def test_divergences(make, seed, shape, dtype):
    results = []
    for t, d in LIBS:
        (p, x), (q, y) = (make(t, d, seed + i, shape, dtype) for i in (0, 3))
        divergence = d.kl_divergence(p, q)
        divergence.sum().backward()
        results.append([divergence, d.kl_divergence(p, p), *(z.grad for z in x + y)])
    for ours, theirs in zip(*results, strict=True):
        same(ours, theirs, dtype)


CERTAIN = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [0.25, 0.75]]


def test_certain_outcomes():
    results = []
    for t, d in LIBS:
        rows = t.tensor(CERTAIN, dtype=t.float64)
        p, q = d.Categorical(rows.unsqueeze(1)), d.Categorical(rows)
        a, b = d.Bernoulli(rows[:, :1].expand(4, 4)), d.Bernoulli(rows[:, 0].expand(4, 4))
        sure = d.Categorical(logits=t.tensor([0.0, -float("inf")], dtype=t.float64))
        far = d.Bernoulli(logits=t.tensor([-800.0, -40.0, 40.0, 800.0], dtype=t.float64))
        results.append([
            far.log_prob(t.tensor([[0.0], [1.0]], dtype=t.float64)), far.entropy(),
            d.kl_divergence(p, q), d.kl_divergence(a, b), p.entropy(), b.entropy(), b.mode,
            sure.entropy(), sure.probs, p.log_prob(t.tensor(1)),
            b.log_prob(t.tensor([0.0, 1.0, 1.0, 0.0], dtype=t.float64)),
        ])  # fmt: skip
    for ours, theirs in zip(*results, strict=True):
        same(ours, theirs, "float64")


def test_numbers_as_parameters():
    results = []
    for t, d in LIBS:
        t.manual_seed(1)
        both = t.tensor([1.0, 2.0], dtype=t.float64)
        results.append([
            d.Normal(0, 2).sample((3,)), d.Normal(0.5, both).sample(), d.Normal(both, 1).scale,
            d.Bernoulli(0.3).sample((5,)), d.Bernoulli(logits=1).probs, d.Normal(0, 1).mean,
            d.Categorical(both).sample((2, 3)), d.Categorical(both).sample([1]),
            d.Categorical(t.ones(2, 2)).log_prob(t.tensor([[0], [1], [1]])),
        ])  # fmt: skip
    for ours, theirs in zip(*results, strict=True):
        same(ours, theirs, "float32")


def test_repr():
    texts = []
    for t, d in LIBS:
        both = d.Bernoulli(t.tensor([0.5, 0.25]))
        assert both.logits.shape == (2,)  # from here on it is shown, too
        some = [d.Normal(0, 2.5), d.Normal(t.zeros(2, 3), 1.0), d.Categorical(t.ones(3)), both]
        some += [d.Categorical(logits=t.zeros(1)), d.Bernoulli(logits=0.5)]
        texts.append([translated(repr(distribution)) for distribution in some])
    assert texts[0] == texts[1]


def test_the_derivative_of_a_bernoulli_at_even_odds():
    logits = tnp.tensor(0.0, requires_grad=True)
    distributions.Bernoulli(logits=logits).log_prob(tnp.tensor(1.0)).backward()
    assert logits.grad.item() == 0.5  # y - sigmoid(0)


def test_samples_have_the_moments():
    tnp.manual_seed(3)
    p = distributions.Categorical(tnp.tensor([0.2, 0.5, 0.3]))
    counts = np.bincount(p.sample((20_000,)).numpy()) / 20_000
    np.testing.assert_allclose(counts, [0.2, 0.5, 0.3], atol=0.01)  # 3 deviations of 0.0035
    x = distributions.Normal(1.0, 2.0).sample((20_000,)).numpy()
    np.testing.assert_allclose([x.mean(), x.std()], [1, 2], atol=0.045)


@pytest.mark.parametrize(
    "act",
    [
        lambda t, d: d.Normal(0.0, -1.0),
        lambda t, d: d.Normal(t.zeros(2), t.tensor([1.0, 0.0])),
        lambda t, d: d.Normal(float("nan"), 1.0),
        lambda t, d: d.Normal("0", 1.0),
        lambda t, d: d.Normal(t.zeros(2), t.ones(3)),
        lambda t, d: d.Normal(0.0, 1.0).log_prob(0.5),
        lambda t, d: d.Normal(0.0, 1.0).log_prob(t.tensor(float("nan"))),
        lambda t, d: d.Normal(t.zeros(3), 1.0).log_prob(t.zeros(2)),
        lambda t, d: d.Normal(0.0, 1.0).cdf(0.5),
        lambda t, d: d.Categorical(),
        lambda t, d: d.Categorical(t.ones(2), t.ones(2)),
        lambda t, d: d.Categorical(t.tensor(1.0)),
        lambda t, d: d.Categorical(logits=t.tensor(1.0)),
        lambda t, d: d.Categorical(t.tensor([1.5, -0.5])),
        lambda t, d: d.Categorical(logits=t.tensor([0.0, float("nan")])),
        lambda t, d: d.Categorical(t.ones(3)).log_prob(t.tensor(3)),
        lambda t, d: d.Categorical(t.ones(3)).log_prob(t.tensor([0.5])),
        lambda t, d: d.Categorical(t.ones(2, 3)).log_prob(t.zeros(3)),
        lambda t, d: d.Bernoulli(),
        lambda t, d: d.Bernoulli(0.5, 0.5),
        lambda t, d: d.Bernoulli(1.5),
        lambda t, d: d.Bernoulli(logits=float("nan")),
        lambda t, d: d.Bernoulli(0.5).log_prob(t.tensor(0.5)),
        lambda t, d: d.kl_divergence(d.Normal(0.0, 1.0), d.Categorical(t.ones(2))),
    ],
)
def test_errors(act):
    same_error(act, LIBS)


def test_checks_can_be_left_out():
    for t, d in LIBS:
        assert d.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
        assert d.Bernoulli(0.5, validate_args=False).log_prob(t.tensor(2.0)).item() < 0


def test_what_a_base_class_does_not_have():
    base = distributions.Distribution((2,))
    for name, act in {
        "rsample": base.sample,
        "entropy": base.entropy,
        "log_prob": lambda: base.log_prob(tnp.ones(2)),
        "variance": lambda: base.stddev,
    }.items():
        with pytest.raises(NotImplementedError, match=f"Distribution has no {name}"):
            act()


@pytest.mark.parametrize("name", ["Normal", "Categorical", "Bernoulli", "kl_divergence"])
def test_arguments(name):
    assert told(getattr(distributions, name)) == told(getattr(torch.distributions, name))


def test_pytorch_names():
    from tinygrad_np.distributions.categorical import Categorical
    from tinygrad_np.distributions.normal import Normal

    assert (Normal, Categorical) == (distributions.Normal, distributions.Categorical)
