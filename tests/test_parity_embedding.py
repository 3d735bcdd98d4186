"""Embeddings are torch's: values, gradients, norms, first weights, texts and errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import BOTH, LIBS, same_error, told
from test_parity_recurrent import array, assert_same

import nn
import nn.functional as F
import tinygrad_np as tnp

READ = [[0, 2, 2, 5], [4, 3, 2, 1]]
OPTIONS = [
    {},
    {"padding_idx": 2},
    {"padding_idx": -1},
    {"padding_idx": 0, "scale_grad_by_freq": True},
    {"scale_grad_by_freq": True},
    {"max_norm": 1.0},
    {"max_norm": 1.5, "norm_type": 1.0},
    {"max_norm": 0.7, "norm_type": float("inf")},
    {"max_norm": 1.0, "norm_type": 3, "padding_idx": 4},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_embedding(options):
    pair = []
    for lib, n in LIBS:
        lib.manual_seed(5)
        pair.append(n.Embedding(7, 3, **options, dtype=lib.float64))
    assert repr(pair[0]) == repr(pair[1])
    for read in (READ, 2, [], [[6]]):
        assert_same(pair, lambda lib, m, read=read: m(lib.tensor(read, dtype=lib.int64)))
        ours, theirs = (m.weight.detach().numpy() for m in pair)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)  # max_norm changes it


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_embedding_as_a_function(options):
    results = []
    for lib, n in LIBS:
        weight = lib.tensor(array(0, 7, 3), requires_grad=True)
        y = n.functional.embedding(lib.tensor(READ, dtype=lib.int32), weight, **options)
        (y * y).sum().backward()
        results.append([y.detach().numpy(), weight.grad.numpy(), weight.detach().numpy()])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@settings(max_examples=40, deadline=None, print_blob=True)
@given(st.integers(1, 5), st.integers(0, 3), st.lists(st.integers(0, 3), max_size=3), st.data())
def test_drawn_sizes(rows, width, shape, data):
    seed = data.draw(st.integers(0, 999))
    index = np.random.default_rng(seed).integers(0, rows, shape)
    scale = data.draw(st.booleans())
    padding = data.draw(st.none() | st.integers(-rows, rows - 1))
    results = []
    for lib, n in LIBS:
        weight = lib.tensor(array(0, rows, width), requires_grad=True)
        read = lib.from_numpy(np.asarray(index))
        y = n.functional.embedding(read, weight, padding, scale_grad_by_freq=scale)
        (y * y).sum().backward()
        results.append([y.detach().numpy(), weight.grad.numpy()])
    for ours, theirs in zip(*results, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_first_weights_are_bit_for_bit_torchs():
    made = []
    for lib, n in LIBS:
        lib.manual_seed(5)
        made.append(n.Embedding(40, 3, padding_idx=-2, dtype=lib.float64).weight.detach().numpy())
    np.testing.assert_array_equal(*made)
    assert tnp.rand(1).item() == torch.rand(1).item()


@BOTH
def test_from_pretrained(lib):
    t, n = lib
    vectors = t.ones(4, 2)
    frozen = n.Embedding.from_pretrained(vectors)
    assert not frozen.weight.requires_grad
    assert repr(frozen) == "Embedding(4, 2)"
    vectors[0] = 3.0
    assert frozen(t.tensor(0)).tolist() == [3.0, 3.0]  # it shares their memory
    assert n.Embedding.from_pretrained(vectors, freeze=False, padding_idx=1).weight.requires_grad


@pytest.mark.parametrize(
    "act",
    [
        lambda t, n: n.Embedding(3, 2, padding_idx=3),
        lambda t, n: n.Embedding(3, 2, padding_idx=-4),
        lambda t, n: n.Embedding(3, 2, _weight=t.ones(2, 2)),
        lambda t, n: n.Embedding.from_pretrained(t.ones(2)),
        lambda t, n: n.functional.embedding(t.ones(1).long(), t.ones(2, 2), padding_idx=2),
        lambda t, n: n.functional.embedding(t.ones(1).long(), t.ones(2)),
    ],
)
def test_errors(act):
    same_error(act)


def test_second_order():
    def function(weight):
        return F.embedding(tnp.tensor(READ), weight).exp()

    weight = tnp.tensor(array(0, 6, 2), requires_grad=True)
    assert tnp.gradgradcheck(function, (weight,))


def test_dtypes_and_arguments():
    for dtype in (tnp.float16, tnp.float32, tnp.float64):
        module = nn.Embedding(5, 2, padding_idx=1, scale_grad_by_freq=True, dtype=dtype)
        y = module(tnp.tensor([1, 2, 2]))
        y.sum().backward()
        assert y.dtype is module.weight.grad.dtype is dtype
        assert module.weight.grad.tolist() == [[0, 0], [0, 0], [1, 1], [0, 0], [0, 0]]
    assert told(F.embedding) == told(torch.nn.functional.embedding)
    assert told(nn.Embedding) == told(torch.nn.Embedding)
    ours, theirs = (n.Embedding.from_pretrained for _, n in LIBS)
    assert told(ours) == told(theirs)
