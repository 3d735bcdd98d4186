"""Losses, distances and dropout equal torch's: numbers to second order, warnings, errors."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import FUNCTIONALS, call, normal, same_error, slopes, stretched, told, translated
from test_functions import same

import nn
import nn.functional as F
import tinygrad_np as tnp

REDUCTIONS = ["none", "mean", "sum"]
SHAPE = (3, 4)
X, Y = normal(0, *SHAPE), normal(1, *SHAPE)
P, Q = 1 / (1 + np.exp(-X)), 1 / (1 + np.exp(-Y))  # probabilities
W = np.random.default_rng(2).uniform(0.5, 2, SHAPE)
HALVES = np.array([-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0])  # kinks of beta, delta 0.5 and 1

CASES = [
    ("mse_loss", {}, X, Y), ("l1_loss", {}, X, Y), ("l1_loss", {}, HALVES, HALVES * 0),
    ("smooth_l1_loss", {}, X, Y), ("smooth_l1_loss", {"beta": 0.5}, HALVES, HALVES * 0),
    ("smooth_l1_loss", {"beta": 0.0}, X, Y), ("huber_loss", {}, HALVES, HALVES * 0),
    ("huber_loss", {"delta": 0.5}, X, Y), ("binary_cross_entropy", {}, P, Q),
    ("binary_cross_entropy_with_logits", {}, X * 9, Q), ("kl_div", {}, np.log(P), Q),
    ("kl_div", {"log_target": True}, np.log(P), np.log(Q)),
]  # fmt: skip
cases = pytest.mark.parametrize(("name", "options", "x", "y"), CASES)


@cases
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss")
def test_of_pairs(name, options, x, y, reduction):
    loss = call(name, reduction=reduction, **options)
    same(loss, x, y)
    same(slopes(loss), x, y)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_weighted(name, reduction):
    def loss(lib, x, y, w):
        return call(name, reduction=reduction, weight=w)(lib, x, y)

    same(loss, X, Y, W)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, W, W[0], W[:, :1]])
def test_binary_cross_entropies_with_weights(weight, reduction):
    def loss(lib, x, y, **more):
        w = {} if weight is None else {"weight": lib.tensor(weight)}
        name = "binary_cross_entropy_with_logits" if more else "binary_cross_entropy"
        return call(name, reduction=reduction, **w, **more)(lib, x, y)

    same(loss, P, Q)
    same(lambda lib, x, y: loss(lib, x, y, pos_weight=lib.tensor(W[0])), X, Q)


def test_certain_probabilities():
    x, t = (np.array(v, float) for v in zip(*itertools.product([0, 1], [0, 1, 0.5]), strict=True))
    same(lambda lib, x: call("binary_cross_entropy")(lib, x, lib.tensor(t)), x)
    targets = np.array([0.0, 1.0, 0.25])
    same(lambda lib, x: call("kl_div", reduction="sum")(lib, x, lib.tensor(targets)), Y[0, :3])


def test_extreme_logits():
    x, t = np.array([-1e4, -800.0, 800.0, 1e4, 0.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.5])
    same(call("binary_cross_entropy_with_logits", reduction="none"), x, t)


@pytest.mark.parametrize("shape", [(), (4,), (3, 4), (0, 4)])
def test_kl_div_by_samples(shape):
    x, t = np.full(shape, -1.5), np.full(shape, 0.6)
    same(call("kl_div", reduction="batchmean"), x, t)
    with pytest.warns(UserWarning, match="'mean' divides the total loss by both") as caught:
        F.kl_div(tnp.tensor(x), tnp.tensor(t))
    assert caught[0].filename == __file__


@settings(max_examples=40, deadline=None, print_blob=True)
@given(st.sampled_from(CASES), st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_drawn_shapes_and_memory_orders(case, shape, data):
    name, options, x, y = case
    picks = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, x.size, shape)
    x, y = (stretched(data, v.ravel()[picks]) for v in (x, y))
    same(call(name, reduction="none", **options), x, y)
    same(call(name, reduction="sum", **options), x, y)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_other_shapes_are_broadcast_with_a_warning(name):
    with pytest.warns(UserWarning, match="Using a target size") as caught:
        same(lambda lib, *xs: getattr(dict(FUNCTIONALS)[lib], name)(*xs), X, Y[:1])
    ours, theirs = ((translated(str(w.message)), w.filename) for w in caught)
    assert ours == theirs
    assert ours[1] == __file__


@pytest.mark.parametrize(("shape", "classes"), [((5, 3), (5,)), ((3,), ())])
@pytest.mark.parametrize("margin", [0.0, 0.3, -0.2])
def test_cosine_embedding_loss(shape, classes, margin):
    target = np.where(normal(5, *classes) > 0, 1.0, -1.0)
    for reduction in REDUCTIONS:

        def loss(lib, a, b, r=reduction):
            y = lib.tensor(target)
            return call("cosine_embedding_loss", margin=margin, reduction=r)(lib, a, b, y)

        same(loss, normal(3, *shape), normal(4, *shape))


@settings(max_examples=40, deadline=None, print_blob=True)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data())
def test_distances(shape, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    other = shape[data.draw(st.integers(0, len(shape) - 1)) :] if dim < 0 else shape
    other = shape if -dim > len(other) else other
    p = data.draw(st.sampled_from([1.0, 2.0, 3.0, float("inf")]))
    x, y = stretched(data, normal(0, *shape)), stretched(data, normal(1, *other))
    same(call("cosine_similarity", dim=dim), x, y)
    same(call("pairwise_distance", p=p, keepdim=data.draw(st.booleans())), x, y)
    same(call("normalize", p=p, dim=dim), x)


def test_distances_to_second_order():
    same(slopes(call("cosine_similarity")), X, Y)
    same(slopes(call("pairwise_distance")), X, Y)
    same(slopes(call("normalize")), X)


def test_vectors_of_length_0():
    zero, ones = np.zeros((2, 3)), np.ones((2, 3))
    same(call("normalize"), zero)
    same(call("cosine_similarity"), zero, ones)
    same(call("pairwise_distance", eps=0.0), zero, zero)


def test_normalize_writes_into_out():
    out = tnp.zeros(1, 2)
    assert F.normalize(tnp.tensor([[3.0, 4.0]]), out=out) is out
    np.testing.assert_allclose(out.numpy(), [[0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("classes", [-1, 5])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 2)])
def test_one_hot(shape, classes):
    labels = np.random.default_rng(0).integers(0, 5, shape)
    same(call("one_hot", num_classes=classes), np.asarray(labels))


@pytest.mark.parametrize(
    ("name", "shape"),
    [("dropout1d", (3, 5, 4)), ("dropout1d", (5, 4)), ("dropout2d", (3, 5, 2, 4)),
     ("dropout3d", (3, 5, 2, 1, 2)), ("dropout3d", (5, 2, 3, 2)), ("alpha_dropout", (3, 40))],
)  # fmt: skip
@pytest.mark.parametrize("p", [0, 0.3, 0.5, 1])
@pytest.mark.parametrize("inplace", [False, True])
def test_dropouts_draw_torchs_masks(name, shape, p, inplace):
    module = "AlphaDropout" if name == "alpha_dropout" else name.capitalize()
    for training in (True, False):

        def drop(lib, x, training=training):
            lib.manual_seed(5)
            y = call(name, p=p, training=training, inplace=inplace)(lib, x * 1)
            layer = getattr(nn if lib is tnp else torch.nn, module)(p, inplace).train(training)
            return y, layer(x * 1), lib.rand(3, dtype=lib.float64)

        same(drop, normal(0, *shape))


@pytest.mark.parametrize(
    ("name", "shape"), [("dropout2d", (3, 4)), ("dropout2d", (2, 3, 4)), ("dropout3d", (3, 4, 2))]
)
def test_dropouts_warn_of_other_dimensions(name, shape):
    texts = []
    for t, f in FUNCTIONALS:
        t.manual_seed(1)
        with pytest.warns(UserWarning, match=f"^{name}: Received a") as caught:
            y = getattr(f, name)(t.ones(shape))
        assert all(w.filename == __file__ for w in caught)
        texts.append(([str(w.message) for w in caught], y.tolist()))
    assert texts[0] == texts[1]


MODULES = [
    ("L1Loss", {}, X, Y), ("L1Loss", {"reduction": "sum"}, X, Y), ("SmoothL1Loss", {}, X, Y),
    ("SmoothL1Loss", {"beta": 0.3, "reduction": "none"}, X, Y), ("HuberLoss", {}, X, Y),
    ("HuberLoss", {"delta": 0.3, "reduction": "sum"}, X, Y), ("BCELoss", {}, P, Q),
    ("BCELoss", {"weight": W}, P, Q), ("BCEWithLogitsLoss", {}, X, Q),
    ("BCEWithLogitsLoss", {"weight": W, "pos_weight": W[0], "reduction": "sum"}, X, Q),
    ("KLDivLoss", {"reduction": "batchmean"}, np.log(P), Q),
    ("KLDivLoss", {"reduction": "sum", "log_target": True}, np.log(P), np.log(Q)),
    ("CosineEmbeddingLoss", {}, X, Y, np.array([1, -1, 1])),
    ("CosineEmbeddingLoss", {"margin": 0.2, "reduction": "none"}, X, Y, np.array([1, -1, -1])),
    ("CosineSimilarity", {"dim": 0}, X, Y), ("PairwiseDistance", {}, X, Y),
    ("PairwiseDistance", {"p": 1.0, "eps": 0.1, "keepdim": True}, X, Y),
]  # fmt: skip


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module[0])
def test_modules(module):
    name, options, *inputs = module
    layers = []

    def run(lib, *xs):
        n = nn if lib is tnp else torch.nn
        tensors = {k: lib.tensor(v) for k, v in options.items() if isinstance(v, np.ndarray)}
        layers.append(getattr(n, name)(**{**options, **tensors}))
        return layers[-1](*xs)

    same(run, *inputs)
    assert repr(layers[0]) == repr(layers[1])
    assert list(layers[0].state_dict()) == list(layers[1].state_dict())


def test_arguments_and_defaults():
    others = ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "KLDivLoss"]
    for name in sorted({module[0] for module in MODULES} | set(others)):
        assert told(getattr(nn, name)) == told(getattr(torch.nn, name)), name
    others = ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "normalize"]
    for name in sorted({case[0] for case in CASES} | {*others, "cosine_embedding_loss"}):
        assert told(getattr(F, name)) == told(getattr(torch.nn.functional, name)), name


def test_ignored_samples_lose_0_not_minus_0():
    logs, labels = np.log(np.full((3, 2), 0.5)), np.array([0, -100, 1])
    for options in ({}, {"weight": np.ones(2)}, {"label_smoothing": 0.1}):
        signs = []
        for t, f in FUNCTIONALS:
            tensors = {k: t.tensor(v) if k == "weight" else v for k, v in options.items()}
            loss = f.cross_entropy(t.tensor(logs), t.tensor(labels), reduction="none", **tensors)
            signs.append(np.signbit(loss.numpy()).tolist())
        assert signs[0] == signs[1] == [False] * 3


def test_losses_keep_their_dtype_and_warn_of_nothing():
    for (name, options, x, y), dtype in itertools.product(CASES, (tnp.float16, tnp.float32)):
        leaf = tnp.tensor(x, dtype=dtype, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            loss = getattr(F, name)(leaf, tnp.tensor(y, dtype=dtype), reduction="sum", **options)
            loss.backward()
        assert loss.dtype is leaf.grad.dtype is dtype, name


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f.one_hot(t.ones(2)),
        lambda t, f: f.one_hot(t.ones(2).int()),
        lambda t, f: f.one_hot(-t.ones(2).long()),
        lambda t, f: f.one_hot(t.ones(2).long(), 1),
        lambda t, f: f.one_hot(t.ones(2).long(), -2),
        lambda t, f: f.one_hot(t.ones(0).long()),
        lambda t, f: f.cosine_similarity(t.ones(2, 3).long(), t.ones(2, 3).long()),
        lambda t, f: f.cosine_similarity(t.ones(3), t.ones(3)),
        lambda t, f: f.normalize(t.ones(3)),
        lambda t, f: f.normalize(t.ones(2, 3).long()),
        lambda t, f: f.dropout1d(t.ones(3)),
        lambda t, f: f.dropout2d(t.ones(2, 3, 4, 4), 2.0),
        lambda t, f: f.alpha_dropout(t.ones(3), -1.0),
        lambda t, f: f.binary_cross_entropy(t.ones(3) * 2, t.ones(3)),
        lambda t, f: f.binary_cross_entropy(t.ones(3) * float("nan"), t.ones(3)),
        lambda t, f: f.binary_cross_entropy(t.ones(3), t.ones(3) * 2),
        lambda t, f: f.binary_cross_entropy(t.ones(3), t.ones(2)),
        lambda t, f: f.binary_cross_entropy(t.ones(3), t.ones(3).double()),
        lambda t, f: f.binary_cross_entropy(t.ones(3), t.ones(3).long()),
        lambda t, f: f.binary_cross_entropy(t.ones(3).long(), t.ones(3).long()),
        lambda t, f: f.binary_cross_entropy(t.ones(3), t.ones(3), reduction="foo"),
        lambda t, f: f.binary_cross_entropy_with_logits(t.ones(3), t.ones(2)),
        lambda t, f: f.kl_div(t.ones(3), t.ones(3), reduction="foo"),
        lambda t, f: f.l1_loss(t.ones(3), t.ones(3), weight=t.ones(2)),
        lambda t, f: f.l1_loss(t.ones(3), t.ones(3), reduction="foo"),
        lambda t, f: f.l1_loss(t.ones(3).long(), t.ones(3).long()),
        lambda t, f: f.smooth_l1_loss(t.ones(3), t.ones(3), beta=-1.0),
        lambda t, f: f.huber_loss(t.ones(3), t.ones(3), delta=0.0),
        lambda t, f: f.huber_loss(t.ones(3), t.ones(3), weight=t.ones(2)),
        lambda t, f: f.cosine_embedding_loss(t.ones(3), t.ones(3), t.ones(2)),
        lambda t, f: f.cosine_embedding_loss(t.ones(2, 3), t.ones(2, 3), t.tensor(-1.0)),
        lambda t, f: f.cosine_embedding_loss(t.ones(2, 3), t.ones(3), t.ones(2)),
        lambda t, f: f.cosine_embedding_loss(t.ones(2, 3), t.ones(2, 3), t.ones(2, 1)),
    ],
)
def test_errors(act):
    same_error(act, FUNCTIONALS)


@pytest.mark.parametrize(
    "act", [lambda t, n: n.HuberLoss(delta="a"), lambda t, n: n.Dropout2d(1.5)]
)
def test_errors_of_modules(act):
    same_error(act)


def test_channels_need_two_dimensions():
    with (
        pytest.warns(UserWarning, match="dropout2d: Received a 1-D input"),
        pytest.raises(RuntimeError, match="Feature dropout requires at least 2 dimensions in the "),
    ):
        F.dropout2d(tnp.ones(3))
