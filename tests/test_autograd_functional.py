"""Jacobians, Hessians and their products with vectors: PyTorch's numbers and errors; anomalies."""

import numpy as np
import pytest
import torch

import tinygrad_np as tnp

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])
RNG = np.random.default_rng(3)
A, B, V = RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=(2, 3))


def flat(x):
    """All numbers of nested tuples of tensors, with their shapes."""
    if isinstance(x, tuple):
        return [number for part in x for number in flat(part)]
    return [tuple(x.shape), *x.detach().numpy().ravel().round(9).tolist()]


CALLS = {
    "jacobian": lambda lib, F, a, b, v: F.jacobian(lambda a: (a**2).sum(0) * b, a),
    "jacobian of several": lambda lib, F, a, b, v: F.jacobian(
        lambda a, b: (a * b, b.exp()), (a, b)
    ),
    "jacobian to a number": lambda lib, F, a, b, v: F.jacobian(lambda a: (a**3).sum(), a),
    "jacobian, constant": lambda lib, F, a, b, v: F.jacobian(lambda a: lib.ones(2), a),
    "jacobian, graph": lambda lib, F, a, b, v: lib.autograd.grad(
        F.jacobian(lambda a: a**3, a.requires_grad_(), create_graph=True).sum(), a
    ),
    "hessian": lambda lib, F, a, b, v: F.hessian(lambda a: (a**3).sum() * a[0, 0], a),
    "hessian of several": lambda lib, F, a, b, v: F.hessian(
        lambda a, b: (a * b.exp()).sum(), (a, b)
    ),
    "hessian, linear": lambda lib, F, a, b, v: F.hessian(lambda a: a.sum(), a),
    "vjp": lambda lib, F, a, b, v: F.vjp(lambda a: (a**2).sum(0), a, b),
    "vjp of a number": lambda lib, F, a, b, v: F.vjp(lambda a, b: (a**2 * b).sum(), (a, b)),
    "jvp": lambda lib, F, a, b, v: F.jvp(lambda a: (a**2).sum(0), a, v),
    "jvp of several": lambda lib, F, a, b, v: F.jvp(lambda a, b: (a * b, b**2), (a, b), (v, b)),
    "vhp": lambda lib, F, a, b, v: F.vhp(lambda a: (a**3).sum() * a[0, 0], a, v),
    "hvp": lambda lib, F, a, b, v: F.hvp(lambda a: (a**3).sum() * a[0, 0], a, v),
    "wrong length": lambda lib, F, a, b, v: F.vjp(lambda a: a, a, (v, v)),
    "wrong size": lambda lib, F, a, b, v: F.vjp(lambda a: a, a, b),
    "no vector": lambda lib, F, a, b, v: F.vjp(lambda a: a, a),
    "no number": lambda lib, F, a, b, v: F.hessian(lambda a: a, a),
    "no tensor": lambda lib, F, a, b, v: F.jacobian(lambda a: a, 3.0),
    "strict": lambda lib, F, a, b, v: F.vjp(lambda a, b: a * 1, (a, b), v, strict=True),
}


def outcome(call, lib):
    a, b, v = (lib.from_numpy(x.copy()) for x in (A, B, V))
    try:
        return flat(call(lib, lib.autograd.functional, a, b, v))
    except (RuntimeError, TypeError) as error:
        return type(error)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_as_pytorch(call):
    ours, theirs = outcome(call, tnp), outcome(call, torch)
    assert ours == theirs


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wrong length", "v is a tuple of invalid length: should be 1 but got 2"),
        ("wrong size", r"Entry 0 in v has invalid size: should be .*\[2, 3\].* but got .*\[3\]"),
        ("no vector", "can only be None if the function returns a single Tensor with a single"),
        ("no number", "should contain a single element"),
        ("no tensor", "The inputs given to jacobian must be either a Tensor or a tuple of"),
        ("strict", "is independent of input 1"),
    ],
)
def test_errors_say_what_came(name, text):
    a, b, v = (tnp.from_numpy(x.copy()) for x in (A, B, V))
    with pytest.raises((RuntimeError, TypeError), match=text):
        CALLS[name](tnp, tnp.autograd.functional, a, b, v)


def test_the_jacobian_of_nothing_is_empty():  # in PyTorch it is an error of stack()
    a = tnp.from_numpy(A.copy())
    assert tnp.autograd.functional.jacobian(lambda a: a[:0], a).shape == (0, 3, 2, 3)


@BOTH
def test_anomaly_mode_names_the_op(lib):
    x = lib.zeros(2, requires_grad=True)
    with lib.autograd.set_detect_anomaly(True):
        y = (x.sqrt() * 0).sum()
        if lib is tnp:
            with pytest.raises(RuntimeError, match=r"'SqrtBackward0' returned nan.*y = \(x\.sqrt"):
                y.backward()
        else:
            forward = pytest.warns(UserWarning, match="Error detected in SqrtBackward0")
            with forward, pytest.raises(RuntimeError, match="'SqrtBackward0'"):
                y.backward()
    (x.sqrt() * 0).sum().backward()
    assert lib.isnan(x.grad).all()


@BOTH
def test_anomaly_mode_warns_that_it_is_slow(lib):
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        mode = lib.autograd.detect_anomaly()
    with mode:
        assert lib.is_anomaly_enabled() if lib is torch else tnp.autograd.is_anomaly_enabled()
    assert not tnp.autograd.is_anomaly_enabled()
