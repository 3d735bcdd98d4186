"""A download that keeps a file only when its content is the expected one."""

import gzip
import hashlib
import os
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests
from tqdm import tqdm
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

TIMEOUT = (5, 30)  # seconds: to connect, and between two pieces of the answer
ROUNDS = 3  # how often each address is tried
PAUSE = 1.0  # seconds before the second round, twice that before the third


class DownloadError(OSError):
    """No address gave the expected content; the text says what happened at each of them."""


class ContentError(ValueError):
    """What came is not what was asked for."""


def fetch(urls: Sequence[str], path: Path, digest: str) -> None:
    """Saves at `path` the first gzip file of `urls` that has this digest.

    It is the SHA-256 of the decompressed content, or `md5:` and the MD5 of the gzip file itself.

    The addresses are tried in turn, three times over. The file takes its name in one step once
    its content is verified: whatever happens, half a file or an error page is never found there,
    and processes that download into one folder do not meet.

    Raises:
        DownloadError: no address gave that content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    failures: dict[str, Exception] = {}
    for attempt in range(ROUNDS):
        time.sleep(attempt * PAUSE)
        for url in urls:
            try:
                with partial(path) as part:
                    stream(url, part)
                    verify(part, digest)
                    part.replace(path)
                return
            except (requests.RequestException, HTTPError, ContentError) as error:
                failures[url] = error
    if all(map(no_connection, failures.values())):
        raise DownloadError(
            f"this machine seems to be offline, there is no connection to {' or '.join(urls)}"
        )
    raise DownloadError("; ".join(f"{url}: {error}" for url, error in failures.items()))


@contextmanager
def partial(path: Path) -> Iterator[Path]:
    """A name beside `path`, this call's own, under which no file remains afterwards."""
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def stream(url: str, part: Path) -> None:
    """Writes the bytes behind `url` to `part` as they come, under a progress bar."""
    headers = {"Accept-Encoding": "identity"}
    with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response:
        if not response.ok:
            raise ContentError(f"HTTP status {response.status_code}, expected 200")
        # raw: some servers declare a .gz file as a Content-Encoding, which would be undone
        body, name = response.raw, os.path.basename(url)
        bar = tqdm(desc=name, total=body.length_remaining, unit="B", unit_scale=True, disable=None)
        with bar, part.open("xb") as file:
            for chunk in body.stream(1 << 16, decode_content=False):
                bar.update(file.write(chunk))


def verify(part: Path, digest: str) -> None:
    """Raises ContentError unless the file has this digest, of which `fetch` tells."""
    if digest.startswith("md5:"):
        with part.open("rb") as file:
            actual = "md5:" + hashlib.file_digest(file, "md5").hexdigest()
        if actual != digest:
            raise ContentError(f"expected a file of {digest}, got {actual}")
        return
    try:
        with gzip.open(part) as content:
            actual = hashlib.file_digest(content, "sha256").hexdigest()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ContentError(f"expected a whole gzip file, got something else ({error})") from error
    if actual != digest:
        raise ContentError(f"expected content of SHA-256 {digest}, got {actual}")


def no_connection(error: Exception) -> bool:
    # not every requests.ConnectionError: a wrong certificate and a broken answer are some, too
    cause = getattr(next(iter(error.args), None), "reason", None)
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)
