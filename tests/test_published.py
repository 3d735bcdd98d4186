"""examples/PUBLISHED.md: every row of the published systems is there, and what shows it runs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from test_digits import NOTEBOOK
from test_examples import PROMISES

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "examples" / "PUBLISHED.md").read_text(encoding="utf-8")
SYSTEMS = {"A": 21, "B": 18, "C": 8, "D": 16, "E": 22}  # rows: A1 to A21, and so on
ROWS = [f"{system}{i}" for system, count in SYSTEMS.items() for i in range(1, count + 1)]

# cells of the table, and what stands in backticks in the last of them
CELLS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.startswith("|")]
TABLE = [cells for cells in CELLS if cells[0] != "row" and set(cells[0]) != {"-"}]
ENTRIES = {cells[0]: re.findall(r"`([^`]+)`", cells[-1]) for cells in TABLE}
NAMESPACE = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]

ELSEWHERE = {f"python examples/{name}" for name in (*PROMISES, NOTEBOOK.name)}


def kind(entry):
    if entry.startswith(("python examples/", "tinygrad-np ")):
        return "command"
    if re.fullmatch(r"tests/\w+\.py::\w+", entry):
        return "test"
    if re.fullmatch(r"[\w./]+(\.py|\.md|/)", entry):
        return "path"
    return "python"


def entries(of):
    """Each once, under the name of the row that has it first and its place there."""
    found = {}
    for row, inside in ENTRIES.items():
        for i, entry in enumerate(inside, 1):
            if kind(entry) == of:
                found.setdefault(entry, f"{row}-{i}")
    return found


def each(of):
    chosen = {entry: name for entry, name in entries(of).items() if entry not in ELSEWHERE}
    return pytest.mark.parametrize(of, chosen, ids=chosen.values())


def test_every_row_is_there_once_and_shown():
    assert [cells[0] for cells in TABLE] == ROWS
    assert {len(cells) for cells in TABLE} == {3}
    for row, found in ENTRIES.items():
        assert {kind(entry) for entry in found} & {"command", "python", "test"}, row


def test_nothing_is_put_off():
    for cells in TABLE:
        assert all(cells)
        assert not re.search(r"\bto[ -]?do\b|\blater\b|\bto be\b|\bmissing here\b", cells[-1], re.I)


@each("command")
def test_command(command, tmp_path):
    program, *arguments = shlex.split(command)
    start = [ROOT / arguments.pop(0)] if program == "python" else ["-m", "nn"]
    done = subprocess.run(
        [sys.executable, "-W", "error", *start, *arguments],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


@each("python")
def test_python(python, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(NAMESPACE, names)
    try:
        expression = compile(python, "PUBLISHED.md", "eval")
    except SyntaxError:
        exec(python, names)
    else:
        assert eval(expression, names) is not False


def test_the_tests_are_collected():
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *entries("test")], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout
    for test in entries("test"):
        assert re.search(rf"^{test}(\[|$)", done.stdout, re.M)


def test_the_files_exist():
    assert len(entries("path")) > 5
    for path in entries("path"):
        assert (ROOT / path).exists(), path


def test_the_notebook_has_the_named_parts():
    named = re.findall(r'"([A-Z][\w ]+)"', " ".join(c[-1] for c in TABLE if c[0].startswith("D")))
    assert len(named) == 5
    for name in named:
        assert re.search(rf'^# ## {name}$|"{name}"', NOTEBOOK.read_text(encoding="utf-8"), re.M)
