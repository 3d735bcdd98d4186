"""MNIST from three sources, all read by one parser: embedded, a folder, a download."""

import gzip
import math
import os
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tinygrad_np import Tensor, from_numpy

from .dataset import Dataset
from .download import DownloadError, fetch
from .transforms import ToTensor

EMBEDDED = Path(__file__).parent / "embedded"
SHA256 = {  # of the decompressed content
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
IDX_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class MNIST(Dataset):
    """The handwritten digits: pairs of an image, floats `(1, 28, 28)` in 0..1, and its label.

    Without `root` it is the subset that comes with this package: the first 6,000 training and
    the first 1,000 test images. With `root` it is the four original files, gzipped or not, in
    that folder or in its `MNIST/raw`, where torchvision keeps them; `download=True` fetches the
    missing ones to the latter, from the mirrors in the environment variable
    `TINYGRAD_NP_MNIST_MIRRORS` (addresses separated by spaces) when it is set.

    `transform` takes the image, which is a Tensor of the default dtype where torchvision has a
    PIL image: `ToTensor` leaves it alone. `target_transform` takes the label, an int. All images
    together are `data`, uint8 `(N, 28, 28)`, all labels `targets`, int64 `(N,)`.

    Raises:
        FileNotFoundError: a file is neither in `root` nor in its `MNIST/raw`.
        DownloadError: no mirror gave the expected content.
        ValueError: a file is damaged or holds something else; a download has no `root`.

    >>> image, label = MNIST()[0]
    >>> tuple(image.shape), label
    ((1, 28, 28), 5)

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to
    document recognition, 1998; arguments and attributes as torchvision.datasets.MNIST.
    """

    embedded: ClassVar[Path | None] = EMBEDDED
    mirrors: ClassVar[Sequence[str]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    digests: ClassVar[Mapping[str, str]] = SHA256
    classes: ClassVar[Sequence[str]] = (
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
        "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    )  # fmt: skip

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Tensor], Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        download: bool = False,
    ) -> None:
        folder = self.embedded if root is None else root
        if folder is None or (root is None and download):
            call = f"{type(self).__name__}({'download=True' if download else ''})"
            raise ValueError(f"{call} needs a root folder, got root=None")
        self.root = Path(folder).expanduser()
        self.train, self.transform, self.target_transform = train, transform, target_transform
        if download:
            self._download()
        images, labels = self._load()
        self.data, self.targets = from_numpy(images), from_numpy(labels)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The label of each class name."""
        return {name: label for label, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = ToTensor()(self.data.numpy()[index])
        label: Any = int(self.targets.numpy()[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __repr__(self) -> str:
        root = "embedded subset" if self.root == EMBEDDED else self.root
        lines = [f"Number of datapoints: {len(self)}", f"Root location: {root}"]
        lines.append(f"Split: {'Train' if self.train else 'Test'}")
        return "\n    ".join([f"Dataset {type(self).__name__}", *lines])

    def _load(self) -> tuple[np.ndarray, np.ndarray]:
        """Images, uint8 (N, 28, 28), and labels, int64 (N,), of the split."""
        split, name = "train" if self.train else "t10k", type(self).__name__
        images = read_idx(locate(self.root, f"{split}-images-idx3-ubyte", name))
        labels = read_idx(locate(self.root, f"{split}-labels-idx1-ubyte", name))
        n = len(images) if images.ndim else 0
        expected, actual = (((n, 28, 28), "uint8"), ((n,), "uint8")), (kind(images), kind(labels))
        if actual != expected:
            raise ValueError(
                f"{self.root}: expected {name} images and labels {expected}, got {actual}"
            )
        return images, labels.astype(np.int64)

    def _download(self) -> None:
        """Fetches those of the four files that the folder does not have yet."""
        name = type(self).__name__
        mirrors = os.environ.get(f"TINYGRAD_NP_{name.upper()}_MIRRORS", "").split() or self.mirrors
        for file, digest in self.digests.items():
            paths = candidates(self.root, file, name)
            if any(path.is_file() for path in paths):
                continue
            urls = [f"{mirror.rstrip('/')}/{file}.gz" for mirror in mirrors]
            try:
                fetch(urls, paths[-1], digest)
            except DownloadError as error:
                raise DownloadError(
                    f"cannot download {name}: {error}; use MNIST() for the embedded subset "
                    f"or {name}(root) with a folder that holds the four files"
                ) from None


class FashionMNIST(MNIST):
    """Zalando's articles in the form of MNIST: 60,000 and 10,000 images of ten kinds of clothes.

    As `MNIST`, with the files in `root` or its `FashionMNIST/raw`, and mirrors in
    `TINYGRAD_NP_FASHIONMNIST_MIRRORS`; no subset of it comes with this package.
    Source: H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST, arXiv:1708.07747;
    torchvision.datasets.FashionMNIST.
    """

    embedded = None
    mirrors = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
    digests: ClassVar[Mapping[str, str]] = {
        "train-images-idx3-ubyte": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    }
    classes = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip


def kind(array: np.ndarray) -> tuple[tuple[int, ...], str]:
    return array.shape, array.dtype.name


def candidates(root: Path, name: str, dataset: str = "MNIST") -> list[Path]:
    """Where one of the four files may lie, the first choice first."""
    folders = root, root / dataset / "raw"
    return [folder / file for folder in folders for file in (name, f"{name}.gz")]


def locate(root: Path, name: str, dataset: str = "MNIST") -> Path:
    for path in candidates(root, name, dataset):
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"expected {name} or {name}.gz in {root} or its {dataset}/raw, found neither; "
        "download=True fetches it, and MNIST() without root is the embedded subset"
    )


def read_idx(path: Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not.

    The file is two zero bytes, the element type, the number of axes, their sizes as big-endian
    uint32, then the elements, big-endian too, the last axis fastest. Shapes: any; dtype: the
    file's, in this machine's byte order.

    Raises:
        ValueError: the file is not exactly that.
    """
    content = read_gzipped_or_not(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise ValueError(
            f"{path} is no IDX file: expected it to begin with 00 00, a type and a number of axes,"
            f" got {content[:4].hex(' ') or 'nothing'}"
        )
    code, ndim = content[2:4]
    if code not in IDX_DTYPES:
        known = ", ".join(f"{known:#04x}" for known in IDX_DTYPES)
        raise ValueError(f"{path}: expected an IDX element type of {known}, got {code:#04x}")
    header = 4 + 4 * ndim
    if len(content) < header:
        raise ValueError(
            f"{path} is truncated: expected {header} bytes of header, got {len(content)}"
        )
    shape, dtype = struct.unpack(f">{ndim}I", content[4:header]), np.dtype(IDX_DTYPES[code])
    size = header + math.prod(shape) * dtype.itemsize
    if len(content) != size:
        fault = "is truncated" if len(content) < size else "has trailing bytes"
        raise ValueError(
            f"{path} {fault}: expected {size} bytes for shape {shape} of {dtype.name}, "
            f"got {len(content)}"
        )
    return np.ndarray(shape, dtype, content, header).astype(dtype.newbyteorder("="))


def read_gzipped_or_not(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is a damaged gzip file: {error}") from error
