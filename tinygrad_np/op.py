"""An op: formula, forward, one backward rule per input, and samples, in one class.

    class Mul(Op):
        '''y = a * b;   da = g * b,   db = g * a'''

        def forward(self, a, b):
            return a * b

        def da(self, g, b):
            return g * b

        def db(self, g, a):
            return g * a

        def samples(r):
            yield Sample(r.normal(3, 4), r.normal(4))

        def reference(self, torch, a, b):
            return torch.mul(a, b)

`forward` works on plain arrays. The rule `d<input>` gets the incoming gradient `g` and, by name,
what it needs: arguments of forward, or `out`. What a rule names is what is saved, and only while
its input wants a gradient. Gradients of inputs that were broadcast are summed by the engine.

An instance that has run is the node of the graph. In first order its rules receive plain arrays;
under `create_graph` the same text receives Tensors and is recorded in turn, and an op called on
plain arrays alone just computes: one text serves every order. So rules use operators and ops; not
NumPy's functions, and not public ones, to which a NumPy scalar is a number without a dtype.
`self.hint` may keep a constant (a mask, indices) or a cached function of a value the rule names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

import numpy

from . import errors
from .backend import hush, unhush
from .graph import context, next_serial, user_frame
from .node import Node
from .rules import OUT, Rule, fitted, named_by, recalled, rules_of, saved_of
from .tensor import Tensor, wrap


@dataclass_transform(eq_default=False)
class Op(Node):
    """The base of all operations. Annotations of a subclass become its constructor's arguments."""

    registry: ClassVar[dict[str, Any]] = {}  # every op class by name
    xp: ClassVar[Any] = numpy  # forward's array module
    view: ClassVar[bool] = False  # the result may share the first input's memory
    differentiable: ClassVar[bool] = True  # False: never recorded, as argmax and comparisons
    names: ClassVar[tuple[str, ...]]  # of forward's arguments
    variadic: ClassVar[bool]  # forward(self, *xs): the one rule gets each input's index before g
    rules: ClassVar[list[Rule | None]]  # by input
    named: ClassVar[dict[int, list[int]]] = {}  # what rules name, by the wanted inputs as bits
    forward: Callable[..., Any]
    hint: Any = None
    serial = 0  # set when an instance becomes a node, with edges, frame, scope, shapes and saved
    hooks = retained = None

    def __init_subclass__(cls) -> None:
        if inspect.get_annotations(cls):
            dataclass(eq=False, repr=False)(cls)
        if hasattr(cls, "forward"):
            parameters = list(inspect.signature(cls.forward).parameters.values())[1:]
            cls.names = tuple(parameter.name for parameter in parameters)
            cls.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
            cls.rules, cls.named = rules_of(cls), {}
            Op.registry[cls.__name__] = cls

    def __call__(self, *inputs: Any) -> Any:
        """Run forward; become a node where grad mode is on and an input wants a gradient.

        An instance that is a node already stays what it is, and a new one runs in its place.
        """
        if self.serial:
            return self._anew()(*inputs)
        on_tensors, recording = False, self.differentiable and context.grad_enabled
        arrays, edges, wanted, bit = [], [], 0, 1
        for x in inputs:
            edge = None
            if isinstance(x, Tensor):
                on_tensors = True
                if recording and (edge := x.edge) is not None:
                    wanted |= bit
                x = x.array
            arrays.append(x)
            edges.append(edge)
            bit += bit
        before = hush()  # inf and nan come without a warning
        try:
            out = self.forward(*arrays)
        except (ValueError, TypeError, IndexError) as error:
            raise errors.op_failed(self, inputs, error) from error
        finally:
            unhush(before)
        if not on_tensors:
            return out
        if type(out) is not numpy.ndarray and isinstance(out, tuple | list):
            raise errors.op_failed(self, inputs, TypeError("forward must return one array"))
        result = wrap(out)
        if self.view and numpy.may_share_memory(result.array, arrays[0]):
            result.become_view(inputs[0], self)
        if wanted:
            self.record(inputs, [getattr(x, "shape", ()) for x in arrays], edges, result, wanted)
        return result

    def _anew(self) -> Op:
        op = object.__new__(type(self))
        for name in getattr(self, "__dataclass_fields__", ()):  # the configuration
            setattr(op, name, getattr(self, name))
        return op

    def record(
        self, inputs: Any, shapes: list[Any], edges: list[Any], result: Any, wanted: int = 0
    ) -> None:
        """Become the node of `result`; save what rules name, of inputs whose bit `wanted` has."""
        self.shapes, self.edges = tuple(shapes), tuple(edges)
        self.frame = user_frame(3)
        self.scope = context.scope
        self.serial = next_serial()
        if (positions := self.named.get(wanted)) is None:
            positions = named_by(self, len(inputs), wanted)
        saved: list[Any] = [None] * (len(inputs) + 1) if positions else []  # OUT's is the last
        for p in positions:
            saved[p] = saved_of(result if p == OUT else inputs[p])
        self.saved: tuple[Any, ...] | None = tuple(saved)
        result._node = self

    def _rule(self, index: int) -> Rule:
        rule = self.rules[0 if self.variadic else index]
        if rule is None:
            raise errors.no_rule(self, self.names[index])
        return rule

    def gradients(self, g: Any, as_tensors: bool, wanted: Any = None) -> Iterator[tuple[Any, Any]]:
        """Run the rules: (edge, gradient) for each input whose edge is wanted (None: all)."""
        if self.saved is None:
            raise errors.graph_was_freed(self)
        for index, edge in enumerate(self.edges):
            if edge is None or (wanted is not None and edge not in wanted):
                continue
            rule, positions = self._rule(index)
            values = recalled(self, positions, as_tensors) if positions else ()
            since = next_serial() if as_tensors else 0
            try:
                gradient = (
                    rule(self, index, g, *values) if self.variadic else rule(self, g, *values)
                )
            except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError) as error:
                text = f"raised {type(error).__name__}: {error}"
                raise errors.rule_failed(self, index, text) from error
            if type(gradient) is not numpy.ndarray or gradient.shape != self.shapes[index]:
                gradient = fitted(self, index, gradient, values, since)
            yield edge, gradient

    def release(self) -> None:
        """Let go of what the rules would need: memory falls while backward runs."""
        if self.saved or self.hint is not None:
            self.saved = self.hint = None
