"""The wheel: what is in it, and that it trains far from the checkout."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from nn.data.mnist import EMBEDDED, SHA256

CHECKOUT = Path(__file__).resolve().parents[1]


def run(*command, cwd, env=None):
    """The output of a command that has to succeed."""
    done = subprocess.run(command, cwd=cwd, env=env, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=CHECKOUT)
    (path,) = folder.iterdir()
    return path


def test_the_wheel_holds_the_two_packages_and_the_digits(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        about = Parser().parsestr(archive.read(metadata).decode())
        for path in EMBEDDED.iterdir():
            assert archive.read(f"nn/data/embedded/{path.name}") == path.read_bytes()
    info = metadata.rpartition("/")[0]
    assert {name.partition("/")[0] for name in names} == {"tinygrad_np", "nn", info}
    files = {"LICENSE", "digits.npz", *(f"{name}.gz" for name in SHA256)}
    assert {path.name for path in EMBEDDED.iterdir()} == files
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/nn/data/embedded/LICENSE"} <= names
    assert {"tinygrad_np/py.typed", "nn/py.typed"} <= names  # a user's type checker reads them
    assert not [name for name in names if "__pycache__" in name or "test" in name]
    assert wheel.stat().st_size < 2_000_000
    assert (about["Name"], about["Requires-Python"]) == ("tinygrad-np", ">=3.11")
    assert about["License-Expression"] == "MIT AND CC-BY-SA-3.0 AND CC-BY-4.0"


def test_the_wheel_trains_in_a_clean_environment(wheel, tmp_path):
    python, away = tmp_path / "env" / "bin" / "python", tmp_path / "away"
    away.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env", cwd=away)
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, f"{wheel}[plot]", cwd=away)

    # no module, setting or command of this environment, and no dot, as when it is not activated
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "MPLBACKEND"}
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    env["PATH"] = str(away)
    where = "import nn, tinygrad_np; print(nn.__file__, tinygrad_np.__file__, sep='\\n')"
    for file in run(python, "-c", where, cwd=away, env=env).split():
        assert Path(file).is_relative_to(tmp_path / "env")

    command = python.parent / "tinygrad-np"
    output = run(command, "train", "--epochs", "1", "--out", away / "out", cwd=away, env=env)
    assert "test accuracy" in output
    made = {path.suffix for path in (away / "out").rglob("*") if path.stat().st_size}
    assert {".png", ".svg"} < made, "curves, the graph, and the model beside them"
