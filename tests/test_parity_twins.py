"""torch.layer_norm and its like take what PyTorch's C++ takes, and give its numbers."""

import numpy
import pytest
import torch

import tinygrad_np as tnp

R = numpy.random.default_rng(0)
X, W, B = R.normal(size=(4, 6)), R.normal(size=6), R.normal(size=6)
MEAN, VAR = R.normal(size=6), R.uniform(1, 2, size=6)
P, Q = R.dirichlet(numpy.ones(6), 4), R.dirichlet(numpy.ones(6), 4)
SIDES = numpy.array([1.0, -1.0, 1.0, -1.0])

CALLS = {
    "batch_norm training": lambda t, a: t.batch_norm(
        a(X), a(W), a(B), a(MEAN), a(VAR), True, 0.1, 1e-5, False
    ),
    "batch_norm evaluation": lambda t, a: t.batch_norm(
        a(X), a(W), a(B), a(MEAN), a(VAR), False, 0.1, 1e-5, True
    ),
    "instance_norm": lambda t, a: t.instance_norm(
        a(X).view(2, 3, 4), None, None, None, None, True, 0.1, 1e-3, False
    ),
    "layer_norm": lambda t, a: t.layer_norm(a(X), (6,), a(W), a(B), 1e-3, False),
    "group_norm": lambda t, a: t.group_norm(a(X), 3, a(W), a(B), 1e-3, False),
    "rms_norm": lambda t, a: t.rms_norm(a(X), (6,), a(W), 1e-3),
    "dropout": lambda t, a: t.dropout(a(X), 0.5, False),
    "dropout_": lambda t, a: t.dropout_(a(X), 1.0, True),
    "alpha_dropout": lambda t, a: t.alpha_dropout(a(X), 0.5, False),
    "kl_div": lambda t, a: t.kl_div(a(P).log(), a(Q)),
    "kl_div none": lambda t, a: t.kl_div(a(P).log(), a(Q).log(), 0, log_target=True),
    "bce": lambda t, a: t.binary_cross_entropy_with_logits(a(X), a(P), a(W), a(VAR), 2),
    "cosine": lambda t, a: t.cosine_embedding_loss(a(X), a(P), a(SIDES), 0.1, 0),
    "exp_": lambda t, a: t.exp_(a(X)),
    "fill_": lambda t, a: t.fill_(a(X), 3.0),
    "zero_": lambda t, a: t.zero_(a(X)),
    "clamp_": lambda t, a: t.clamp_(a(X), -0.5, 0.5),
    "subtract": lambda t, a: t.subtract(a(X), a(W), alpha=2),
    "multiply": lambda t, a: t.multiply(a(X), a(W)),
    "absolute": lambda t, a: t.absolute(a(X)),
}


@pytest.mark.parametrize("name", CALLS)
def test_pytorchs_numbers(name):
    theirs = CALLS[name](torch, torch.tensor)
    ours = CALLS[name](tnp, tnp.tensor)
    numpy.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12, atol=1e-14)


def test_detach_cuts_the_graph():
    x = tnp.ones(2, requires_grad=True)
    assert not tnp.detach(x).requires_grad
    assert tnp.detach_(x * 2).grad_fn is None


def test_the_running_numbers_move():
    mean = tnp.zeros(6)
    tnp.batch_norm(tnp.tensor(X), None, None, mean, tnp.ones(6), True, 0.5, 1e-5, False)
    numpy.testing.assert_allclose(mean.numpy(), X.mean(0) / 2, rtol=1e-6)


def test_a_reduction_is_a_number():
    with pytest.raises(ValueError, match=r"^reduction is 0 \(none\), 1 \(mean\) or 2 \(sum\), not"):
        tnp.kl_div(tnp.zeros(2), tnp.ones(2), 3)
    for wrong in ("mean", True):
        with pytest.raises(TypeError, match=r"^argument 'reduction' must be int, not (str|bool)$"):
            tnp.kl_div(tnp.zeros(2), tnp.ones(2), wrong)


def test_a_twin_takes_input_by_name_and_nothing_else():
    assert tnp.exp_(input=tnp.zeros(1)).item() == 1
    assert not tnp.detach(input=tnp.ones(1, requires_grad=True)).requires_grad
    text = r"^exp_\(\): argument 'input' \(position 1\) must be Tensor, not list$"
    with pytest.raises(TypeError, match=text):
        tnp.exp_([1.0])


SHAPED = {
    "reshape": lambda t: t.reshape(t.ones(2, 3), shape=(3, 2)),
    "reshape method": lambda t: t.ones(2, 3).reshape(shape=(3, 2)),
    "view": lambda t: t.ones(2, 3).view(size=(3, 2)),
    "permute": lambda t: t.permute(input=t.ones(2, 3), dims=(1, 0)),
    "flip": lambda t: t.flip(t.arange(3), dims=[0]),
    "expand": lambda t: t.ones(3).expand(size=(2, 3)),
    "repeat": lambda t: t.ones(3).repeat(repeats=(2,)),
    "tile": lambda t: t.tile(t.ones(2), dims=(2,)),
    "broadcast_to": lambda t: t.broadcast_to(t.ones(3), size=(2, 3)),
}


@pytest.mark.parametrize("name", SHAPED)
def test_shapes_by_name(name):
    assert SHAPED[name](tnp).tolist() == SHAPED[name](torch).tolist()


def test_a_shape_comes_once():
    with pytest.raises(TypeError, match="unexpected keyword argument 'shape'"):
        tnp.reshape(tnp.ones(2), 2, shape=(2,))


def test_bfloat16_is_refused_by_name():
    with pytest.raises(TypeError, match=r"^bfloat16 is not supported: NumPy has no such type"):
        tnp.ones(2).bfloat16()
