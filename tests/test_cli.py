"""The command line: what it writes, what it prints, and how it answers mistakes."""

import csv
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy
import pytest

import nn
import tinygrad_np as tnp
from nn.cli import main
from nn.data.mnist import SHA256

COMMANDS = ["train", "draw", "test-op", "reproduce"]

GOOD = """
import tinygrad_np as tnp

class Cube(tnp.Op):
    '''y = x^3;   dx = 3 x^2 g'''

    def forward(self, x):
        return x * x * x

    def dx(self, g, x):
        return 3 * x * x * g

    def samples(r):
        yield tnp.Sample(r.normal(3, 4))
"""


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


@pytest.fixture
def run_train(digits, tmp_path):
    """Runs `train` on those digits with more options: (exit code, folder of the results)."""

    def run(name, *options):
        out = tmp_path / name
        return main(["train", "--data", str(digits), "--out", str(out), *options]), out

    return run


def history(folder, name="history"):
    with open(folder / f"{name}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) for name, value in row.items()} for row in rows]


def test_train_prints_a_row_per_epoch_and_saves_everything(run_train, capsys):
    code, out = run_train("run", "--epochs", "7", "--pool", "avg")
    printed = capsys.readouterr().out
    rows = history(out)
    assert code == 0
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.02] * 6 + [0.006])
    assert rows[-1]["loss"] < 0.6 * rows[0]["loss"]
    assert "300 training images" in printed
    assert f"test accuracy: {rows[-1]['test']:.4f}" in printed.splitlines()[-1]
    for row in rows:
        line = f"{row['loss']:6.4f}  {row['train']:6.4f}  {row['test']:6.4f}"
        assert line in printed
    losses = [row["loss"] for row in history(out, "losses")]
    assert [row["iteration"] for row in history(out, "losses")] == [*range(1, 7 * 5 + 1)]
    for i, row in enumerate(rows):  # 300 images are 5 batches of 64
        assert row["loss"] == pytest.approx(sum(losses[5 * i : 5 * i + 5]) / 5, rel=1e-12)
    for name in ("model.npz", "history.csv", "losses.csv", "curves.png", "graph.svg"):
        assert str(out / name) in printed
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "features.0: Conv2d" in "".join(ET.parse(out / "graph.svg").getroot().itertext())


def test_train_on_the_first_images_only_with_another_model(run_train, capsys):
    code, out = run_train("run", "--epochs", "1", "--images", "100", "--model", "LeNetv2")
    printed = capsys.readouterr().out
    assert code == 0
    assert printed.startswith(
        "LeNetv2, max pooling, conv-pool-relu, in tinygrad_np: 100 training images"
    )
    assert re.search(r"^evaluation of the training images: \d+\.\d\d s$", printed, re.M)
    assert "features.12: Conv2d" in (out / "graph.svg").read_text()


def test_the_saved_model_has_the_reported_accuracy(run_train, digits):
    _, out = run_train("run", "--epochs", "3", "--batch-size", "16")
    model = nn.models.LeNet()
    with numpy.load(out / "model.npz") as arrays:
        model.load_state_dict({name: tnp.from_numpy(array) for name, array in arrays.items()})
    train, test = (nn.data.MNIST(digits, train).data.numpy() / 255 for train in (True, False))
    images = tnp.from_numpy(((test - train.mean()) / train.std())[:, None].astype("float32"))
    right = model(images).argmax(1) == nn.data.MNIST(digits, train=False).targets
    assert right.sum().item() / 100 == history(out)[-1]["test"]


def test_the_seed_fixes_the_result(run_train):
    runs = [("a", "1"), ("b", "1"), ("c", "2")]
    options = ("--epochs", "2", "--shift", "2")
    a, b, c = (history(run_train(name, *options, "--seed", seed)[1]) for name, seed in runs)
    for row in (*a, *b, *c):
        del row["seconds"]
    assert a == b
    assert a != c


@pytest.mark.parametrize("pool", ["avg", "max"])
@pytest.mark.parametrize("model", ["LeNet", "LeNetv2"])
def test_the_twin_in_pytorch_trains_alike(run_train, capsys, pool, model):
    options = ("--epochs", "3", "--pool", pool, "--lr", "0.01", "--model", model)
    ours, twin = (
        history(run_train(name, *options, "--framework", name)[1])
        for name in ("tinygrad_np", "torch")
    )
    assert "in torch: 300 training" in capsys.readouterr().out
    for mine, theirs in zip(ours, twin, strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], rel=1e-3)
        assert mine["train"] == pytest.approx(theirs["train"], abs=0.0101)


def test_ctrl_c_saves_what_was_done(run_train, capsys, monkeypatch):
    import nn.train

    calls, accuracy = [], nn.train.accuracy

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return accuracy(*arguments)

    monkeypatch.setattr(nn.train, "accuracy", interrupted)
    code, out = run_train("run", "--epochs", "5")
    assert code == 130
    assert len(history(out)) == 1
    assert len(history(out, "losses")) == 5  # those of whole epochs
    assert {path.name for path in out.iterdir()} > {"model.npz", "curves.png", "graph.svg"}
    assert "stopped" in capsys.readouterr().out
    code, out = run_train("run", "--epochs", "5")  # before an epoch is done: the files stay
    assert code == 130
    assert len(history(out)) == 1


def test_without_matplotlib_train_says_how_to_get_it(run_train, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, out = run_train("run", "--epochs", "1")
    assert code == 0
    assert "pip install 'tinygrad-np[plot]'" in capsys.readouterr().out
    assert not (out / "curves.png").exists()


def test_the_curves_are_those_of_every_iteration_and_of_the_epochs(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    from nn.report import Row, save_curves

    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **options: drawn.extend(self.axes))
    losses, rows = [3.0, 1.0, 0.5, 0.25], [Row(1, 2, 0.6, 0.5, 1, 1), Row(2, 0.375, 0.8, 0.7, 1, 1)]
    save_curves(tmp_path / "curves.png", rows, losses)
    left, right = drawn
    assert left.lines[0].get_xydata().tolist() == [[1, 3], [2, 1], [3, 0.5], [4, 0.25]]
    values, edges, _ = left.patches[0].get_data()
    assert (values.tolist(), edges.tolist()) == ([2, 0.375], [0.5, 2.5, 4.5])
    assert right.lines[0].get_xydata().tolist() == [[1, 0.6], [2, 0.8]]
    assert right.lines[1].get_xydata().tolist() == [[1, 0.5], [2, 0.7]]


def test_images_are_shifted_as_whole(monkeypatch):
    from nn.train import shifted

    images = numpy.zeros((200, 1, 7, 7))
    images[:, :, 3, 2] = 1
    moved = shifted(images, 2, numpy.random.default_rng(0))
    places = numpy.argwhere(moved)
    assert len(places) == 200
    assert set(places[:, 2]) == {1, 2, 3, 4, 5}
    assert set(places[:, 3]) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_draw(tmp_path, capsys, suffix):
    out = tmp_path / f"graph.{suffix}"
    assert main(["draw", "--pool", "avg", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.read_bytes().startswith({"svg": b"<?xml", "png": b"\x89PNG"}[suffix])
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_test_op_on_ops_of_the_library_of_a_file_and_of_a_module(tmp_path, capsys, monkeypatch):
    (tmp_path / "my_cube.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("Mul", "my_cube.py:Cube", "my_cube:Cube"):
        assert main(["test-op", name]) == 0
        assert "is right on" in capsys.readouterr().out


def test_test_op_finds_a_wrong_rule(tmp_path, capsys):
    (tmp_path / "cube.py").write_text(GOOD.replace("3 * x * x * g", "2 * x * x * g"))
    assert main(["test-op", f"{tmp_path}/cube.py:Cube"]) == 1
    assert "Cube is wrong" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("class Cube(:", "cube.py:Cube: SyntaxError: "),
        (GOOD.replace("g, x", "g, z"), "cube.py:Cube: TypeError: "),
        (GOOD.replace("r.normal(3, 4)", "r.nothing"), "cube.py:Cube: AttributeError: "),
        ("", "cube.py has no op 'Cube'"),
        ("Cube = 3", "cube.py has no op 'Cube'"),
    ],
)
def test_a_broken_file_is_told_in_one_line(tmp_path, monkeypatch, capsys, content, message):
    (tmp_path / "cube.py").write_text(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit:
        main(["test-op", "cube.py:Cube"])
    assert exit.value.code == 2
    assert message in one_line(capsys)


def one_line(capsys):
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("\n")
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "tinygrad-np: the following arguments are required: command"),
        ("fly", "invalid choice: 'fly'"),
        ("train --epochs 0", "train: argument --epochs: expected a positive int, got '0'"),
        ("train --batch-size x", "argument --batch-size: expected a positive int, got 'x'"),
        ("train --lr nan", "argument --lr: expected a positive float, got 'nan'"),
        ("train --lr inf", "argument --lr: expected a positive float, got 'inf'"),
        ("train --seed -1", "argument --seed: expected a whole number from 0 below 2**63, got"),
        ("train --images 0", "train: argument --images: expected a positive int, got '0'"),
        ("train --pool mean", "argument --pool: invalid choice: 'mean'"),
        ("train --framework jax", "argument --framework: invalid choice: 'jax'"),
        ("train --colour red", "unrecognized arguments: --colour red"),
        ("train --data nowhere", "train: expected train-images-idx3-ubyte"),
        ("train --download", "train: --download needs a folder, --data DIR"),
        ("train --out a_file", "File exists: 'a_file'"),
        ("draw --out graph.pdf", "argument --out: expected a name in .svg or .png"),
        ("draw --out nowhere/graph.svg", "No such file or directory: 'nowhere/graph.svg'"),
        ("test-op", "test-op: the following arguments are required: op"),
        ("test-op Nothing", "test-op: Nothing: tinygrad_np has no op 'Nothing'"),
        ("test-op nowhere.py:Cube", "there is no file nowhere.py"),
        ("test-op nowhere:Cube", "No module named 'nowhere'"),
    ],
)
def test_a_mistake_is_answered_with_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "a_file").touch()
    with pytest.raises(SystemExit) as exit:
        main(arguments.split())
    assert exit.value.code == 2
    assert message in one_line(capsys)


def test_a_framework_that_is_missing_is_told_in_one_line(run_train, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SystemExit) as exit:
        run_train("run", "--framework", "torch")
    assert exit.value.code == 2
    assert "--framework torch needs PyTorch: pip install torch" in one_line(capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert f"usage: tinygrad-np {command}" in capsys.readouterr().out


def test_python_m_nn_is_the_same():
    command = [sys.executable, "-m", "nn"]
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    done = subprocess.run([*command, "fly"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
