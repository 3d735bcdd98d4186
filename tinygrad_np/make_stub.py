"""Write `tensor.pyi`, which tells editors and type checkers what `ops/` adds to Tensor.

    python -m tinygrad_np.make_stub

The stub is the outline of `tensor.py` with every method, operator and property that the registry
of `methods.py` knows; a test fails while it is stale.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

from .methods import attached
from .tensor import Tensor

SOURCE = Path(inspect.getfile(Tensor))
STUB = SOURCE.with_suffix(".pyi")

_HEADER = '''"""Made by `python -m tinygrad_np.make_stub` from tensor.py and ops/: do not edit."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy
import numpy as np

from . import dtypes, random, return_types
from .backend import device
from .hooks import Handle
from .random import Generator
from .size import Size
from .versions import Version, View
'''


def stub_text() -> str:
    """The text that tensor.pyi must have."""
    outline = ast.parse(SOURCE.read_text())
    body = [node for node in map(_outline, outline.body) if node is not None]
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name == "Tensor":
            node.body += [_stub(name, what) for name, what in sorted(attached.items())]
            _Builtins().visit(node)
    return _HEADER + "".join(f"\n{ast.unparse(node)}\n" for node in body)


class _Builtins(ast.NodeTransformer):
    """Inside Tensor `int`, `float` and `bool` are methods: the types need their full names."""

    def visit_Name(self, node: ast.Name) -> Any:
        """`int` becomes `builtins.int`."""
        if node.id in ("int", "float", "bool"):
            return ast.Attribute(ast.Name("builtins", ast.Load()), node.id, ast.Load())
        return node


def _outline(node: ast.stmt) -> Any:
    """A class or function without its body; nothing for other statements."""
    if isinstance(node, ast.FunctionDef):
        node.body = [ast.Expr(ast.Constant(...))]
        return node
    if isinstance(node, ast.ClassDef):
        node.body = [part for part in map(_outline, node.body) if part is not None] or [ast.Pass()]
        return node
    return node if isinstance(node, ast.AnnAssign) else None


def _stub(name: str, what: Any) -> ast.stmt:
    is_property = isinstance(what, property)
    signature = inspect.signature(what.fget if is_property else what)
    parameters = list(signature.parameters.values())
    parameters[0] = parameters[0].replace(name="self", annotation=inspect.Parameter.empty)
    arguments = [_parameter(p) for p in parameters]
    kinds = [p.kind for p in parameters]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        arguments.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    result = signature.return_annotation
    result = "Any" if result is inspect.Signature.empty else result
    decorator = "@property\n" if is_property else ""
    return ast.parse(f"{decorator}def {name}({', '.join(arguments)}) -> {result}: ...").body[0]


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    text = stars.get(parameter.kind.name, "") + parameter.name
    if parameter.annotation is not inspect.Parameter.empty:
        text += f": {parameter.annotation}"
    return text if parameter.default is inspect.Parameter.empty else text + " = ..."


def main() -> None:
    """Write the stub."""
    STUB.write_text(stub_text())


if __name__ == "__main__":
    main()
