"""What gradcheck checks: outputs computed from the memory of leaves, all of them by name."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy

from .engine import grad
from .op import Op
from .tensor import Tensor, wrap

Outputs = dict[str, Tensor]


class Problem:
    """A function as numeric derivatives need it.

    `run()` gives the floating point outputs by name, computed from the present memory of `leaves`,
    the tensors that require grad. An output without a graph claims to be constant. `inputs` are all
    tensors that the function is given, and may not change.
    """

    def __init__(
        self, title: str, run: Callable[[], Outputs], leaves: Outputs, inputs: Outputs
    ) -> None:
        self.title, self.run, self.leaves, self.inputs = title, run, leaves, inputs
        for name, leaf in leaves.items():
            self._refuse(name, leaf)

    @classmethod
    def of(cls, func: Callable[..., Any], inputs: Any) -> Problem:
        """`func(*inputs)`: a function, an op (its class, if it has no configuration), a module."""
        func = func() if isinstance(func, type) else func
        inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        named = zip(_argument_names(func, len(inputs)), inputs, strict=True)
        tensors = {name: x for name, x in named if isinstance(x, Tensor)}
        if hasattr(func, "named_parameters"):
            tensors |= {f"parameter {name}": x for name, x in func.named_parameters()}

        def run() -> Outputs:
            result = (copy.copy(func) if isinstance(func, Op) else func)(*inputs)
            outputs = _floating(result)
            return {name: y for name, y in outputs.items() if y.requires_grad} or outputs

        leaves = {name: x for name, x in tensors.items() if x.requires_grad}
        if not leaves:
            raise ValueError(
                "gradcheck expects at least one input tensor to require gradient, "
                "but none of them have requires_grad=True."
            )
        name = getattr(func, "__name__", type(func).__name__)
        return cls(f"gradcheck of {name}", run, leaves, tensors)

    def gradient(self, grad_outputs: Any = None, non_contiguous: bool = False) -> Problem:
        """The gradients of this problem as functions of its leaves and of `grad_outputs`."""
        outputs = self.run()
        if not any(y.requires_grad for y in outputs.values()):
            raise ValueError("gradgradcheck: no output of the function requires grad")
        if grad_outputs is None:
            random = numpy.random.default_rng(1)
            weights = [_weight(random, y.array, non_contiguous) for y in outputs.values()]
        else:
            weights = (
                list(grad_outputs) if isinstance(grad_outputs, (tuple, list)) else [grad_outputs]
            )
        names = [f"grad_output {i}" for i in range(len(weights))]
        given = dict(zip(names, weights, strict=True))
        leaves = list(self.leaves.values())

        def run() -> Outputs:
            ys = list(self.run().values())
            gradients = grad(ys, leaves, weights, create_graph=True, allow_unused=True)
            named = zip(self.leaves, gradients, strict=True)
            return {f"the gradient of {name}": g for name, g in named if g is not None}

        wanted = {name: g for name, g in given.items() if g.requires_grad}
        title = f"grad{self.title}"
        return Problem(title, run, self.leaves | wanted, self.inputs | given)

    def values(self) -> numpy.ndarray:
        """All outputs as one float64 vector."""
        return numpy.concatenate([[], *(y.array.ravel() for y in self.run().values())])

    def _refuse(self, name: str, leaf: Tensor) -> None:
        array = leaf.array
        if array.dtype != numpy.float64:
            digits = numpy.finfo(array.dtype).precision
            raise ValueError(
                f"{self.title}: {name} is {array.dtype}, not float64. A numeric derivative is a "
                f"difference of nearly equal numbers: of {digits} digits hardly one is left, and a "
                "right rule would be reported as wrong. Pass x.double(), or a module.double()."
            )
        if _overlaps(array):
            raise RuntimeError(
                f"{self.title}: elements of {name} share memory, as after expand(): moving one "
                "moves the others, so there is no derivative to measure. Pass a clone()."
            )
        if not array.flags.writeable:
            raise RuntimeError(f"{self.title}: the memory of {name} is read-only. Pass a clone().")


def _floating(result: Any) -> Outputs:
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    for y in outputs:
        if not isinstance(y, Tensor):
            raise TypeError(
                "gradcheck expects a function that returns a Tensor or a tuple of Tensors, "
                f"got {type(y).__name__}"
            )
    return {f"output {i}": y for i, y in enumerate(outputs) if y.array.dtype.kind == "f"}


def _argument_names(func: Callable[..., Any], count: int) -> list[str]:
    """`input 0 (x)`, with the names that the function gives to its arguments where it has some."""
    names: list[str] = []
    try:
        signature = inspect.signature(getattr(func, "forward", func))
    except (TypeError, ValueError):  # some functions written in C have none
        signature = inspect.Signature()
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{i}]" for i in range(count - len(names))]
        else:
            names.append(parameter.name)
    return [f"input {i} ({names[i]})" if i < len(names) else f"input {i}" for i in range(count)]


def _weight(random: numpy.random.Generator, like: numpy.ndarray, strided: bool) -> Tensor:
    shape = like.shape
    if strided and shape:
        return wrap(random.uniform(-1, 1, (*shape, 2))[..., 0]).requires_grad_()
    return wrap(random.uniform(-1, 1, shape)).requires_grad_()


def _overlaps(x: numpy.ndarray) -> bool:
    """Whether two elements lie at one address."""
    steps = [numpy.arange(n) * stride for n, stride in zip(x.shape, x.strides, strict=True)]
    addresses = reduce(numpy.add.outer, steps, numpy.zeros((), int))
    return numpy.unique(addresses).size < x.size
