"""The checks of an op on one sample: generators that yield what is wrong, in words."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy

from .engine import grad
from .gradcheck import Checker, GradcheckError
from .numeric import Limits
from .op import Op
from .problem import Problem
from .samples import Sample
from .tensor import Tensor, wrap

Array = numpy.ndarray[Any, Any]
Results = dict[str, Array]  # y, and the gradient of each input under the name of its rule
Layout = Callable[[Array], Array]


class Case:
    """An op with one of its samples, whose inputs are read-only."""

    def __init__(self, op: type[Op], sample: Sample, torch: Any) -> None:
        self.op, self.config = op, sample.config
        self.inputs = [_sealed(numpy.array(x)) for x in sample.inputs]
        self.torch = torch if hasattr(op, "reference") else None
        self.vouched = False  # whether a reference has confirmed the gradients, also at kinks
        floats = [i for i, x in enumerate(self.inputs) if x.dtype.kind == "f"]
        self.floats = floats if op.differentiable else []

    def name(self, index: int) -> str:
        """The name of an input."""
        return f"{self.op.names[0]}[{index}]" if self.op.variadic else self.op.names[index]

    def has_rule(self, index: int) -> bool:
        """Whether the op has a rule for an input."""
        return self.op.rules[0 if self.op.variadic else index] is not None

    def run(self, inputs: list[Array], wanted: Any) -> tuple[Tensor, list[Tensor]]:
        """The output, and the inputs as tensors, of which the `wanted` require grad."""
        tensors = [wrap(x).requires_grad_(i in wanted) for i, x in enumerate(inputs)]
        return self.op(**self.config)(*tensors), tensors

    def results(
        self, inputs: list[Array], layout: Layout | None = None, create_graph: bool = False
    ) -> Results:
        """The output, and the gradients of all floating point inputs for a random one coming in."""
        y, tensors = self.run(inputs, self.floats)
        if not self.floats:
            return {"y": y.array}
        g = _incoming(y.array) if layout is None else layout(_incoming(y.array))
        leaves = [tensors[i] for i in self.floats]
        found: Any = grad(y, leaves, wrap(g), create_graph=create_graph)
        return self.named(y.array, [d.array for d in found])

    def named(self, y: Array, gradients: Sequence[Array]) -> Results:
        """An output and the gradients of the floating point inputs."""
        names = [f"d{self.name(i)}" for i in self.floats]
        return {"y": y} | dict(zip(names, gradients, strict=True))

    def in_float32(self) -> list[Array]:
        """The inputs with float32 in the place of float64."""
        return [
            _sealed(x.astype(numpy.float32)) if x.dtype == numpy.float64 else x for x in self.inputs
        ]


def faults_of(case: Case) -> Iterator[str]:
    """What the checks find. An exception ends them: what cannot run cannot be checked further."""
    for check in (rules, reference, float32, layouts, repetition, derivatives):
        try:
            yield from check(case)
        except Exception as error:
            yield f"the check of {check.__name__} met {type(error).__name__}: {error}"
            return


def rules(case: Case) -> Iterator[str]:
    """Each rule returns an array that fits its input; neither it nor forward writes to any."""
    for i in [i for i in case.floats if not case.has_rule(i)]:
        case.floats.remove(i)
        yield f"its input {case.name(i)} has no rule; is the op differentiable?"
    inputs = [x.copy() for x in case.inputs]
    watched = {case.name(i): x for i, x in enumerate(inputs)}
    before = {name: x.tobytes() for name, x in watched.items()}

    def written() -> Iterator[str]:
        for name, x in watched.items():
            if x.tobytes() != before[name]:
                before[name] = x.tobytes()
                yield name

    y, _ = case.run(inputs, case.floats)
    yield from (f"forward writes to its input {name}" for name in written())
    if not case.floats:
        return
    watched |= {"g": _incoming(y.array).copy(), "out": y.array}
    before |= {name: watched[name].tobytes() for name in ("g", "out")}
    gradients = y.grad_fn.gradients(watched["g"], as_tensors=False)
    for i in case.floats:
        rule = f"the rule d{case.name(i)}"
        try:
            _, d = next(gradients)
        except Exception as error:
            yield f"{rule} raises {type(error).__name__}: {error}"
            return
        if isinstance(d, Tensor):
            yield f"{rule} returns a Tensor in first order: it must use operators and ops only"
        elif d.dtype != inputs[i].dtype:
            yield f"{rule} returns {d.dtype} for an input of {inputs[i].dtype}"
        yield from (f"{rule} writes to {name}" for name in written())


def reference(case: Case) -> Iterator[str]:
    """Values, dtypes and gradients are those of the op's reference in torch."""
    if case.torch is None:
        return
    op: Any = case.op(**case.config)
    for inputs in (case.inputs, case.in_float32()):
        theirs = [case.torch.from_numpy(x.copy()) for x in inputs]
        leaves = [theirs[i].requires_grad_() for i in case.floats]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the reference warns of
            y = op.reference(case.torch, *theirs)
        actual, expected = case.results(inputs), {"y": y.detach().numpy()}
        if y.requires_grad:
            g = case.torch.from_numpy(_incoming(expected["y"]).copy())
            found = case.torch.autograd.grad(y, leaves, g, materialize_grads=True)
            expected = case.named(expected["y"], [d.numpy() for d in found])
            case.vouched = True
        yield from _differences(actual, expected, "the reference")


def float32(case: Case) -> Iterator[str]:
    """Float32 stays float32, in the output and in the gradients, and its values are close."""
    if any(isinstance(value, numpy.dtype) for value in case.config.values()):
        return  # an op that is told its dtype
    wide = case.results(case.inputs)
    expected = {
        name: x.astype(numpy.float32) if x.dtype == numpy.float64 else x for name, x in wide.items()
    }
    largest = max((abs(x[numpy.isfinite(x)]).max(initial=1.0) for x in case.inputs), default=1.0)
    narrow = case.results(case.in_float32())
    yield from _differences(narrow, expected, "the rounded results of float64", largest)


def layouts(case: Case) -> Iterator[str]:
    """Every memory layout of inputs and incoming gradient gives the same."""
    expected = case.results(case.inputs)
    for name, layout in LAYOUTS.items():
        actual = case.results([layout(x) for x in case.inputs], layout)
        yield from (
            f"{name} memory: {fault}"
            for fault in _differences(actual, expected, "contiguous memory")
        )


def repetition(case: Case) -> Iterator[str]:
    """Each run gives the same bits, and rules give the same for arrays and for tensors."""
    first, second = case.results(case.inputs), case.results(case.inputs)
    for name, x in first.items():
        if x.tobytes() != second[name].tobytes():
            yield f"{name} differs between two runs on the same inputs"
    recorded = case.results(case.inputs, create_graph=True)
    yield from (
        f"with create_graph: {fault}" for fault in _differences(recorded, first, "plain arrays")
    )


def derivatives(case: Case) -> Iterator[str]:
    """First and second order agree with central differences, for each subset of inputs."""
    if not case.floats:
        return
    results = case.results(case.inputs)
    if case.vouched and not all(numpy.isfinite(x).all() for x in [*case.inputs, *results.values()]):
        return
    checker = Checker(Limits(), check_grad_dtypes=True, fast_mode=True)
    for wanted in _subsets(case.floats):
        tensors = [wrap(x.copy()).requires_grad_(i in wanted) for i, x in enumerate(case.inputs)]
        problem = Problem.of(case.op(**case.config), tensors)
        try:
            kinks = 0
            for order in (problem, problem.gradient()):
                kinks += sum(int(j.kinks.sum()) for j in checker.examine(order))
        except GradcheckError as error:
            names = ", ".join(case.name(i) for i in wanted)
            yield f"where {names} require grad: {error}"
            return
        if kinks and not case.vouched:
            yield (
                f"{kinks} derivatives do not exist here: move the sample away from the kink, "
                "or give the op a reference that tells what is right there"
            )
            return


def _subsets(indices: list[int]) -> list[tuple[int, ...]]:
    """All of them, all but one, and one alone."""
    sizes = sorted({len(indices), len(indices) - 1, 1} - {0}, reverse=True)
    return [subset for size in sizes for subset in combinations(indices, size)]


def _differences(
    actual: Results, expected: Results, what: str, condition: float = 1.0
) -> Iterator[str]:
    """Where results differ by more than rounding: 200 units in the last place of the largest."""
    for name, z in expected.items():
        y = actual[name]
        if (y.dtype, y.shape) != (z.dtype, z.shape):
            yield (
                f"{name} is {y.dtype}{list(y.shape)}, expected {z.dtype}{list(z.shape)} as {what}"
            )
            continue
        unit = numpy.finfo(y.dtype).eps if y.dtype.kind == "f" else 0
        finite = numpy.where(numpy.isfinite(z), z, 0)
        limit = 200 * unit * (1 + abs(finite).max(initial=0)) * condition
        wrong = ~numpy.isclose(y, z, rtol=0, atol=limit, equal_nan=True)
        if wrong.any():
            at = tuple(numpy.argwhere(wrong)[0].tolist())
            yield (
                f"{name}{list(at)} is {y[at]}, expected {z[at]} as {what}: "
                f"{wrong.sum()} of {wrong.size} elements differ"
            )


def _sealed(x: Array) -> Array:
    x.flags.writeable = False
    return x


def _incoming(y: Array) -> Array:
    """A random gradient for y."""
    g = numpy.random.default_rng(3).uniform(-1, 1, y.shape)
    return _sealed(numpy.asarray(g, y.dtype))


def _strided(x: Array) -> Array:
    every_second: Any = (*(slice(None, None, 2),) * x.ndim, ...)
    y = numpy.full([2 * n for n in x.shape], 99, x.dtype)[every_second]
    y[...] = x
    return _sealed(y)


def _reversed(x: Array) -> Array:
    back: Any = (*(slice(None, None, -1),) * x.ndim, ...)
    return _sealed(x[back].copy()[back])


def _in_order(*axes: int) -> Layout:
    """4-d arrays with `axes` in memory from outermost to innermost."""

    def layout(x: Array) -> Array:
        if x.ndim != len(axes):
            return x
        return _sealed(x.transpose(axes).copy().transpose(numpy.argsort(axes)))

    return layout


LAYOUTS: dict[str, Layout] = {
    "strided": _strided,
    "reversed": _reversed,
    "transposed": lambda x: _sealed(x.copy("F")),
    "C,H,W,N": _in_order(1, 2, 3, 0),
    "H,C,W,N": _in_order(2, 1, 3, 0),
}
