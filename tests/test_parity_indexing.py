"""Indexing, gathering, scattering and order: what PyTorch gives, for drawn indices."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_functions import TIES, X, same
from test_parity_shapes import agree

import tinygrad_np as tnp

FEW = settings(max_examples=120, deadline=None, print_blob=True)

# -- get and set


@st.composite
def parts(draw, shape):
    """An index of a tensor of `shape`: any mixture, mostly in range."""
    index, dim = [], 0
    while dim < len(shape) and draw(st.integers(0, 4)):
        n = shape[dim]
        kind = draw(st.sampled_from(["int", "slice", "none", "list", "array", "mask", "bool"]))
        if kind == "int":
            index.append(draw(st.integers(-n - 1, n)) if n else 0)
        elif kind == "slice":
            ends = st.none() | st.integers(-n - 1, n + 1)
            index.append(slice(draw(ends), draw(ends), draw(st.none() | st.integers(1, 2))))
        elif kind == "none":
            index.append(None)
            dim -= 1
        elif kind == "bool":
            index.append(draw(st.booleans()))
            dim -= 1
        elif kind in ("list", "array") and n:
            size = (2,) if kind == "list" else draw(st.sampled_from([(2,), (3, 2), (0,), ()]))
            numbers = draw(st.lists(st.integers(-n, n - 1), min_size=6, max_size=6))
            part = np.array(numbers[: int(np.prod(size))], np.int64).reshape(size)
            index.append(part.tolist() if kind == "list" else part)
        else:
            span = draw(st.integers(1, len(shape) - dim))
            wrong = draw(st.integers(0, 9)) == 0
            mask = np.arange(np.prod(shape[dim : dim + span]) + wrong) % 3 == 0
            index.append(mask if wrong else mask.reshape(shape[dim : dim + span]))
            dim += span - 1
        dim += 1
    if draw(st.integers(0, 3)) == 0:
        index.insert(draw(st.integers(0, len(index))), Ellipsis)
    return tuple(index)


def of(lib, index):
    return tuple(lib.from_numpy(i.copy()) if isinstance(i, np.ndarray) else i for i in index)


@FEW
@given(st.data())
def test_reading(data):
    shape = data.draw(st.lists(st.integers(1, 3), max_size=4))
    index = data.draw(parts(shape))
    array = np.arange(float(np.prod(shape))).reshape(shape)
    agree(lambda lib, x: x[of(lib, index)].clone(), array, text=False)


@FEW
@given(st.data())
def test_writing(data):
    shape = data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
    index = data.draw(parts(shape))
    array = np.arange(float(np.prod(shape))).reshape(shape)
    if any(isinstance(i, np.ndarray | list) and np.asarray(i).dtype != bool for i in index):
        value = np.array(-1.0)  # which of several writes to one place stays is left open
    else:
        value = -np.arange(1.0, 1 + data.draw(st.integers(1, 3)))

    def write(lib, x, v):
        x.mT[of(lib, index)] = v if v.ndim else v.item()
        return x

    array = np.ascontiguousarray(array.swapaxes(-1, -2))
    agree(write, array, value, text=False)


INDICES = [
    (0, slice(None), [0, 1]), ([0, 1], slice(None), [0, 1]), ([0, 1], None, [2, 0]),
    (slice(None), [0, 2], [1, 1]), (TIES[:, :, 0] > 0, 1), (0, TIES[0] > 0),
    (..., TIES[0, 0] > 0),
    (True, 0), (None, [1, 1, 0], slice(0, 2)),
    (np.array([[0, 1], [1, 1]]), 1, slice(None, None, 2)),
    (1, [0, 0, 2], 3), (-1, ..., [0, 0]), ([[0, 1], [1, 1]],), (TIES > 5,),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_gradients_of_reading_and_writing(index):
    same(lambda lib, x: x[of(lib, index)], X)

    def write(lib, x, v):
        y = x * 1
        y[of(lib, index)] = v
        return y * x

    same(write, X, np.array(2.0))

    def add(lib, x):
        y = x * 1
        y[of(lib, index)] *= 3
        return y

    same(add, X)


CALLS = """
x[:0][:, 1] | x[:0][x[:0] > 1] | x[:, :0][L.tensor([1, 0])] | x[:0][:, [1, 0]] | x[:, :0][..., 1]
x[2] | x[-3] | x[0, 3] | x[0, 0, 0, 0] | x[1.5] | x[L.tensor(1.5)] | x[L.tensor([0.0])] | x[{}]
x[1j] | x[L.tensor([0, 1], dtype=L.int8)] | x[L.tensor([0, 1], dtype=L.uint8)]
x[L.tensor([], dtype=L.int64)] | x[[[0, 1], [1, 0]]] | x[[slice(0, 1)]] | x[[True, False, True]]
x[[0, 1], [0, 1, 2]] | x[[0, 2]] | x[[]] | x[x[0] > 5] | x[x[:, 0] > 5]
x[L.ones(2, 3, 4, 1) > 0] | x[x > 5, 0] | x[x[:, :, 0] > 5, [0, 1, 2]] | x[::-1] | x[::0] | x[5:9]
x[L.tensor(1):] | x[1.5:] | x[range(2)] | x[np.int64(1)] | x[np.array(1)] | x[()] | x.sum()[0]
x.sum()[:] | x.sum()[None] | x.sum()[...] | x.sum()[True] | x.sum()[L.tensor(False)]
put(x, 0, L.ones(5)) | put(x, [0, 1], L.ones(5)) | put(x, x > 0, L.ones(2)) | put(x, 1.5, 0)
put(x, 5, 0) | put(x, 0, L.ones(1, 3, 4)) | put(x.byte(), 0, 300) | put(x.long(), 0, 1.7)
put(x, x[0] > 5, 1) | put(x.sum(), 0, 1) | put(x, (0, 0, 0, 0), 1) | put(x, [0, 7], 1)
put(x, 0, L.tensor(3)) | put(x, slice(1), L.ones(2, 3, 4)) | x.gather(0, I[None])
x.gather(1, i(1, 2, 1)) | x.gather(0, i(3, 4, 4)) | x.gather(1, i(3, 3, 4))
x.gather(2, i(1, 1, 7)) | x.gather(0, i(1, 1, 1) + 2) | x.gather(0, i(1, 1, 1) - 1)
x.gather(3, i(1, 1, 1)) | x.gather(0, i(0)) | x.gather(0, i(1, 1, 1).int())
x.sum().gather(0, i()) | x.sum().gather(0, i(2)) | x[0, 0].gather(0, i())
x.gather(0, L.zeros(1, 1, 1)) | x.take_along_dim(i(2, 1, 4) + 2, 1)
x.take_along_dim(i(1, 1, 1) - 1, 2) | x.take_along_dim(i(3)) | x.take_along_dim(i(3), 1)
x.index_select(1, L.tensor([2, 0, 2])) | x.index_select(1, L.tensor(1))
x.index_select(1, i(1, 1)) | x.index_select(1, i(1) + 3) | x.index_select(1, i(1) - 1)
x.index_select(3, i(1)) | x.index_select(0, i(0)) | x.sum().index_select(0, i(1))
x.sum().index_select(0, i(2)) | x.take(L.tensor([0, 5, -1])) | x.take(i(2, 2)) | x.take(i(1) + 24)
x.take(i()) | x.scatter(1, i(2, 1, 4) + 2, x) | x.scatter(1, i(2, 1, 4), 1.5)
x.scatter(1, i(2, 1, 4), value=2) | x.scatter(1, i(3, 1, 1), x) | x.scatter(1, i(1, 1, 1) + 3, x)
x.scatter(1, i(1, 1, 1) - 1, x) | x.scatter(1, i(1), x) | x.scatter(1, i(0), x)
x.scatter(3, i(1, 1, 1), 1) | x.scatter(1, i(1, 1, 1), x.float()) | x.scatter(1, i(1, 4, 1), x)
x.sum().scatter(0, i(), L.tensor(3.0).double()) | x.long().scatter(0, i(1, 1, 1), 1.5)
x.scatter(1, i(2, 1, 4), x, reduce="add") | x.scatter(1, i(2, 3, 4), 2.0, reduce="multiply")
x.scatter(1, i(1, 1, 1), x, reduce="sum") | x.scatter_add(1, i(2, 3, 4), x)
x.scatter_add(1, i(1, 4, 1), x) | x.scatter_add(1, i(1, 1, 1) + 5, x)
x.scatter_add(1, i(1, 1, 1), x.float()) | x.index_add(1, i(2), x[:, :2])
x.index_add(1, i(2), x[:, :2], alpha=2) | x.index_add(1, i(2), x)
x.index_add(1, i(2), x[:1, :2]) | x.index_add(1, i(1) + 5, x[:, :1])
x.index_add(1, i(1) - 1, x[:, :1]) | x.index_add(1, i(1), x[:, :1].long())
x.sum().index_add(0, i(1), x.sum()) | x.index_fill(1, L.tensor([0, -1]), 7)
x.index_fill(1, i(1) + 5, 7) | x.index_fill(1, i(1), L.tensor([7.0]))
x.index_fill(1, i(), L.tensor(7)) | x.masked_fill(x > 3, 0) | x.masked_fill(L.ones(2) > 0, 0)
x.masked_fill(L.ones(5, 2, 3, 4) > 0, 0) | x.masked_fill(x > 3, L.tensor([1.0]))
x.long().masked_fill(x > 3, 1.5) | x.masked_fill(x > 3, L.tensor(1))
x.byte().masked_fill(x > 3, 300) | x.long().masked_fill(x > 3, float("inf"))
x.masked_fill_(L.ones(5, 2, 3, 4) > 0, 0) | x.masked_fill_(L.ones(4) > 0, 0)
x.masked_fill(mask=x > 3, value=-float("inf")) | x.masked_select(x > 3)
x.masked_select(L.ones(4) > 0) | x.masked_select(L.ones(2) > 0) | x.masked_select(x)
x.masked_select(L.ones(2, 2, 3, 4) > 0) | x.nonzero() | x.nonzero(as_tuple=True)
x.sum().nonzero() | x.sum().nonzero(as_tuple=True) | (x > 99).nonzero() | L.tensor(0.0).nonzero()
t.sort() | t.sort(0, True) | L.sort(t, stable=True, dim=1) | t.sort(5) | t.sum().sort() | n.sort()
n.sort(descending=True) | (t > 1).sort() | t[:0].sort() | t.argsort() | t.argsort(1, True)
t.argsort(descending=True, stable=True) | L.argsort(n) | t.argsort(3) | t.sum().argsort()
x.topk(2) | x.topk(2, 1, False) | x.topk(5) | x.topk(-1) | x.topk(2, 3) | x.topk(0)
x.sum().topk(1) | x.sum().topk(2) | n.topk(2) | n.topk(2, largest=False) | (t > 1).topk(1)
t.unique() | t.unique(return_inverse=True, return_counts=True) | t.unique(return_counts=True)
t.unique(dim=0) | L.unique(t, dim=1, return_inverse=True, return_counts=True)
n.unique(return_counts=True) | t.unique(dim=3) | t[:0].unique() | t[:0].unique(dim=1)
t.sum().unique() | (t > 1).unique(False, True) | L.bincount(b) | L.bincount(b, minlength=9)
L.bincount(b, L.ones(6)) | L.bincount(b, weights=b) | b.bincount(minlength=-1) | L.bincount(b - 1)
L.bincount(t.long()) | L.bincount(b[:0], minlength=2) | L.bincount(b, L.ones(3))
L.bincount(b.byte()) | t.cumsum(1) | t.cumprod(-1) | t.cumsum(3) | t.long().int().cumsum(0)
(t > 1).cumprod(0) | t.sum().cumsum(0) | t.cumsum(0, dtype=L.float32) | t.long().cumsum_(0)
t.int().cumsum_(0) | t.max(1) | t.min(0, True) | t.max(5) | t.sum().max(0) | n.max(0) | n.min(0)
t[:0].max() | t[:0].max(0) | t[:0].min(1) | t.argmax() | t.argmin(1, True) | t[:0].argmax()
t[:0].amax() | (t > 1).argmax()
"""
CALLS = [call.strip() for call in re.split(r" \| |\n", CALLS.strip())]
OUR_WORDS = {
    "put(x, 0, L.ones(5))", "x[x[:, :, 0] > 5, [0, 1, 2]]", "x.gather(0, L.zeros(1, 1, 1))",
    "x.take_along_dim(i(3), 1)", "x.index_add(1, i(1), x[:, :1].long())", "x[{}]",
}  # fmt: skip


def put(x, index, value):
    x[index] = value
    return x


@pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8")
@pytest.mark.parametrize("call", CALLS)
def test_functions_of_indices(call):
    names = {
        "np": np, "put": put, "t": TIES, "n": np.array([1.0, np.nan, 3, np.nan, 2]),
        "b": np.array([0, 3, 1, 1, 5, 0]), "I": np.zeros((3, 4), np.int64),
    }  # fmt: skip

    def run(L, x):
        made = {k: L.from_numpy(v.copy()) if hasattr(v, "shape") else v for k, v in names.items()}
        made["i"] = lambda *shape: L.zeros(shape, dtype=L.int64)
        return eval(call, {"L": L, "x": x, **made})

    agree(run, np.arange(24.0).reshape(2, 3, 4), text=call not in OUR_WORDS)


def index_of(lib):
    return lib.tensor([[[0, 2, 1, 1]], [[1, 1, 0, 2]]])


DIFFERENTIABLE = [
    lambda lib, x: x.gather(1, index_of(lib)), lambda lib, x: x.take(lib.tensor([0, 5, 5, -1])),
    lambda lib, x: x.take_along_dim(index_of(lib)[:1, :, :1], 1), lambda lib, x: x.sort(1),
    lambda lib, x: x.index_select(1, lib.tensor([2, 0, 2])), lambda lib, x: x.topk(2, 2, False),
    lambda lib, x: x.scatter(1, index_of(lib), x[:, :1] * 2),
    lambda lib, x: x.scatter(1, index_of(lib), 2), lambda lib, x: x.sort(0, descending=True),
    lambda lib, x: x.scatter_add(1, index_of(lib), x[:, :1] ** 2),
    lambda lib, x: x.index_add(1, lib.tensor([2, 2]), x[:, :2] * x[:, :2], alpha=3),
    lambda lib, x: x.index_fill(1, lib.tensor([0]), x.sum()), lambda lib, x: x.cumsum(1),
    lambda lib, x: x.masked_fill(x > 0, x.sum()), lambda lib, x: x.masked_select(x > 0),
    lambda lib, x: x.cumprod(2), lambda lib, x: (x * (x > 0)).cumprod(1), lambda lib, x: x.max(1),
    lambda lib, x: (x * 1).scatter_(1, index_of(lib), x[:, :1] * 2).masked_fill_(x > 1, 0.5),
    lambda lib, x: (x * 1).scatter_add_(1, index_of(lib), x[:, 1:2]),
    lambda lib, x: (x * 1).index_add_(0, lib.tensor([1]), x[:1]),
    lambda lib, x: (x * 1).index_fill_(2, lib.tensor([1, 1]), 3).cumsum_(0).cumprod_(1),
]  # fmt: skip


@pytest.mark.parametrize("call", DIFFERENTIABLE)
def test_gradients(call):
    same(lambda lib, x: tuple(out) if isinstance(out := call(lib, x), tuple) else out, X)


@FEW
@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_order_on_drawn_shapes(shape, data):
    values = data.draw(st.sampled_from([[0.0, 1.0, 2.0], [np.nan, 1.0, np.inf, -np.inf, -0.0]]))
    count = int(np.prod(shape))
    numbers = data.draw(st.lists(st.sampled_from(values), min_size=count, max_size=count))
    array = np.array(numbers, np.float32).reshape(shape)
    dim, down = data.draw(st.integers(-len(shape), len(shape) - 1)), data.draw(st.booleans())

    def run(lib, x):
        k = min(2, x.shape[dim])
        found = x.sort(dim=dim, descending=down, stable=True), x.topk(k, dim, down).values
        return [x.nan_to_num(7.0).tolist() for x in (*found[0], found[1])]

    ours, theirs = (run(lib, lib.from_numpy(array.copy())) for lib in (tnp, torch))
    assert ours == theirs


def test_a_gradient_that_there_is_not_is_refused():
    x = tnp.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match='reduce="multiply" is not implemented'):
        x.scatter(0, tnp.tensor([0]), 2.0, reduce="multiply")
    with pytest.raises(RuntimeError, match="derivative for bincount is not implemented"):
        tnp.bincount(tnp.tensor([0, 1, 1]), x)


# -- what PyTorch takes and refuses


@pytest.mark.parametrize("name", ["scatter", "scatter_add", "scatter_", "scatter_add_"])
@pytest.mark.parametrize("index", [3, [3], [3, 1]])
@pytest.mark.parametrize("src", [2.0, [2.0], [2.0, 5.0]])
def test_scatter_takes_scalars_for_vectors(name, index, src):
    def act(lib, x):
        return getattr(x * 1, name)(0, lib.tensor(index), lib.tensor(src, dtype=x.dtype))

    agree(act, np.arange(4.0), text=False)


def test_scatter_of_a_value_at_a_scalar():  # the Transforms page of PyTorch's tutorial
    for reduce in ({}, {"reduce": "add"}, {"reduce": "multiply"}):
        found = [
            lib.ones(10).scatter_(0, lib.tensor(3), value=4, **reduce).tolist()
            for lib in (tnp, torch)
        ]
        assert found[0] == found[1]


@pytest.mark.parametrize(
    "index",
    [[0, 1], [[0, 1], [1, 2]], np.array([0, 2]), np.arange(12).reshape(3, 4) > 5],
    ids=str,
)
@pytest.mark.parametrize("value", [2.5, [2.5], [1.5] * 4], ids=str)
@pytest.mark.parametrize("dtypes", [("int64", "float32"), ("float32", "float64")], ids=str)
def test_index_put_wants_one_dtype(index, value, dtypes):
    def act(lib):
        x = lib.arange(12).reshape(3, 4).to(getattr(lib, dtypes[0]))
        place = lib.from_numpy(index.copy()) if isinstance(index, np.ndarray) else index
        x[place] = lib.tensor(value, dtype=getattr(lib, dtypes[1]))
        return x.tolist()

    results = []
    for lib in (tnp, torch):
        try:
            results.append(act(lib))
        except RuntimeError as error:
            results.append(str(error))
    if "shape mismatch" not in results[1]:
        assert results[0] == results[1]


def test_slices_cast():
    for lib in (tnp, torch):
        x = lib.arange(4)
        x[1:3] = lib.tensor([1.5, 2.5])
        x[0] = lib.tensor(7.9)
        assert x.tolist() == [7, 1, 2, 3]


@pytest.mark.parametrize(
    "index", [(..., ...), (..., 0, ...), (0, ..., 1, ..., 2), (..., [0], ...), (..., 0, ..., 0)]
)
def test_more_than_one_ellipsis(index):
    agree(lambda lib, x: x[index] * 1, X, text=False)


@pytest.mark.parametrize("index", ["a", (0, "a"), b"a"], ids=str)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_text_is_no_index(index):
    for lib in (tnp, torch):
        with pytest.raises(TypeError, match=r"new\(\): invalid data type '(str|bytes)'"):
            lib.ones(2, 2)[index]
