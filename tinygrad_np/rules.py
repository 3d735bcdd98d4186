"""Backward rules: reading them from a class, keeping what they name, fitting what they give."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy

from . import errors
from .sums import sum_to
from .tensor import Tensor, wrap

OUT, ALL = -1, -2  # positions of values that a rule may name, besides forward's arguments


class Rule(NamedTuple):
    """A backward rule, and the positions of the values that it names."""

    function: Callable[..., Any]
    positions: tuple[int, ...]


def rules_of(cls: Any) -> list[Rule | None]:
    """Read the rules d<input> of a class once; a rule that names something unknown is an error."""
    lead = 3 if cls.variadic else 2  # self, (index,) g
    known = {name: index for index, name in enumerate(cls.names)} | {"out": OUT}
    if cls.variadic:
        known[cls.names[0]] = ALL
    rules = {}
    for attribute in dir(cls):
        function = getattr(cls, attribute)
        if not (attribute.startswith("d") and inspect.isfunction(function)):
            continue
        parameters = list(inspect.signature(function).parameters)
        if "g" not in parameters[:lead]:
            continue
        if attribute[1:] not in cls.names:
            raise TypeError(f"{cls.__name__}.{attribute}: forward has no input {attribute[1:]!r}")
        unknown = [name for name in parameters[lead:] if name not in known]
        if unknown:
            raise TypeError(
                f"{cls.__name__}.{attribute} names {unknown[0]!r}: a rule may name forward's "
                f"arguments ({', '.join(cls.names)}) and out"
            )
        rules[attribute[1:]] = Rule(function, tuple(known[name] for name in parameters[lead:]))
    if cls.differentiable and not rules:
        raise TypeError(f"{cls.__name__} has no backward rule d<input>; is it differentiable?")
    return [rules.get(name) for name in cls.names]


def named_by(op: Any, count: int, wanted: int) -> list[int]:
    """The positions of the values that the rules of the wanted inputs, of `count`, name."""
    positions: dict[int, None] = {}
    for index in range(count):
        if wanted >> index & 1:
            for position in op._rule(index).positions:
                positions |= dict.fromkeys(range(count) if position == ALL else [position])
    if not op.variadic:
        op.named[wanted] = list(positions)
    return list(positions)


def saved_of(x: Any) -> tuple[Any, Any, int]:
    """What is kept of a value that a rule names: its array, and its version if it has one."""
    if isinstance(x, Tensor):
        return x.array, x.version, x.version.count
    return x, None, 0


def recalled(op: Any, positions: Iterable[int], as_tensors: bool) -> list[Any]:
    """Saved values: arrays, or under `create_graph` Tensors tied back to the graph."""
    values: list[Any] = []
    for p in positions:
        if p == ALL:
            values.append(recalled(op, range(len(op.edges)), as_tensors))
            continue
        array, version, count = op.saved[p]
        if version is not None and version.count != count:
            name = "out" if p == OUT else op.names[0 if op.variadic else p]
            raise errors.saved_value_changed(op, name, version, count)
        if as_tensors:
            array = tied(array, version, op if p == OUT else op.edges[p])
        values.append(array)
    return values


def tied(array: Any, version: Any, edge: Any) -> Any:
    """A Tensor over a saved array whose gradient flows along `edge`."""
    if isinstance(edge, Tensor):
        return edge
    return array if version is None else wrap(array, node=edge, version=version)


def fitted(op: Any, index: int, gradient: Any, values: Sequence[Any], since: int) -> Any:
    """What a rule gave for input `index`, summed over the axes along which that was broadcast.

    A Tensor, as under create_graph, is made to depend on all `values` that the rule got. Raises
    OpError, with the rule's name, where it is no gradient or does not fit.
    """
    shape = op.shapes[index]
    if not hasattr(gradient, "shape"):
        raise errors.rule_failed(op, index, f"returned {gradient!r} instead of a gradient")
    if gradient.shape != shape:
        try:
            if type(gradient) is numpy.ndarray:
                return sum_to(gradient, shape)
            gradient = op.registry["SumTo"](shape)(gradient)
        except (errors.OpError, TypeError, ValueError) as error:
            text = f"returned a gradient of shape {tuple(gradient.shape)} for an input of shape"
            raise errors.rule_failed(op, index, f"{text} {shape}") from error
    if isinstance(gradient, Tensor) and (still := _without_graph(gradient, values, since)):
        return op.registry["ConstantIn"]()(gradient, *still)
    return gradient


def _without_graph(gradient: Tensor, values: Sequence[Any], since: int) -> list[Tensor]:
    """The values, of those a rule names, that want a gradient and that `gradient` leads not to.

    A rule may look at them by comparisons only: relu's keeps g where x > 0. Its derivative in them
    is 0, which is not the same as none: `grad(gradient, x)` is a tensor of zeros. So it is for relu
    and its like in PyTorch, which for amin, median or maximum has no graph there and raises.
    """
    named = [x for value in values for x in (value if isinstance(value, list) else [value])]
    wanting = {x.edge: x for x in named if isinstance(x, Tensor) and x.edge is not None}
    stack = [gradient.edge] if wanting else []
    while stack:  # through the nodes that the rule made: those numbered after `since`
        edge = stack.pop()
        wanting.pop(edge, None)
        if getattr(edge, "serial", 0) > since:
            stack.extend(edge.edges)
    return list(wanting.values())
