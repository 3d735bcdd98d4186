"""`tinygrad-np conv-lab`: what it prints for a shape, and what its pictures show."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest

from nn.cli import main
from nn.conv_lab import Experiment, Row, measured, rows
from nn.conv_pictures import drawn
from tinygrad_np.conv_algorithms import ALGORITHMS
from tinygrad_np.conv_algorithms.geometry import Geometry
from tinygrad_np.conv_algorithms.stride_groups import groups, room

ONE, NONE = (1, 1), (0, 0)
SMALL = Experiment("conv", (3, 2, 6, 5), 4, (2, 2), ONE, NONE, ONE, 1)


def table(printed, names):
    """The numbers in the row of each algorithm."""
    split = [line.split() for line in printed.splitlines()]
    lines = {line[0]: line[1:] for line in split if len(line) == 7}
    return {name: [float(n.replace(",", "")) for n in lines[name]] for name in names}


def test_the_table_of_a_convolution(capsys):
    options = ["--shape", "3,2,6,5", "--filters", "4", "--kernel", "2", "--seconds", "0.01"]
    assert main(["conv-lab", *options]) == 0
    printed = capsys.readouterr().out
    found = table(printed, ALGORITHMS)
    assert found["naive"][1] == found["naive"][3] == 1
    for forward, ratio, backward, ratio_back, peak, error in found.values():
        assert ratio == pytest.approx(found["naive"][0] / forward, rel=0.1, abs=0.5)
        assert ratio_back == pytest.approx(found["naive"][2] / backward, rel=0.1, abs=0.5)
        assert peak > 0
        assert error < 1e-5
    assert "conv of 3x2x6x5, kernel 2x2, 4 filters, float32" in printed
    assert "naive ran on conv of 1x2x6x5, kernel 2x2, 4 filters" in printed
    ratios = [found["stride_groups"][i] for i in (1, 3)]
    for claim in ("1,000 times as fast as naive", "150 times as fast as naive"):
        line = next(line for line in printed.splitlines() if line.startswith(claim))
        assert [float(n.replace(",", "")) for n in line.split()[-2:]] == ratios


@pytest.mark.parametrize("op", ["max", "avg"])
def test_the_table_of_a_pool(capsys, op):
    options = ["--shape", "1,2,6,5", "--kernel", "3,2", "--padding", "1", "--seconds", "0.01"]
    assert main(["conv-lab", "--op", op, *options]) == 0
    printed = capsys.readouterr().out
    found = table(printed, ["naive", "stride_groups", "row_fused"])
    assert all(numbers[5] < 1e-6 for numbers in found.values())
    assert "kernel 3x2, stride 3x2, padding 1x1" in printed
    assert "claimed" not in printed
    assert "scaled" not in printed


def test_naive_runs_on_a_part_and_is_scaled(monkeypatch):
    large = Experiment("conv", (8, 4, 100, 100), 64, (3, 3), ONE, (1, 1), ONE, 1)
    assert large.part().shape == (1, 4, 100, 100)
    assert large.part().filters == 3  # 3 passes * 10,000 outputs each
    assert large.size() / large.part().size() == 8 * 64 / 3
    grouped = Experiment("conv", (1, 64, 100, 100), 64, (3, 3), ONE, (1, 1), ONE, 32).part()
    assert (grouped.shape[1], grouped.filters, grouped.groups) == (2, 2, 1)
    pool = Experiment("max", (2, 64, 100, 100), 1, (2, 2), (2, 2), NONE, ONE, 1)
    assert pool.part().shape == (1, 5, 100, 100)
    monkeypatch.setattr("nn.conv_lab.measured", lambda e, name, seconds: (1.0, 2.0, 1000))
    naive, other, *_ = rows(SMALL, 0)
    assert naive == Row("naive", 3.0, 6.0, 3000, 0.0)
    assert other == Row("row_fused", 1.0, 2.0, 1000, other.error)


def test_the_bytes_are_those_of_the_arrays():
    e = Experiment("conv", (4, 3, 32, 32), 5, (3, 3), ONE, (1, 1), ONE, 1)
    x, columns = 4 * 4 * 3 * 32 * 32, 4 * 4 * 27 * 32 * 32
    assert columns < measured(e, "im2col", 0)[2] < 3 * columns
    assert x < measured(e, "stride_groups", 0)[2] < columns


def test_an_algorithm_that_differs_is_seen(monkeypatch):
    wrong = SimpleNamespace(**{f: getattr(ALGORITHMS["im2col"], f) for f in (
        "forward", "input_grad")}, weight_grad=lambda x, g, geometry, shape, hint=None:
        1.5 * ALGORITHMS["im2col"].weight_grad(x, g, geometry, shape))  # fmt: skip
    monkeypatch.setitem(ALGORITHMS, "wrong", wrong)
    errors = {row.name: row.error for row in rows(SMALL, 0)}
    assert errors.pop("wrong") == pytest.approx(0.5, rel=1e-4)
    assert max(errors.values()) < 1e-5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--colour red", "unrecognized arguments: --colour red"),
        ("--shape 4,4", "argument --shape: expected 4 sizes from 1, as 64,1,28,28; got '4,4'"),
        ("--out lab.png", "argument --out: expected a name in .svg, got 'lab.png'"),
        ("--out nowhere/lab.svg", "argument --out: there is no folder 'nowhere'"),
        ("--shape 1,1,x,4", "argument --shape: expected 4 sizes from 1"),
        ("--kernel 1,2,3", "argument --kernel: expected a size or two from 1"),
        ("--kernel 0", "argument --kernel: expected a size or two from 1"),
        ("--shape 1,1,2,2", "Kernel size can't be greater than actual input size"),
        ("--shape 1,3,8,8 --groups 2", "conv-lab: "),
        ("--filters 3 --shape 1,2,8,8 --groups 2", "conv-lab: "),
        ("--op max --padding 2", "pad should be at most half of effective kernel size"),
        ("--op avg --dilation 2", "average pooling has no dilation"),
    ],
)
def test_a_mistake_is_answered_with_one_line(options, message, capsys):
    with pytest.raises(SystemExit) as exit:
        main(["conv-lab", *options.split()])
    assert exit.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert message in printed.err


# The pictures.


def brute(shape, kernel, stride, padding, dilation=ONE):
    """For each output (oh, ow) the numbers of its window, row by row, 0 for padding."""
    h, w = shape
    numbers = np.pad(np.arange(1, h * w + 1).reshape(h, w), [(p, p) for p in padding])
    found, (kh, kw), (dh, dw) = {}, kernel, dilation
    for top in range(0, numbers.shape[0] - (kh - 1) * dh, stride[0]):
        for left in range(0, numbers.shape[1] - (kw - 1) * dw, stride[1]):
            taps = [(top + i * dh, left + j * dw) for i in range(kh) for j in range(kw)]
            found[top // stride[0], left // stride[1]] = [int(numbers[at]) for at in taps]
    return found


def texts(svg):
    return [e.text for e in ET.fromstring(svg).iter() if e.tag.endswith("text")]


def test_the_worked_example_of_the_published_network_corrected(tmp_path):
    out = tmp_path / "groups.svg"
    options = ["--shape", "1,1,4,4", "--filters", "1", "--kernel", "2", "--seconds", "0.001"]
    assert main(["conv-lab", *options, "--out", str(out)]) == 0
    found = [t for t in texts(out.read_text()) if " " in t]
    assert found == [
        "4 stride groups: 2x2 kernel, stride 1x1, on 4x4 inputs",
        *("group 1: output rows 0, 2, columns 0, 2", "A multiplies 1, 3, 9, 11"),
        *("B multiplies 2, 4, 10, 12", "C multiplies 5, 7, 13, 15", "D multiplies 6, 8, 14, 16"),
        *("group 2: output rows 0, 2, columns 1", "A multiplies 2, 10", "B multiplies 3, 11"),
        *("C multiplies 6, 14", "D multiplies 7, 15", "group 3: output rows 1, columns 0, 2"),
        *("A multiplies 5, 7", "B multiplies 6, 8", "C multiplies 9, 11", "D multiplies 10, 12"),
        *("group 4: output rows 1, columns 1", "A multiplies 6", "B multiplies 7"),
        *("C multiplies 10", "D multiplies 11"),
    ]


@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "padding", "dilation"),
    [
        ((4, 4), (2, 2), ONE, NONE, ONE),
        ((7, 6), (3, 2), (2, 1), (1, 0), ONE),
        ((5, 6), (2, 2), (3, 2), NONE, ONE),
        ((6, 7), (2, 3), (1, 2), (0, 1), (2, 1)),
    ],
)
def test_both_pictures_show_every_window(shape, kernel, stride, padding, dilation):
    windows = brute(shape, kernel, stride, padding, dilation)
    options = {"padding": padding, "stride": stride, "dilation": dilation}
    experiment = SimpleNamespace(shape=(1, 1, *shape), kernel=kernel, **options)
    found, outputs = {}, []
    for text in texts(drawn(experiment, "groups")):
        if group := re.match(r"group \d+: output rows ([\d, ]+), columns ([\d, ]+)", text):
            rows, columns = ([int(n) for n in part.split(", ")] for part in group.groups())
            outputs = [(row, column) for row in rows for column in columns]
        elif line := re.match(r"[A-Z] multiplies (.*)", text):
            for at, number in zip(outputs, line[1].split(", "), strict=True):
                found.setdefault(at, []).append(int(number))
    assert found == windows
    matrix = np.array([*windows.values()]).T
    cells = [t for t in texts(drawn(experiment, "columns")) if t.isdecimal()]
    numbers = [str(n) for n in matrix[:, :40].ravel() if n]  # padding has none
    assert cells[-len(numbers) :] == numbers


def test_large_pictures_are_drawn_in_part_and_say_so():
    large = SimpleNamespace(
        shape=(9, 3, 224, 224), kernel=(7, 7), stride=ONE, padding=(3, 3), dilation=ONE
    )
    for picture, part in (("groups", "49 stride groups, 16 of them"), ("columns", "the first 40")):
        svg = drawn(large, picture)
        title, *_ = texts(svg)
        assert part in title
        assert "on the first 12x12 of 224x224 inputs" in title
        assert len(svg) < 2e6
        ET.fromstring(svg)


# What stride groups promise.


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("s", [1, 2, 3, 6])
def test_groups_are_few_and_their_windows_disjoint_views(k, s):
    geometry, kernel = Geometry((s, s), ((1, 1), (0, 0))), (k, k)
    x = np.zeros((2, 3, 13, 11))
    inputs, counts = room(x, kernel, geometry), geometry.output_size((13, 11), kernel)
    found = list(groups(inputs, kernel, geometry, counts))
    assert len(found) <= k * k
    assert len(found) == 1 or s < k
    outputs = np.zeros(counts, int)
    for out, windows in found:
        outputs[out] += 1
        assert np.shares_memory(windows, inputs)
        inputs[...] = 0
        windows += 1
        assert inputs.max() == 1
        assert inputs.sum() == windows.size
    assert (outputs == 1).all()
