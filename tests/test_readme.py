"""The README's Python blocks run as written, one after the other."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_python_blocks_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) >= 3
    names = {"__name__": "readme"}
    try:
        for block in blocks:
            exec(compile(block, str(README), "exec"), names)
    finally:
        for op in ("Softplus", "Wrong"):
            names["tnp"].Op.registry.pop(op, None)
    assert (tmp_path / "graph.svg").read_text().count("<title>") > 10
    printed = capsys.readouterr().out
    for comment in re.findall(r"print\(.*\)  # (.*)", README.read_text()):
        assert comment in printed
