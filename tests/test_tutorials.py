"""Scripts written for torch print the same losses here, unchanged and with other imports."""

import contextlib
import io
import re
import runpy
import sys
from pathlib import Path

import pytest
import torch

import tinygrad_np as tnp

SCRIPTS = sorted((Path(__file__).parents[1] / "examples" / "tutorials").glob("*.py"))
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}


def losses(path, dtype, monkeypatch):
    """The numbers that a script prints, one a line."""
    monkeypatch.setattr(sys, "argv", [str(path), dtype])
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(str(path), run_name="__main__")
    return [float(line) for line in out.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def _one_thread_and_float32_afterwards():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    for lib in (torch, tnp):
        lib.set_default_dtype(lib.float32)


def test_the_scripts_are_found():
    assert len(SCRIPTS) == 12


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_losses_are_those_of_torch(path, dtype, monkeypatch):
    theirs = losses(path, dtype, monkeypatch)
    with tnp.as_torch():
        ours = losses(path, dtype, monkeypatch)
    assert len(theirs) >= 20
    assert ours == pytest.approx(theirs, rel=0, abs=TOLERANCES[dtype])


def renamed(script):
    """The script with our name in its import lines."""
    script = re.sub(r"^import torch$", "import tinygrad_np as torch", script, flags=re.M)
    return re.sub(r"^(import|from) torch\b", r"\1 tinygrad_np", script, flags=re.M)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_losses_stay_when_the_imports_are_renamed(path, monkeypatch, tmp_path):
    ours = tmp_path / path.name
    ours.write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
    theirs = losses(path, "float64", monkeypatch)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "torch", None)  # to import it is an error
        found = losses(ours, "float64", monkeypatch)
    assert found == pytest.approx(theirs, rel=0, abs=1e-9)
