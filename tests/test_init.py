"""Initialisations draw torch's numbers for the same seed."""

import numpy as np
import pytest
import torch
from next_to_torch import same_error, told

import nn
import tinygrad_np as tnp

INIT_CALLS = {
    "uniform_": lambda i, x: i.uniform_(x, -2, 3),
    "normal_": lambda i, x: i.normal_(x, 1, 2),
    "constant_": lambda i, x: i.constant_(x, 0.3),
    "ones_": lambda i, x: i.ones_(x),
    "zeros_": lambda i, x: i.zeros_(x),
    "xavier_uniform_": lambda i, x: i.xavier_uniform_(x, 1.5),
    "xavier_normal_": lambda i, x: i.xavier_normal_(x),
    "kaiming_uniform_": lambda i, x: i.kaiming_uniform_(x, a=0.2),
    "kaiming_uniform_ of conv": lambda i, x: i.kaiming_uniform_(x, nonlinearity="conv2d"),
    "kaiming_normal_": lambda i, x: i.kaiming_normal_(x, mode="fan_out", nonlinearity="relu"),
    "kaiming_normal_ of tanh": lambda i, x: i.kaiming_normal_(x, nonlinearity="tanh"),
}


@pytest.mark.parametrize("name", INIT_CALLS)
@pytest.mark.parametrize("shape", [(3, 4), (6, 2, 5, 5), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initialisations_are_torchs(name, shape, dtype):
    results = []
    for lib, init in ((tnp, nn.init), (torch, torch.nn.init)):
        lib.manual_seed(11)
        x = lib.zeros(*shape, dtype=getattr(lib, dtype), requires_grad=True)
        assert INIT_CALLS[name](init, x) is x
        assert x.requires_grad
        results.append(x.detach().numpy())
    # Logarithms, and products in float64, may differ in the last bit: see tinygrad_np.random.
    exact = "normal" not in name and dtype == "float32"
    np.testing.assert_allclose(*results, rtol=0, atol=0 if exact else 4 * np.finfo(dtype).eps)


MORE_CALLS = {
    "trunc_normal_": lambda i, x: i.trunc_normal_(x),
    "trunc_normal_ of a part": lambda i, x: i.trunc_normal_(x, 0.5, 2, -1, 3),
    "trunc_normal_ of a tail": lambda i, x: i.trunc_normal_(x, 0, 1, 1, 3),
    "trunc_normal_ of a peak": lambda i, x: i.trunc_normal_(x, 0.1, 1, -0.3, 0.2),
    "orthogonal_": lambda i, x: i.orthogonal_(x),
    "orthogonal_ with gain": lambda i, x: i.orthogonal_(x, gain=0.3),
}


@pytest.mark.parametrize("name", MORE_CALLS)
@pytest.mark.parametrize("shape", [(3, 4), (40, 5), (5, 40), (6, 2, 5, 5), (2, 3, 4), (1, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_drawn_anew_and_decomposed_they_are_torchs(name, shape, dtype):
    results = []
    for lib, init in ((tnp, nn.init), (torch, torch.nn.init)):
        lib.manual_seed(7)
        x = lib.zeros(*shape, dtype=getattr(lib, dtype), requires_grad=True)
        assert MORE_CALLS[name](init, x) is x
        results.append([*x.detach().flatten().tolist(), *lib.rand(2).tolist()])
    tolerance = (500 if "orthogonal" in name else 8) * np.finfo(dtype).eps
    np.testing.assert_allclose(*results, rtol=0, atol=tolerance)


def test_orthogonal_rows_or_columns():
    for shape in [(4, 9), (9, 4), (3, 2, 2)]:
        w = nn.init.orthogonal_(tnp.empty(*shape, dtype=tnp.float64), 2).flatten(1).numpy()
        square = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
        np.testing.assert_allclose(square, 4 * np.eye(len(square)), atol=1e-12)
    assert nn.init.orthogonal_(tnp.ones(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (0, 2), (1, 1)])
def test_eye_and_sparse(shape):
    results = []
    for lib, init in ((tnp, nn.init), (torch, torch.nn.init)):
        lib.manual_seed(5)
        x = lib.ones(*shape, dtype=lib.float64, requires_grad=True)
        results.append([init.eye_(x).tolist(), init.sparse_(x, 0.4, std=2.0).tolist()])
        assert x.requires_grad
    assert results[0][0] == results[1][0]
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=0, atol=4e-15)


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((3, 4, 3), 1), ((4, 2, 2, 5), 2), ((6, 3, 1, 2, 3), 3), ((0, 2, 2), 1), ((2, 5, 3), 1)],
)
def test_dirac(shape, groups):
    results = []
    for lib, init in ((tnp, nn.init), (torch, torch.nn.init)):
        x = lib.ones(*shape, requires_grad=True)
        results.append(init.dirac_(x, groups).tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: n.init.eye_(t.ones(3)),
        lambda t, n: n.init.dirac_(t.ones(3, 3)),
        lambda t, n: n.init.dirac_(t.ones(3, 3, 3), 2),
        lambda t, n: n.init.orthogonal_(t.ones(3)),
        lambda t, n: n.init.sparse_(t.ones(3), 0.5),
        lambda t, n: n.init.xavier_normal_(t.ones(3)),
        lambda t, n: n.init.kaiming_normal_(t.ones(3, 3), mode="fan"),
        lambda t, n: n.init.calculate_gain("swish"),
        lambda t, n: n.init.calculate_gain("leaky_relu", True),
    ],
)
def test_errors(act):
    same_error(act)


def test_arguments():
    names = [n for n in dir(torch.nn.init) if n.endswith("_") and n[0] != "_"]
    assert len(names) == 14
    for name in [*names, "calculate_gain"]:
        ours, theirs = told(getattr(nn.init, name)), told(getattr(torch.nn.init, name))
        assert ours == theirs


def test_a_mean_far_from_the_bounds_warns():
    for lib, init in ((tnp, nn.init), (torch, torch.nn.init)):
        with pytest.warns(UserWarning, match=r"mean is more than 2 std from \[a, b\] in nn.init"):
            x = init.trunc_normal_(lib.empty(9), mean=5.0)
        assert x.max() <= 2


def test_initialisation_by_a_generator_leaves_the_default_alone():
    before = tnp.get_rng_state().tolist()
    a = nn.init.normal_(tnp.empty(5), generator=tnp.Generator().manual_seed(1))
    b = torch.nn.init.normal_(torch.empty(5), generator=torch.Generator().manual_seed(1))
    assert a.tolist() == b.tolist()
    assert tnp.get_rng_state().tolist() == before


def test_gains():
    for name in ("linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu"):
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for slope in (None, 0, 0.3):
        gains = [i.calculate_gain("leaky_relu", slope) for i in (nn.init, torch.nn.init)]
        assert gains[0] == gains[1]


def test_empty_weights_warn():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        assert nn.init.kaiming_normal_(tnp.ones(3, 0)).shape == (3, 0)
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        assert nn.Linear(0, 2)(tnp.ones(3, 0)).shape == (3, 2)
