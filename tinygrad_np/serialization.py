"""save and load: files in PyTorch's format, which PyTorch reads and writes too.

A file is a zip archive: `data.pkl` holds the object as a pickle, `data/0`, `data/1` ... the memory
of its tensors. The pickle calls everything by PyTorch's names, and what is loaded may name nothing
but these: a file is data, not a program.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Iterator
from types import FunctionType
from typing import Any, BinaryIO, ClassVar

import numpy

from . import dtypes
from .backend import device
from .copying import Storage, rebuild_tensor
from .size import Size


class StorageType:
    """What PyTorch calls the memory of tensors of one dtype."""

    def __init__(self, name: str, dtype: dtypes.dtype) -> None:
        self.name, self.dtype = name, dtype

    def __reduce__(self) -> str:
        return self.name


_TYPES = (
    StorageType("HalfStorage", dtypes.float16),
    StorageType("FloatStorage", dtypes.float32),
    StorageType("DoubleStorage", dtypes.float64),
    StorageType("CharStorage", dtypes.int8),
    StorageType("ShortStorage", dtypes.int16),
    StorageType("IntStorage", dtypes.int32),
    StorageType("LongStorage", dtypes.int64),
    StorageType("ByteStorage", dtypes.uint8),
    StorageType("BoolStorage", dtypes.bool),
)

# All that a file may name, by the name that it has there.
GLOBALS: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "builtins.set": set,
    "__builtin__.set": set,
    "torch.Size": Size,
    "torch.device": device,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    **{f"torch.{kind.name}": kind for kind in _TYPES},
    **{f"torch.{kind.dtype.name}": kind.dtype for kind in _TYPES},
}


def save(obj: Any, f: Any) -> None:
    """Write tensors, in any nest of dicts, lists, tuples, numbers and strings, to a path or file.

    Tensors that share memory share it in the file; a tensor that shows a part of some memory takes
    all of that along: save a clone() if that is too much. A path is replaced at once, when all is
    written. `torch.load` reads the file. Whole modules can be written too, but it is their
    state_dict() that stays readable.
    Raises RuntimeError where the folder is missing, AttributeError if `f` is no path or file.
    Source: PyTorch, torch.save.

    >>> import io
    >>> import tinygrad_np as tnp
    >>> file = io.BytesIO()
    >>> tnp.save({"epoch": 3, "w": tnp.ones(2)}, file)
    >>> start = file.seek(0)
    >>> tnp.load(file)
    {'epoch': 3, 'w': tensor([1., 1.])}
    """
    if isinstance(f, (str, os.PathLike)):
        with _replacing(os.path.realpath(f)) as file:
            save(obj, file)
        return
    if not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    pickled = io.BytesIO()
    pickler = _Pickler(pickled)
    pickler.dump(obj)
    with zipfile.ZipFile(f, "w") as archive:
        records: dict[str, Any] = {"data.pkl": pickled.getvalue(), "version": b"3\n"}
        records["byteorder"] = sys.byteorder.encode()
        for number, storage in pickler.storages.values():
            records[f"data/{number}"] = storage.array.view(numpy.uint8).data
        for name, content in records.items():
            # A ZipInfo of its own has no time: the same object gives the same file.
            archive.writestr(zipfile.ZipInfo(f"archive/{name}"), content)


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when it is complete, and leaves nothing if it fails."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    partial = f"{path}.{os.getpid()}.part"
    try:
        with open(partial, "wb") as file:
            yield file
        os.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(partial)


class _Pickler(pickle._Pickler):
    """Calls our globals by PyTorch's names, and storages by number."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, protocol=2)
        self.storages: dict[Any, tuple[str, Storage]] = {}

    def persistent_id(self, obj: Any) -> tuple[Any, ...] | None:
        if not isinstance(obj, Storage):
            return None
        number, _ = self.storages.setdefault(obj.key, (str(len(self.storages)), obj))
        kind = next(kind for kind in _TYPES if kind.dtype == obj.array.dtype)
        return "storage", kind, number, "cpu", obj.array.size

    def save_global(self, obj: Any, name: str | None = None) -> None:
        known = next((known for known, value in GLOBALS.items() if value is obj), None)
        if known is None:
            super().save_global(obj, name)  # type: ignore[misc]
            return
        module, _, name = known.rpartition(".")
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())  # type: ignore[attr-defined]
        self.memoize(obj)  # type: ignore[attr-defined]

    # The base class calls what stands in its table for functions, not what overrides it.
    dispatch: ClassVar[Any] = {**pickle._Pickler.dispatch, FunctionType: save_global}


def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what `save`, or PyTorch's `torch.save`, wrote to a path or a file that can seek.

    Tensors come to the CPU, wherever they were; `map_location` may say so. With
    `weights_only=False` a file may name any class or function, and so run any code: do that only
    with a file from a source that you trust.
    Raises pickle.UnpicklingError for a file that names what is not allowed or not there,
    RuntimeError for another format or device. Source: PyTorch, torch.load.
    """
    if isinstance(map_location, (str, device)):
        device(map_location)
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return load(file, weights_only=weights_only)
    if not hasattr(f, "seek"):
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only load from a file "
            "that is seekable. Please pre-load the data into a buffer like io.BytesIO and try to "
            "load from it instead."
        )
    if not zipfile.is_zipfile(f):
        raise RuntimeError(
            "load: this is no zip archive. A file that PyTorch wrote before version 1.6, or with "
            "_use_new_zipfile_serialization=False, has to be saved again"
        )
    with zipfile.ZipFile(f) as archive:
        return _Unpickler(archive, weights_only).load()


class _Unpickler(pickle._Unpickler):
    """Reads `data.pkl` of an archive; with `weights_only` nothing but data comes out of it."""

    def __init__(self, archive: zipfile.ZipFile, weights_only: bool) -> None:
        found = [name for name in archive.namelist() if name.endswith("data.pkl")]
        if not found:
            raise RuntimeError("load: this zip archive holds no data.pkl: PyTorch did not write it")
        self.folder = found[0].removesuffix("data.pkl")
        byteorder = f"{self.folder}byteorder"
        if byteorder in archive.namelist() and archive.read(byteorder) != sys.byteorder.encode():
            raise RuntimeError(f"load: the file is not {sys.byteorder}-endian as this machine is")
        super().__init__(io.BytesIO(archive.read(found[0])))
        self.archive, self.weights_only = archive, weights_only
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        known = f"{module}.{name}"
        if known in GLOBALS:
            return GLOBALS[known]
        if module.partition(".")[0] == "torch":
            raise pickle.UnpicklingError(f"load: tinygrad_np has nothing like {known}{_HINT}")
        if self.weights_only:
            raise pickle.UnpicklingError(
                f"Weights only load failed. Unsupported global: GLOBAL {known} was not an allowed "
                "global by default. Loading with weights_only=False can result in arbitrary code "
                "execution: do it only if you got the file from a trusted source."
            )
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> Storage:
        _, kind, number, _, size = pid
        if number not in self.storages:
            record = self.archive.getinfo(f"{self.folder}data/{number}")
            if record.file_size != size * kind.dtype.itemsize:
                raise RuntimeError(
                    f"load: expected {size} elements of {kind.dtype} in {record.filename}, "
                    f"got {record.file_size} bytes"
                )
            content = self.archive.read(record)
            self.storages[number] = Storage(numpy.frombuffer(content, kind.dtype.dtype).copy())
        return self.storages[number]

    def load_build(self) -> None:
        """Attributes are for the metadata of a state_dict: else a file could change our classes."""
        changed = type(self.stack[-2])  # type: ignore[attr-defined]
        if self.weights_only and changed is not OrderedDict:
            raise pickle.UnpicklingError(
                f"Weights only load failed. A file may not set attributes of {changed.__name__}"
            )
        super().load_build()  # type: ignore[misc]

    dispatch: ClassVar[Any] = {**pickle._Unpickler.dispatch, pickle.BUILD[0]: load_build}


_HINT = (
    ". Tensors of float16, float32, float64, bool and integers up to int64 can be loaded: convert "
    "others (bfloat16, complex, quantised) first, and save a module as its state_dict()"
)
