"""Who may import whom, and how long things may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGINE = sorted((ROOT / "tinygrad_np").rglob("*.py"))
NN = sorted((ROOT / "nn").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """The absolute names of all modules and names that a file imports, wherever it does."""
    package = path.relative_to(ROOT).with_suffix("").parts
    package = package if path.name != "__init__.py" else (*package[:-1], "__init__")
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            base += [node.module] if node.module else []
            found |= {".".join([*base, name.name]) for name in node.names}
    return found


def offences(paths, forbidden) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in imports(path)
        if any(name == f or name.startswith(f + ".") for f in forbidden)
    ]


def test_the_files_are_found():
    assert len(ENGINE) > 40
    assert len(NN) > 20
    assert "tinygrad_np.op.Op" in imports(ROOT / "tinygrad_np" / "ops" / "conv.py")


def test_the_engine_stands_alone():
    assert offences(ENGINE, ["nn", "torch"]) == []


def test_algorithms_know_arrays_only():
    folder = ROOT / "tinygrad_np" / "conv_algorithms"
    known = {"tinygrad_np.layout", "tinygrad_np.threads", "tinygrad_np.conv_algorithms"}
    known |= {"tinygrad_np.compilable", "tinygrad_np.allocation", "tinygrad_np.blas"}
    for path in [*folder.glob("*.py"), ROOT / "tinygrad_np" / "layout.py"]:
        inside = {name for name in imports(path) if name.startswith("tinygrad_np")}
        assert all(any(name.startswith(k) for k in known) for name in inside), path


def test_the_core_does_not_know_the_ops():
    core = [ROOT / "tinygrad_np" / f"{name}.py" for name in ("op", "graph", "engine", "tensor")]
    assert offences(core, ["tinygrad_np.ops", "tinygrad_np.gradcheck", "tinygrad_np.draw"]) == []


def test_pictures_read_the_graph_only():
    allowed = ("errors.line_of", "graph.", "tensor.")
    inside = {n for n in imports(ROOT / "tinygrad_np" / "draw.py") if n.startswith("tinygrad_np")}
    assert all(name.removeprefix("tinygrad_np.").startswith(allowed) for name in inside)


def test_nn_uses_public_names_of_the_engine_only():
    import tinygrad_np

    for path in NN:
        for name in imports(path):
            if name.startswith("tinygrad_np."):
                public = name.removeprefix("tinygrad_np.")
                assert "." not in public, f"{path.name} imports {name}"
                assert hasattr(tinygrad_np, public), f"{path.name} imports {name}"


def test_torch_is_imported_for_the_twin_only():
    assert offences([p for p in NN if p.name != "train.py"], ["torch"]) == []


@pytest.mark.parametrize("path", [*ENGINE, *NN], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= 300


def test_functions_are_short():
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in [*ENGINE, *NN]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 40
    ]
    assert long == []


def test_the_path_that_a_learner_reads_is_short():
    core = [ROOT / "tinygrad_np" / f"{name}.py" for name in ("op", "graph", "engine", "tensor")]
    assert sum(len(path.read_text().splitlines()) for path in core) <= 700


def test_import_is_light():
    heavy = ("graphviz", "requests", "matplotlib", "torch", "tqdm")
    code = f"import sys, tinygrad_np; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
