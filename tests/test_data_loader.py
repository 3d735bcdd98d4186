"""Samplers, loaders and collation give torch's batches in torch's order."""

from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pytest
import torch
import torch.utils.data
from next_to_torch import same_error, told

import tinygrad_np as tnp
from nn import data

LIBS = [(tnp, data), (torch, torch.utils.data)]
BOTH = pytest.mark.parametrize("lib", LIBS, ids=["ours", "torch"])


def plain(batch):
    """A batch as Python lists, dicts and numbers."""
    if hasattr(batch, "tolist"):
        return batch.tolist()
    if isinstance(batch, Mapping):
        return {key: plain(value) for key, value in batch.items()}
    return [plain(part) for part in batch] if isinstance(batch, list | tuple) else batch


def twice(make, seed=5):
    """What `make(t, d)` gives in either library after the same seed, and the next random number."""
    results = []
    for t, d in LIBS:
        t.manual_seed(seed)
        results.append((plain(make(t, d)), t.rand(1).item()))
    return results


OPTIONS = [
    {},
    {"batch_size": 4},
    {"batch_size": 4, "drop_last": True},
    {"batch_size": 5, "shuffle": True},
    {"batch_size": 4, "shuffle": True, "drop_last": True},
    {"batch_size": 3, "shuffle": False},
    {"batch_size": None},
    {"batch_size": None, "shuffle": True},
    {"batch_size": 30},
    {"batch_sampler": [[3, 1], [0]]},
    {"sampler": [4, 2, 9], "batch_size": 2},
    {"batch_size": 4, "shuffle": True, "num_workers": 0, "pin_memory": False, "timeout": 0},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("with_generator", [False, True])
def test_batches_over_three_epochs(options, with_generator):
    def make(t, d):
        dataset = d.TensorDataset(t.arange(10), t.arange(20.0).view(10, 2))
        generator = t.Generator().manual_seed(3) if with_generator else None
        loader = d.DataLoader(dataset, generator=generator, **options)
        epochs = [list(loader) for _ in range(3)]
        assert all(len(epoch) == len(loader) for epoch in epochs)
        return [epochs, t.rand(1, generator=generator).item()]

    ours, theirs = twice(make)
    assert ours == theirs


def test_the_order_for_seed_0_at_full_size():  # also beyond the 624 words of the twister
    def make(t, d):
        loader = d.DataLoader(d.TensorDataset(t.arange(1347)), batch_size=64, shuffle=True)
        return [batch for (batch,) in loader] + [batch for (batch,) in loader]

    ours, theirs = twice(make, seed=0)
    assert ours == theirs


def test_every_iterator_draws_a_seed_when_it_is_made():
    def make(t, d):
        dataset = d.TensorDataset(t.arange(6))
        loader = d.DataLoader(dataset, 2, shuffle=True)
        first, second = iter(loader), iter(loader)
        iter(d.DataLoader(dataset))
        numbers = [t.rand(1).item(), next(second), t.rand(1).item(), next(first), next(first)]
        return numbers

    ours, theirs = twice(make)
    assert ours == theirs


def test_the_default_collation_of_samples():
    Point = namedtuple("Point", "x y")
    samples = {
        "tensor": lambda t: [t.ones(2), t.zeros(2)],
        "array": lambda t: [np.ones(2, np.float32), np.zeros(2, np.float32)],
        "0-d array": lambda t: [np.array(1), np.array(2)],
        "int": lambda t: [1, 2],
        "bool": lambda t: [True, False],
        "float": lambda t: [1.0, 2.5],
        "numpy float": lambda t: [np.float32(1), np.float32(2)],
        "numpy double": lambda t: [np.float64(1), np.float64(2)],
        "numpy int": lambda t: [np.int16(1), np.int16(2)],
        "str": lambda t: ["a", "b"],
        "bytes": lambda t: [b"a", b"b"],
        "tuple": lambda t: [(t.ones(2), 1), (t.zeros(2), 2)],
        "list": lambda t: [[1, 2.0], [3, 4.0]],
        "namedtuple": lambda t: [Point(1, 2.0), Point(3, 4.0)],
        "dict": lambda t: [{"x": 1, "y": [2.0]}, {"x": 3, "y": [4.0]}],
        "ordered dict": lambda t: [OrderedDict(b=1, a=2.0), OrderedDict(b=3, a=4.0)],
        "default dict": lambda t: [defaultdict(int, x=1), defaultdict(int, x=3)],
        "proxy": lambda t: [MappingProxyType({"x": 1}), MappingProxyType({"x": 2})],
        "text in tuples": lambda t: [("a", 1), ("b", 2)],
        "numpy str": lambda t: [np.str_("a"), np.str_("b")],
        "numpy bool": lambda t: [np.bool_(True), np.bool_(False)],
        "range": lambda t: [range(2), range(2)],
    }
    for name, make in samples.items():
        ours, theirs = (d.default_convert(make(t)) for t, d in LIBS)
        assert repr(plain(ours)) == repr(plain(theirs)), name
        ours, theirs = (d.default_collate(make(t)) for t, d in LIBS)
        assert plain(ours) == plain(theirs), name
        assert type(ours).__name__ == type(theirs).__name__, name
        if hasattr(ours, "dtype"):
            assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1], name


@BOTH
def test_what_cannot_be_collated(lib):
    t, d = lib
    with pytest.raises(TypeError, match="default_collate: batch must contain tensors, numpy array"):
        d.default_collate([object()])
    with pytest.raises(TypeError, match="numbers, dicts or lists; found <U1"):
        d.default_collate([np.array(["a"])])
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size"):
        d.default_collate([(1, 2), (3,)])
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size, but got"):
        d.default_collate([t.ones(2), t.ones(3)])


@BOTH
def test_samples_one_by_one_are_converted(lib):
    t, d = lib
    samples = [{"a": np.ones(2), "b": [np.float32(1), "x"]}, {"a": 1, "b": (2, None)}]
    first, second = d.DataLoader(samples, batch_size=None)
    assert isinstance(first["a"], t.Tensor)
    assert isinstance(first["b"][0], t.Tensor)
    assert first["b"][1] == "x"
    assert second == {"a": 1, "b": [2, None]} or second == {"a": 1, "b": (2, None)}


class Squares(data.Dataset):
    """A dataset of one's own, with Python numbers; counts what is asked of it."""

    def __init__(self):
        self.asked = []

    def __len__(self):
        return 7

    def __getitem__(self, index):
        self.asked.append(index)
        return index**2, float(index)


def test_datasets_of_ones_own():
    dataset = Squares()
    x, y = next(iter(data.DataLoader(dataset, batch_size=3)))
    assert (x.tolist(), x.dtype) == ([0, 1, 4], tnp.int64)
    assert (y.tolist(), y.dtype) == ([0, 1, 2], tnp.float64)
    assert dataset.asked == [0, 1, 2]
    sums = data.DataLoader(dataset, 4, collate_fn=lambda samples: sum(x for x, _ in samples))
    assert list(sums) == [0 + 1 + 4 + 9, 16 + 25 + 36]
    with pytest.raises(NotImplementedError, match="Subclasses of Dataset should implement __getit"):
        data.Dataset()[0]
    with pytest.raises(NotImplementedError, match="Subclasses of Sampler should implement __iter_"):
        iter(data.Sampler())


def test_a_batch_in_one_indexing_is_what_stacking_gives():
    rng = np.random.default_rng(0)
    tensors = tnp.tensor(rng.normal(size=(9, 2, 3))), tnp.arange(9)

    class Slow(data.TensorDataset):
        def __getitem__(self, index):
            assert isinstance(index, int)
            return super().__getitem__(index)

    for seed in range(3):
        batches = []
        for kind in (data.TensorDataset, Slow):
            tnp.manual_seed(seed)
            batches.append(list(data.DataLoader(kind(*tensors), 4, shuffle=True)))
        assert plain(batches[0]) == plain(batches[1])
        assert type(batches[0][0]) is type(batches[1][0]) is list


def test_batches_own_their_memory():
    x = tnp.zeros(4, 2)
    (batch,) = next(iter(data.DataLoader(data.TensorDataset(x), 2)))
    batch.fill_(5)
    assert x.sum().item() == 0


def test_samplers():
    def make(t, d):
        g = t.Generator().manual_seed(1)
        return [
            list(d.SequentialSampler(range(3))),
            list(d.RandomSampler(range(9))),
            list(d.RandomSampler(range(9), num_samples=20)),
            list(d.RandomSampler(range(5), replacement=True, num_samples=70)),
            list(d.RandomSampler(range(5), True, 32, generator=g)),
            list(d.RandomSampler(range(5), generator=g)),
            t.rand(1, generator=g).item(),
            list(d.BatchSampler(d.RandomSampler(range(7)), 3, True)),
            list(d.BatchSampler(range(7), 3, False)),
            [len(d.BatchSampler(range(n), 3, last)) for n in range(7) for last in (True, False)],
            [len(d.RandomSampler(range(4))), len(d.RandomSampler(range(4), num_samples=9))],
            list(d.SubsetRandomSampler([7, 5, 3, 1])),
            list(d.SubsetRandomSampler("abcd", generator=g)),
            len(d.SubsetRandomSampler([7, 5, 3])),
            list(d.WeightedRandomSampler([0.1, 0, 2, 0.7], 40)),
            list(d.WeightedRandomSampler(t.tensor([0.1, 3, 2, 0.7]), 3, replacement=False)),
            list(d.WeightedRandomSampler([1, 2, 3], 5, True, g)),
            list(d.WeightedRandomSampler([0.9, 0.4, 0.05], 1)),
            [len(d.WeightedRandomSampler([1, 2], 5)), t.rand(1, generator=g).item()],
        ]

    ours, theirs = twice(make)
    assert ours == theirs


@pytest.mark.parametrize(
    "act",
    [
        lambda d: d.DataLoader([1], batch_size=0),
        lambda d: d.DataLoader([1], batch_size=1.5),
        lambda d: d.DataLoader([1], drop_last=1),
        lambda d: d.DataLoader([1], batch_size=None, drop_last=True),
        lambda d: d.DataLoader([1], sampler=[0], shuffle=True),
        lambda d: d.DataLoader([1], batch_sampler=[[0]], batch_size=2),
        lambda d: d.DataLoader([1], batch_sampler=[[0]], shuffle=True),
        lambda d: d.DataLoader([], shuffle=True),
        lambda d: d.DataLoader([1], num_workers=-1),
        lambda d: d.DataLoader([1], timeout=-1),
        lambda d: d.DataLoader([1], prefetch_factor=2),
        lambda d: d.DataLoader([1], persistent_workers=True),
        lambda d: setattr(d.DataLoader([1]), "batch_size", 3),
        lambda d: d.RandomSampler([1], replacement=1),
        lambda d: d.RandomSampler([1], num_samples=0),
        lambda d: d.BatchSampler([1], 2, 0),
        lambda d: d.WeightedRandomSampler([1], 0),
        lambda d: d.WeightedRandomSampler([1], True),
        lambda d: d.WeightedRandomSampler([1], 2, 1),
        lambda d: d.WeightedRandomSampler([[1.0]], 2),
        lambda d: d.DataLoader([1], num_workers=1, prefetch_factor=-1),
        lambda d: d.DataLoader([1], multiprocessing_context="spawn"),
        lambda d: setattr(d.DataLoader([1]), "persistent_workers", True),
        lambda d: len(d.DataLoader([1], batch_sampler=iter([[0]]))),
    ],
)
def test_errors(act):
    same_error(act, [(data,), (torch.utils.data,)])


def test_workers_are_accepted_and_change_nothing():
    dataset = data.TensorDataset(tnp.arange(8))
    tnp.manual_seed(0)
    alone = list(data.DataLoader(dataset, 3, shuffle=True))
    tnp.manual_seed(0)
    options = {
        "num_workers": 2, "pin_memory": True, "timeout": 9, "worker_init_fn": print,
        "prefetch_factor": 4, "persistent_workers": True, "multiprocessing_context": "fork",
        "pin_memory_device": "cpu", "in_order": False,
    }  # fmt: skip
    loader = data.DataLoader(dataset, 3, shuffle=True, **options)
    assert plain(list(loader)) == plain(alone)
    assert options.items() <= vars(loader).items()
    assert loader.dataset is dataset
    assert data.DataLoader(dataset, num_workers=1).prefetch_factor == 2
    assert data.get_worker_info() is None


SAMPLERS = ["BatchSampler", "RandomSampler", "SequentialSampler"]
SAMPLERS += ["SubsetRandomSampler", "WeightedRandomSampler"]


@pytest.mark.parametrize("name", ["DataLoader", "default_collate", "default_convert", *SAMPLERS])
def test_arguments_and_defaults(name):
    assert told(getattr(data, name)) == told(getattr(torch.utils.data, name))
