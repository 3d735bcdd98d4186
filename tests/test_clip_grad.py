"""Clipping of gradients, and parameters as one vector, as torch.nn.utils."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from next_to_torch import BOTH, LIBS, same_error, told

import tinygrad_np as tnp
from nn import utils

FUNCTIONS = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]
FUNCTIONS += ["parameters_to_vector", "vector_to_parameters"]
ORDERS = [2.0, 1, 3, 0.5, 0, -1, math.inf, -math.inf, "inf"]
# A power, a root and a product round three times: 3 * 1.2e-7 in float32.
EPS = {"float64": 1e-14, "float32": 3.6e-7, "float16": 2e-3}


def parameters(t, gradients):
    params = []
    for g in gradients:
        p = t.zeros(np.shape(g), dtype=getattr(t, str(g.dtype)), requires_grad=True)
        p.grad = t.tensor(g)
        params.append(p)
    return [*params, t.zeros(2, requires_grad=True)]  # the last without a gradient


def assert_same(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        assert str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1]
        assert a.shape == b.shape
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), tolerance, tolerance)


@settings(max_examples=60, deadline=None, print_blob=True)
@given(data=st.data())
def test_norms_and_clipping(data):
    order = data.draw(st.sampled_from(ORDERS))
    dtypes = data.draw(st.lists(st.sampled_from(list(EPS)), min_size=1, max_size=3))
    low = 0 if 0 <= float(order) < math.inf else 1  # empty tensors have no such norm
    shapes = [tuple(data.draw(st.lists(st.integers(low, 4), max_size=3))) for _ in dtypes]
    scale = data.draw(st.sampled_from([1e-3, 1.0, 30.0]))
    limit = data.draw(st.sampled_from([0.0, 0.3, 1, 1e3, math.inf]))
    if "float16" in dtypes and float(order) < 0 and scale < 1:
        limit = limit or 0.3  # PyTorch divides 0 by the norm as 0 * (1 / norm): 0 * inf is nan
    r = np.random.default_rng(len(dtypes))
    gradients = [
        np.asarray(scale * r.normal(size=shape)).astype(dtype)
        for shape, dtype in zip(shapes, dtypes, strict=True)
    ]
    tolerance = max(EPS[dtype] for dtype in dtypes)
    results = []
    for t, n in LIBS:
        params = parameters(t, gradients)
        total = n.utils.get_total_norm([p.grad for p in params[:-1]], order)
        returned = n.utils.clip_grad_norm_(params, limit, order)
        assert params[-1].grad is None
        results.append([total, returned, *(p.grad for p in params[:-1])])
    assert_same(*results, tolerance)
    results = []
    for t, n in LIBS:
        params = parameters(t, gradients)
        assert n.utils.clip_grad_value_((p for p in params), limit) is None
        results.append([p.grad for p in params[:-1]])
    assert_same(*results, 0)


@BOTH
def test_the_norm_of_all_together(lib):
    t, n = lib
    p, q = (t.zeros(2, requires_grad=True) for _ in range(2))
    (3 * p[0] + 4 * q[1]).backward()
    grads = [p.grad, q.grad]
    version = p.grad._version if t is torch else p.grad.version.count
    total = n.utils.clip_grad_norm_(iter([p, q]), 1)
    assert total.item() == 5
    assert [p.grad, q.grad] == grads or (p.grad is grads[0] and q.grad is grads[1])
    assert p.grad.tolist() == pytest.approx([0.6, 0])
    assert q.grad.tolist() == pytest.approx([0, 0.8])
    assert (p.grad._version if t is torch else p.grad.version.count) > version
    assert not total.requires_grad
    n.utils.clip_grads_with_norm_([p, q], 1.0, t.tensor(0.1))  # short enough
    assert q.grad.tolist() == pytest.approx([0, 0.8])


@BOTH
def test_one_tensor_and_none(lib):
    t, n = lib
    p = t.ones(3, requires_grad=True)
    assert n.utils.clip_grad_norm_(p, 1.0).tolist() == 0
    p.sum().backward()
    assert n.utils.clip_grad_norm_(p, 10.0, norm_type=1).item() == 3
    n.utils.clip_grad_value_(p, 0.25)
    assert p.grad.tolist() == [0.25] * 3
    assert n.utils.get_total_norm(p.grad, 1).item() == 0.75
    assert n.utils.clip_grad_norm_([], 1.0).item() == 0
    with pytest.warns(UserWarning, match="`parameters` is an empty generator, no gradient clip"):
        n.utils.clip_grad_norm_((p for p in []), 1.0)


@pytest.mark.parametrize(
    ("dtype", "value"), [("float32", 1e30), ("float16", 300), ("float32", 1e-30)]
)
def test_large_and_small_numbers_neither_overflow_nor_vanish(dtype, value):
    x = tnp.full((9,), value, dtype=getattr(tnp, dtype))  # torch: inf, right, and 0
    for order in (2, 3):
        expected = value * 9 ** (1 / order)
        assert utils.get_total_norm([x], order).item() == pytest.approx(expected, rel=1e-3)


@BOTH
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_gradients_that_are_not_finite(lib, bad):
    t, n = lib
    p = t.zeros(2, requires_grad=True)
    p.grad = t.tensor([bad, 1.0])
    with pytest.raises(RuntimeError, match=r"The total norm of order 2\.0 for gradients from"):
        n.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert p.grad[1].item() == 1
    n.utils.clip_grad_norm_([p], 1.0)
    assert math.isnan(p.grad[0].item())
    assert p.grad[1].item() == 0 if bad == math.inf else math.isnan(p.grad[1].item())


def test_integers_and_empty_tensors():
    for norm, bad, text in [
        (2.0, tnp.ones(2, dtype=tnp.int64), "Expected a floating point or complex tensor as input"),
        (math.inf, tnp.zeros(0), "cannot compute the inf norm on an empty tensor because the op"),
        (-1, tnp.zeros(0), "linalg.vector_norm cannot compute the -1 norm on an empty tensor"),
    ]:
        with pytest.raises(RuntimeError, match=text):
            utils.get_total_norm([bad], norm)


@BOTH
def test_vectors(lib):
    t, n = lib
    params = [t.full((2, 2), 3.0, requires_grad=True), t.tensor(1.0, requires_grad=True)]
    vector = n.utils.parameters_to_vector(p for p in params)
    assert vector.tolist() == [3, 3, 3, 3, 1]
    (vector * t.arange(5)).sum().backward()
    assert params[0].grad.tolist() == [[0, 1], [2, 3]]
    assert params[1].grad.item() == 4
    new = t.arange(7.0)
    assert n.utils.vector_to_parameters(new, params) is None
    assert params[0].tolist() == [[0, 1], [2, 3]]
    assert params[1].item() == 4
    assert all(p.requires_grad and p.is_leaf for p in params)
    new[0] = 9  # the memory is shared
    assert params[0][0, 0].item() == 9


def test_errors_of_vectors():
    same_error(lambda t, n: n.utils.vector_to_parameters(3, []))
    for t, n in LIBS:
        with pytest.raises(RuntimeError, match="invalid for input of size 2"):
            n.utils.vector_to_parameters(t.ones(2), [t.ones(3)])
        with pytest.raises((RuntimeError, ValueError), match="expected a non-empty list of"):
            n.utils.parameters_to_vector([])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments(name):
    assert told(getattr(utils, name)) == told(getattr(torch.nn.utils, name))
