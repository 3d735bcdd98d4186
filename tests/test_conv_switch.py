"""The switch of the convolution laboratory: argument, context, environment; and what obeys it."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp
from tinygrad_np import conv_algorithm
from tinygrad_np.conv_algorithms import ALGORITHMS, POOLS, chosen, pooling, pools

torch.set_num_threads(1)

KNOWN = (
    r"'row_fused', 'im2col', 'im2col_positions', 'im2col_indices', 'im2col_strided', "
    "'stride_groups', 'naive'"
)
CONV_OPS = ["Conv2d", "Conv2dInputGrad", "Conv2dWeightGrad"]
POOL_OPS = ["MaxPool2d", "TapScatter", "TapPick", "AvgPool2d", "AvgPool2dAdjoint"]


class Recorder:
    """An algorithm, or the pools of one, that remembers which of its functions ran."""

    def __init__(self, algorithm):
        self.algorithm, self.ran = algorithm, []

    def __getattr__(self, name):
        self.ran.append(name)
        return getattr(self.algorithm, name)


@pytest.fixture
def mine(monkeypatch):
    """An algorithm called mine, and its pools."""
    found = Recorder(ALGORITHMS["naive"]), Recorder(POOLS["naive"])
    monkeypatch.setitem(ALGORITHMS, "mine", found[0])
    monkeypatch.setitem(POOLS, "mine", found[1])
    return found


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "row_fused"])
@pytest.mark.parametrize("op", CONV_OPS)
def test_convolutions_pass_gradcheck_to_second_order(op, name):
    with conv_algorithm(name):
        tnp.check_op(tnp.Op.registry[op], torch=torch).raise_if_failed()


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("op", POOL_OPS)
def test_pools_pass_gradcheck_to_second_order(op, name):
    with conv_algorithm(name):
        tnp.check_op(tnp.Op.registry[op], torch=torch).raise_if_failed()


def test_a_block_restores_also_after_an_error():
    with conv_algorithm("im2col"):
        with pytest.raises(ZeroDivisionError), conv_algorithm("naive"):
            1 // (chosen() != "naive")
        assert chosen() == "im2col"
    assert chosen() == "row_fused"


def test_a_call_chooses_without_with():
    conv_algorithm("im2col")
    try:
        assert chosen() == "im2col"
    finally:
        conv_algorithm("row_fused")


def test_the_choice_belongs_to_the_thread():
    seen = []
    with conv_algorithm("naive"):
        thread = threading.Thread(target=lambda: seen.append(chosen()))
        thread.start()
        thread.join()
    assert seen == ["row_fused"]


def test_an_algorithm_without_pools_leaves_them_to_the_default():
    assert pools("im2col") is pools("row_fused") is pooling
    assert pools("naive") is POOLS["naive"]


def test_gradients_of_every_order_obey_the_argument(mine):
    x, w = (tnp.ones(1, 1, 3, 3, requires_grad=True) for _ in range(2))
    y = tnp.conv2d(x, w, padding=1, algorithm="mine")
    (gx,) = tnp.autograd.grad((y * y).sum(), x, create_graph=True)
    assert mine[0].ran == ["forward", "input_grad"]
    (gx * gx).sum().backward()
    assert mine[0].ran.count("forward") > 1
    assert mine[0].ran.count("weight_grad") > 1
    assert mine[1].ran == []


def test_gradients_after_the_block_obey_it(mine):
    x = tnp.ones(1, 1, 3, 3, requires_grad=True)
    with conv_algorithm("mine"):
        y = tnp.avg_pool2d(tnp.max_pool2d(tnp.conv2d(x, tnp.ones(1, 1, 2, 2)), 2, 1), 1)
    y.sum().backward()
    assert mine[0].ran == ["forward", "input_grad"]
    assert mine[1].ran == ["max_pool", "avg_pool", "avg_pool_adjoint", "tap_scatter"]


@pytest.mark.parametrize("n", [1, 2])
def test_every_function_takes_the_argument(mine, n):
    x, w = tnp.ones(1, 1, *[3] * n), tnp.ones(1, 1, *[2] * n)
    for name in ("conv", "conv_transpose"):
        getattr(nn.functional, f"{name}{n}d")(x, w, algorithm="mine")
    for name in ("max_pool", "avg_pool"):
        getattr(nn.functional, f"{name}{n}d")(x, 2, algorithm="mine")
    assert mine[0].ran == ["forward", "input_grad"]
    assert mine[1].ran == ["max_pool", "avg_pool"]


def test_a_layer_has_an_algorithm(mine):
    for layer in (nn.Conv2d(1, 1, 2), nn.ConvTranspose1d(1, 1, 2)):
        layer(tnp.ones(1, 1, *[3] * (layer.weight.ndim - 2)))
        assert mine[0].ran == []
        layer.algorithm = "mine"
        layer(tnp.ones(1, 1, *[3] * (layer.weight.ndim - 2)))
        assert mine[0].ran.pop() in ("forward", "input_grad")


@pytest.mark.parametrize("given", ["naive", "fft"])
def test_the_environment(given):
    code = "import tinygrad_np as t; t.conv2d(t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2)); "
    code += "print(t.conv_algorithms.chosen())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"TINYGRAD_NP_CONV_ALGORITHM": given},
        capture_output=True,
        text=True,
    )
    if given == "naive":
        assert done.stdout == "naive\n"
    else:
        assert "no conv algorithm is called 'fft', choose from ['row_fused', " in done.stderr


def test_an_unknown_algorithm():
    text = rf"no conv algorithm is called 'fft', choose from \[{KNOWN}\]"
    with pytest.raises(ValueError, match=text):
        conv_algorithm("fft")
    assert chosen() == "row_fused"
    for act in (
        lambda x: tnp.conv2d(x, x, algorithm="fft"),
        lambda x: tnp.max_pool2d(x, 1, algorithm="fft"),
        lambda x: tnp.avg_pool2d(x, 1, algorithm="fft"),
    ):
        with pytest.raises(tnp.OpError, match=text):
            act(tnp.ones(1, 1, 2, 2))


def test_all_agree_on_lenet():
    tnp.manual_seed(0)
    model, x = nn.models.LeNet().double(), tnp.randn(2, 1, 28, 28, dtype=tnp.float64)
    found = {}
    for name in ALGORITHMS:
        model.zero_grad()
        with conv_algorithm(name):
            model(x).square().sum().backward()
        found[name] = [p.grad.numpy().copy() for p in model.parameters()]
    for name in ALGORITHMS:
        for ours, theirs in zip(found[name], found["naive"], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11, err_msg=name)
