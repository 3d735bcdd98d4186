"""Attention and Transformer layers are torch's: numbers, gradients, first weights, errors."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import LIBS, plain, same_error, told
from test_parity_recurrent import array, assert_same, pair_of

import nn
import nn.functional as F
import tinygrad_np as tnp

torch.set_num_threads(1)


class Call:
    """A function in the place of a module without parameters."""

    def zero_grad(self):
        pass

    def parameters(self):
        return []


def same(call, *arrays):
    assert_same((Call(), Call()), lambda lib, _, *xs: call(lib, *xs), *arrays)


def attend(lib, *args, **options):
    function = F if lib is tnp else torch.nn.functional
    return function.scaled_dot_product_attention(*args, **options)


SHAPES = [
    ((5, 4), (6, 4), (6, 3)),
    ((2, 5, 4), (2, 6, 4), (2, 6, 4)),
    ((2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 4)),
    ((2, 3, 5, 4), (1, 3, 6, 4), (2, 1, 6, 4)),
    ((2, 3, 0, 4), (2, 3, 6, 4), (2, 3, 6, 4)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=plain)
def test_scaled_dot_product_attention(shapes):
    q, k, v = (array(i, *shape) for i, shape in enumerate(shapes))
    same(attend, q, k, v)
    same(lambda lib, *xs: attend(lib, *xs, scale=0.3), q, k, v)
    same(lambda lib, *xs: attend(lib, *xs, is_causal=True), q, k, v)
    same(lambda lib, *xs: attend(lib, xs[1][..., 1:, :], *xs[1:], is_causal=True), q, k, v)
    allowed = np.random.default_rng(0).random((shapes[0][-2], 6)) < 0.6
    allowed[1:2] = False  # nothing to look at: 0, and no nan in gradients
    same(lambda lib, *xs: attend(lib, *xs, lib.tensor(allowed)), q, k, v)
    added = np.where(allowed, array(5, *allowed.shape), -np.inf)
    same(lambda lib, *xs: attend(lib, *xs, lib.tensor(added)), q, k, v)
    same(lambda lib, *xs: attend(lib, *xs, lib.tensor(added.astype("f4"))), q, k, v)


def test_a_mask_that_is_learned():
    same(attend, *(array(i, 2, 3, 5, 4) for i in range(3)), array(3, 3, 5, 5))


def test_queries_in_groups():
    same(
        lambda lib, *xs: attend(lib, *xs, enable_gqa=True, is_causal=True),
        *(array(0, 2, 6, 5, 4), array(1, 2, 2, 7, 4), array(2, 2, 3, 7, 4)),
    )


def test_dropout_draws_torchs_masks():
    def call(lib, *xs):
        lib.manual_seed(2)
        return attend(lib, *xs, dropout_p=0.4)

    same(call, *(array(i, 2, 3, 5, 4) for i in range(3)))


@settings(max_examples=25, deadline=None, print_blob=True)
@given(st.data())
def test_attention_of_drawn_sizes(data):
    queries, keys, width, values = (data.draw(st.integers(1, 4)) for _ in range(4))
    batch = data.draw(st.lists(st.integers(0, 2), max_size=3))
    transposed, is_causal = data.draw(st.booleans()), data.draw(st.booleans())

    def call(lib, q, k, v):
        q = q.transpose(-1, -2) if transposed else q
        return attend(lib, q, k, v, is_causal=is_causal)

    q = array(0, *batch, *((width, queries) if transposed else (queries, width)))
    same(call, q, array(1, *batch, keys, width), array(2, *batch, keys, values))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, f: f(*[t.ones(1, 2, 3)] * 3, attn_mask=t.ones(2, 2), is_causal=True),
        lambda t, f: f(*[t.ones(3)] * 3),
        lambda t, f: f(*[t.ones(2, 3)] * 3, dropout_p=1.5),
    ],
)
def test_errors_of_attention(act):
    libs = [(tnp, F.scaled_dot_product_attention)]
    same_error(act, [*libs, (torch, torch.nn.functional.scaled_dot_product_attention)])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (
            lambda x: (x, x.double(), x),
            "to have the same dtype, but got query.dtype: tinygrad_np.f",
        ),
        (lambda x: (x, x, x, tnp.ones(2, 2).long()), "attn_mask dtype to be bool or float or to m"),
        (lambda x: (x.long(), x.long(), x.long()), "takes floating point tensors, got tinygrad_np"),
        (lambda x: (x, x[:, :2], x), "cannot be multiplied"),
        (
            lambda x: (x[None], x[None].expand(3, 2, 3), x[None], None, 0, False, None, True),
            "heads",
        ),
    ],
)
def test_errors_of_attention_by_our_own_names(make, match):
    with pytest.raises(RuntimeError, match=match):
        F.scaled_dot_product_attention(*make(tnp.ones(2, 3)))


OPTIONS = [
    {},
    {"bias": False, "batch_first": True},
    {"add_bias_kv": True, "add_zero_attn": True},
    {"kdim": 3, "vdim": 5, "batch_first": True},
    {"kdim": 3, "add_bias_kv": True, "bias": False},
    {"add_zero_attn": True, "batch_first": True},
]


def masks_for(lib, kind, length, keys, batch, heads):
    """Every combination of masks, of one kind."""
    rng = np.random.default_rng(4)
    hidden = rng.random((length, keys)) < 0.4
    hidden[:, 0] = False
    padding = np.arange(keys) >= np.array([[keys], [keys - 2]])[:batch]
    each = rng.random((batch * heads, length, keys)) < 0.3
    each[:, :, 0] = False
    if kind == "float":
        hidden, each = (np.where(m, -np.inf, rng.normal(size=m.shape)) for m in (hidden, each))
        padding = np.where(padding, -np.inf, 0.5)
    hidden, each, padding = map(lib.tensor, (hidden, each, padding))
    for attn_mask in (None, hidden, each):
        for key_padding_mask in (None, padding):
            yield {"attn_mask": attn_mask, "key_padding_mask": key_padding_mask}


@pytest.mark.parametrize("kind", ["bool", "float"])
@pytest.mark.parametrize("options", OPTIONS, ids=plain)
def test_multihead_attention(options, kind):
    pair = pair_of("MultiheadAttention", 6, 2, **options)
    assert repr(pair[0]) == repr(pair[1])
    assert list(pair[0].state_dict()) == list(pair[1].state_dict())
    q, k = array(0, 3, 2, 6), array(1, 4, 2, options.get("kdim", 6))
    v = array(2, 4, 2, options.get("vdim", 6))
    if options.get("batch_first"):
        q, k, v = (x.swapaxes(0, 1).copy() for x in (q, k, v))

    def call(lib, module, *xs):
        outputs = []
        for masks in masks_for(lib, kind, 3, 4, 2, 2):
            for more in ({}, {"need_weights": False}, {"average_attn_weights": False}):
                outputs.append(module(*xs, **masks, **more))
        return outputs

    assert_same(pair, call, q, k, v)


@pytest.mark.parametrize("options", OPTIONS, ids=plain)
def test_multihead_attention_without_batch(options):
    pair = pair_of("MultiheadAttention", 6, 2, **options)

    def call(lib, module, *xs):
        masks = {
            "attn_mask": lib.tensor([[False, True, False, False]] * 3),
            "key_padding_mask": lib.tensor([False, False, False, True]),
        }
        return module(*xs), module(*xs, **masks), module(*xs, **masks, need_weights=False)

    arrays = (
        array(0, 3, 6),
        array(1, 4, options.get("kdim", 6)),
        array(2, 4, options.get("vdim", 6)),
    )
    assert_same(pair, call, *arrays)


@pytest.mark.parametrize("need_weights", [True, False])
def test_attention_weights_are_dropped_as_torchs(need_weights):
    def call(lib, module, x):
        lib.manual_seed(2)
        causal = lib.tensor(np.triu(np.ones((4, 4), bool), 1))
        options = {"need_weights": need_weights, "attn_mask": causal, "is_causal": True}
        return module(x, x, x, **options)

    pair = pair_of("MultiheadAttention", 6, 2, dropout=0.3, batch_first=True)
    assert_same(pair, call, array(0, 2, 4, 6))
    for module in pair:
        module.eval()
    assert_same(pair, call, array(0, 2, 4, 6))


@pytest.mark.parametrize(
    "act",
    [
        lambda t, m: m(5, 2),
        lambda t, m: m(0, 2),
        lambda t, m: m(4, 2)(*[t.ones(1, 1, 1, 4)] * 3),
        lambda t, m: m(4, 2)(t.ones(1, 4), t.ones(1, 1, 4), t.ones(1, 4)),
        lambda t, m: m(4, 2)(t.ones(2, 1, 3), t.ones(2, 1, 4), t.ones(2, 1, 4)),
        lambda t, m: m(4, 2)(t.ones(2, 1, 4), t.ones(2, 1, 4), t.ones(3, 1, 4)),
        lambda t, m: m(4, 2, kdim=3)(t.ones(2, 1, 4), t.ones(2, 1, 3), t.ones(3, 1, 4)),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, attn_mask=t.ones(3, 2)),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, attn_mask=t.ones(3, 2, 2)),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, attn_mask=t.ones(2)),
        lambda t, m: m(4, 2)(*[t.ones(2, 4)] * 3, attn_mask=t.ones(2)),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, attn_mask=t.ones(2, 2).int()),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, t.ones(1, 2).int()),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, t.ones(2, 2).bool()),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, t.ones(1, 3).bool()),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, t.ones(2).bool()),
        lambda t, m: m(4, 2)(*[t.ones(2, 4)] * 3, t.ones(2, 2).bool()),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, is_causal=True),
        lambda t, m: m(4, 2)(*[t.ones(2, 1, 4)] * 3, t.ones(1, 2).bool(), attn_mask=t.ones(2, 2)),
    ],
)
def test_errors_of_multihead_attention(act):
    same_error(act, [(lib, n.MultiheadAttention) for lib, n in LIBS])


def test_sequences_of_two_numbers():
    with pytest.raises(RuntimeError, match="the same number of sequences, got 1 and 2"):
        nn.MultiheadAttention(4, 2)(tnp.ones(3, 1, 4), tnp.ones(3, 2, 4), tnp.ones(3, 2, 4))


LAYER_OPTIONS = [
    {},
    {"batch_first": True, "activation": "gelu"},
    {"norm_first": True, "bias": False, "batch_first": True},
    {"activation": torch.tanh, "layer_norm_eps": 0.1},
]


def layer_of(lib, n, name, options):
    activation = options.get("activation")
    if callable(activation):
        options = {**options, "activation": lib.tanh}
    return getattr(n, name)(6, 2, 8, dropout=options.get("dropout", 0.0), **options)


@pytest.mark.parametrize("options", LAYER_OPTIONS, ids=plain)
def test_encoders(options):
    pair = []
    for lib, n in LIBS:
        lib.manual_seed(1)
        layer = layer_of(lib, n, "TransformerEncoderLayer", options)
        pair.append(n.TransformerEncoder(layer, 2, n.LayerNorm(6), False).double())
    assert repr(pair[0]) == repr(pair[1])

    def call(lib, module, x):
        hidden = lib.tensor(np.triu(np.ones((4, 4), bool), 1))
        padding = lib.tensor([[False] * 4, [False, False, True, True]])
        options = {"mask": hidden, "src_key_padding_mask": padding}
        causal = module(x, hidden, is_causal=True), module(x, **options, is_causal=True)
        return module(x), module(x, hidden), causal, module(x, **options)

    x = array(0, 4, 2, 6)
    assert_same(pair, call, x.swapaxes(0, 1).copy() if options.get("batch_first") else x)
    assert_same(pair, lambda lib, m, x: m(x), x[:, 0])


@pytest.mark.parametrize("options", LAYER_OPTIONS, ids=plain)
def test_decoders(options):
    pair = []
    for lib, n in LIBS:
        lib.manual_seed(1)
        layer = layer_of(lib, n, "TransformerDecoderLayer", options)
        pair.append(n.TransformerDecoder(layer, 2, n.LayerNorm(6)).double())
    assert repr(pair[0]) == repr(pair[1])

    def call(lib, module, x, memory):
        masks = {
            "tgt_mask": lib.tensor(np.triu(np.ones((4, 4), bool), 1)),
            "memory_mask": lib.tensor(np.tri(4, 5, -2, bool)),
            "tgt_key_padding_mask": lib.tensor([[False] * 4, [False, False, True, True]]),
            "memory_key_padding_mask": lib.tensor([[False] * 5, [False] * 4 + [True]]),
        }
        return module(x, memory), module(x, memory, **masks)

    arrays = array(0, 4, 2, 6), array(1, 5, 2, 6)
    arrays = [a.swapaxes(0, 1).copy() if options.get("batch_first") else a for a in arrays]
    assert_same(pair, call, *arrays)


@pytest.mark.parametrize("name", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_dropout_in_layers_draws_torchs_masks(name):
    pair = pair_of(name, 6, 2, 8, dropout=0.3)

    def call(lib, module, x, *memory):
        lib.manual_seed(2)
        return module(x, *memory)

    arrays = (array(0, 4, 2, 6), array(1, 5, 2, 6))[: 1 + ("Decoder" in name)]
    assert_same(pair, call, *arrays)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("heads", [2, 3])
def test_hidden_keys_in_evaluation_without_gradients(nested, heads):
    results = []
    for lib, n in LIBS:
        lib.manual_seed(1)
        layer = n.TransformerEncoderLayer(6, heads, 8, batch_first=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch's: odd heads have no fast path
            module = n.TransformerEncoder(layer, 2, enable_nested_tensor=nested).double().eval()
        for at_the_end in (True, False):
            padding = np.array([[False] * 4, [False, False, True, True]])
            padding = padding if at_the_end else padding[:, ::-1].copy()
            with lib.no_grad():
                x = lib.tensor(array(0, 2, 4, 6))
                results.append(module(x, src_key_padding_mask=lib.tensor(padding)).numpy())
    for ours, theirs in zip(results[:2], results[2:], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)


def test_errors_of_layers():
    same_error(lambda t, n: n.TransformerEncoderLayer(4, 2, activation="tanh"))


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        *[("MultiheadAttention", (6, 2), options) for options in OPTIONS],
        ("TransformerEncoderLayer", (6, 2, 8), {}),
        ("TransformerDecoderLayer", (6, 2, 8), {}),
    ],
    ids=plain,
)
def test_first_weights_are_bit_for_bit_torchs_and_weights_carry_over(name, args, options):
    made = []
    for lib, n in LIBS:
        lib.manual_seed(5)
        made.append(getattr(n, name)(*args, **options))
    ours, theirs = made
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert tnp.rand(1).item() == torch.rand(1).item()
    state = {k: array(1, *v.shape).astype("f4") for k, v in theirs.state_dict().items()}
    ours.load_state_dict({k: tnp.from_numpy(v) for k, v in state.items()})
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})


def test_second_order():
    module = nn.TransformerEncoderLayer(4, 2, 3, 0.0, "gelu", bias=False).double()
    x = tnp.tensor(array(0, 2, 1, 4), requires_grad=True)
    parameters = tuple(module.parameters())
    assert tnp.gradgradcheck(lambda x, *_: module(x), (x, *parameters), fast_mode=True)


def test_arguments_and_defaults():
    for name in ("TransformerEncoder", "TransformerDecoder"):
        assert told(getattr(nn, name)) == told(getattr(torch.nn, name))
    for name in ("MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer"):
        ours, theirs = getattr(nn, name), getattr(torch.nn, name)
        assert [p[0] for p in told(ours)] == [p[0] for p in told(theirs)]
        assert told(ours.forward) == told(theirs.forward)
