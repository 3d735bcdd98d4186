"""Initialisations draw torch's numbers for the same seed."""

import numpy as np
import pytest
import torch

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
