"""The text of tensors, against PyTorch's for drawn arrays and options."""

import re

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_np
from tinygrad_np import dtypes, printing
from tinygrad_np.printing import tensor_text

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
FLOATS = DTYPES[:3]


@pytest.fixture(autouse=True)
def default_options():
    yield
    for set_printoptions in (torch.set_printoptions, printing.set_printoptions):
        set_printoptions(profile="default")


def expected(array, grad=False, grad_fn=False):
    """PyTorch's text, with our name for the library."""
    tensor = torch.from_numpy(array.copy())
    tensor = tensor.requires_grad_() if grad or grad_fn else tensor
    return repr(tensor * 1 if grad_fn else tensor).replace("torch.", "tinygrad_np.")


def agree(array):
    assert tensor_text(array) == expected(array)
    if array.dtype.kind == "f":
        assert tensor_text(array, requires_grad=True) == expected(array, grad=True)
        text = tensor_text(array, grad_fn="MulBackward0", requires_grad=True)
        assert text == expected(array, grad_fn=True)


shapes = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
plain_floats = st.one_of(
    st.integers(-12, 12).map(float),
    st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 0.5, 1e-4, 9.9999e-5, 1000.0, 1e8, 1e4]),
    st.floats(-1000, 1000, width=16),
)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.sampled_from(DTYPES), shapes, st.data())
def test_drawn_arrays(dtype, shape, data):
    agree(data.draw(arrays.arrays(dtype, shape)))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.sampled_from(FLOATS), shapes, st.data())
def test_drawn_plain_numbers(dtype, shape, data):
    with np.errstate(over="ignore"):
        agree(data.draw(arrays.arrays(np.float64, shape, elements=plain_floats)).astype(dtype))


options = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.one_of(st.integers(0, 40), st.just(float("inf"))),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(1, 120),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([None, True, False]),
    },
)
long_shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=12)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(options, options, st.sampled_from(["float32", "float64", "int64"]), long_shapes, st.data())
def test_drawn_options(first, second, dtype, shape, data):
    for chosen in ({"profile": "default"}, first, second):
        torch.set_printoptions(**chosen)
        printing.set_printoptions(**chosen)
    assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
    elements = None if dtype == "int64" else plain_floats.map(np.dtype(dtype).type).map(float)
    agree(data.draw(arrays.arrays(dtype, shape, elements=elements)))


@pytest.mark.parametrize("shape", [(1000,), (1001,), (40, 30), (3, 400), (400, 3), (7, 1, 8, 9, 7)])
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_long_arrays_are_cut(shape, dtype):
    values = np.random.default_rng(0).normal(0, 3, shape)
    agree(values.astype(dtype))


RATIOS = [[1, 1000], [1, 1001], [0.5, 500], [0.5, 500.5]]
SIZES = [[1e8, 1e7], [1e8 + 8, 1e7], [-1e9], [2.0**-13], [2.0**-14], [1e-4], [0, 1e-5]]
SPECIAL = [[np.nan, np.inf], [-np.inf, 1.5], [-0.0]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("values", [*RATIOS, *SIZES, *SPECIAL], ids=str)
def test_bounds_of_the_notations(values, dtype):
    agree(np.array(values, dtype))


@pytest.mark.parametrize("shape", [(), (3,), (6,), (2, 6), (6, 2), (2, 3, 4)])
def test_no_edge_items(shape):
    for set_printoptions in (torch.set_printoptions, printing.set_printoptions):
        set_printoptions(edgeitems=0, threshold=5)
    agree(np.full(shape, 2.5))


def test_not_contiguous():
    agree(np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::-1])


def test_suffixes_follow_the_default_dtype():
    samples = [np.zeros(n, dtype) for n in (0, 2) for dtype in DTYPES]
    dtypes.set_default_dtype(dtypes.float64)
    torch.set_default_dtype(torch.float64)
    try:
        for array in samples:
            agree(array)
    finally:
        dtypes.set_default_dtype(dtypes.float32)
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("columns", range(60, 82))
def test_suffixes_wrap_where_torch_wraps(columns):
    for set_printoptions in (torch.set_printoptions, printing.set_printoptions):
        set_printoptions(linewidth=columns)
    for count in range(1, 12):
        agree(np.linspace(0, 1, count))


def test_prefix_indents():
    subclass = type("Weights", (torch.Tensor,), {})
    theirs = repr(torch.arange(12.0).reshape(3, 4).as_subclass(subclass))
    assert tensor_text(np.arange(12, dtype=np.float32).reshape(3, 4), "Weights(") == theirs


def test_printoptions_come_back():
    before = printing.get_printoptions()
    with printing.printoptions(precision=1, sci_mode=True):
        assert tensor_text(np.float32([2.25])) == "tensor([2.2e+00])"
    assert printing.get_printoptions() == before
    with pytest.raises(ValueError, match="in the block"), printing.printoptions(precision=1):
        raise ValueError("in the block")
    assert printing.get_printoptions() == before


def test_unknown_profile():
    message = "unknown profile 'long': expected one of default, short, full"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        printing.set_printoptions(precision=1, profile="long")
    assert printing.get_printoptions()["precision"] == 4


EXPRESSIONS = """
x + x; x - 1; 2 * x; x / x; -x; x % 2; x ** 2; x ** x; 2 ** x; x @ x; b.bmm(b); x.sum(); x.sum(0);
x[0].sum(0); x.mean(); x.mean(1); x.amax(0); x.var(); x.std(0); x.prod(); x.prod(1); x.exp();
x.log(); x.sqrt(); x.abs(); x.sin(); x.relu(); x.sigmoid(); x.tanh(); x.erf(); x.reciprocal();
x.rsqrt(); x.log1p(); x.expm1(); x.atan2(x); x.floor(); x.round(); x.fmod(2); x.clamp(0, 1);
x.clamp(min=x); x.clamp(max=0); t.maximum(x, x + 1); t.where(x > 0, x, x); x.softmax(1);
x.log_softmax(1); x.logsumexp(1); x.reshape(-1); x.view(-1); x.T; x.permute(1, 0); x.flatten();
x.expand(2, 2, 2); t.cat([x, x]); t.stack([x, x]); x[0]; x[:1]; x[0, :1]; x[:, 1]; x[[0, 1]];
x[x > 0]; x[None]; x.gather(1, t.zeros(2, 1).long()); x.clone(); x.double(); x.norm(); x.norm(1);
t.addmm(x[0], x, x); t.baddbmm(b, b, b); t.mm(x, x); t.outer(x[0], x[0]); x.lerp(x, 0.5);
x.square(); x.median(); x.cumsum(0); (x * 1).add_(1); (x * 1).mul_(2); x.sign(); x.frac() - x
"""


@pytest.mark.parametrize("expression", [e.strip() for e in EXPRESSIONS.split(";")])
def test_names_of_nodes_are_pytorchs(expression):
    names = []
    for t in (tinygrad_np, torch):
        x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        y = eval(expression, {"t": t, "x": x, "b": t.ones(2, 2, 2, requires_grad=True)})
        names.append((y.grad_fn.name(), repr(y).split("grad_fn=")[1]))
    assert names[0] == names[1]


NUMBERS = [np.array(0.1234), np.arange(30.0).reshape(3, 10), np.array([1e-5, 1.0]), np.array([1e9])]
NUMBERS += [np.array([[1.5, np.nan], [-np.inf, 2]]), np.zeros((2, 0, 3)), np.zeros((3, 4, 5, 2))]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edgeitems", [1, 3])
@pytest.mark.parametrize("sci_mode", [None, True, False])
def test_the_grid_of_dtypes_and_options(dtype, edgeitems, sci_mode):
    options = {"edgeitems": edgeitems, "threshold": 20, "sci_mode": sci_mode, "linewidth": 60}
    for set_printoptions in (torch.set_printoptions, printing.set_printoptions):
        set_printoptions(**options)
    for array in NUMBERS:
        with np.errstate(all="ignore"):
            agree(array.astype(dtype))
