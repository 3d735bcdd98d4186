"""The lessons run, and say what they promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PROMISES = {  # patterns of what each prints
    "01_autograd.py": [
        r"dy/dx = 14\.0",
        r"/dx² = 12\.0",
        r"fitted (2\.9|3\.0)\d x \+ -(0\.9|1\.0)",
    ],
    "02_your_own_op.py": [r"Gaussian is right on 2 samples", r"Wrong is wrong, 2 faults"],
    "04_bias_and_padding.py": [
        r"same output: True\nsame weight gradient: True\nlast column is the bias gradient: True",
        r"28 +5 +1 -> 2\n +28 +3 +1 -> 1\n +28 +4 +1 -> None\n",
        r"\[1, 1, 28, 28\]",
    ],
    "mnist.py flat --epochs 10 --lr 0.1": [
        r"Time:  \dm +\d+s  Epoch:   1/10  Mini-batch:    2/10  Size: 665  CCE: 2\.\d+  CE: 0\.",
        r"\nTest set: 350 images  CCE: 0\.\d+  CE: 0\.(0|1)\d+\n$",
    ],
    "three_recipes.py digits_mlp": [
        r"1\.weight +\[50, 64\] +100 of 3200 +0 ",
        r"digits_mlp  epoch 25/25  loss 0\.1\d+  training error 0\.0[1-4]\d+\n",
        r"digits_mlp  1347 images  duration [\d.]+ s  test error 0\.0[1-5]\d+\n",
    ],
    "three_recipes.py mnist_mlp": [r"6000 images  duration [\d.]+ s  test error 0\.1[0-4]\d+\n"],
    "three_recipes.py mnist_cnn": [r"3000 images  duration [\d.]+ s  test error 0\.0[5-9]\d+\n"],
    "03_lenet_mnist.py": [r"after one epoch: 0\.(8[5-9]|9)", r"lenet\.svg"],
}


def test_every_lesson_is_listed():
    elsewhere = {"digits.py"}  # in test_digits.py
    assert {path.name for path in EXAMPLES.glob("*.py")} == {
        *(name.split()[0] for name in PROMISES),
        *elsewhere,
    }


@pytest.mark.parametrize("name", PROMISES)
def test_lesson(name, tmp_path):
    script, *arguments = name.split()
    command = [sys.executable, "-W", "error", "-X", "utf8", EXAMPLES / script, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    for promise in PROMISES[name]:
        assert re.search(promise, done.stdout)
    if "lenet.svg" in done.stdout:
        assert "features.0: Conv2d" in (tmp_path / "lenet.svg").read_text()


def mnist(tmp_path, *arguments):
    """Run mnist.py: exit code, what it prints (each \\r as it is), what it says of mistakes."""
    command = [sys.executable, "-W", "error", EXAMPLES / "mnist.py", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_mnist_prints_the_same_with_every_algorithm(tmp_path):
    printed = []
    for algorithm in ("naive", "stride_groups", "im2col"):
        code, out, _ = mnist(tmp_path, "cnn", algorithm, "--images", "6", "--epochs", "1")
        assert code == 0
        assert out.count("\r") == 5  # the line is written anew for each mini-batch
        numbers = re.findall(r"CCE: ([\d.]+)  CE: ([\d.]+)", out)
        assert len(numbers) == 6  # 5 mini-batches of one image, and the test
        printed.append([float(number) for pair in numbers for number in pair])
    assert printed[1] == pytest.approx(printed[0], abs=2e-4)
    assert printed[2] == pytest.approx(printed[0], abs=2e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "the following arguments are required: network"),
        ("dense", "argument network: invalid choice: 'dense'"),
        ("cnn sg", "argument algorithm: invalid choice: 'sg'"),
        ("flat im2col", "a flat network has no convolution, so nothing to do for im2col"),
        ("flat --images 1", "--images: expected 2 or more, got 1"),
        ("flat --epochs 0", "--epochs: expected a positive number, got 0"),
        ("flat --lr -1", "--lr: expected a positive number, got -1"),
        ("flat --data nowhere", "expected train-images-idx3-ubyte or"),
    ],
)
def test_mnist_explains_wrong_arguments(arguments, message, tmp_path):
    code, out, errors = mnist(tmp_path, *arguments.split())
    assert (code, out) == (2, "")
    assert "usage: mnist.py" in errors
    assert message in errors
