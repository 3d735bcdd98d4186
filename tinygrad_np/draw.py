"""draw_graph: the graph behind a tensor as a picture, from the inputs down to the tensor."""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy

from .errors import line_of
from .graph import order
from .tensor import Tensor

if TYPE_CHECKING:
    import graphviz

FONT = {"fontname": "Helvetica", "fontsize": "11"}
OP = {"shape": "box", "style": "rounded,filled", "fillcolor": "#dbe9f6", "color": "#5b8db8"}
PARAMETER = {"style": "filled", "fillcolor": "#fdf0cf", "color": "#c9a54a"}
INPUT = {"style": "filled", "fillcolor": "#dcf0dc", "color": "#6aa86a"}
SCALAR = {"shape": "plaintext", "fontcolor": "#777777"}
CLUSTER = {
    "style": "rounded,filled", "fillcolor": "#00000008", "color": "#bbbbbb", "labeljust": "l"
}  # fmt: skip
EDGE = {"color": "#777777", "fontcolor": "#555555", "fontsize": "9", "arrowsize": "0.6"}

Modules = tuple[Any, ...]  # around a node, the outermost first


def draw_graph(loss: Tensor, params: Mapping[str, Tensor] | None = None) -> graphviz.Digraph:
    """The graph that made `loss`: ops, parameters and inputs, with shapes, a frame per module.

    `params` names tensors; parameters of modules are found without it. An op shows its
    configuration, and its tooltip the line of the program that ran it. The result is a
    `graphviz.Digraph`: Jupyter shows it, `.render(outfile="graph.svg")` writes SVG or PNG, and
    `.source` is the text. The same before and after backward; the same graph gives the same text.
    Raises TypeError if `loss` is no Tensor, RuntimeError if it has no graph.

    >>> import tinygrad_np as tnp
    >>> w = tnp.tensor([1.0, 2.0], requires_grad=True)
    >>> drawing = draw_graph((w * w).sum(), {"w": w})
    >>> [name in drawing.source for name in ("w", "Mul", "Sum")]
    [True, True, True]
    """
    if not isinstance(loss, Tensor):
        raise TypeError(f"draw_graph expects a Tensor, got {type(loss).__name__}")
    if loss.edge is None:
        raise RuntimeError(
            "draw_graph: this tensor has no graph: nothing that it was computed from requires "
            "grad, or it was computed under no_grad()"
        )
    nodes = order([loss.edge])[::-1]
    scopes = {node: _modules_around(node) for node in nodes}
    roots = dict.fromkeys(path[0] for path in scopes.values() if path)
    drawing = _Drawing(_names_in(roots), params or {})
    for node in nodes:
        drawing.add_op(node, scopes[node])
    return drawing.finished(loss)


def _modules_around(node: Any) -> Modules:
    modules = (reference() for reference in node.scope)
    return tuple(module for module in modules if module is not None)


def _names_in(roots: Iterable[Any]) -> dict[Any, str]:
    """The dotted names of all modules and parameters below `roots`."""
    names = {}
    for root in roots:
        for listed in ("named_modules", "named_parameters"):
            names.update({x: name for name, x in getattr(root, listed, dict)()})
    return names


class _Drawing:
    """A picture in the making. Names of nodes count up in the order in which they are added."""

    def __init__(self, names: dict[Any, str], params: Mapping[str, Tensor]) -> None:
        self.names = names | {tensor: name for name, tensor in params.items()}
        self.ids: dict[Any, str] = {}
        self.ops, self.leaves = count(1), count(1)
        self.tooltip = functools.cache(lambda frame: _lines(line_of(frame)))
        self.graph = _picture()(
            format="svg",
            graph_attr=FONT,
            node_attr=FONT | OP | {"height": "0.3"},
            edge_attr=FONT | EDGE,
        )
        self.clusters: dict[Modules, graphviz.Digraph] = {(): self.graph}

    def add_op(self, node: Any, path: Modules) -> None:
        """Draw an op that has run, what flows into it, and the leaves that it is first to use."""
        self.ids[node] = name = f"op{next(self.ops)}"
        label = _lines(type(node).__name__, *configuration(node))
        self.cluster(path).node(name, label, tooltip=self.tooltip(node.frame))
        for edge, shape in zip(node.edges, node.shapes, strict=True):
            source = self.ids.get(edge) or self.add_leaf(edge, shape, path)
            is_leaf = edge is None or isinstance(edge, Tensor)  # and shows its shape itself
            self.graph.edge(source, name, None if is_leaf else f" {shape}")

    def add_leaf(self, leaf: Tensor | None, shape: tuple[int, ...], path: Modules) -> str:
        """Draw a parameter or an input; None is an input that wants no gradient."""
        if leaf in self.names:
            where, label, style = path, self.names[leaf], PARAMETER
        elif shape:
            where, label, style = (), "input", INPUT
        else:
            where, label, style = path, "number", SCALAR
        name = f"leaf{next(self.leaves)}"
        if leaf is not None:
            self.ids[leaf] = name
        self.cluster(where).node(name, _lines(label, *([shape] if shape else [])), **style)
        return name

    def cluster(self, path: Modules) -> graphviz.Digraph:
        """The frame of the innermost module of `path`."""
        for depth in range(1, len(path) + 1):
            if path[:depth] not in self.clusters:
                module, kind = path[depth - 1], type(path[depth - 1]).__name__
                name = self.names.get(module)
                graph = _picture()(f"cluster{len(self.clusters)}")
                graph.attr(label=_lines(f"{name}: {kind}" if name else kind), tooltip=kind)
                graph.attr(**CLUSTER)
                self.clusters[path[:depth]] = graph
        return self.clusters[path]

    def finished(self, loss: Tensor) -> graphviz.Digraph:
        """Draw the tensor itself, and put the frames into each other."""
        shape = loss.array.shape
        source = self.ids.get(loss.edge) or self.add_leaf(loss.edge, shape, ())
        self.graph.node("output", _lines("output", shape), **INPUT)
        self.graph.edge(source, "output")
        for path in sorted(self.clusters, key=len, reverse=True)[:-1]:
            self.clusters[path[:-1]].subgraph(self.clusters[path])
        return self.graph


def configuration(op: Any) -> Iterator[str]:
    """`name=value` for what an op was made with, without defaults and what is too long to read."""
    for field in dataclasses.fields(op) if dataclasses.is_dataclass(op) else ():
        value = getattr(op, field.name)
        if not field.repr:
            continue
        if dataclasses.is_dataclass(value):
            yield from configuration(value)
        elif isinstance(value, numpy.ndarray):
            yield f"{field.name}: {value.dtype} {value.shape}"
        elif value is not field.default and value != field.default:
            text = repr(value)
            yield f"{field.name}={text if len(text) <= 32 else '...'}"


def _lines(*texts: Any) -> str:
    """The texts as lines of a label; nothing in them is taken for markup."""
    import graphviz

    return graphviz.nohtml("\\n".join(graphviz.escape(str(text)) for text in texts))


def dot_command() -> str:
    """Graphviz's `dot`, or the one that the package graphviz-pure puts beside Python."""
    beside = os.pathsep.join([sysconfig.get_path("scripts"), os.path.dirname(sys.executable)])
    found = shutil.which("dot") or shutil.which("graphviz-pure")
    found = found or shutil.which("graphviz-pure", path=beside)
    return found or "dot"


@functools.cache
def _picture() -> type[graphviz.Digraph]:
    """`graphviz.Digraph` that is rendered by `dot_command()`."""
    import graphviz
    from graphviz.backend import dot_command as backend

    @contextmanager
    def dot() -> Iterator[None]:
        before, backend.DOT_BINARY = backend.DOT_BINARY, dot_command()
        try:
            yield
        finally:
            backend.DOT_BINARY = before

    class Picture(graphviz.Digraph):
        def pipe(self, *args: Any, **kwargs: Any) -> Any:
            with dot():
                return super().pipe(*args, **kwargs)

        def render(self, *args: Any, **kwargs: Any) -> Any:
            with dot():
                return super().render(*args, **kwargs)

    return Picture
