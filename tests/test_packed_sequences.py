"""Padding and packing sequences are torch's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import BOTH, LIBS, same_error, told
from test_parity_recurrent import array


def same(call):
    """`call(lib, rnn)` gives the same tensors, of the same dtypes, with both libraries."""
    results = [call(lib, n.utils.rnn) for lib, n in LIBS]
    for ours, theirs in zip(*results, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
            np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())
            if theirs.is_leaf and theirs.grad is not None:
                np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-13)


@settings(max_examples=60, deadline=None, print_blob=True)
@given(
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    extra=st.integers(0, 2),
    trailing=st.lists(st.integers(1, 2), max_size=2),
    batch_first=st.booleans(),
    enforce_sorted=st.booleans(),
    padding_value=st.sampled_from([0.0, -1.5]),
)
def test_there_and_back(lengths, extra, trailing, batch_first, enforce_sorted, padding_value):
    lengths = sorted(lengths, reverse=True) if enforce_sorted else lengths
    shape = (len(lengths), max(lengths) + extra) if batch_first else (max(lengths), len(lengths))
    values = array(0, *shape, *trailing)

    def call(lib, rnn):
        x = lib.tensor(values, requires_grad=True)
        packed = rnn.pack_padded_sequence(x, lib.tensor(lengths), batch_first, enforce_sorted)
        total = None if extra == 0 else max(lengths) + extra
        padded, back = rnn.pad_packed_sequence(packed, batch_first, padding_value, total)
        assert back.tolist() == lengths
        (padded * padded * (1 + packed.data.sum())).sum().backward()
        data, *indices = packed
        return [x, data, *indices, padded, back]

    same(call)


@settings(max_examples=40, deadline=None, print_blob=True)
@given(
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    trailing=st.lists(st.integers(0, 2), max_size=2),
    batch_first=st.booleans(),
    side=st.sampled_from(["left", "right"]),
    integers=st.booleans(),
)
def test_padding(lengths, trailing, batch_first, side, integers):
    arrays = [array(k, n, *trailing) for k, n in enumerate(lengths)]
    arrays = [(9 * a).astype(int) for a in arrays] if integers else arrays

    def call(lib, rnn):
        xs = [lib.tensor(a) for a in arrays]
        xs = xs if integers else [x.requires_grad_() for x in xs]
        padded = rnn.pad_sequence(xs, batch_first, 7, side)
        if not integers:
            (padded * padded).sum().backward()
        padded = padded.detach()
        back = rnn.unpad_sequence(padded.clone(), lib.tensor(lengths), batch_first)
        return [*xs, padded, *back]

    same(call)


@pytest.mark.parametrize("enforce_sorted", [True, False])
def test_lists_of_sequences(enforce_sorted):
    lengths = [3, 2, 2] if enforce_sorted else [2, 3, 2]

    def call(lib, rnn):
        packed = rnn.pack_sequence([lib.ones(n, 2) * n for n in lengths], enforce_sorted)
        return [*packed, *rnn.unpack_sequence(packed)]

    same(call)


def test_equally_long_sequences_stay_in_order():  # torch promises none
    lib, n = LIBS[0]
    lengths = np.random.default_rng(0).integers(1, 4, 100)
    packed = n.utils.rnn.pack_padded_sequence(lib.ones(3, 100), lengths, enforce_sorted=False)
    expected = sorted(range(100), key=lambda i: -lengths[i])
    assert packed.sorted_indices.tolist() == expected


@BOTH
def test_packed_sequence_is_a_named_tuple(lib):
    t, n = lib
    rnn = n.utils.rnn
    packed = rnn.pack_sequence([t.ones(1), t.ones(3)], enforce_sorted=False)
    data, batch_sizes, order, back = packed
    assert packed.data is data
    assert packed._fields == ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
    assert rnn.PackedSequence(data, batch_sizes, order).unsorted_indices.tolist() == back.tolist()
    assert rnn.PackedSequence((data, batch_sizes)).sorted_indices is None
    assert repr(packed) == (
        "PackedSequence(data=tensor([1., 1., 1., 1.]), batch_sizes=tensor([2, 1, 1]), "
        "sorted_indices=tensor([1, 0]), unsorted_indices=tensor([1, 0]))"
    )
    assert packed.to(t.float32) is packed
    for name in ("double", "half", "long", "float"):
        other = getattr(packed, name)()
        assert str(other.data.dtype).endswith(
            {"double": "float64", "half": "float16", "long": "int64", "float": "float32"}[name]
        )
        assert other.batch_sizes is batch_sizes
    assert rnn.invert_permutation(None) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda t, r: r.pack_padded_sequence(t.ones(3, 2), [3, 0]),
        lambda t, r: r.pack_padded_sequence(t.ones(3, 2), [3, 0], enforce_sorted=False),
        lambda t, r: r.pack_padded_sequence(t.ones(3, 2), [2, 3]),
        lambda t, r: r.pack_padded_sequence(t.ones(3, 2), [2]),
        lambda t, r: r.pack_padded_sequence(t.ones(3, 2), []),
        lambda t, r: r.pack_padded_sequence(t.ones(3, 0), []),
        lambda t, r: r.pack_padded_sequence(t.ones(3, 2), [[3, 2]]),
        lambda t, r: r.pad_packed_sequence(r.pack_sequence([t.ones(3)]), total_length=2),
        lambda t, r: r.pad_sequence([]),
        lambda t, r: r.pad_sequence([t.ones(2)], padding_side="up"),
        lambda t, r: r.pack_sequence([t.ones(2), t.ones(3)]),
        lambda t, r: r.unpad_sequence(t.ones(2, 3), t.tensor([1, 2])),
        lambda t, r: r.pad_sequence(5),
        lambda t, r: r.PackedSequence(t.ones(2)),
    ],
)
def test_errors(act):
    same_error(act, [(lib, n.utils.rnn) for lib, n in LIBS])


def test_lengths_beyond_the_input():  # torch reads past the end of the memory
    lib, n = LIBS[0]
    with pytest.raises(RuntimeError, match="all lengths to be at most 3, got 4"):
        n.utils.rnn.pack_padded_sequence(lib.ones(3, 2), [4, 2])


def test_arguments_and_defaults():
    ours, theirs = (n.utils.rnn for _, n in LIBS)
    for name in (
        *("pack_padded_sequence", "pad_packed_sequence", "pad_sequence", "unpad_sequence"),
        *("pack_sequence", "unpack_sequence", "invert_permutation"),
    ):
        assert told(getattr(ours, name)) == told(getattr(theirs, name))
