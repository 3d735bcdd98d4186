"""Every op that is registered, on its own samples: no op comes without its tests."""

import ast
import inspect
from pathlib import Path

import pytest
import torch

import tinygrad_np as tnp
from tinygrad_np import Op
from tinygrad_np.op_check import check_op

torch.set_num_threads(1)

OPS = {name: op for name, op in Op.registry.items() if op.__module__.startswith("tinygrad_np.")}


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_op_is_right_on_its_samples(op):
    report = check_op(op, torch=torch)
    report.raise_if_failed()
    assert report.samples > 0
    assert report.error_samples > 0, "no wrong call of it is known to give a clear error"
    assert inspect.isfunction(op.reference), "its values have been compared with nothing"


def test_every_op_that_the_package_defines_is_checked():
    files = Path(tnp.__file__).parent.glob("ops/*.py")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    defined = {
        node.name
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(x, ast.FunctionDef) and x.name == "forward" for x in node.body)
    }
    assert defined <= set(OPS)
    assert len(defined) >= 50
