"""Recurrent layers and cells are torch's: numbers, gradients, first weights, texts and errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import BOTH, LIBS, same_error, told

import nn
import tinygrad_np as tnp

torch.set_num_threads(1)

KINDS = ["RNN", "LSTM", "GRU"]


def pair_of(name, *args, **options):
    """Our module and torch's in float64, made from the same seed."""
    made = []
    for lib, n in LIBS:
        lib.manual_seed(5)
        made.append(getattr(n, name)(*args, **options).double())
    return made


def array(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def flat(outputs):
    """The tensors of nested tuples of outputs."""
    if isinstance(outputs, tuple | list):
        return [tensor for output in outputs for tensor in flat(output)]
    return [outputs] if hasattr(outputs, "detach") else []


def run(lib, module, call, *arrays):
    """Outputs, and gradients of the inputs and parameters, for a loss that weighs all outputs."""
    leaves = [lib.tensor(a, requires_grad=True) for a in arrays]
    outputs = flat(call(lib, module, *leaves))
    floats = [y for y in outputs if y.requires_grad]
    weights = [lib.tensor(array(k, *y.shape)) for k, y in enumerate(floats)]
    module.zero_grad()
    sum((y * y * c).sum() for y, c in zip(floats, weights, strict=True)).backward()
    grads = [leaf.grad for leaf in leaves] + [p.grad for p in module.parameters()]
    return [y.detach() for y in outputs] + grads


def assert_same(pair, call, *arrays):
    results = [run(lib, module, call, *arrays) for (lib, _), module in zip(LIBS, pair, strict=True)]
    for ours, theirs in zip(*results, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert tuple(ours.shape) == tuple(theirs.shape)
            assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-10, atol=1e-11)


def states(name, *arrays):
    return tuple(arrays) if name == "LSTM" else arrays[0]


OPTIONS = [
    {},
    {"bias": False},
    {"num_layers": 2, "batch_first": True},
    {"bidirectional": True},
    {"num_layers": 3, "bidirectional": True, "batch_first": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_layers(name, options):
    pair = pair_of(name, 3, 4, **options)
    assert repr(pair[0]) == repr(pair[1])
    x = array(0, 5, 2, 3)
    hx = [array(k, len(pair[0].all_weights), x.shape[not options.get("batch_first")], 4)
          for k in (1, 2)][: 1 + (name == "LSTM")]  # fmt: skip
    assert_same(pair, lambda lib, m, x: m(x), x)
    assert_same(pair, lambda lib, m, x, *hx: m(x, states(name, *hx)), x, *hx)
    one = [h[:, 0] for h in hx]
    assert_same(pair, lambda lib, m, x: m(x), x[0])
    assert_same(pair, lambda lib, m, x, *hx: m(x, states(name, *hx)), x[:, 0], *one)


def test_relu():
    pair = pair_of("RNN", 3, 4, 2, "relu", bidirectional=True)
    assert repr(pair[0]) == repr(pair[1])
    assert_same(pair, lambda lib, m, x: m(x), array(0, 5, 2, 3))


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_packed_sequences(name, options, enforce_sorted):
    pair = pair_of(name, 3, 4, **options)
    lengths = [5, 3, 3, 1] if enforce_sorted else [1, 3, 5, 3]
    hx = [array(k, len(pair[0].all_weights), 4, 4) for k in (1, 2)][: 1 + (name == "LSTM")]

    def call(lib, module, x, *hx):
        rnn = dict(LIBS)[lib].utils.rnn
        packed = rnn.pack_padded_sequence(x, lengths, enforce_sorted=enforce_sorted)
        y, last = module(packed, *([states(name, *hx)] if hx else []))
        return (*y, rnn.pad_packed_sequence(y), last)

    assert_same(pair, call, array(0, 5, 4, 3))
    assert_same(pair, call, array(0, 5, 4, 3), *hx)


@settings(max_examples=25, deadline=None, print_blob=True)
@given(st.sampled_from(KINDS), st.data())
def test_drawn_sizes(name, data):
    draw = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    steps, batch = draw(1, 4), draw(0, 3)
    args = draw(1, 3), draw(1, 3), draw(1, 2)
    pair = pair_of(name, *args, bidirectional=data.draw(st.booleans()))
    assert_same(pair, lambda lib, m, x: m(x), array(0, steps, batch, args[0]))


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_dropout_between_layers_draws_torchs_masks(name, batch_first):
    pair = pair_of(name, 3, 4, 3, dropout=0.4, batch_first=batch_first, bidirectional=True)

    def call(lib, module, x):
        lib.manual_seed(3)
        return module(x)

    assert_same(pair, call, array(0, 5, 2, 3))
    for module in pair:
        module.eval()
    assert_same(pair, call, array(0, 5, 2, 3))


def test_dropout_of_packed_sequences_draws_torchs_masks():
    def call(lib, module, x):
        lib.manual_seed(3)
        rnn = dict(LIBS)[lib].utils.rnn
        return tuple(module(rnn.pack_padded_sequence(x, [5, 2])))

    assert_same(pair_of("GRU", 3, 4, 2, dropout=0.4), call, array(0, 5, 2, 3))


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("options", [{}, {"bias": False}], ids=str)
def test_cells(name, options):
    pair = pair_of(name, 3, 4, **options)
    assert repr(pair[0]) == repr(pair[1])
    hx = [array(k, 2, 4) for k in (1, 2)][: 1 + (name == "LSTMCell")]
    kind = name.removesuffix("Cell")
    for rows in (slice(None), 0):
        arrays = [h[rows] for h in hx]
        x = array(0, 2, 3)[rows]
        assert_same(pair, lambda lib, m, x: m(x), x)
        assert_same(pair, lambda lib, m, x, *hx: m(x, states(kind, *hx)), x, *arrays)


def test_relu_cell():
    pair = pair_of("RNNCell", 3, 4, nonlinearity="relu")
    assert repr(pair[0]) == repr(pair[1])
    assert_same(pair, lambda lib, m, x: m(x), array(0, 2, 3))


@pytest.mark.parametrize(
    ("name", "options"),
    [(kind, {"num_layers": 2, "bidirectional": True}) for kind in KINDS]
    + [(kind + "Cell", {}) for kind in KINDS],
    ids=str,
)
def test_first_weights_are_bit_for_bit_torchs_and_weights_carry_over(name, options):
    made = []
    for lib, n in LIBS:
        lib.manual_seed(5)
        made.append(getattr(n, name)(3, 4, **options))
    ours, theirs = made
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    assert tnp.rand(1).item() == torch.rand(1).item()
    state = {k: array(1, *v.shape).astype(np.float32) for k, v in theirs.state_dict().items()}
    ours.load_state_dict({k: tnp.from_numpy(v) for k, v in state.items()})
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})
    x = array(0, 2, 3).astype(np.float32)
    for a, b in zip(flat(ours(tnp.tensor(x))), flat(theirs(torch.tensor(x))), strict=True):
        assert str(a.dtype) == "tinygrad_np.float32"
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_second_order(name):
    module = getattr(nn, name)(2, 2, bidirectional=True).double()
    parameters = list(module.parameters())

    def function(x, *values):
        output, _ = module(x)
        return output

    x = tnp.tensor(array(0, 2, 2, 2), requires_grad=True)
    assert tnp.gradgradcheck(function, (x, *parameters), fast_mode=True)


@pytest.mark.parametrize(
    "act",
    [
        *[
            act
            for kind in KINDS
            for act in (
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(t.ones(0, 2, 3)),
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(t.ones(2, 2, 4)),
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(t.ones(2, 2, 2, 3)),
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(t.ones(2, 2, 3).double()),
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(
                    t.ones(2, 2, 3), states(kind, t.ones(1, 3, 2), t.ones(1, 3, 2))
                ),
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(
                    t.ones(2, 2, 3), states(kind, t.ones(1, 2), t.ones(1, 2))
                ),
                lambda t, n, kind=kind: getattr(n, kind)(3, 2)(
                    t.ones(2, 3), states(kind, t.ones(1, 3, 2), t.ones(1, 3, 2))
                ),
            )
        ],
        lambda t, n: n.LSTM(3, 2)(t.ones(2, 2, 3), (t.ones(1, 2, 2), t.ones(1, 1, 2))),
        lambda t, n: n.GRU(3, 2)(n.utils.rnn.pack_sequence([t.ones(3, 4)])),
        lambda t, n: n.GRU(3, 2)(n.utils.rnn.pack_sequence([t.ones(3)])),
        lambda t, n: n.RNN(3, 2)(n.utils.rnn.pack_sequence([t.ones(1, 3)]), t.ones(1, 2)),
        lambda t, n: n.RNN(3, 2, nonlinearity="sin"),
        lambda t, n: n.RNN(3, 0),
        lambda t, n: n.RNN(0, 3),
        lambda t, n: n.RNN(3, 2, 0),
        lambda t, n: n.RNN(3.0, 2),
        lambda t, n: n.RNN(3, "2"),
        lambda t, n: n.GRU(3, 2, bias=1),
        lambda t, n: n.GRU(3, 2, batch_first=0),
        lambda t, n: n.GRU(3, 2, 2, dropout=1.5),
        lambda t, n: n.GRU(3, 2, 2, dropout=True),
        lambda t, n: n.LSTM(3, 2, dropout=0.5),
        lambda t, n: n.RNNCell(3, 2)(t.ones(2, 4)),
        lambda t, n: n.RNNCell(3, 2)(t.ones(2, 4, 3)),
        lambda t, n: n.GRUCell(3, 2)(t.ones(2, 3), t.ones(2, 4)),
        lambda t, n: n.GRUCell(3, 2)(t.ones(2, 3), t.ones(3, 2)),
        lambda t, n: n.GRUCell(3, 2)(t.ones(2, 3), t.ones(1, 3, 2)),
        lambda t, n: n.LSTMCell(3, 2)(t.ones(2, 3), (t.ones(2, 2), t.ones(1, 3, 2))),
        lambda t, n: n.RNNCell(3, 2, nonlinearity="sin")(t.ones(1, 3)),
    ],
)  # fmt: skip
def test_errors(act):
    same_error(act)


@pytest.mark.parametrize(
    ("act", "error", "match"),
    [
        (lambda: nn.LSTM(3, 2, proj_size=1), ValueError, "no projections: expected proj_size=0, g"),
        (
            lambda: nn.RNN(3, 2)(tnp.ones(2, 3), tnp.ones(1, 2).double()),
            RuntimeError,
            "expected hidden states of tinygrad_np.float32, got tinygrad_np.float64",
        ),
        (
            lambda: nn.RNNCell(3, 2)(tnp.ones(2, 3), tnp.ones(2)),
            IndexError,
            "expected hidden0 with as many dimensions as the input, got 1D",
        ),
    ],
)
def test_errors_of_our_own(act, error, match):
    with pytest.raises(error, match=match):
        act()


@BOTH
def test_flatten_parameters_and_all_weights(lib):
    _, n = lib
    module = n.LSTM(3, 2, bidirectional=True)
    assert module.flatten_parameters() is None
    assert [len(weights) for weights in module.all_weights] == [4, 4]
    assert module.all_weights[1][3] is module.bias_hh_l0_reverse


def test_arguments_and_defaults():
    for name in ("RNNCell", "LSTMCell", "GRUCell"):
        assert told(getattr(nn, name)) == told(getattr(torch.nn, name))
    ours = [name for name, _, _ in told(nn.LSTM)]
    assert ours[:4] == ["input_size", "hidden_size", "num_layers", "bias"]
    assert ours[4:] == ["batch_first", "dropout", "bidirectional", "proj_size", "device", "dtype"]
    assert [p[0] for p in told(nn.RNN)][3] == "nonlinearity"


def test_gates_saturate_without_overflow():
    for name in KINDS:
        x = np.full((2, 1, 2), 1e6)
        assert_same(pair_of(name, 2, 2), lambda lib, m, x: m(x), x * [[[1, -1]], [[-1, 1]]])
