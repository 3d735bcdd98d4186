"""Datasets made of others, and those without indices, are torch's, in torch's order."""

import pytest
import torch
import torch.utils.data
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import same_error, told
from test_data_loader import BOTH, LIBS, plain, twice

import tinygrad_np as tnp
from nn import data

DATA = [(data,), (torch.utils.data,)]


@BOTH
def test_tensor_dataset(lib):
    t, d = lib
    dataset = d.TensorDataset(t.arange(5), t.arange(10).view(5, 2))
    assert len(dataset) == 5
    assert plain(dataset[1]) == [1, [2, 3]]
    assert plain(dataset[1:3]) == [[1, 2], [[2, 3], [4, 5]]]
    assert plain(dataset[[4, 0]])[0] == [4, 0]
    assert dataset.tensors[0].tolist() == list(range(5))
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        d.TensorDataset(t.ones(2), t.ones(3))


@BOTH
def test_concatenated_and_stacked(lib):
    _, d = lib
    both = d.ConcatDataset(["abc", "", "de"])
    assert [both[i] for i in range(-5, 5)] == list("abcdeabcde")
    assert (len(both), both.cumulative_sizes) == (5, [3, 3, 5])
    pairs, named = d.StackDataset("abc", range(3)), d.StackDataset(x="abc", y=range(3))
    assert (len(pairs), pairs[1], named[2]) == (3, ("b", 1), {"x": "c", "y": 2})
    assert pairs.__getitems__([2, 0]) == [("c", 2), ("a", 0)]
    assert named.__getitems__([2, 0]) == [{"x": "c", "y": 2}, {"x": "a", "y": 0}]


@BOTH
def test_plus_puts_datasets_one_after_the_other(lib):
    t, d = lib
    one, two = d.TensorDataset(t.zeros(2)), d.TensorDataset(t.ones(1))
    assert [x.item() for (x,) in (one + two + one)] == [0, 0, 1, 0, 0]


@BOTH
def test_subsets(lib):
    t, d = lib
    letters = d.Subset("abcdef", [5, 3, 1])
    assert (len(letters), letters[0], letters[-1]) == (3, "f", "b")
    assert letters.__getitems__([2, 0]) == ["b", "f"]
    tensors = d.Subset(d.Subset(d.TensorDataset(t.arange(10)), [8, 6, 4, 2]), [3, 0])
    assert plain(tensors[[0, 1]]) == plain(tensors[:]) == [[2, 8]]
    assert plain(list(d.DataLoader(tensors, batch_size=2))) == [[[2, 8]]]


class Batched(data.Dataset, torch.utils.data.Dataset):
    """Gives the samples of a batch at once, and counts how often."""

    def __init__(self):
        self.asked = []

    def __len__(self):
        return 6

    def __getitem__(self, index):
        raise AssertionError("one by one")

    def __getitems__(self, indices):
        self.asked.append(indices)
        return [10 * index for index in indices]


@BOTH
def test_the_samples_of_a_batch_at_once(lib):
    t, d = lib
    dataset = Batched()
    assert plain(list(d.DataLoader(dataset, 4))) == [[0, 10, 20, 30], [40, 50]]
    assert plain(list(d.DataLoader(d.Subset(dataset, [3, 1]), 2))) == [[30, 10]]
    stacked = d.StackDataset(dataset, d.Subset(dataset, range(6)), t.arange(6))
    assert plain(next(iter(d.DataLoader(stacked, 2)))) == [[0, 10], [0, 10], [0, 1]]
    assert dataset.asked == [[0, 1, 2, 3], [4, 5], [3, 1], [0, 1], [0, 1]]


@pytest.mark.filterwarnings("ignore:Length of split")
@settings(max_examples=50, deadline=None, print_blob=True)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=5), st.booleans(), st.integers(0, 99))
def test_random_splits(counts, by_fraction, seed):
    total = sum(counts)

    def make(t, d):
        lengths = [count / total for count in counts] if by_fraction and total else counts
        g = t.Generator().manual_seed(seed)
        try:
            splits = d.random_split(range(total), lengths), d.random_split("abc", [2, 1], g)
        except ValueError as error:  # fractions may sum to 1.0000000000000002
            return str(error)
        return [[split.indices for split in part] for part in splits]

    ours, theirs = twice(make, seed)
    assert ours == theirs


@BOTH
def test_fractions_are_rounded_down_and_the_rest_given_out(lib):
    _, d = lib
    lengths = [len(split) for split in d.random_split(range(11), [0.4, 0.3, 0.3])]
    assert lengths == [5, 3, 3]
    with pytest.warns(UserWarning, match=r"Length of split at index 1 is 0. This might result in"):
        d.random_split(range(3), [1, 0.0])


class Numbers:
    """0, 1, ... below n, without indices; with a length where it is given one."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


def stream(d, n, length=None):
    """An IterableDataset of either library over 0, 1, ... below n."""
    body = {"__len__": lambda self: length} if length is not None else {}
    return type("Stream", (Numbers, d.IterableDataset), body)(n)


@pytest.mark.parametrize("options", [
    {}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None},
    {"batch_size": 4, "collate_fn": sum}, {"shuffle": False, "batch_size": 20},
])  # fmt: skip
@pytest.mark.parametrize("n", [0, 6, 7])
def test_a_loader_of_a_stream(options, n):
    def make(t, d):
        loader = d.DataLoader(stream(d, n, n), **options)
        return [list(loader), len(loader), list(loader)]

    ours, theirs = twice(make)
    assert ours == theirs


@BOTH
def test_streams_one_after_the_other(lib):
    _, d = lib
    chained = d.ChainDataset([stream(d, 2, 2), stream(d, 3, 3)])
    assert (list(chained), len(chained)) == ([0, 1, 0, 1, 2], 5)
    assert list(stream(d, 1) + stream(d, 2)) == [0, 0, 1]
    endless = type("Endless", (d.IterableDataset,), {"__iter__": lambda self: iter(int, 1)})()
    batch = next(iter(d.DataLoader(endless, 4)))
    assert batch.tolist() == [0, 0, 0, 0]


class Doubled:
    def __getitem__(self, index):
        return 2 * super().__getitem__(index)


@pytest.mark.parametrize(
    "act",
    [
        lambda d: d.ConcatDataset([]),
        lambda d: d.ConcatDataset([[1], stream(d, 2)]),
        lambda d: d.ConcatDataset(["ab"])[-3],
        lambda d: d.ConcatDataset(["ab"])[2],
        lambda d: list(d.ChainDataset([stream(d, 2), [1]])),
        lambda d: len(d.ChainDataset([[1]])),
        lambda d: d.StackDataset(),
        lambda d: d.StackDataset([1], [1, 2]),
        lambda d: d.StackDataset(a=[1], b=[1, 2]),
        lambda d: d.StackDataset([1], b=[1]),
        lambda d: type("Doubled", (Doubled, d.Subset), {})([1], [0]),
        lambda d: d.random_split("abc", [1, 1]),
        lambda d: d.random_split([1, 2], [1.5, -0.5]),
        lambda d: d.DataLoader(stream(d, 2), shuffle=True),
        lambda d: d.DataLoader(stream(d, 2), sampler=[0]),
        lambda d: d.DataLoader(stream(d, 2), batch_sampler=[[0]]),
        lambda d: len(d.DataLoader(stream(d, 2))),
    ],
)
def test_errors(act):
    same_error(act, DATA)


def test_a_part_that_gives_too_few_samples():
    class Short(Batched):
        def __getitems__(self, indices):
            return [1]

    for _, d in LIBS:
        with pytest.raises(ValueError, match=r"Nested dataset's output size mismatch. Expected 2"):
            d.StackDataset(Short()).__getitems__([0, 1])


NAMES = ["TensorDataset", "StackDataset", "ConcatDataset", "ChainDataset", "Subset", "Dataset"]


@pytest.mark.parametrize("name", NAMES)
def test_arguments(name):
    assert told(getattr(data, name)) == told(getattr(torch.utils.data, name))


def test_the_arguments_of_random_split():
    ours, theirs = (told(d.random_split) for (d,) in DATA)
    assert ours[:2] == theirs[:2]
    assert ours[2][1] is tnp.default_generator
    assert theirs[2][1] is torch.default_generator
