"""New tensors and random numbers are torch's: dtypes, sizes, memory order, states, errors."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import plain, same_error

import nn
import nn.functional as F
import tinygrad_np as tnp

torch.set_num_threads(1)
LIBS = [(tnp, nn, F), (torch, torch.nn, torch.nn.functional)]


def drawn_alike(draw, exact=True):
    """What `draw` gives from the same seed, and the next number, are the same in both."""
    results = []
    for lib, layers, functions in LIBS:
        lib.manual_seed(5)
        results.append([draw(lib, layers, functions), lib.rand(1)])
    for ours, theirs in zip(*results, strict=True):
        assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
        ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
        assert ours.shape == theirs.shape
        if exact:
            np.testing.assert_array_equal(ours, theirs)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


FILLS = {
    "uniform_": lambda lib, x: x.uniform_(-1, 1),
    "normal_": lambda lib, x: x.normal_(1, 2),
    "bernoulli_": lambda lib, x: x.bernoulli_(0.4),
    "bernoulli_ of a tensor": lambda lib, x: x.bernoulli_(
        lib.arange(x.shape[-1], dtype=lib.float32) / max(1, x.shape[-1])
    ),
    "random_": lambda lib, x: x.random_(1000),
    "random_ of all": lambda lib, x: x.random_(),
    "exponential_": lambda lib, x: x.exponential_(),
    "rand_like": lambda lib, x: lib.rand_like(x),
    "randn_like": lambda lib, x: lib.randn_like(x),
    "randint_like": lambda lib, x: lib.randint_like(x, 3, 1000),
    "rand_like in row-major order": lambda lib, x: lib.rand_like(
        x, memory_format=lib.contiguous_format
    ),
    "bernoulli": lambda lib, x: lib.bernoulli(x.fill_(0.4)),
    "dropout": lambda lib, x: functions_of(lib).dropout(x.fill_(1), 0.4),
    "dropout in place": lambda lib, x: functions_of(lib).dropout(x.fill_(1), 0.4, inplace=True),
    "alpha_dropout": lambda lib, x: functions_of(lib).alpha_dropout(x.fill_(1), 0.4, True),
}


def functions_of(lib):
    return F if lib is tnp else torch.nn.functional


@pytest.mark.parametrize("name", FILLS)
@settings(max_examples=15, deadline=None, print_blob=True)
@given(st.data())
def test_numbers_are_drawn_in_the_order_of_memory(name, data):
    shape = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    order = data.draw(st.permutations(range(len(shape))))
    gap = data.draw(st.sampled_from([1, 1, 2]))

    def draw(lib, *_):
        return FILLS[name](lib, lib.zeros(shape).permute(order)[..., ::gap])

    drawn_alike(draw, exact=name not in ("normal_", "randn_like", "exponential_", "alpha_dropout"))


EXPANDED = [
    lambda lib: lib.zeros(4).expand(3, 4),
    lambda lib: lib.zeros(3, 1).expand(3, 4),
    lambda lib: lib.zeros(4, 3).t().unsqueeze(1).expand(3, 2, 4),
    lambda lib: lib.zeros(2, 1, 4).expand(2, 3, 4).permute(2, 1, 0),
    lambda lib: lib.zeros(2, 3, 4)[::2].transpose(1, 2),
    lambda lib: lib.zeros(5, 3).t()[:, None],
]


@pytest.mark.parametrize("make", EXPANDED)
def test_like_an_expanded_tensor(make):
    drawn_alike(lambda lib, *_: lib.rand_like(make(lib)))
    drawn_alike(lambda lib, n, functions: functions.dropout(make(lib) + 0 * make(lib), 0.3))
    drawn_alike(lambda lib, n, functions: functions.dropout(make(lib), 0.3))


LIKE = ["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"]


@pytest.mark.parametrize("name", LIKE)
def test_what_is_like_a_transposed_tensor_is_transposed(name):
    made = []
    for lib, *_ in LIBS:
        x = getattr(lib, name)(lib.zeros(2, 3, 4).permute(2, 0, 1), requires_grad=True)
        made.append((x.stride(), x.requires_grad, x.is_leaf, tuple(x.shape)))
    assert made[0] == made[1]


@pytest.mark.parametrize("name", ["xavier_uniform_", "kaiming_uniform_", "trunc_normal_"])
def test_transposed_weights_are_filled_alike(name):
    drawn_alike(lambda lib, n, _: getattr(n.init, name)(lib.empty(6, 5).T), exact=False)


def encoder_layer(n, **options):
    return n.TransformerEncoderLayer(8, 2, 16, dropout=0.3, **options)


LAYERS = {
    "encoder layer": lambda lib, n, x: encoder_layer(n, batch_first=True)(x),
    "norm first": lambda lib, n, x: encoder_layer(n, batch_first=True, norm_first=True)(x),
    "sequence first": lambda lib, n, x: encoder_layer(n)(x),
    "encoder": lambda lib, n, x: n.TransformerEncoder(encoder_layer(n, batch_first=True), 2)(x),
    "decoder layer": lambda lib, n, x: n.TransformerDecoderLayer(
        8, 2, 16, dropout=0.3, batch_first=True
    )(x, x[:, :2]),
    "attention": lambda lib, n, x: n.Dropout(0.5)(
        n.MultiheadAttention(8, 2, batch_first=True)(x, x, x)[0]
    ),
    "attention without weights": lambda lib, n, x: n.Dropout(0.5)(
        n.MultiheadAttention(8, 2, batch_first=True)(x, x, x, need_weights=False)[0]
    ),
    "one sequence": lambda lib, n, x: n.Dropout(0.5)(
        n.MultiheadAttention(8, 2, batch_first=True)(x[0], x[0], x[0])[0]
    ),
    **{
        kind: lambda lib, n, x, kind=kind: n.Dropout(0.5)(
            getattr(n, kind)(8, 4, num_layers=2, batch_first=True, bidirectional=True)(x)[0]
        )
        for kind in ("RNN", "GRU", "LSTM")
    },
    "conv": lambda lib, n, x: n.Dropout(0.5)(n.Conv2d(1, 3, 2)(x[:, None])),
    "some channels": lambda lib, n, x: n.Dropout(0.5)(n.Conv2d(1, 3, 2)(x[:, None])[:, 1:]),
    "pixels": lambda lib, n, x: n.Dropout(0.5)(n.Conv2d(1, 3, 2)(x[:, None]).permute(0, 2, 3, 1)),
    "pool": lambda lib, n, x: n.Dropout(0.5)(
        n.MaxPool2d(2)(n.ReLU()(n.Conv2d(1, 3, 2, padding=1)(x[:, None]))).flatten(1)
    ),
    "transposed conv": lambda lib, n, x: n.Dropout(0.5)(
        n.Conv2d(1, 3, 2)(x[:, None]).flatten(2).transpose(1, 2)
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_dropout_masks_of_layers(name):
    x = np.random.default_rng(0).normal(size=(3, 4, 8)).astype("f4")
    drawn_alike(lambda lib, n, _: LAYERS[name](lib, n, lib.from_numpy(x)), exact=False)


SCALARS = {
    "True": lambda lib: True,
    "1": lambda lib: 1,
    "2.5": lambda lib: 2.5,
    **{t: lambda lib, t=t: np.dtype(t).type(1) for t in ("f2", "f4", "f8", "u1", "i4", "i8")},
    **{
        t: lambda lib, t=t: lib.tensor(1, dtype=getattr(lib, t))
        for t in ("uint8", "int64", "float16", "float32", "float64", "bool")
    },
}


@pytest.mark.parametrize("pair", [*itertools.product(SCALARS, repeat=2)], ids=plain)
def test_dtype_of_mixed_lists(pair):
    dtypes = []
    for lib, *_ in LIBS:
        first, second = (SCALARS[name](lib) for name in pair)
        nested = lib.tensor([[first, first], [second, second]])
        dtypes.append([str(x.dtype).split(".")[1] for x in (lib.tensor((first, second)), nested)])
    assert dtypes[0] == dtypes[1]


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays")
@pytest.mark.parametrize("rows", [["f4", None], ["f8", None], [None, "f8"], ["f4", "f8"]])
def test_dtype_of_lists_of_arrays(rows):
    data = [[0.5, 1] if t is None else np.ones(2, t) for t in rows]
    ours, theirs = tnp.tensor(data), torch.tensor(data)
    assert ours.array.dtype == theirs.numpy().dtype
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("data", [[2**63], 2**63, [1, 2**63], [2**64]], ids=str)
def test_numbers_beyond_int64(data):
    text = same_error(lambda lib, _: lib.tensor(data))
    assert text == "Overflow when unpacking long long"


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_sizes_that_are_tensors(name):
    for lib, *_ in LIBS:
        n, make = lib.tensor(3), getattr(lib, name)
        shapes = [make(2, n), make((n, 2)), make(n), make(n, np.array(2)), make(size=(n,))]
        assert [tuple(x.shape) for x in shapes] == [(2, 3), (3, 2), (3,), (3, 2), (3,)]
        assert lib.full((n,), 2).shape == lib.randint(5, (n,)).shape == (3,)
    for wrong in (lambda lib: lib.tensor(2.5), lambda lib: lib.tensor([2, 3]), lambda lib: 2.0):
        for lib, *_ in LIBS:
            with pytest.raises(TypeError, match="must be tuple of ints"):
                getattr(lib, name)(wrong(lib))
    text = r"^argument 'size' \(position 2\) must be tuple of ints, not float$"
    with pytest.raises(TypeError, match=text):
        getattr(tnp, name)(3, 2.0)


MADE = [
    lambda lib, **o: lib.zeros(2, **o),
    lambda lib, **o: lib.ones(2, **o),
    lambda lib, **o: lib.full((2,), 3, **o),
    lambda lib, **o: lib.rand(2, **o),
    lambda lib, **o: lib.randn(2, **o),
    lambda lib, **o: lib.randint(3, (2,), **o),
    lambda lib, **o: lib.randperm(2, **o),
    lambda lib, **o: lib.arange(2, **o),
    lambda lib, **o: lib.linspace(0, 1, 2, **o),
    lambda lib, **o: lib.eye(2, **o),
    lambda lib, **o: lib.ones(2).new_full((2,), 1, **o),
    lambda lib, **o: lib.ones(2).new_zeros(2, **o),
    lambda lib, **o: lib.ones_like(lib.ones(2), memory_format=lib.preserve_format, **o),
    lambda lib, **o: lib.randint_like(lib.ones(2), 3, **o),
    lambda lib, **o: lib.empty(2, memory_format=lib.contiguous_format, **o).fill_(1),
]


@pytest.mark.parametrize("make", MADE)
def test_arguments_about_memory(make):
    for options in ({}, {"pin_memory": False, "layout": None}):
        drawn_alike(lambda lib, *_, options=options: make(lib, **options), exact=False)
    drawn_alike(lambda lib, *_: make(lib, layout=lib.strided), exact=False)
    text = same_error(lambda lib, _: make(lib, pin_memory=True))
    assert text.startswith("pin_memory=True requires a CUDA or other accelerator backend")
    with pytest.raises(RuntimeError, match="makes dense tensors only: got layout=sparse_coo"):
        make(tnp, layout="sparse_coo")


def test_tensor_may_be_pinned_nowhere():
    assert tnp.tensor([1], pin_memory=False).shape == (1,)
    same_error(lambda lib, _: lib.tensor([1], pin_memory=True))
    same_error(lambda lib, _: lib.zeros(2, foo=1))


def test_memory_formats_are_taken():
    for lib, *_ in LIBS:
        x = lib.zeros(2, 3).t()
        assert not x.is_contiguous(memory_format=lib.contiguous_format)
        assert x.contiguous(memory_format=lib.contiguous_format).stride() == (2, 1)
        assert x.clone(memory_format=lib.preserve_format).shape == (3, 2)
        assert x.to(lib.float64, memory_format=lib.preserve_format).dtype == lib.float64


ERRORS = [
    lambda lib, n: lib.isclose(lib.ones(2), 2),
    lambda lib, n: lib.isclose(2, lib.ones(2)),
    lambda lib, n: lib.allclose(lib.ones(2), 2.0),
    *(lambda lib, n, name=name: getattr(lib, name)([1, 2]) for name in LIKE),
    lambda lib, n: lib.full_like([1], 2),
    lambda lib, n: lib.ones(2).normal_(generator=5),
    lambda lib, n: lib.ones(2).uniform_(generator="x"),
    lambda lib, n: n.functional.layer_norm(lib.ones(3), 3),
    lambda lib, n: n.functional.rms_norm(lib.ones(3), 3),
    lambda lib, n: n.functional.dropout([1]),
    lambda lib, n: lib.arange(float("nan")),
    lambda lib, n: lib.arange(float("inf")),
    lambda lib, n: lib.arange(0, 5, float("nan")),
    lambda lib, n: lib.arange(0, 5, 0),
    lambda lib, n: lib.arange(1e30),
]


@pytest.mark.parametrize("act", ERRORS)
def test_errors_are_torchs(act):
    same_error(act)


def test_errors_where_torch_lists_its_overloads():
    with pytest.raises(TypeError, match=r"randn\(\): argument 'generator' must be tinygrad_np.Gen"):
        tnp.randn(2, generator=5)
    with pytest.raises(TypeError, match=r"arange\(\): argument 'end' must be Number, not str"):
        tnp.arange("a")


@pytest.mark.parametrize("words", [0, 1, 623, 624, 625, 1248])
@pytest.mark.parametrize("seed", [0, 1, -1, 2**32 + 5])
def test_states_are_torchs_bytes(words, seed):
    ours, theirs = tnp.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    ours.rand(words), torch.rand(words, generator=theirs)
    np.testing.assert_array_equal(ours.get_state().numpy(), theirs.get_state().numpy())
    again = tnp.Generator().set_state(ours.get_state()).get_state()
    np.testing.assert_array_equal(again.numpy(), ours.get_state().numpy())


def test_the_device_of_a_generator():
    assert tnp.Generator().device == tnp.device("cpu")


@settings(max_examples=40, deadline=None, print_blob=True)
@given(st.integers(0, 3000), st.integers(0, 2**32))
def test_random_orders(n, seed):
    ours = tnp.randperm(n, generator=tnp.Generator().manual_seed(seed))
    theirs = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_tensors_in_lists_are_numbers():
    for t in (tnp, torch):
        assert t.tensor([t.tensor([1.0]), t.tensor([[2.0]])]).tolist() == [1, 2]
        assert t.tensor([[t.tensor([1.0]), 2.0]]).tolist() == [[1, 2]]
        with pytest.raises(ValueError, match=r"^only one element tensors can be converted"):
            t.tensor([t.ones(2), t.ones(2)])
