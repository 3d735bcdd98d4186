"""Losses equal PyTorch's, values and gradients, and so do their errors and warnings."""

import itertools
import re
import warnings

import numpy as np
import pytest
import torch
from next_to_torch import same_error

import nn
import nn.functional as F
import tinygrad_np as tnp

SHAPES = [(5,), (4, 5), (3, 5, 2), (2, 5, 3, 2), (0, 5)]
REDUCTIONS = ["none", "mean", "sum"]


def both(function, x, *args, **options):
    """(value, gradient) of a function of nn.functional and of torch's of the same name."""
    results = []
    for lib, tensor in ((F, tnp.tensor), (torch.nn.functional, torch.tensor)):
        convert = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        leaf = tensor(x, requires_grad=True)
        y = getattr(lib, function)(leaf, *(tensor(a) for a in args), **convert)
        if x.size:
            (y * y).sum().backward()
        results.append((y.detach().numpy(), leaf.grad if leaf.grad is None else leaf.grad.numpy()))
    return results


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize("shape", SHAPES)
def test_of_classes(name, shape):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=shape), rng.uniform(0.5, 2, 5)
    labels = rng.integers(0, 5, shape[:1] + shape[2:] if len(shape) > 1 else ())
    smoothings = [0.0, 0.3] if name == "cross_entropy" else [0.0]
    for w, ignored, s, r in itertools.product([None, weight], [-100, 2], smoothings, REDUCTIONS):
        options = {"weight": w, "ignore_index": ignored, "reduction": r}
        if s:
            options["label_smoothing"] = s
        assert_same(*both(name, x, labels, **options))


def test_classes_may_be_bytes():
    x, labels = np.random.default_rng(0).normal(size=(4, 5)), np.array([0, 4, 4, 1], np.uint8)
    assert_same(*both("cross_entropy", x, labels))
    assert_same(*both("nll_loss", x, labels, ignore_index=4))


@pytest.mark.parametrize("shape", SHAPES[:-1])
def test_cross_entropy_of_probabilities(shape):
    rng = np.random.default_rng(1)
    x, p, weight = rng.normal(size=shape), rng.uniform(size=shape), rng.uniform(0.5, 2, 5)
    for w, s, r in itertools.product([None, weight], [0.0, 0.3], REDUCTIONS):
        options = {"weight": w, "label_smoothing": s, "reduction": r}
        assert_same(*both("cross_entropy", x, p, **options))


def test_all_ignored_gives_nan_for_the_mean_and_0_for_the_sum():
    x, y = tnp.randn(3, 5), tnp.full((3,), -100)
    assert F.cross_entropy(x, y).isnan()
    assert F.cross_entropy(x, y, reduction="sum").item() == 0


def test_ignored_samples_do_not_leak_nan():
    x = tnp.tensor([[-np.inf, 0.0], [1.0, 2.0]], requires_grad=True)
    loss = F.nll_loss(x, tnp.tensor([-100, 1]), weight=tnp.tensor([3.0, 1.0]))
    loss.backward()
    assert loss.item() == -2
    assert x.grad.tolist() == [[0, 0], [0, -1]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_extreme_scores(dtype):  # E1: exp without a shift gives nan
    scores = np.array([[1e4, -1e4, 0.0], [100, -200, 50], [-np.inf, 0, 0]], dtype)
    for label in ([0, 0, 1], [1, 2, 2]):
        (ours, g), (theirs, tg) = both("cross_entropy", scores, np.array(label), reduction="none")
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-3 if dtype == "float16" else 1e-6)
        np.testing.assert_allclose(g, tg, rtol=1e-2 if dtype == "float16" else 1e-6)


def test_mse():
    rng = np.random.default_rng(2)
    x, y, w = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.uniform(0.5, 2, (3, 4))
    for weight, r in itertools.product([None, w], REDUCTIONS):
        assert_same(*both("mse_loss", x, y, weight=weight, reduction=r))
    with pytest.warns(UserWarning, match="Using a target size") as caught:
        assert_same(*both("mse_loss", x, y[:, :1]))
    ours, theirs = (str(w.message) for w in caught)
    assert ours == theirs.replace("torch.", "tinygrad_np.")
    assert "Using a target size (tinygrad_np.Size([3, 1])) that is different" in ours
    assert caught[0].filename == caught[1].filename == __file__


def test_modules_pass_their_options_on():
    rng = np.random.default_rng(3)
    x, y, w = rng.normal(size=(6, 4)), rng.integers(0, 4, 6), rng.uniform(0.5, 2, 4)
    for name, options in [
        ("CrossEntropyLoss", {"ignore_index": 2, "reduction": "sum", "label_smoothing": 0.1}),
        ("CrossEntropyLoss", {}),
        ("NLLLoss", {"ignore_index": 1, "reduction": "none"}),
    ]:
        ours = getattr(nn, name)(weight=tnp.tensor(w), **options)
        theirs = getattr(torch.nn, name)(weight=torch.tensor(w), **options)
        np.testing.assert_allclose(
            ours(tnp.tensor(x), tnp.tensor(y)), theirs(torch.tensor(x), torch.tensor(y))
        )
        assert repr(ours) == repr(theirs)
        assert list(ours.state_dict()) == list(theirs.state_dict()) == ["weight"]
        assert [n for n, _ in ours.named_buffers()] == ["weight"]
    assert nn.MSELoss(reduction="sum")(tnp.ones(3), tnp.zeros(3)).item() == 3
    assert nn.CrossEntropy is nn.CrossEntropyLoss


@pytest.mark.parametrize(
    "options", [{"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}]
)
def test_old_arguments(options):
    with pytest.warns(UserWarning, match="size_average and reduce args") as told:
        theirs = torch.nn.NLLLoss(**options).reduction
    text = re.escape(str(told[0].message))
    with pytest.warns(UserWarning, match=text):
        assert nn.NLLLoss(**options).reduction == theirs
    with pytest.warns(UserWarning, match=text) as caught:
        F.mse_loss(tnp.ones(2), tnp.ones(2), **options)
    assert caught[0].filename == __file__


X, Y = np.zeros((3, 5)), np.array([0, 1, 4])
BAD = [
    ("cross_entropy", X, np.array([0, 1, 5]), {}),
    ("cross_entropy", X, np.array([0, -1, 2]), {}),
    ("cross_entropy", X, Y[:2], {}),
    ("cross_entropy", X, Y[:, None], {}),
    ("cross_entropy", X, np.zeros((3, 4)), {}),
    ("cross_entropy", np.zeros((3, 5, 2)), Y, {}),
    ("cross_entropy", np.zeros((3, 5, 2)), np.zeros((3, 4), int), {}),
    ("cross_entropy", X, Y, {"weight": np.ones(4)}),
    ("cross_entropy", X, Y, {"label_smoothing": 2.0}),
    ("cross_entropy", X, Y, {"reduction": "foo"}),
    ("cross_entropy", X, X, {"ignore_index": 2}),
    ("nll_loss", X, np.array([0, 1, 5]), {}),
    ("nll_loss", X, X, {}),
    ("nll_loss", X, Y, {"reduction": "foo"}),
    ("nll_loss", X, Y, {"weight": np.ones(3)}),
    ("nll_loss", np.zeros(5), Y, {}),
    ("nll_loss", np.zeros(()), np.array(0), {}),
    ("nll_loss", np.zeros((3, 5, 2, 2, 2)), np.zeros((3, 2, 2, 3), int), {}),
    ("mse_loss", X, X, {"reduction": "foo"}),
    ("mse_loss", X, X, {"weight": np.ones(3)}),
]


@pytest.mark.parametrize(("name", "x", "target", "options"), BAD)
def test_errors_as_in_torch(name, x, target, options):
    def act(functional, tensor):
        convert = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        getattr(functional, name)(tensor(x), tensor(target), **convert)

    same_error(act, [(F, tnp.tensor), (torch.nn.functional, torch.tensor)])


def test_dtype_errors():
    x, y = tnp.zeros(3, 5), tnp.tensor([0, 1, 4])
    with pytest.raises(RuntimeError, match="expected target dtype to be Long or Byte, but got"):
        F.cross_entropy(x, y.int())
    with pytest.raises(RuntimeError, match="Expected floating point type for target with class pr"):
        F.cross_entropy(x, x.long())
    with pytest.raises(
        RuntimeError, match=r"expected weight of dtype tinygrad_np.float32 but foun"
    ):
        F.cross_entropy(x, y, weight=tnp.ones(5).double())


def test_no_warnings_where_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.cross_entropy(tnp.tensor([[1e4, -1e4]]), tnp.tensor([1])).item()


def test_squares_of_integers_are_refused():
    for t, f in ((tnp, F), (torch, torch.nn.functional)):
        with pytest.raises(NotImplementedError, match=r"^\"mse_cpu\" not implemented for 'Long'$"):
            f.mse_loss(t.tensor([3]), t.tensor([1]))
        assert f.mse_loss(t.tensor([3]), t.tensor([1.0])).item() == 4
