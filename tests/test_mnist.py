"""MNIST: the IDX parser, the embedded subset, a folder."""

import gzip
import hashlib
import inspect
import struct
from pathlib import Path

import numpy as np
import pytest

import tinygrad_np as tnp
from nn import data
from nn.data import DownloadError, download, make_embedded
from nn.data.mnist import EMBEDDED, MNIST, SHA256, FashionMNIST, read_idx

ORIGINAL = Path(__file__).resolve().parents[2] / "shared" / "mnist"


def idx(code, shape, elements):
    """An IDX file written element by element."""
    letter = {0x08: "B", 0x09: "b", 0x0B: "h", 0x0C: "i", 0x0D: "f", 0x0E: "d"}[code]
    sizes = b"".join(struct.pack(">I", size) for size in shape)
    return (
        bytes([0, 0, code, len(shape)])
        + sizes
        + struct.pack(f">{len(elements)}{letter}", *elements)
    )


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    ("code", "dtype", "elements"),
    [
        (0x08, "uint8", [0, 1, 2, 128, 254, 255]),
        (0x09, "int8", [-128, -1, 0, 1, 2, 127]),
        (0x0B, "int16", [-32768, -2, 0, 1, 258, 32767]),
        (0x0C, "int32", [-(2**31), -2, 0, 1, 16909060, 2**31 - 1]),
        (0x0D, "float32", [-1.5, 0.0, 0.1, 3e38, float("inf"), 2.0]),
        (0x0E, "float64", [-1.5, 0.0, 0.1, 1e308, float("inf"), 2.0]),
    ],
)
def test_idx_holds_every_element_type(tmp_path, compress, code, dtype, elements):
    path = tmp_path / "file"
    path.write_bytes(compress(idx(code, (2, 3), elements)))
    array = read_idx(path)
    assert (array.dtype, array.shape) == (np.dtype(dtype), (2, 3))
    assert array.dtype.isnative
    assert array.tolist() == np.array(elements, dtype).reshape(2, 3).tolist()
    array[0, 0] = 1  # its own memory


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0, 2), (2, 1, 3, 1)])
def test_idx_of_every_rank(tmp_path, shape):
    elements = list(range(int(np.prod(shape))))
    (tmp_path / "file").write_bytes(idx(0x08, shape, elements))
    array = read_idx(tmp_path / "file")
    assert array.shape == shape
    assert array.ravel().tolist() == elements


GOOD = idx(0x0B, (2, 3), range(6))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is no IDX file: expected it to begin with 00 00, .*, got nothing$"),
        (b"\0\0\x08", r"is no IDX file: .* got 00 00 08$"),
        (b"<!DOCTYPE html>", r"is no IDX file: .* got 3c 21 44 4f$"),
        (b"\0\0\x0a\x01", r": expected an IDX element type of 0x08, 0x09, 0x0b, .*, got 0x0a$"),
        (GOOD[:11], r"is truncated: expected 12 bytes of header, got 11$"),
        (GOOD[:-1], r"is truncated: expected 24 bytes for shape \(2, 3\) of int16, got 23$"),
        (GOOD + b"\0", r"has trailing bytes: expected 24 bytes for shape .* of int16, got 25$"),
        (gzip.compress(GOOD, mtime=0)[:-9], r"is a damaged gzip file: "),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, message):
    (tmp_path / "digits").write_bytes(content)
    with pytest.raises(ValueError, match=message) as raised:
        read_idx(tmp_path / "digits")
    assert str(raised.value).startswith(str(tmp_path / "digits"))


def test_no_changed_bit_of_a_gzipped_file_changes_the_array(tmp_path):
    content, path, expected = (
        gzip.compress(GOOD, mtime=0),
        tmp_path / "digits",
        [[0, 1, 2], [3, 4, 5]],
    )
    errors = []
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            assert read_idx(path).tolist() == expected  # as when the time stamp is hit
        except ValueError as error:
            errors.append(str(error))
    assert len(errors) > 4 * len(content)
    assert all(str(path) in error for error in errors)


@pytest.mark.parametrize(
    ("train", "size", "labels"),  # the first ten labels are well known
    [(True, 6000, [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]), (False, 1000, [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])],
)
def test_the_embedded_subset(train, size, labels):
    digits = MNIST(train=train)
    assert len(digits) == size
    assert (digits.data.numpy().shape, digits.data.numpy().dtype) == ((size, 28, 28), np.uint8)
    assert (digits.targets.numpy().shape, digits.targets.numpy().dtype) == ((size,), np.int64)
    assert digits.targets.numpy()[:10].tolist() == labels
    assert [digits[i][1] for i in range(10)] == labels
    assert digits.classes[digits[0][1]] == {5: "5 - five", 7: "7 - seven"}[labels[0]]


def test_an_item_is_a_float_image_in_0_to_1_and_an_int():
    digits = MNIST()
    image, label = digits[-1]
    raw = digits.data.numpy()[5999]
    assert type(label) is int
    assert (image.numpy().dtype, image.numpy().shape) == (np.float32, (1, 28, 28))
    assert image.numpy().tolist() == [(raw.astype(np.float32) / np.float32(255)).tolist()]
    assert (image.numpy().min(), image.numpy().max()) == (0, 1)
    with pytest.raises(IndexError):
        digits[6000]
    assert sum(1 for _ in MNIST(train=False)) == 1000  # the IndexError ends a loop


def test_transforms_take_what_an_item_would_be():
    plain = MNIST(train=False)[3]
    digits = MNIST(train=False, transform=lambda x: (x, "t"), target_transform=lambda y: [y])
    (image, mark), label = digits[3]
    assert (image.numpy() == plain[0].numpy()).all()
    assert (mark, label) == ("t", [plain[1]])


def test_repr(tmp_path):
    write_split(tmp_path, "t10k", 3)
    assert repr(MNIST()) == (
        "Dataset MNIST\n    Number of datapoints: 6000\n"
        "    Root location: embedded subset\n    Split: Train"
    )
    assert repr(MNIST(tmp_path, train=False)) == (
        "Dataset MNIST\n    Number of datapoints: 3\n"
        f"    Root location: {tmp_path}\n    Split: Test"
    )


def write_split(folder, split, n, images=None, compress=bytes, suffix="", labels=None):
    folder.mkdir(parents=True, exist_ok=True)
    images = idx(0x08, (n, 28, 28), [i % 251 for i in range(n * 784)]) if images is None else images
    labels = idx(0x08, (n,), [i % 10 for i in range(n)]) if labels is None else labels
    (folder / f"{split}-images-idx3-ubyte{suffix}").write_bytes(compress(images))
    (folder / f"{split}-labels-idx1-ubyte{suffix}").write_bytes(compress(labels))


@pytest.mark.parametrize("below", ["", "MNIST/raw"])
@pytest.mark.parametrize(("compress", "suffix"), [(bytes, ""), (gzip.compress, ".gz")])
def test_a_folder_in_each_layout(tmp_path, monkeypatch, below, compress, suffix):
    write_split(tmp_path / below, "train", 4, compress=compress, suffix=suffix)
    write_split(tmp_path / below, "t10k", 2, compress=compress, suffix=suffix)
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    for root in (tmp_path, str(tmp_path), f"~/{tmp_path.name}"):
        assert MNIST(root).targets.numpy().tolist() == [0, 1, 2, 3]
        assert MNIST(root, train=False).data.numpy()[1].ravel()[:2].tolist() == [
            784 % 251,
            785 % 251,
        ]


def test_names_of_torch_and_torchvision():
    with tnp.as_torch():
        from torch.utils.data.dataloader import DataLoader
        from torch.utils.data.sampler import WeightedRandomSampler
        from torchvision import datasets, transforms
        from torchvision.transforms import Compose
    assert (datasets.MNIST, datasets.FashionMNIST) == (MNIST, FashionMNIST)
    assert (Compose, transforms.ToTensor) == (data.transforms.Compose, data.transforms.ToTensor)
    assert (DataLoader, WeightedRandomSampler) == (data.DataLoader, data.WeightedRandomSampler)


def test_an_empty_root_is_the_current_folder(tmp_path, monkeypatch):
    write_split(tmp_path, "train", 2)
    monkeypatch.chdir(tmp_path)
    assert len(MNIST("")) == 2


def test_a_missing_file_names_where_it_was_sought(tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match=r"expected train-images-idx3-ubyte or train-images-idx3-ubyte\.gz in .* or "
        r"its MNIST/raw, found neither; download=True fetches it, and MNIST\(\) without root",
    ):
        MNIST(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        {"images": idx(0x08, (2, 28, 27), [0] * 1512)},
        {"images": idx(0x09, (2, 28, 28), [0] * 1568)},
        {"images": idx(0x08, (), [0])},
        {"labels": idx(0x08, (3,), [0] * 3)},
        {"labels": idx(0x0C, (2,), [0] * 2)},
    ],
)
def test_files_that_are_not_mnist(tmp_path, files):
    write_split(tmp_path, "train", 2, **files)
    with pytest.raises(ValueError, match=r"expected MNIST images and labels .*28, 28.*, got \("):
        MNIST(tmp_path)


@pytest.mark.parametrize(
    ("dataset", "options", "call"),
    [
        (MNIST, {"download": True}, r"^MNIST\(download=True\)"),
        (FashionMNIST, {}, r"^FashionMNIST\(\)"),
        (FashionMNIST, {"download": True}, r"^FashionMNIST\(download=True\)"),
    ],
)
def test_without_a_root(dataset, options, call):
    with pytest.raises(ValueError, match=f"{call} needs a root folder, got root=None"):
        dataset(**options)


def test_arguments_in_the_order_of_torchvision():
    names = list(inspect.signature(MNIST).parameters)
    assert names == ["root", "train", "transform", "target_transform", "download"]
    digits = MNIST(None, False, None, str)
    assert digits[0][1] == "7"
    assert digits.class_to_idx["7 - seven"] == 7


@pytest.mark.parametrize("below", ["", "FashionMNIST/raw"])
def test_articles_in_a_folder(tmp_path, below):
    write_split(tmp_path / below, "train", 4)
    articles = FashionMNIST(tmp_path)
    assert repr(articles).startswith("Dataset FashionMNIST\n    Number of datapoints: 4\n")
    assert articles.classes[articles[2][1]] == "Pullover"
    with pytest.raises(FileNotFoundError, match="its FashionMNIST/raw, found neither"):
        FashionMNIST(tmp_path, train=False)
    (tmp_path / below / "train-labels-idx1-ubyte").write_bytes(idx(0x08, (1,), [0]))
    with pytest.raises(ValueError, match="expected FashionMNIST images and labels"):
        FashionMNIST(tmp_path)


@pytest.fixture
def articles(tmp_path, monkeypatch):
    """FashionMNIST's mirror with 3 images each, known by the MD5 of its files; what was asked."""
    for split in ("train", "t10k"):
        write_split(tmp_path / "mirror", split, 3, compress=gzip.compress, suffix=".gz")
    files = {path.name: path.read_bytes() for path in (tmp_path / "mirror").iterdir()}
    assert {f"{name}.gz" for name in FashionMNIST.digests} == files.keys()
    digests = {
        name: f"md5:{hashlib.md5(files[f'{name}.gz']).hexdigest()}" for name in FashionMNIST.digests
    }
    monkeypatch.setattr(FashionMNIST, "digests", digests)
    asked = []

    def stream(url, part):
        asked.append(url)
        part.write_bytes(files[url.rpartition("/")[2]])

    monkeypatch.setattr(download, "stream", stream)
    monkeypatch.setattr(download, "PAUSE", 0)
    return asked


def test_articles_are_downloaded(tmp_path, articles, monkeypatch):
    assert len(FashionMNIST(tmp_path, download=True)) == 3
    assert len(FashionMNIST(tmp_path, train=False, download=True)) == 3
    assert len(articles) == 4
    assert all(url.startswith(FashionMNIST.mirrors[0]) for url in articles)
    assert len(list((tmp_path / "FashionMNIST" / "raw").iterdir())) == 4
    monkeypatch.setenv("TINYGRAD_NP_FASHIONMNIST_MIRRORS", "http://near/a http://near/b")
    FashionMNIST(tmp_path / "other", download=True)
    assert articles[4] == "http://near/a/train-images-idx3-ubyte.gz"


def test_articles_of_another_digest_are_not_kept(tmp_path, articles, monkeypatch):
    wrong = "md5:" + 32 * "0"
    monkeypatch.setattr(FashionMNIST, "digests", dict.fromkeys(FashionMNIST.digests, wrong))
    with pytest.raises(
        DownloadError,
        match=rf"cannot download FashionMNIST: http://.*: expected a file of {wrong}, got md5:\w+; "
        r"use MNIST\(\) for the embedded subset or FashionMNIST\(root\) with a folder",
    ):
        FashionMNIST(tmp_path / "new", download=True)
    assert list((tmp_path / "new" / "FashionMNIST" / "raw").iterdir()) == []


@pytest.mark.parametrize(("split", "count"), [("train", 6000), ("t10k", 1000)])
def test_the_script_makes_the_embedded_files(tmp_path, split, count):
    source = ORIGINAL if ORIGINAL.is_dir() else EMBEDDED
    for name, header in ((f"{split}-images-idx3-ubyte", 16), (f"{split}-labels-idx1-ubyte", 8)):
        original = gzip.decompress((source / f"{name}.gz").read_bytes())
        made = make_embedded.head(source / f"{name}.gz", count)
        assert made[4:8] == bytes(4)  # no time stamp: the same bytes each time
        made, kept = gzip.decompress(made), gzip.decompress((EMBEDDED / f"{name}.gz").read_bytes())
        assert made == kept
        assert kept[4:8] == struct.pack(">I", count)
        assert kept[8:] == original[8 : header + count * (784 if header == 16 else 1)]


def test_the_script_writes_all_four(tmp_path, monkeypatch):
    monkeypatch.setattr(make_embedded, "COUNTS", {"train": 3, "t10k": 2})
    make_embedded.make(EMBEDDED, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.gz" for name in SHA256}
    assert [len(MNIST(tmp_path, train)) for train in (True, False)] == [3, 2]


def test_the_embedded_files_are_small_and_come_with_their_licence():
    assert sum(path.stat().st_size for path in EMBEDDED.iterdir()) < 1.2e6
    licence = (EMBEDDED / "LICENSE").read_text()
    for words in ("Yann LeCun and Corinna Cortes", "MNIST", "CC BY-SA 3.0"):
        assert words in licence
