"""The convolution laboratory: every algorithm on one shape, measured and held against `naive`."""

from __future__ import annotations

import time
import tracemalloc
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tqdm import tqdm

import tinygrad_np as tnp
from tinygrad_np import Tensor, conv_algorithms

from .conv_pictures import drawn

STEPS = 100_000  # of naive's Python loops in one measurement, about a second
CLAIMS = ("1,000 times as fast as naive", "150 times as fast as naive")  # both of stride_groups
HEADER = (
    "                        forward              backward\n"
    "algorithm               ms   x naive         ms   x naive    peak MB   max error"
)


@dataclass(frozen=True)
class Experiment:
    """One convolution or pool: x (N, C, H, W), and where its windows lie."""

    op: str
    shape: tuple[int, ...]
    filters: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int

    def inputs(self) -> list[Tensor]:
        """x, and the weight of a convolution; float32."""
        random = tnp.Generator().manual_seed(0)
        shapes = [self.shape]
        if self.op == "conv":
            shapes.append((self.filters, self.shape[1] // self.groups, *self.kernel))
        return [tnp.randn(shape, generator=random, requires_grad=True) for shape in shapes]

    def __call__(self, inputs: list[Tensor], algorithm: str) -> Tensor:
        """The result of an algorithm."""
        options: Any = {"stride": self.stride, "padding": self.padding, "algorithm": algorithm}
        if self.op == "avg":
            return tnp.avg_pool2d(inputs[0], self.kernel, **options)
        options["dilation"] = self.dilation
        if self.op == "max":
            return tnp.max_pool2d(inputs[0], self.kernel, **options)
        return tnp.conv2d(inputs[0], inputs[1], groups=self.groups, **options)

    def algorithms(self) -> list[str]:
        """The names of those that differ; naive first."""
        pools = [*conv_algorithms.POOLS, "row_fused"]
        names = [*conv_algorithms.ALGORITHMS] if self.op == "conv" else pools
        return sorted(names, key=lambda name: name != "naive")

    def part(self) -> Experiment:
        """One image of it, and of that as many filters or channels as naive does in a second."""
        _, c, *size = self.shape
        one = replace(self, shape=(1, c, *size))
        _, channels, oh, ow = one(one.inputs(), "row_fused").shape
        if self.op != "conv":
            steps = 2 * oh * ow * self.kernel[0] * self.kernel[1]
            return replace(one, shape=(1, min(c, max(1, STEPS // steps)), *size))
        if self.groups == 1:
            return replace(one, filters=min(channels, max(1, STEPS // (3 * oh * ow))))
        each = self.filters // self.groups
        groups = min(self.groups, max(1, STEPS // (3 * oh * ow * each)))
        shape = (1, c // self.groups * groups, *size)
        return replace(one, shape=shape, filters=each * groups, groups=groups)

    def size(self) -> int:
        """What naive's time is proportional to."""
        channels = self.filters if self.op == "conv" else self.shape[1]
        return self.shape[0] * channels


@dataclass(frozen=True)
class Row:
    """An algorithm's seconds, and the bytes that it has in use at its peak, beyond the inputs."""

    name: str
    forward: float
    backward: float
    peak: int | None
    error: float

    def against(self, naive: Row) -> str:
        """The row as text, with the ratios of naive's times to its own."""
        peak = "-" if self.peak is None else f"{self.peak / 1e6:.2f}"
        return (
            f"{self.name:16}{1e3 * self.forward:10.3f}{naive.forward / self.forward:10,.0f}"
            f"{1e3 * self.backward:11.3f}{naive.backward / self.backward:10,.0f}"
            f"{peak:>11}{self.error:12.1e}"
        )


def step(experiment: Experiment, inputs: list[Tensor], name: str) -> tuple[list[Tensor], Any]:
    """The result and the gradients, and the seconds of forward and backward."""
    start = time.perf_counter()
    y = experiment(inputs, name)
    middle = time.perf_counter()
    gradients: Any = tnp.autograd.grad(y, inputs, y.detach())
    return [y, *gradients], (middle - start, time.perf_counter() - middle)


def measured(experiment: Experiment, name: str, seconds: float) -> tuple[float, float, int]:
    """The best forward and backward time within some seconds, and the peak of memory."""
    inputs = experiment.inputs()
    times = [step(experiment, inputs, name)[1]]  # compiles and imports what it needs
    tracemalloc.start()
    step(experiment, inputs, name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        times.append(step(experiment, inputs, name)[1])
    return min(t[0] for t in times), min(t[1] for t in times), peak


def rows(experiment: Experiment, seconds: float) -> Iterator[Row]:
    """Each algorithm, naive first: that runs on the part, and the rest of it is extrapolated."""
    part, names = experiment.part(), experiment.algorithms()
    inputs = part.inputs()
    expected, _ = step(part, inputs, "naive")
    for name in (bar := tqdm(names, leave=False, disable=None)):
        bar.set_description(f"measuring {name}")
        found, _ = step(part, inputs, name)
        error = max(_difference(*pair) for pair in zip(found, expected, strict=True))
        if name != "naive":
            yield Row(name, *measured(experiment, name, seconds), error)
            continue
        forward, backward, peak = measured(part, name, seconds)
        times = experiment.size() / part.size()
        images = experiment.shape[0]
        bytes_of_all = peak * images if times == images else None
        yield Row(name, forward * times, backward * times, bytes_of_all, error)


def _difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference, relative to the largest number."""
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def run(options: Namespace) -> int:
    """What `tinygrad-np conv-lab` does."""
    stride = options.stride or ((1, 1) if options.op == "conv" else options.kernel)
    names = ("op", "shape", "filters", "kernel", "padding", "dilation", "groups")
    experiment = Experiment(stride=stride, **{name: getattr(options, name) for name in names})
    if options.op == "avg" and options.dilation != (1, 1):
        raise ValueError("average pooling has no dilation")
    try:
        part = experiment.part()
    except RuntimeError as error:  # the first line says what does not fit
        raise ValueError(str(error).splitlines()[0]) from error
    print(f"{_told(experiment)}, float32, {tnp.get_num_threads()} threads\n\n{HEADER}")
    table = []
    for row in rows(experiment, options.seconds):
        table.append(row)
        print(row.against(table[0]))
    if part != experiment:
        print(f"\nnaive ran on {_told(part)}; its row is scaled up from that.")
    if experiment.op == "conv":
        print("\nclaimed of stride_groups           forward  backward, measured here")
        groups = next(row for row in table if row.name == "stride_groups")
        ratios = (table[0].forward / groups.forward, table[0].backward / groups.backward)
        for claim in CLAIMS:
            print(f"{claim:32}{ratios[0]:10,.0f}{ratios[1]:10,.0f}")
    if options.out:
        options.out.write_text(drawn(experiment, options.picture), encoding="utf-8")
        print(f"\n{options.out}")
    return 0


def _told(experiment: Experiment) -> str:
    e = experiment
    text = f"{e.op} of {'x'.join(map(str, e.shape))}, kernel {e.kernel[0]}x{e.kernel[1]}"
    if e.op == "conv":
        text += f", {e.filters} filters"
    for name, usual in (("stride", 1), ("padding", 0), ("dilation", 1)):
        if getattr(e, name) != (usual, usual):
            text += f", {name} {'x'.join(map(str, getattr(e, name)))}"
    return text + (f", {e.groups} groups" if e.groups > 1 else "")
