"""`python -m nn.data.make_embedded FOLDER` cuts the embedded subset from the original files."""

import gzip
import struct
import sys
from pathlib import Path

from .mnist import EMBEDDED, SHA256, locate, read_idx

COUNTS = {"train": 6_000, "t10k": 1_000}


def head(path: Path, count: int) -> bytes:
    """The first items of an IDX file as gzipped IDX; the same bytes each time (no time stamp)."""
    array = read_idx(path)[:count]
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 0x08, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0)


def make(source: Path, target: Path) -> None:
    for name in SHA256:
        content = head(locate(source, name), COUNTS[name.partition("-")[0]])
        (target / f"{name}.gz").write_bytes(content)


if __name__ == "__main__":
    make(Path(sys.argv[1]), EMBEDDED)
