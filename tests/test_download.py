"""A download against a local server that fails in each way a server can."""

import gzip
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tqdm import tqdm

from nn.data import download, mnist
from nn.data.download import DownloadError, fetch
from nn.data.mnist import EMBEDDED, MNIST

ORIGINAL = Path(__file__).resolve().parents[2] / "shared" / "mnist"
CONTENT = b"what was asked for" * 20_000
SHA = hashlib.sha256(CONTENT).hexdigest()
NAMES = {f"{name}.gz" for name in mnist.SHA256}


class Server(ThreadingHTTPServer):
    """Serves /MODE/FILE; the mode says how it goes wrong. `asked` are the paths so far."""

    daemon_threads = True

    def __init__(self, files, watched):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.watched, self.asked = files, watched, []
        self.released = threading.Event()

    def __call__(self, mode):
        return f"http://127.0.0.1:{self.server_port}/{mode}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        _, mode, name = self.path.split("/")
        self.body = self.server.files(name)
        getattr(self, mode)()

    def answer(self, body, *, status=200, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def good(self):
        self.answer(self.body)

    def declared(self):
        self.answer(self.body, Content_Encoding="gzip")

    def missing(self):
        self.answer(b"<html>not here</html>", status=404)

    def busy_once(self):
        if len(self.server.asked) == 1:
            self.answer(b"", status=503)
        else:
            self.good()

    def error_page(self):
        self.answer(b"<html>please log in</html>")

    def half(self):
        self.answer(self.body[: len(self.body) // 2], length=len(self.body))

    def short(self):
        self.answer(self.body[: len(self.body) // 2])

    def trailing(self):
        self.answer(self.body + b"more")

    def other(self):
        self.answer(gzip.compress(CONTENT[1:]))

    def silent(self):
        self.server.released.wait(5)

    def stalled(self):
        self.answer(self.body[:100], length=len(self.body))
        self.server.released.wait(5)

    def hung_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def interrupted(self):
        """Ctrl-C while the file is half written."""
        self.answer(self.body[:100], length=len(self.body))
        while not list(self.server.watched.glob("*.part")):
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)
        self.server.released.wait(5)


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "TIMEOUT", (5, 1))
    monkeypatch.setattr(download, "PAUSE", 0.01)
    with Server(lambda name: gzip.compress(CONTENT), tmp_path) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.released.set()
        server.shutdown()


@pytest.mark.parametrize("mode", ["good", "declared", "busy_once"])
def test_a_download_keeps_the_file(server, tmp_path, mode):
    fetch([f"{server(mode)}/file.gz"], tmp_path / "new" / "file.gz", SHA)
    assert gzip.decompress((tmp_path / "new" / "file.gz").read_bytes()) == CONTENT
    assert len(list((tmp_path / "new").iterdir())) == 1


FAILURES = {
    "missing": "HTTP status 404, expected 200",
    "error_page": r"expected a whole gzip file, got something else \(Not a gzipped file",
    "half": "IncompleteRead",
    "short": r"expected a whole gzip file, got something else \(Compressed file ended",
    "trailing": r"expected a whole gzip file, got something else \(Not a gzipped file",
    "other": rf"expected content of SHA-256 {SHA}, got {hashlib.sha256(CONTENT[1:]).hexdigest()}",
    "silent": "Read timed out",
    "stalled": "Read timed out",
    "hung_up": "Connection aborted",
}


@pytest.mark.parametrize("mode", FAILURES)
def test_a_bad_answer_leaves_no_file_and_the_next_mirror_is_asked(server, tmp_path, mode):
    path, bad = tmp_path / "file.gz", f"{server(mode)}/file.gz"
    with pytest.raises(DownloadError, match=f"^{bad}: .*{FAILURES[mode]}"):
        fetch([bad], path, SHA)
    assert list(tmp_path.iterdir()) == []
    assert server.asked == [f"/{mode}/file.gz"] * 3
    fetch([bad, f"{server('good')}/file.gz"], path, SHA)
    assert [file.name for file in tmp_path.iterdir()] == ["file.gz"]
    assert server.asked[3:] == [f"/{mode}/file.gz", "/good/file.gz"]


def test_a_bad_answer_leaves_the_file_that_was_there(server, tmp_path):
    (tmp_path / "file.gz").write_bytes(b"mine")
    with pytest.raises(DownloadError):
        fetch([f"{server('other')}/file.gz"], tmp_path / "file.gz", SHA)
    assert (tmp_path / "file.gz").read_bytes() == b"mine"


def test_an_interrupt_leaves_no_file(server, tmp_path):
    # What a shell starts in the background ignores Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            fetch([f"{server('interrupted')}/file.gz"], tmp_path / "file.gz", SHA)
    finally:
        signal.signal(signal.SIGINT, before)
    assert list(tmp_path.iterdir()) == []


def test_the_progress_bar_counts_to_the_end(server, tmp_path, monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(
        download, "tqdm", lambda **kw: tqdm(**{**kw, "disable": False}, file=screen)
    )
    fetch([f"{server('good')}/file.gz"], tmp_path / "file.gz", SHA)
    assert "file.gz: 100%" in screen.getvalue()


def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_offline_says_so_in_one_sentence_with_the_other_sources(server, tmp_path, monkeypatch):
    mirror = closed_port()
    monkeypatch.setenv("TINYGRAD_NP_MNIST_MIRRORS", f"{mirror}/a {mirror}/b/")
    with pytest.raises(DownloadError) as raised:
        MNIST(tmp_path / "data", download=True)
    file = "train-images-idx3-ubyte.gz"
    assert str(raised.value) == (
        "cannot download MNIST: this machine seems to be offline, there is no connection to "
        f"{mirror}/a/{file} or {mirror}/b/{file}; use MNIST() for the embedded subset "
        "or MNIST(root) with a folder that holds the four files"
    )
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.fixture
def whole(server, monkeypatch):
    """The server with the four original files, or the embedded ones in their place."""
    source = ORIGINAL if ORIGINAL.is_dir() else EMBEDDED
    server.files = lambda name: (source / name).read_bytes()
    monkeypatch.setattr(download, "TIMEOUT", (5, 5))
    monkeypatch.setenv("TINYGRAD_NP_MNIST_MIRRORS", f"{server('missing')} {server('good')}")
    for name in mnist.SHA256 if source is EMBEDDED else ():
        content = gzip.decompress((source / f"{name}.gz").read_bytes())
        monkeypatch.setitem(mnist.SHA256, name, hashlib.sha256(content).hexdigest())
    return server


def test_the_whole_mnist_is_downloaded_once(whole, tmp_path):
    digits = MNIST(tmp_path, download=True)
    assert {file.name for file in (tmp_path / "MNIST" / "raw").iterdir()} == NAMES
    assert len(whole.asked) == 8
    assert len(MNIST(tmp_path, train=False, download=True)) in (1000, 10000)
    assert len(whole.asked) == 8  # no file twice
    if len(digits) == 60000:  # published mean and deviation
        pixels = digits.data.numpy() / 255
        assert (round(pixels.mean(), 4), round(pixels.std(), 4)) == (0.1307, 0.3081)


def test_two_processes_download_into_one_folder(whole, tmp_path):
    code = (
        "import sys, json; from nn.data import mnist; mnist.SHA256.update(json.loads(sys.argv[2]));"
        "print(len(mnist.MNIST(sys.argv[1], train=False, download=True)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path), json.dumps(mnist.SHA256)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0] in ("1000", "10000")
    assert {file.name for file in (tmp_path / "MNIST" / "raw").iterdir()} == NAMES
