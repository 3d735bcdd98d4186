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
    "03_lenet_mnist.py": [r"after one epoch: 0\.(8[5-9]|9)", r"lenet\.svg"],
}


def test_every_lesson_is_listed():
    assert {path.name for path in EXAMPLES.glob("*.py")} == PROMISES.keys()


@pytest.mark.parametrize("name", PROMISES)
def test_lesson(name, tmp_path):
    command = [sys.executable, "-W", "error", "-X", "utf8", EXAMPLES / name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    for promise in PROMISES[name]:
        assert re.search(promise, done.stdout)
    if "lenet.svg" in done.stdout:
        assert "features.0: Conv2d" in (tmp_path / "lenet.svg").read_text()
