"""Public functions over grids of their arguments: values, dtypes and gradients are PyTorch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_np as tnp


def same(call, *arrays: np.ndarray, **options) -> None:
    """`call(lib, *tensors)` gives the same values and gradients with both libraries."""
    results = []
    for lib, make in ((tnp, tnp.from_numpy), (torch, torch.from_numpy)):
        leaves = [make(array.copy("K")) for array in arrays]
        for leaf in leaves:
            if leaf.is_floating_point():
                leaf.requires_grad_()
        out = call(lib, *leaves, **options)
        outs = [o for o in (out if isinstance(out, tuple) else (out,)) if not isinstance(o, bool)]
        total = sum((o * o + o).sum() for o in outs if o.requires_grad)  # a slope at 0 too
        if not isinstance(total, int):
            total.backward()
        results.append((outs, [leaf.grad for leaf in leaves]))
    (ours, our_grads), (theirs, their_grads) = results
    for a, b in zip(ours, theirs, strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        assert str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1]
        np.testing.assert_allclose(
            a.detach().numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-12, equal_nan=True
        )
    for a, b in zip(our_grads, their_grads, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-11)


RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))
TIES = RNG.integers(0, 3, (2, 3, 4)).astype(np.float64)


@pytest.mark.parametrize("dim", [0, -1, (0, 2), (1,), (-1, 0)])
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "std", "logsumexp"])
def test_reductions(name, dim, keepdim):
    same(lambda lib, x: getattr(lib, name)(x, dim, keepdim=keepdim), X)
    same(lambda lib, x: getattr(x, name)(dim=dim, keepdim=keepdim), X)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "var", "std"])
def test_reductions_of_everything(name, keepdim):
    same(lambda lib, x: getattr(lib, name)(x), X)
    same(lambda lib, x: getattr(x, name)(None, keepdim=keepdim), X)
    same(lambda lib, x: lib.amax(x, ()) + x.amin(keepdim=keepdim), X)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("dim", [None, 0, -1])
def test_extremes_and_their_ties(name, dim):
    if dim is None:
        same(lambda lib, x: getattr(lib, name)(x), TIES)
    else:
        same(lambda lib, x: tuple(getattr(lib, name)(x, dim)), TIES)
        same(lambda lib, x: tuple(getattr(x, name)(dim, keepdim=True)), TIES)
    same(lambda lib, x: getattr(lib, "arg" + name)(x, dim, keepdim=True), TIES)
    same(lambda lib, x, y: getattr(lib, name)(x, y), TIES, TIES[::-1].copy())


def test_numpys_names_for_dim_and_keepdim():
    same(lambda lib, x: x.sum(axis=1, keepdims=True), X)
    same(lambda lib, x: x.amax(axis=(0, 1)), X)


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("name", ["var", "std"])
def test_spread(name, unbiased):
    same(lambda lib, x: getattr(x, name)(unbiased=unbiased), X)
    same(lambda lib, x: getattr(x, name)(0, unbiased), X)
    same(lambda lib, x: getattr(x, name)(1, correction=2), X)
    same(lambda lib, x: getattr(x, name)(1), np.ones((2, 3)))


@pytest.mark.parametrize(
    "call",
    [
        lambda lib, x: x.reshape(4, -1),
        lambda lib, x: x.view(6, 4),
        lambda lib, x: x.permute(2, 0, 1).reshape(-1),
        lambda lib, x: x.flatten(1),
        lambda lib, x: lib.flatten(x, 0, 1),
        lambda lib, x: lib.flatten(x[0, 0, 0]),
        lambda lib, x: x.transpose(0, -1),
        lambda lib, x: x[0].t() @ x[1],
        lambda lib, x: x[0].T,
        lambda lib, x: x.mT,
        lambda lib, x: x.unsqueeze(-1).squeeze(),
        lambda lib, x: x[:1].squeeze((0, 1)),
        lambda lib, x: x[:, :1].expand(-1, 5, -1),
        lambda lib, x: x[0, 0].expand(3, 2, 4),
        lambda lib, x: x[:, :, :1].expand_as(x) * x,
        lambda lib, x: x.swapaxes(0, 1).contiguous().view(-1),
        lambda lib, x: lib.cat([x, x[:1], lib.zeros(0, dtype=x.dtype)]),
        lambda lib, x: lib.cat((x, x * 2), dim=-1),
        lambda lib, x: lib.stack([x[0], x[1] * 3], dim=1),
        lambda lib, x: lib.where(x > 0, x, 2.0),
        lambda lib, x: x.where(x > 0, x * x),
        lambda lib, x: lib.where(x[0, 0] > 0)[0],
        lambda lib, x: lib.clamp(x, -0.5, 0.5),
        lambda lib, x: x.clamp(min=0.1),
        lambda lib, x: x.clamp(max=lib.zeros(4, dtype=x.dtype)),
        lambda lib, x: lib.clip(x, 1.0, -1.0),
        lambda lib, x: x.softmax(-1) + lib.log_softmax(x, dim=0),
        lambda lib, x: lib.matmul(x, x.transpose(1, 2)),
        lambda lib, x: x @ x[0, 0],
        lambda lib, x: x[0, 0] @ x[0].t(),
        lambda lib, x: x[0, 0] @ x.transpose(1, 2),
        lambda lib, x: lib.dot(x[0, 0], x[0, 1]),
        lambda lib, x: lib.bmm(x, x.mT),
        lambda lib, x: x.detach() // 0.7 + x % 0.7 + x % -0.7,
        lambda lib, x: lib.div(x, 0.3, rounding_mode="trunc"),
        lambda lib, x: lib.div(x, 0.3, rounding_mode="floor"),
        lambda lib, x: lib.add(x, x, alpha=3) - lib.sub(x, 2, alpha=0.5),
        lambda lib, x: x.abs() ** 0.5 + 2**x + x**3 + x**0,
        lambda lib, x: (x.abs() + 1) ** x,
        lambda lib, x: 1 / x + 3 - x,
        lambda lib, x: x.sign() * x.square() + x.abs().log().sqrt().relu(),
        lambda lib, x: x.any(), lambda lib, x: (x > 0).all(1),
        lambda lib, x: lib.isnan(x / 0 * 0),
        lambda lib, x: ~(x > 0) | (x < 1) & (x != 0) ^ (x >= 2),
        lambda lib, x: x.gather(1, lib.tensor([[[0, 2, 1, 1]], [[1, 1, 0, 2]]])),
        lambda lib, x: x.to(lib.float32).double(),
        lambda lib, x: x.long() + x.int() + x.bool(),
        lambda lib, x: x.type_as(lib.ones(1)).sum(dtype=lib.float64),
    ],
)  # fmt: skip
def test_functions(call):
    same(call, X)


@pytest.mark.parametrize(
    "index",
    [
        0, -1, slice(1), (slice(None), 1), (..., 0), (None, 0, ..., None), (0, slice(0, 3, 2)),
        [0, 1, 1], ([0, 1], [2, 0]), (slice(None), [2, 0]), ([1, 0], slice(None), [0, 3]),
        (0, [1, 1], slice(1, 3)), (range(2), [0, 2]), np.array([[0, 1], [1, 1]]), True,
        TIES > 1, (TIES[:, :, 0] > 0), (0, TIES[0, :, 0] > 0), (TIES[:, 0, 0] >= 0, 0),
        (), slice(5, 9), (slice(None), []),
    ],
    ids=str,
)  # fmt: skip
def test_indexing(index):
    def torch_index(lib, part):
        if isinstance(part, tuple):
            return tuple(torch_index(lib, p) for p in part)
        return lib.from_numpy(part.copy()) if isinstance(part, np.ndarray) else part

    same(lambda lib, x: x[torch_index(lib, index)], X)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("widths", [(1, 2), (2, 0, 1, 1)])
def test_pad(mode, widths):
    options = {"value": 3.0} if mode == "constant" else {}
    x = RNG.normal(size=(1, 2, 3, 4)) if len(widths) == 4 else X

    def call(lib, x):
        pad = tnp.pad if lib is tnp else torch.nn.functional.pad
        return pad(x, widths, mode=mode, **options)

    same(call, x)


def test_special_values_are_pytorchs():
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e4, -1e4, 1e-300])
    for name in ("relu", "exp", "log", "sqrt", "abs", "sign", "tanh", "sigmoid"):
        ours = getattr(tnp, name)(tnp.from_numpy(x))
        np.testing.assert_array_equal(
            np.isnan(ours.numpy()), torch.isnan(getattr(torch, name)(torch.from_numpy(x))).numpy()
        )
        np.testing.assert_allclose(
            ours.numpy(), getattr(torch, name)(torch.from_numpy(x)).numpy(), rtol=1e-12
        )


def test_softmax_does_not_overflow():
    for dtype in (tnp.float16, tnp.float32, tnp.float64):
        x = tnp.tensor([[1e4, -1e4, 1e4], [-tnp.inf, 0.0, 0.0]], dtype=dtype)
        np.testing.assert_allclose(
            tnp.softmax(x, 1).numpy(), [[0.5, 0, 0.5], [0, 0.5, 0.5]], rtol=1e-3
        )
        assert tnp.log_softmax(x, 1)[1, 0].item() == -tnp.inf
        assert not tnp.isnan(tnp.log_softmax(x, 1)).any()
        assert tnp.logsumexp(x, 1).dtype is dtype


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_relu_at_zero_and_nan(dtype):
    x = tnp.tensor([0.0, -1.0, 2.0], dtype=getattr(tnp, dtype), requires_grad=True)
    tnp.relu(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]


shapes = st.lists(st.integers(0, 3), max_size=3)


@settings(max_examples=60, deadline=None, print_blob=True)
@given(shapes, st.data())
def test_broadcasting_arithmetic_on_drawn_shapes(shape, data):
    other = [n if data.draw(st.booleans()) else 1 for n in shape]
    other = other[data.draw(st.integers(0, len(other))) :]
    seed = data.draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=shape), rng.uniform(0.5, 2, size=other)
    if data.draw(st.booleans()):
        a = a.swapaxes(0, -1) if a.ndim else a
        b = b.swapaxes(0, -1) if a.ndim == b.ndim and b.ndim else b
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return
    same(lambda lib, a, b: a * b + a / b - b + (b**a) % 2, a, b)
