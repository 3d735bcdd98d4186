"""Reading the backward rules of an op class: what a rule names is what is saved."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

OUT, ALL = -1, -2  # positions of values that a rule may name, besides forward's arguments


class Rule(NamedTuple):
    """A backward rule, and the positions of the values that it names."""

    function: Callable[..., Any]
    positions: tuple[int, ...]


def rules_of(cls: Any) -> dict[str, Rule]:
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
    return rules
