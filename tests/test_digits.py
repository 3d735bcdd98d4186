"""The embedded 8x8 digits, and the notebook about them: its numbers, and its page in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from test_notebook_tables import NUMPY_NETWORK, PYTORCH_NETWORK

import tinygrad_np as tnp
from nn.data import DataLoader, Digits
from nn.data.mnist import EMBEDDED

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "examples" / "digits.py"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


def test_the_digits_are_those_of_scikit_learn():
    (images, labels), (more, others) = Digits()[:], Digits(train=False)[:]
    assert (tuple(images.shape), tuple(more.shape)) == ((1347, 1, 8, 8), (450, 1, 8, 8))
    assert (images.dtype, labels.dtype) == (tnp.float32, tnp.int64)
    levels = np.concatenate([images.numpy(), more.numpy()]) * 16
    assert np.unique(levels).tolist() == list(range(17))
    assert levels.sum() == 561718  # as load_digits().data.sum(), and its class counts
    counts = [np.bincount(y.numpy()) for y in (labels, others)]
    assert sum(counts).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.abs(counts[1] - sum(counts) / 4).max() <= 1  # every class in the same share
    first = np.array([0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0])  # load_digits().data[0]
    assert ((levels[:, 0, :2].reshape(-1, 16) == first).all(1)).sum() == 1


def test_no_image_is_in_both_parts():
    with np.load(EMBEDDED / "digits.npz") as file:
        parts = [file["train_index"], file["test_index"]]
        assert sorted(np.concatenate(parts).tolist()) == list(range(len(file["images"])))
    assert [part[:3].tolist() for part in parts] == [[730, 1590, 313], [363, 1516, 1379]]


def test_an_item_a_batch_and_the_default_dtype():
    image, label = Digits()[-1]
    assert (tuple(image.shape), tuple(label.shape)) == ((1, 8, 8), ())
    images, labels = next(iter(DataLoader(Digits(train=False), batch_size=64)))
    assert (tuple(images.shape), tuple(labels.shape)) == ((64, 1, 8, 8), (64,))
    tnp.set_default_dtype(tnp.float64)
    try:
        assert (Digits()[:][0].numpy() == Digits()[:][0].float().numpy()).all()
        assert Digits()[0][0].dtype == tnp.float64
    finally:
        tnp.set_default_dtype(tnp.float32)


def test_the_digits_come_with_their_licence():
    licence = (EMBEDDED / "LICENSE").read_text()
    for words in ("Alpaydin", "Kaynak", "doi.org/10.24432/C50P49", "scikit-learn", "CC BY 4.0"):
        assert words in licence


def cells():
    """Pairs of a cell's first line and the rest of it."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert text.startswith("# %%")
    return re.findall(r"^(# %%.*)\n((?:(?!# %%).*\n)*)", text, re.M)


def test_the_notebook_is_made_of_cells():
    kinds = ["[markdown]" in head for head, _ in cells()]
    assert kinds.count(True) >= 12
    assert kinds.count(False) >= 12
    for (head, body), markdown in zip(cells(), kinds, strict=True):
        if markdown:
            assert all(line.startswith("#") for line in body.split("\n") if line), head
        else:
            compile(body, head, "exec")  # a cell can be run on its own


def run(folder, *command):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-W", "error", "-X", "utf8", *command)
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """What the notebook prints, and its page."""
    folder = tmp_path_factory.mktemp("notebook")
    done = run(folder, NOTEBOOK)
    assert done.returncode == 0, done.stderr
    return done.stdout, (folder / "runs/digits/report.html").read_text(encoding="utf-8")


def tables(printed):
    """The rows below each head, by the line above it."""
    found = re.findall(r"^(.*)\nepoch   loss train  test\n((?: +\d.*\n)+)", printed, re.M)
    return {name: re.sub(r"^ +", "", rows, flags=re.M).splitlines() for name, rows in found}


def test_the_notebook_gives_the_published_tables(notebook):
    printed, page = notebook
    found = tables(printed)
    for name, published in (
        ("plain network, SGD", NUMPY_NETWORK),
        ("twin, Adam", PYTORCH_NETWORK),
    ):
        rows = [line.split() for line in published.strip("\n").splitlines()]
        assert [line.split() for line in found[name]] == rows
        for row in rows:
            assert "<tr>" + "".join(f"<td>{number}</td>" for number in row) in page
    assert printed.count("30 of 30 numbers as published") == 2
    assert page.count("<p>30 of 30 numbers as published.</p>") == 2
    assert "plain network: 13 of 450 test images wrong" in printed  # 1 - 0.971, 1 - 0.944
    assert "twin: 25 of 450 test images wrong" in printed


def test_the_exercises_learn(notebook):
    found = tables(notebook[0])
    for name in ("three convolutions", "stride instead of pooling"):
        assert len(found[name]) == 10
        assert max(float(line.split()[-1]) for line in found[name]) > 0.95


def test_the_gradient_check_of_the_notebook(notebook):
    errors = re.findall(r"^\d,\d,\d,\d +\S+ +\S+ +(\S+)$", notebook[0], re.M)
    assert len(errors) == 10
    assert max(map(float, errors)) < 1e-6


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_one_file(notebook):
    tags = Page(notebook[1]).tags
    assert not [tag for tag, _ in tags if tag in ("script", "link", "iframe", "object")]
    images = [attrs for tag, attrs in tags if tag == "img"]
    assert [image["alt"] for image in images] == [
        "Training images and their labels",
        "Sobel's edge filters",
        "Parameters of a layer from 64 to 512 numbers",
        "Kernels",
        "A test image, its grey levels stretched, and its maps after convolution and relu",
        "plain network: confusion matrix",
        "plain network: the 13 test images that it gets wrong",
        "Plain network and twin",
        "twin: confusion matrix",
        "twin: the 25 test images that it gets wrong",
        "Variants of the plain network",
        "After the second convolution and relu",
    ]
    assert all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert not re.search(r"""url\(|@import|https?://""", notebook[1])


LOOK = """<script>addEventListener('load', () => document.title = JSON.stringify({
  images: [...document.images].map(i => [i.naturalWidth, i.clientWidth]),
  headings: [...document.querySelectorAll('h2')].map(h => h.innerText),
  rows: document.querySelectorAll('table tr').length,
  width: [document.documentElement.scrollWidth, innerWidth] }))</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to open the page")
@pytest.mark.parametrize("width", [1100, 600])
def test_chromium_shows_the_page(notebook, tmp_path, width):
    page = tmp_path / "report.html"
    page.write_text(notebook[1].replace("</body>", LOOK), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    options += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900"]
    command = [CHROMIUM, *options, "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    seen = json.loads(re.search(r"<title>(.*?)</title>", done.stdout)[1])
    assert len(seen["images"]) == 12
    assert all(natural >= 1200 and shown > 400 for natural, shown in seen["images"])
    assert len(seen["headings"]) == 11
    assert seen["rows"] == 22
    assert seen["width"][0] <= seen["width"][1], "nothing sticks out"


def test_without_matplotlib_the_notebook_says_what_to_install(tmp_path):
    code = "import runpy, sys; sys.modules['matplotlib'] = None; runpy.run_path(sys.argv[1])"
    done = run(tmp_path, "-c", code, NOTEBOOK)
    assert done.returncode == 1
    assert done.stderr == ("this notebook draws with matplotlib: pip install 'tinygrad-np[plot]'\n")
