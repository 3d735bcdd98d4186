"""save and load: files that torch reads, torch's files, and files that must not be read."""

import collections
import io
import os
import pickle
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import LIBS, block, plain, same_error

import nn
import tinygrad_np as tnp

KINDS = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")


def through(x, write, read, **options):
    file = io.BytesIO()
    write.save(x, file)
    file.seek(0)
    return read.load(file, **options)


def same(a, b):
    """Equal nests of both libraries' tensors, parameters, shapes, dtypes and plain values."""
    if hasattr(a, "detach"):
        assert type(a).__name__ == type(b).__name__
        assert str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1]
        assert tuple(a.shape) == tuple(b.shape)
        assert a.requires_grad == b.requires_grad
        assert a.tolist() == b.tolist()
    elif isinstance(a, dict):
        assert type(a) is type(b)
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert type(a).__name__ == type(b).__name__
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif "dtype" in type(a).__name__ or "device" in type(a).__name__:
        assert str(a).split(".")[-1] == str(b).split(".")[-1]
    else:
        assert type(a) is type(b)
        assert a == b


def nest(t, n):
    x = t.arange(6.0).reshape(2, 3)
    wide = n.Parameter(x.double(), requires_grad=False)
    wide.note = "mine"
    return {
        "kinds": [t.ones(2, 2, dtype=getattr(t, kind)) for kind in KINDS],
        "views": (x, x[:, 1:], x.T, x.expand(2, 2, 3), x[::2], x[1, 2]),
        "empty": [t.empty(0), t.empty(2, 0, 3), t.tensor(1.5)],
        "parameters": OrderedDict(a=n.Parameter(x), wide=wide),
        "leaf": t.ones(1, requires_grad=True),
        "names": [t.Size([1, 2]), t.float16, t.bool, t.device("cpu")],
        3: {None: True, 2.5: -1, "ü": 2**70, (1, "x"): float("inf")},
        "sets": [{1, 2}, set(), Counter("aab")],
        "state": n.BatchNorm1d(2).state_dict(),
    }


@pytest.mark.parametrize(("write", "read"), [(a, b) for a, _ in LIBS for b, _ in LIBS][:-1])
def test_both_directions(write, read):
    libs = dict(LIBS)
    loaded = through(nest(write, libs[write]), write, read, weights_only=True)
    same(loaded, nest(read, libs[read]))
    assert loaded["parameters"]["wide"].note == "mine"
    whole, part, turned, many, *_ = loaded["views"]
    whole.fill_(7)  # they share memory again
    assert part.tolist() == [[7, 7]] * 2
    assert turned.tolist() == [[7, 7]] * 3
    assert many.tolist() == [[[7, 7, 7]] * 2] * 2


shapes = st.lists(st.integers(0, 4), max_size=3)


@settings(max_examples=30, deadline=None, print_blob=True)
@given(shape=shapes, kind=st.sampled_from(KINDS), seed=st.integers(0, 9), turn=st.booleans())
def test_any_array(shape, kind, seed, turn):
    array = np.asarray(np.random.default_rng(seed).normal(size=shape) * 9).astype(kind)
    x = tnp.from_numpy(array.T if turn else array)
    for read in (tnp, torch):
        loaded = through([x, x[:1]] if x.ndim else x, tnp, read)
        loaded, part = loaded if x.ndim else (loaded, None)
        assert loaded.numpy().dtype == array.dtype
        np.testing.assert_array_equal(loaded.numpy(), x.numpy())
        if part is not None:
            assert part.tolist() == x[:1].tolist()
    theirs = through(torch.from_numpy(x.numpy()), torch, tnp)
    np.testing.assert_array_equal(theirs.numpy(), x.numpy())


def test_a_second_generation_still_shares():
    x = tnp.arange(4.0)
    whole, part = through(through((x, x[2:]), tnp, tnp), tnp, torch)
    whole.zero_()
    assert part.tolist() == [0, 0]


def twins():
    """LeNet and Adam of both libraries with the same weights, after two steps."""
    ours, layers = nn.models.LeNet(), torch.nn
    theirs = layers.Module()
    theirs.features = layers.Sequential(
        layers.Conv2d(1, 6, 5, padding=2), layers.MaxPool2d(2), layers.ReLU(),
        layers.Conv2d(6, 16, 5), layers.MaxPool2d(2), layers.ReLU(),
    )  # fmt: skip
    theirs.classifier = layers.Sequential(
        layers.Flatten(), layers.Linear(400, 120), layers.ReLU(),
        layers.Linear(120, 84), layers.ReLU(), layers.Linear(84, 10),
    )  # fmt: skip
    theirs.forward = lambda x: theirs.classifier(theirs.features(x))
    theirs.load_state_dict(through(ours.state_dict(), tnp, torch))
    optimisers = nn.optim.Adam(ours.parameters()), torch.optim.Adam(theirs.parameters())
    return ours, theirs, *optimisers


def step(t, net, optimiser):
    optimiser.zero_grad()
    net(t.arange(784.0).reshape(1, 1, 28, 28) / 784).square().sum().backward()
    optimiser.step()


def test_training_goes_on_in_the_other_library():
    ours, theirs, our_adam, their_adam = twins()
    step(tnp, ours, our_adam)
    step(torch, theirs, their_adam)
    ours.load_state_dict(through(theirs.state_dict(), torch, tnp))
    our_adam.load_state_dict(through(their_adam.state_dict(), torch, tnp))
    their_adam.load_state_dict(through(our_adam.state_dict(), tnp, torch, weights_only=True))
    theirs.load_state_dict(through(ours.state_dict(), tnp, torch, weights_only=True))
    for _ in range(2):
        step(tnp, ours, our_adam)
        step(torch, theirs, their_adam)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(a.numpy(force=True), b.numpy(force=True), atol=1e-5)


def test_a_checkpoint_resumes_exactly(tmp_path):
    net = nn.Linear(2, 1)
    adam = nn.optim.Adam(net.parameters(), lr=0.1)
    plan = nn.optim.lr_scheduler.MultiStepLR(adam, [1, 3])

    def train(steps):
        for _ in range(steps):
            adam.zero_grad()
            (net(tnp.rand(4, 2)) ** 2).sum().backward()
            adam.step()
            plan.step()
        return net.weight.tolist(), net.bias.tolist(), plan.get_last_lr()

    train(2)
    path = tmp_path / "checkpoint.pt"
    state = {"epoch": 2, "rng": tnp.get_rng_state()}
    parts = {"net": net, "adam": adam, "plan": plan}
    tnp.save(state | {k: part.state_dict() for k, part in parts.items()}, path)
    expected = train(3)
    train(1)
    loaded = tnp.load(path)
    tnp.set_rng_state(loaded["rng"])
    for name, part in parts.items():
        part.load_state_dict(loaded[name])
    assert train(3) == expected


def test_strict_errors_of_torch_made_files():
    state = through(torch.nn.Linear(3, 2).state_dict(), torch, tnp)
    with pytest.raises(RuntimeError, match="size mismatch for weight: copying a param with shape"):
        nn.Linear(2, 2).load_state_dict(state)
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "bias"'):
        nn.Linear(3, 2, bias=False).load_state_dict(state)


def test_whole_modules():
    net = block(tnp, nn)
    whole = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    twin = through(whole, tnp, tnp, weights_only=False)
    assert repr(twin) == repr(whole)
    assert type(twin[0].weight) is nn.Parameter
    assert twin(tnp.ones(2, 2)).tolist() == whole(tnp.ones(2, 2)).tolist()
    with pytest.raises(
        pickle.UnpicklingError, match=r"GLOBAL nn.layers.container.Sequential was no"
    ):
        through(whole, tnp, tnp)
    with pytest.raises((AttributeError, pickle.PicklingError), match="Block"):
        tnp.save(net, io.BytesIO())


def test_paths_are_replaced_when_all_is_written(tmp_path):
    path = tmp_path / "weights.pt"
    tnp.save([1], str(path))
    link = tmp_path / "link.pt"
    link.symlink_to(path)
    tnp.save([2], link)
    assert tnp.load(path) == [2]
    assert link.is_symlink()
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        tnp.save([lambda: 3], path)
    assert tnp.load(str(path)) == torch.load(path) == [2]
    assert sorted(os.listdir(tmp_path)) == ["link.pt", "weights.pt"]


def test_the_same_object_gives_the_same_file():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        tnp.save({"w": tnp.ones(3)}, file)
    assert files[0].getvalue() == files[1].getvalue()
    times = {record.date_time for record in zipfile.ZipFile(files[0]).infolist()}
    assert times == {(1980, 1, 1, 0, 0, 0)}


def test_devices():
    for where in (
        None,
        "cpu",
        tnp.device("cpu"),
        {"cuda:0": "cpu"},
        lambda storage, place: storage,
    ):
        assert through(tnp.ones(1), tnp, tnp, map_location=where).tolist() == [1]
    with pytest.raises(RuntimeError, match="computes on device 'cpu' only, not on 'cuda'"):
        through(tnp.ones(1), tnp, tnp, map_location="cuda")


def test_error_texts_of_torch(tmp_path):
    same_error(lambda t, n: t.save(1, tmp_path / "nowhere" / "x.pt"))
    same_error(lambda t, n: t.save(1, 5))
    same_error(lambda t, n: t.load(tmp_path / "absent.pt"))
    with pytest.raises(
        AttributeError, match=r"'int' object has no attribute 'seek'. You can only l"
    ):
        tnp.load(5)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (torch.ones(2).bfloat16(), "torch.BFloat16Storage"),
        (torch.ones(2, dtype=torch.complex64), "torch.ComplexFloatStorage"),
        (torch.ones(2, dtype=torch.uint16), "_rebuild_tensor_v3"),
        (torch.bfloat16, "torch.bfloat16"),
        (torch.ones(2).to_sparse(), "_rebuild_sparse_tensor"),
        (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
    ],
    ids=plain,
)
def test_what_we_do_not_have_is_refused_by_name(value, name):
    for weights_only in (True, False):
        with pytest.raises(
            pickle.UnpicklingError, match=f"has nothing like .*{name}.* convert oth"
        ):
            through(value, torch, tnp, weights_only=weights_only)


def archive(**records):
    """A zip archive of these records; dots stand for slashes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in records.items():
            made.writestr("archive/" + name.replace("__", "/").replace("_", "."), content)
    return file


def test_other_files_are_refused():
    for content in (b"", b"no zip", pickle.dumps([1])):
        with pytest.raises(
            RuntimeError, match=r"this is no zip archive\. A file that PyTorch wrote"
        ):
            tnp.load(io.BytesIO(content))
    legacy = io.BytesIO()
    torch.save(torch.ones(1), legacy, _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="_use_new_zipfile_serialization=False, has to be saved"):
        tnp.load(legacy)
    with pytest.raises(RuntimeError, match=r"holds no data.pkl: PyTorch did not write it"):
        tnp.load(archive(version=b"3"))
    with pytest.raises(RuntimeError, match="the file is not little-endian as this machine is"):
        tnp.load(archive(data_pkl=pickle.dumps(1), byteorder=b"big"))
    for size, text in [
        (2, "expected 2 elements of tinygrad_np.float32 in archive/data/0, got 4 b")
    ]:
        pickled = b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
        pickled += b"X\x03\x00\x00\x00cpuK" + bytes([size]) + b"tQ."
        with pytest.raises(RuntimeError, match=text):
            tnp.load(archive(data_pkl=pickled, data__0=b"1234"))


class Evil:
    """Runs a command when it is unpickled without care."""

    def __init__(self, function, *args):
        self.what = function, args

    def __reduce__(self):
        return self.what


@pytest.mark.parametrize(
    ("function", "args", "name"),
    [
        (os.system, ("touch hacked",), f"{os.name}.system"),
        (eval, ("1+1",), "builtins.eval"),
        (getattr, (tnp.Size, "numel"), "builtins.getattr"),
        (tnp.load, ("x",), "tinygrad_np.serialization.load"),
        (collections.defaultdict, (list,), "collections.defaultdict"),
    ],
    ids=plain,
)
@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_names_a_function_is_refused(function, args, name, protocol, tmp_path):
    file = archive(data_pkl=pickle.dumps({"weights": Evil(function, *args)}, protocol))
    with pytest.raises(pickle.UnpicklingError) as caught:
        tnp.load(file)
    text = str(caught.value).replace("__builtin__", "builtins")
    assert f"Unsupported global: GLOBAL {name} was not an allowed" in text
    assert "only if you got the file from a trusted source" in text


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x02ctorch\nfloat32\n}X\x04\x00\x00\x00nameK\x01sb.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x0c\x00\x00\x00__defaults__)s\x86b.",
        b"\x80\x02ctorch\nSize\nN}X\x05\x00\x00\x00numelNs\x86b.",
    ],
)
def test_a_file_may_not_change_our_classes(pickled):
    with pytest.raises(pickle.UnpicklingError, match="A file may not set attributes of "):
        tnp.load(archive(data_pkl=pickled))
    assert tnp.float32.name == "float32"


@pytest.mark.parametrize(
    ("offset", "size", "stride", "text"),
    [
        (0, (5,), (1,), "incompatible with shape"),
        (3, (2,), (1,), "incompatible with shape|buffer is too small"),
        (0, (2,), (4,), "incompatible with shape"),
        (0, (2, 2), (1,), "strides"),
        (3, (2,), (-1,), "expected strides of at least 0, got"),
        (-1, (1,), (1,), "incompatible with shape|offset"),
        (10**18, (1,), (1,), "offset|buffer|large"),
    ],
)
def test_a_tensor_may_not_leave_its_memory(offset, size, stride, text):
    class Forged:
        def __reduce__(self):
            return tnp.serialization.rebuild_tensor, (
                tnp.copying.Storage(np.zeros(4, np.float32)), offset, size, stride, False, {}
            )  # fmt: skip

    file = io.BytesIO()
    tnp.save(Forged(), file)
    with pytest.raises((ValueError, OverflowError, TypeError), match=text):
        tnp.load(file)
