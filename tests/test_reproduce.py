"""`tinygrad-np reproduce lenet`: both libraries train alike, and the table says what happened."""

import importlib.util
import json
import re
import struct

import pytest

import nn
from nn import reproduce
from nn.cli import main
from nn.data.mnist import SHA256
from nn.report import Row

TASK = {
    "data": "data", "images": [60_000, 10_000], "epochs": 20, "seed": 0, "threads": None,
    "libraries": ["tinygrad_np", "torch"],
    "runs": ["avg pool-relu", "avg relu-pool", "max pool-relu", "max relu-pool"], "versions": [],
}  # fmt: skip


@pytest.fixture
def digits(tmp_path):
    """A folder of MNIST files with 300 training and 100 test images of the embedded ones."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for name in SHA256:
        split = nn.data.MNIST(train=name.startswith("train"))
        array = (split.data if "images" in name else split.targets).numpy().astype("u1")
        array = array[: 300 if split.train else 100]
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        (folder / name).write_bytes(header + array.tobytes())
    return folder


def results(seconds, inference, train=0.5, test=0.25):
    rows = [vars(Row(n, 1.0, 0.1 * n, 0.1, 0.02, seconds / 2)) for n in (1, 2)]
    rows[-1] |= {"train": train, "test": test}
    return {"version": "2.0", "threads": 3, "rows": rows, "inference": inference}


def cells(table):
    """By first cell, the others."""
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:1] == "|"]
    return {first: others for first, *others in lines}


def test_both_libraries_train_alike_and_the_table_has_their_figures(digits, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--data", str(digits), "--epochs", "2", "--pools", "avg", "--orders", "relu-pool"]
    assert main(["reproduce", "lenet", *options, "--threads", "1", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    (run,) = json.loads((out / "results.json").read_text())["runs"].values()
    ours, theirs = run["tinygrad_np"], run["torch"]
    assert len(ours["rows"]) == 2
    assert ours["rows"][1]["loss"] < ours["rows"][0]["loss"]
    for mine, other in zip(ours["rows"], theirs["rows"], strict=True):
        assert mine["loss"] == pytest.approx(other["loss"], rel=1e-3)
        assert mine["train"] == pytest.approx(other["train"], abs=0.0101)
    progress = [line.split()[:2] for line in printed.splitlines() if re.match(r"\S+ +\d ", line)]
    assert progress == [[name, n] for n in "12" for name in ("tinygrad_np", "torch")]
    assert f"tinygrad_np {Row(**ours['rows'][1])}" in printed
    assert (ours["threads"], theirs["threads"]) == (1, 1)
    table = (out / "table.md").read_text()
    assert table in printed
    assert "300 training and 100 test images, 2 epochs. Not comparable" in table
    row = cells(table)["avg, relu → pool"]
    assert row[:2] == ["–", "0.9997 / 0.9922; 78.4 / 0.891"]
    assert row[2].startswith(f"{ours['rows'][1]['train']:.4f} / {ours['rows'][1]['test']:.4f}; ")
    assert row[3].startswith(f"{theirs['rows'][1]['train']:.4f} / ")
    assert row[4].endswith(f" / {ours['inference'] / theirs['inference']:.2f}")


def test_without_torch_the_run_is_ours_alone_on_the_embedded_subset(tmp_path, monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "torch" else find(n))
    monkeypatch.chdir(tmp_path)  # it has no folder data
    monkeypatch.setattr(reproduce, "Trainer", FakeTrainer)
    assert main(["reproduce", "lenet", "--epochs", "1", "--pools", "max"]) == 0
    printed = capsys.readouterr().out
    assert "The full data set is not there: this is the embedded subset" in printed
    assert "PyTorch did not run beside it" in printed
    table = cells((tmp_path / "runs/reproduce/table.md").read_text())
    assert table["pooling, order"][2] == "tinygrad_np, 6,000 images, 1 ep."
    for order in ("pool → relu", "relu → pool"):
        assert table[f"max, {order}"][2:] == ["0.5000 / 0.2500; 8.0 / 0.125", "–", "–"]


class FakeTrainer:
    """Answers at once; `asked` are the questions to all of them, `stop` raises at one of them."""

    asked, stop = [], None

    def __init__(self, task, library, pool, order):
        self.run = f"{library} {pool} {order}"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def read(self):
        return {"version": "2.0", "threads": 3}

    def ask(self, question):
        type(self).asked = [*self.asked, f"{self.run} {question}"]
        if self.asked[-1] == self.stop:
            raise KeyboardInterrupt
        return 0.125 if question == "inference" else vars(Row(1, 1.0, 0.5, 0.25, 0.02, 8.0))


@pytest.mark.parametrize("question", ["epoch", "inference"])
def test_a_stopped_run_goes_on_where_it_was(tmp_path, monkeypatch, capsys, question):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reproduce, "Trainer", FakeTrainer)
    monkeypatch.setattr(FakeTrainer, "asked", [])
    monkeypatch.setattr(FakeTrainer, "stop", f"torch max pool-relu {question}")
    command = ["reproduce", "lenet", "--epochs", "1", "--orders", "pool-relu", "--out", "out"]
    assert main(command) == 130
    assert "stopped; the same command goes on" in capsys.readouterr().out
    assert cells((tmp_path / "out/table.md").read_text())["max, pool → relu"][2:] == ["–"] * 3
    monkeypatch.setattr(FakeTrainer, "stop", None)
    monkeypatch.setattr(FakeTrainer, "asked", [])
    assert main(command) == 0
    assert "avg, pool → relu: done before" in capsys.readouterr().out
    assert {asked.split()[1] for asked in FakeTrainer.asked} == {"max"}
    assert len(cells((tmp_path / "out/table.md").read_text())) == 4
    assert main(command) == 0  # it was finished: all anew
    assert {asked.split()[1] for asked in FakeTrainer.asked} == {"avg", "max"}
    monkeypatch.setattr(FakeTrainer, "stop", f"torch max pool-relu {question}")
    assert main(command) == 130
    monkeypatch.setattr(FakeTrainer, "asked", [])
    assert main([*command, "--seed", "1"]) == 130  # another task: all anew
    assert FakeTrainer.asked[0] == "tinygrad_np avg pool-relu epoch"


def test_the_table_of_the_published_task():
    run = {"tinygrad_np": results(60.0, 0.5), "torch": results(80.0, 0.4, 0.75, 0.625)}
    text = reproduce.table(TASK, {"avg pool-relu": run})
    numpy_max, torch_max = "0.9994 / 0.9893; 2058.3 / 14.666", "0.9997 / 0.9885; 78.4 / 0.891"
    assert cells(text) == {
        "pooling, order": [
            "published NumPy", "published PyTorch", "tinygrad_np", "PyTorch 2.0", "time, ratio"
        ],
        "---": ["---"] * 5,
        "avg, pool → relu": [
            "0.9998 / 0.9911; 2058.3 / 14.666", "–",
            "0.5000 / 0.2500; 60.0 / 0.500", "0.7500 / 0.6250; 80.0 / 0.400", "0.75 / 1.25",
        ],
        "avg, relu → pool": ["–", "0.9997 / 0.9922; 78.4 / 0.891", "–", "–", "–"],
        "max, pool → relu": [numpy_max, torch_max, "–", "–", "–"],
        "max, relu → pool": [numpy_max, torch_max, "–", "–", "–"],
    }  # fmt: skip
    assert "Threads: 3 in tinygrad_np, 3 in torch." in text
    assert "comparable" not in reproduce.caption(TASK)


def test_a_process_that_ends_is_told():
    with (
        reproduce.Trainer(
            {**TASK, "data": "nowhere"}, "tinygrad_np", "max", "pool-relu"
        ) as trainer,
        pytest.raises(ChildProcessError, match="the process that trains in tinygrad_np ended"),
    ):
        trainer.read()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "reproduce: the following arguments are required: network"),
        ("resnet", "argument network: invalid choice: 'resnet'"),
        ("lenet --pools avg mean", "argument --pools: invalid choice: 'mean'"),
        ("lenet --pools", "argument --pools: expected at least one argument"),
        ("lenet --orders relu", "argument --orders: invalid choice: 'relu'"),
        ("lenet --epochs 0", "argument --epochs: expected a positive int, got '0'"),
        ("lenet --threads two", "argument --threads: expected a positive int, got 'two'"),
        ("lenet --data nowhere", "reproduce: expected train-images-idx3-ubyte"),
        ("lenet --out a_file", "File exists: 'a_file'"),
    ],
)
def test_a_mistake_is_answered_with_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    with pytest.raises(SystemExit) as exit:
        main(["reproduce", *arguments.split()])
    printed = capsys.readouterr()
    assert exit.value.code == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert message in printed.err


def test_the_readme_has_the_published_figures():
    text = (reproduce.Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    _, table, _ = text.split("<!-- reproduce lenet -->")
    for run in TASK["runs"]:
        pool, order = run.split()
        published = [reproduce.figures(name, pool, order) for name in ("NumPy", "PyTorch")]
        assert cells(table)[f"{pool}, {reproduce.ARROWS[order]}"][:2] == published
