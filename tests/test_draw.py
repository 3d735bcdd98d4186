"""Pictures of graphs: what stands in them, and that they can be rendered anywhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nn
import tinygrad_np as tnp
from tinygrad_np.draw import dot_command, draw_graph


def labels(source):
    """The label of each drawn node, by its id."""
    found = re.findall(r'^\s*(\w+) \[label=("[^"]*"|\w+)', source, re.MULTILINE)
    return {name: label.strip('"').replace("\\n", " ") for name, label in found}


def edges(source):
    """(from, to, shape shown) for all edges, by labels."""
    names = labels(source)
    pattern = r'^\s*(\w+) -> (\w+)(?: \[label="([^"]*)"\])?'
    found = re.findall(pattern, source, re.MULTILINE)
    return {(names[a], names[b], shape.strip()) for a, b, shape in found}


@pytest.fixture
def lenet_loss():
    tnp.manual_seed(0)
    model = nn.models.LeNet("avg")
    loss = nn.CrossEntropyLoss()(model(tnp.randn(2, 1, 28, 28)), tnp.tensor([3, 1]))
    return model, loss


def test_ops_leaves_and_shapes():
    w = tnp.ones(3, requires_grad=True)
    y = (w * tnp.ones(2, 3)).sum(1)
    assert edges(draw_graph(y, {"w": w}).source) == {
        ("w (3,)", "Mul", ""),
        ("input (2, 3)", "Mul", ""),
        ("Mul", "Sum dims=(1,)", "(2, 3)"),
        ("Sum dims=(1,)", "output (2,)", ""),
    }


def test_a_tensor_used_twice_is_drawn_once_with_two_edges():
    x = tnp.ones(3, requires_grad=True)
    source = draw_graph(x * x).source
    assert sorted(labels(source).values()) == ["Mul", "input (3,)", "output (3,)"]
    assert source.count("-> op1") == 2


def test_a_leaf_alone():
    w = tnp.ones(3, requires_grad=True)
    assert edges(draw_graph(w, {"w": w}).source) == {("w (3,)", "output (3,)", "")}


def test_the_tooltip_of_an_op_is_the_line_that_ran_it():
    x = tnp.ones(3, requires_grad=True)
    y = x.exp()  # this very line
    assert f"{Path(__file__).name}:" in draw_graph(y).source
    assert "y = x.exp()  # this very line" in draw_graph(y).source


def test_the_same_graph_gives_the_same_text_before_and_after_backward(lenet_loss):
    model, loss = lenet_loss
    before = draw_graph(loss, dict(model.named_parameters())).source
    assert draw_graph(loss).source == before, "parameters of modules are found"
    loss.backward()
    assert draw_graph(loss).source == before


def test_every_module_is_a_frame_in_the_frame_of_its_parent(lenet_loss):
    model, loss = lenet_loss
    stack, frames, around = [], {}, {}
    for line in draw_graph(loss).source.splitlines():
        if line.strip().startswith("subgraph"):
            stack.append(None)
        elif line.strip() == "}" and stack:
            stack.pop()
        elif stack and stack[-1] is None:
            stack[-1] = re.search(r'label=(?:"([^"]*)"|(\w+))', line)
            stack[-1] = stack[-1][1] or stack[-1][2]
            frames[stack[-1]] = tuple(stack[:-1])
        elif found := re.search(r'label="([\w.]+(?:weight|bias))\\n', line):
            around[found[1]] = stack[-1]
    drawn = {name: module for name, module in model.named_modules() if name}
    expected = {f"{name}: {type(module).__name__}" for name, module in drawn.items()}
    assert set(frames) == expected | {"LeNet"}
    assert frames["features.3: Conv2d"] == ("LeNet", "features: Sequential")
    assert around["features.3.weight"] == "features.3: Conv2d"
    assert set(around) == dict(model.named_parameters()).keys()


def test_a_module_that_is_gone_leaves_its_ops():
    source = draw_graph(nn.Linear(2, 3)(tnp.ones(1, 2))).source
    assert "Linear" in source
    assert "cluster" not in source


def test_configuration_is_shown_without_defaults():
    x = tnp.ones(1, 1, 8, 8, requires_grad=True)
    w = tnp.ones(1, 1, 3, 3)
    found = set(labels(draw_graph(tnp.conv2d(x, w)).source).values())
    assert "Conv2d" in found
    found = set(labels(draw_graph(tnp.conv2d(x, w, stride=2)).source).values())
    assert "Conv2d stride=(2, 2)" in found


def test_a_deep_graph_needs_no_recursion():
    y = tnp.ones((), requires_grad=True)
    for _ in range(100_000):
        y = -y
    source = draw_graph(y).source
    assert source.count("label=Neg") == 100_000


def test_second_order_graphs_can_be_drawn():
    x = tnp.tensor(2.0, requires_grad=True)
    (dx,) = tnp.autograd.grad(x.exp() * x, x, create_graph=True)
    assert "Exp" in labels(draw_graph(dx).source).values()


@pytest.mark.parametrize("name", ["<b>", 'a "b"', "a\\nb", "a]b;{", "\\"])
def test_names_are_text_and_never_markup(name):
    w = tnp.ones(3, requires_grad=True)
    drawing = draw_graph(w * 2, {name: w})
    shown = drawing.pipe(format="svg", encoding="utf-8")
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f">{escaped.replace(chr(34), '&quot;')}</text>" in shown


def test_rendering(tmp_path):
    drawing = draw_graph(tnp.ones(3, requires_grad=True) * 2)
    svg = drawing.render(outfile=tmp_path / "graph.svg", cleanup=True)
    assert "<svg" in Path(svg).read_text()
    assert drawing.pipe(format="png").startswith(b"\x89PNG")
    assert "<svg" in drawing._repr_mimebundle_()["image/svg+xml"]  # what Jupyter calls


def test_rendering_without_dot_on_the_path(tmp_path, monkeypatch):
    import graphviz

    monkeypatch.setenv("PATH", str(tmp_path))
    assert os.path.isabs(dot_command())
    assert Path(dot_command()).stem == "graphviz-pure"
    drawing = draw_graph(tnp.ones(3, requires_grad=True) * 2)
    before = graphviz.backend.dot_command.DOT_BINARY
    assert drawing.pipe(format="png").startswith(b"\x89PNG")
    assert graphviz.backend.dot_command.DOT_BINARY is before


def test_dot_on_the_path_comes_first(tmp_path, monkeypatch):
    (tmp_path / "dot").write_text("#!/bin/sh\n")
    (tmp_path / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dot_command() == str(tmp_path / "dot")


def test_errors():
    with pytest.raises(TypeError, match="draw_graph expects a Tensor, got int"):
        draw_graph(3)
    with pytest.raises(RuntimeError, match="draw_graph: this tensor has no graph: nothing that"):
        draw_graph(tnp.ones(3) * 2)


def test_graphviz_is_imported_only_when_something_is_drawn():
    code = "import sys, tinygrad_np; print('graphviz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_render_without_a_format_writes_svg(tmp_path):
    w = tnp.ones(2, requires_grad=True)
    written = tnp.draw_graph((w * w).sum()).render(tmp_path / "graph")
    assert written.endswith("graph.svg")
    assert "<svg" in (tmp_path / "graph.svg").read_text()
