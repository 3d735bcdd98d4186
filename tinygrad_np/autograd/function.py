"""autograd.Function: PyTorch's way to write an op, as a thin adapter over the graph's nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from .. import errors
from ..grad_mode import no_grad, set_grad_enabled
from ..graph import context
from ..methods import rewrite
from ..op import Op
from ..rules import saved_of, tied
from ..tensor import Tensor, wrap
from .outputs import Bundle, Output, check_dirty


class FunctionCtx(Op):
    """What `forward` leaves for `backward`: `ctx`, which is also the node of the graph."""

    names = ()
    variadic = False

    def __init__(self, function: Any) -> None:
        self.function = function
        self._wanted: tuple[bool, ...] = ()
        self.outputs: list[Any] = []  # shape and dtype of each, None for what is no tensor
        self.dtypes: list[Any] = []  # of the inputs
        self._materialize = True
        self._kept: Any = ()
        self._dirty: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument of forward: whether it wants a gradient."""
        return self._wanted

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for backward; a change of one in place before backward is an error."""
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(
                    "save_for_backward can only save variables, but argument is of type "
                    f"{type(tensor).__name__}"
                )
        self._kept = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs forward has changed in place; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs want no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (the default) or None for outputs that were not used."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `save_for_backward` kept, tied to the graph again."""
        if self._kept is None:
            raise errors.graph_was_freed(self)
        return tuple(entry if entry is None else self._recalled(*entry) for entry in self._kept)

    def _recalled(self, array: Any, version: Any, count: int, edge: Any) -> Tensor:
        if version.count != count:
            raise errors.saved_value_changed(self, "a tensor", version, count)
        if edge is None:
            return wrap(array, version=version)
        return tied(array, version, self.node_of(edge) if isinstance(edge, int) else edge)

    def node_of(self, index: int) -> Op:
        """What gradients of output `index` go to: this node, by way of an `Output` if several."""
        if len(self.outputs) == 1:
            return self
        node, anything = Output(index, len(self.outputs), self), wrap(self.xp.zeros(()))
        node.record((), [Bundle.shape], [self], anything)
        return node

    def freeze(self, outputs: tuple[Any, ...]) -> None:
        """Keep arrays and edges instead; an output by its number, for a graph without cycles."""
        number = {id(x): index for index, x in enumerate(outputs)}
        self._kept = tuple(
            t if t is None else (*saved_of(t), number.get(id(t), t.edge)) for t in self._kept
        )

    def gradients(self, g: Any, as_tensors: bool, wanted: Any = None) -> Iterator[tuple[Any, Any]]:
        if self._kept is None:
            raise errors.graph_was_freed(self)
        weights = list(g) if isinstance(g, Bundle) else [g]
        for i, kind in enumerate(self.outputs):
            if weights[i] is None and kind and self._materialize:
                weights[i] = wrap(self.xp.zeros(*kind))
            elif weights[i] is not None and not isinstance(weights[i], Tensor):
                weights[i] = wrap(weights[i])
        with set_grad_enabled(as_tensors):
            found = self.function.backward(self, *weights)
        found = list(found) if isinstance(found, tuple) else [found]
        for index, gradient in enumerate(self._checked(found)):
            edge = self.edges[index]
            if gradient is not None and edge is not None and (wanted is None or edge in wanted):
                yield edge, gradient if as_tensors else gradient.array

    def _checked(self, found: list[Any]) -> list[Any]:
        """The gradients, one per argument of forward, or an error in PyTorch's words."""
        name, count = self.name(), len(self.edges)
        while len(found) > count and found[-1] is None:
            found.pop()
        if len(found) != count:
            raise RuntimeError(
                f"function {name} returned an incorrect number of gradients "
                f"(expected {count}, got {len(found)})"
            )
        for i, gradient in enumerate(found):
            if gradient is None:
                continue
            if not isinstance(gradient, Tensor):
                raise TypeError(f"function {name} returned {gradient!r}, expected a Tensor or None")
            if self.shapes[i] is None:
                raise RuntimeError(
                    f"function {name} returned a gradient different than None at position {i + 1}, "
                    "but the corresponding forward input was not a Variable"
                )
            if gradient.shape != self.shapes[i]:
                found[i] = self._summed(gradient, i, name)
            if gradient.array.dtype != self.dtypes[i]:
                found[i] = Op.registry["Cast"](self.dtypes[i])(found[i])
        return found

    def _summed(self, gradient: Tensor, i: int, name: str) -> Tensor:
        try:
            return Op.registry["SumTo"](self.shapes[i])(gradient)
        except errors.OpError:
            raise RuntimeError(
                f"Function {name} returned an invalid gradient at index {i} - got "
                f"{list(gradient.shape)} but expected shape compatible with {list(self.shapes[i])}"
            ) from None

    def release(self) -> None:
        self._kept = None

    def name(self) -> str:
        return f"{self.function.__name__}Backward"


class Function:
    """The base of operations of one's own in PyTorch's style; `Op` is the way of this library.

    `forward(ctx, *args)`, or `forward(*args)` with `setup_context(ctx, inputs, output)`, computes
    without a graph; `backward(ctx, *grads)` returns one gradient or None per argument. Call
    `apply`. Source: PyTorch, torch.autograd.Function.

    >>> import tinygrad_np as tnp
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * g
    >>> x = tnp.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    setup_context: Callable[..., Any] | None = None
    _ctx: Any

    def __init_subclass__(cls) -> None:
        cls._ctx = type(cls.__name__, (FunctionCtx,), {})

    def __init__(self) -> None:
        raise RuntimeError(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself: call .apply on the class."
        )

    @staticmethod
    def forward(*args: Any) -> Any:
        """What the Function computes. Raises NotImplementedError where a subclass has none."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Its gradients. Raises NotImplementedError where a subclass has none."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward; where grad mode is on and an argument wants a gradient, record the node."""
        ctx = cls._ctx(cls)
        edges = [x.edge if isinstance(x, Tensor) else None for x in args]
        ctx._wanted = tuple(edge is not None for edge in edges)
        with no_grad():
            if cls.setup_context is None:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        outputs = result if isinstance(result, tuple) else (result,)
        recorded = context.grad_enabled and any(ctx._wanted)
        check_dirty(ctx._dirty, outputs)
        outputs = tuple(_separate(ctx, x, args) for x in outputs)
        if recorded:
            _record(ctx, args, edges, outputs)
        return outputs if isinstance(result, tuple) else outputs[0]


def _separate(ctx: FunctionCtx, output: Any, args: tuple[Any, ...]) -> Any:
    """An input that is returned unchanged becomes a tensor of its own, to carry the new node."""
    if any(output is x for x in ctx._dirty):
        output.version.bump()
        return output
    if isinstance(output, Tensor) and any(output is x for x in args):
        return wrap(output.array, version=output.version)
    return output


def _record(
    ctx: FunctionCtx, args: tuple[Any, ...], edges: list[Any], outputs: tuple[Any, ...]
) -> None:
    """Make `ctx` the node of the outputs, by way of an `Output` each if there are several."""
    ctx.outputs = [(x.shape, x.array.dtype) if isinstance(x, Tensor) else None for x in outputs]
    ctx.dtypes = [x.array.dtype if isinstance(x, Tensor) else None for x in args]
    shapes = [x.shape if isinstance(x, Tensor) else None for x in args]
    ctx.record((), shapes, edges, wrap(ctx.xp.zeros(())))
    for index, x in enumerate(outputs):
        if not isinstance(x, Tensor) or x.array.dtype.kind != "f":
            continue
        if any(x is c for c in ctx._constant):
            continue
        if any(x is d for d in ctx._dirty):
            rewrite(x, ctx.node_of(index))
            x.version.rewrites += 1
        else:
            x._node = ctx.node_of(index)
    ctx.freeze(outputs)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a `backward` that computes without a graph: a second derivative is an error.

    Source: PyTorch, torch.autograd.function.once_differentiable.
    """

    @wraps(backward)
    def without_graph(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            found = backward(ctx, *gradients)
        if not context.grad_enabled or not any(
            isinstance(g, Tensor) and g.requires_grad for g in gradients
        ):
            return found
        several = found if isinstance(found, tuple) else (found,)
        results = tuple(g if g is None else _Once.apply(g.requires_grad_()) for g in several)
        return results if isinstance(found, tuple) else results[0]

    return without_graph


class _Once(Function):
    """A gradient that cannot be differentiated again."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )
