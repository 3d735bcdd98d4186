"""Pictures of a convolution's windows, as SVG text: its stride groups, or its column matrix.

Inputs are numbered from 1, row by row, and the numbers in a picture are those that the algorithm
itself reads. Large shapes are drawn in part, and say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_np import conv_algorithms

CELL, LEAST, PANELS, COLUMNS = 30, 12, 16, 40
COLOURS = ("#9ecae1", "#fdd0a2", "#a1d99b", "#dadaeb", "#fcbba1", "#d9d9d9")
STYLE = (
    "text{font:12px sans-serif;fill:#222;text-anchor:middle}.left{text-anchor:start}"
    ".title{font-size:17px;text-anchor:start}.letter{font-size:8px;fill:#666}"
    "rect{stroke:#999;stroke-width:.6}.window{fill:none;stroke:#222;stroke-width:2}"
)


class Page:
    """Rectangles and texts, and how far they reach."""

    def __init__(self, title: str) -> None:
        self.parts: list[str] = []
        self.width = self.height = 0.0
        self.text(20, 30, title, "title")

    def text(self, x: float, y: float, text: Any, kind: str = "") -> None:
        """A text around x, or from it on where its kind says so."""
        place = f' class="{kind}"' if kind else ""
        self.parts.append(f'<text x="{x:g}" y="{y:g}"{place}>{text}</text>')
        if kind in ("title", "left"):
            self.reach(x + len(str(text)) * (9 if kind == "title" else 6.5), y)

    def cell(self, x: float, y: float, number: int, colour: str = "#fff", letter: str = "") -> None:
        """A square with the number of an input, or a dim one without for 0: padding."""
        fill = colour if number else f'{"#ddd" if colour == "#fff" else colour}" fill-opacity=".5'
        size = f'width="{CELL}" height="{CELL}"'
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" {size} fill="{fill}"/>')
        if number:
            self.text(x + CELL / 2, y + CELL / 2 + 5, number)
        if letter:
            self.text(x + 6, y + 9, letter, "letter")
        self.reach(x + CELL, y + CELL)

    def frame(self, x: float, y: float, columns: int, rows: int) -> None:
        """A thick border around cells."""
        self.parts.append(f'<rect class="window" x="{x:g}" y="{y:g}" '
                          f'width="{columns * CELL}" height="{rows * CELL}"/>')  # fmt: skip

    def reach(self, x: float, y: float) -> None:
        """Make room for what ends there."""
        self.width, self.height = max(self.width, x + 20), max(self.height, y + 20)

    def svg(self) -> str:
        """The picture."""
        size = f'width="{self.width:g}" height="{self.height:g}"'
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
            f'viewBox="0 0 {self.width:g} {self.height:g}">',
            f"<style>{STYLE}</style>",
            f'<rect {size} fill="#fff" stroke="none"/>',
            *self.parts,
            "</svg>\n",
        ])  # fmt: skip


class Windows:
    """The numbered inputs that are drawn, and the geometry of the windows on them."""

    def __init__(self, experiment: Any) -> None:
        (h, w), self.kernel = experiment.shape[2:], experiment.kernel
        (ph, pw), geometry = experiment.padding, conv_algorithms.Geometry
        self.geometry = geometry(experiment.stride, ((ph, ph), (pw, pw)), experiment.dilation)
        eh, ew = self.geometry.extent(self.kernel)
        high, wide = min(h, max(LEAST, eh)), min(w, max(LEAST, ew))
        self.size = (high, wide)
        self.numbers = np.arange(1, high * wide + 1).reshape(1, 1, high, wide)
        self.counts = self.geometry.output_size(self.size, self.kernel)
        count = self.kernel[0] * self.kernel[1]
        self.letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count] if count <= 26 else ""
        self.told = f"{_times(self.kernel)} kernel, stride {_times(experiment.stride)}"
        part = "" if (h, w) == self.size else f"the first {_times(self.size)} of "
        self.told += f", on {part}{h}x{w} inputs"

    def letter(self, k: int) -> str:
        """The name of a kernel position."""
        return self.letters[k] if self.letters else ""

    def padded(self) -> np.ndarray:
        """The inputs with their padding, which is 0: (high, wide)."""
        return np.pad(self.numbers[0, 0], self.geometry.padding)

    def groups(self) -> Iterator[tuple[list[range], np.ndarray, np.ndarray]]:
        """For each group its rows and columns of outputs, its windows, and places in `padded`.

        Windows and places (M, M', KH, KW); a place is (row, column), in a last axis.
        """
        make, split = conv_algorithms.stride_groups.room, conv_algorithms.stride_groups.groups
        room = make(self.numbers, self.kernel, self.geometry)
        rows, columns = (a.reshape(1, 1, *room.shape[2:]) for a in np.indices(room.shape[2:]))
        wheres = (self.kernel, self.geometry, self.counts)
        for (out, windows), (_, row), (_, column) in zip(
            split(room, *wheres), split(rows, *wheres), split(columns, *wheres), strict=True
        ):
            outputs = [range(n)[s] for n, s in zip(self.counts, out, strict=True)]
            yield outputs, windows[0, 0], np.stack([row, column], -1)[0, 0]


def drawn(experiment: Any, picture: str) -> str:
    """The SVG text of the picture called "groups" or "columns", of one channel of one image."""
    return (groups_picture if picture == "groups" else columns_picture)(Windows(experiment))


def groups_picture(windows: Windows) -> str:
    """For each stride group the input with its windows, and what each kernel position multiplies.

    >>> from types import SimpleNamespace
    >>> one = {"padding": (0, 0), "stride": (1, 1), "dilation": (1, 1)}
    >>> example = SimpleNamespace(shape=(1, 1, 4, 4), kernel=(2, 2), **one)
    >>> "C multiplies 5, 7, 13, 15" in drawn(example, "groups")
    True
    """
    groups, padded = list(windows.groups()), windows.padded()
    part = f", {PANELS} of them" if len(groups) > PANELS else ""
    page = Page(f"{len(groups)} stride groups{part}: {windows.told}")
    lines = min(len(windows.letters), 9)
    width = max(padded.shape[1] * CELL + 40, 260)
    height = padded.shape[0] * CELL + 18 * lines + 60
    per_row = max(1, min(4, 1300 // width))
    for k, (outputs, values, places) in enumerate(groups[:PANELS]):
        x, y = 20 + k % per_row * width, 80 + k // per_row * height
        rows, columns = (_listed(list(o)) for o in outputs)
        page.text(x, y - 10, f"group {k + 1}: output rows {rows}, columns {columns}", "left")
        _panel(page, windows, (x, y), values, places)
        for line in range(lines):
            numbers = _listed([int(n) for n in values.reshape(-1, values[0, 0].size)[:, line]])
            below = y + padded.shape[0] * CELL + 18 * (line + 1)
            page.text(x, below, f"{windows.letter(line)} multiplies {numbers}", "left")
    return page.svg()


def _panel(
    page: Page, windows: Windows, at: tuple[int, int], values: np.ndarray, places: np.ndarray
) -> None:
    """The input at a place of the page, coloured where the windows of a group lie."""
    padded, found = windows.padded(), {}
    for i, j, *tap in np.ndindex(*values.shape):
        letter = windows.letter(tap[0] * windows.kernel[1] + tap[1])
        found[tuple(places[i, j, *tap])] = (COLOURS[(2 * i + j) % len(COLOURS)], letter)
    for (row, column), number in np.ndenumerate(padded):
        x, y = at[0] + column * CELL, at[1] + row * CELL
        page.cell(x, y, int(number), *found.get((row, column), ()))


def columns_picture(windows: Windows) -> str:
    """The input, and beside it the column matrix: a window is a column, the first is framed."""
    padded, (kh, kw) = windows.padded(), windows.kernel
    columns = conv_algorithms.im2col.im2col(windows.numbers, (1, 1, kh, kw), windows.geometry)[0]
    part = f", the first {COLUMNS} of {columns.shape[1]}" if columns.shape[1] > COLUMNS else ""
    page = Page(f"{_times(columns.shape)} column matrix{part}: {windows.told}")
    (eh, ew), (dh, dw) = windows.geometry.extent((kh, kw)), windows.geometry.dilation
    taps = {(i * dh, j * dw): i * kw + j for i in range(kh) for j in range(kw)}
    for (row, column), number in np.ndenumerate(padded):
        k = taps.get((row, column))
        colour, letter = ("#fff", "") if k is None else (COLOURS[0], windows.letter(k))
        page.cell(20 + column * CELL, 80 + row * CELL, int(number), colour, letter)
    page.frame(20, 80, ew, eh)
    left = 80 + padded.shape[1] * CELL
    for (k, at), number in np.ndenumerate(columns[:, :COLUMNS]):
        colour = COLOURS[0] if at == 0 else "#fff"
        page.cell(left + at * CELL, 80 + k * CELL, int(number), colour)
    for k, letter in enumerate(windows.letters):
        page.text(left - 14, 80 + (k + 0.5) * CELL + 5, letter)
    page.frame(left, 80, 1, kh * kw)
    page.text(20, 70, "input", "left")
    page.text(left, 70, "columns, one for each output", "left")
    return page.svg()


def _times(pair: Any) -> str:
    return "x".join(map(str, pair))


def _listed(numbers: list[int]) -> str:
    """The first ten of them."""
    return ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")
