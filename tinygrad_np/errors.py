"""The texts of errors that name tensors and the user's lines. Built only when something failed."""

from __future__ import annotations

import itertools
import linecache
import os
from typing import Any

from .graph import Where, user_frame


def line_of(where: Where | None) -> str:
    """`file.py:12: y = x * w` for a frame kept by `user_frame`."""
    if where is None:
        return "an unknown line"
    code, offset = where
    position = next(itertools.islice(code.co_positions(), offset // 2, None), (None,))
    number = position[0] or code.co_firstlineno
    source = linecache.getline(code.co_filename, number).strip()
    place = f"{os.path.basename(code.co_filename)}:{number}"
    return f"{place}: {source}" if source else place


class OpError(RuntimeError, ValueError, TypeError, IndexError):
    """An operation could not run on its inputs.

    PyTorch raises RuntimeError where NumPy raises ValueError, TypeError or IndexError: this error
    is caught as any of them.
    """


def described(x: Any) -> str:
    """`float32 (3, 4), made by Mul at train.py:10: h = x * w`."""
    array = getattr(x, "array", x)
    if not hasattr(array, "shape"):
        return repr(x)
    text = f"{array.dtype} {tuple(array.shape)}"
    if not hasattr(x, "array"):
        return f"{text}, a plain array"
    if x.grad_fn is None:
        return f"{text}, a leaf" if x.requires_grad else text
    return f"{text}, made by {type(x.grad_fn).__name__} at {line_of(x.grad_fn.frame)}"


def op_failed(op: Any, inputs: tuple[Any, ...], error: Exception) -> OpError:
    """What failed, each input's dtype, shape and origin, and the user's line."""
    names = [*op.names, *[op.names[-1]] * len(inputs)] if op.names else ["input"] * len(inputs)
    lines = [f"{type(op).__name__}: {_in_our_words(error, inputs)}"]
    lines += [f"  {name}: {described(x)}" for name, x in zip(names, inputs, strict=False)]
    return OpError("\n".join([*lines, f"  at {line_of(user_frame())}"]))


def _in_our_words(error: Exception, inputs: tuple[Any, ...]) -> str:
    """PyTorch's text for shapes that do not broadcast; NumPy's with `dimension` for `axis`."""
    text = str(error)
    if text.startswith("operands could not be broadcast") and len(inputs) == 2:
        a, b = (getattr(x, "array", x).shape for x in inputs)
        for i in range(1, min(len(a), len(b)) + 1):
            if a[-i] != b[-i] and 1 not in (a[-i], b[-i]):
                return (
                    f"The size of tensor a ({a[-i]}) must match the size of tensor b ({b[-i]}) "
                    f"at non-singleton dimension {max(len(a), len(b)) - i}"
                )
    return text.replace("for axis", "for dimension")


def saved_value_changed(op: Any, name: str, version: Any, count: int) -> RuntimeError:
    """The value that a rule needs was changed in place: both lines, and what to do."""
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {type(op).__name__} saved {name!r} (version {count}) at {line_of(op.frame)}; "
        f"it was changed (version {version.count}) at {line_of(version.changed_at)}. "
        "Write the change out of place, as in x = x + 1, or change a clone()."
    )


def unused_input(x: Any) -> RuntimeError:
    """grad() was asked for the gradient of something that the outputs do not depend on."""
    return RuntimeError(
        f"One of the differentiated Tensors ({described(x)}) appears to not have been used in the "
        "graph. Set allow_unused=True if this is the desired behavior."
    )


def graph_was_freed(op: Any) -> RuntimeError:
    """A second backward met a node whose saved values are gone."""
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time. "
        f"The first freed node is {type(op).__name__}, made at {line_of(op.frame)}"
    )


def rule_failed(op: Any, index: int, what: str) -> OpError:
    """A backward rule raised, or what it returned cannot be the gradient of its input."""
    name = op.names[0 if op.variadic else index]
    return OpError(f"{type(op).__name__}.d{name} {what}\n  forward ran at {line_of(op.frame)}")


def no_rule(op: Any, name: str) -> OpError:
    """A tensor that wants a gradient went into an input without a backward rule."""
    return OpError(
        f"{type(op).__name__} has no backward rule d{name}, but its input {name!r} requires grad. "
        f"Write the rule, detach() the input, or set differentiable = False on the op."
        f"\n  at {line_of(user_frame())}"
    )


def check_nan(op: Any, edge: Any, gradient: Any) -> None:
    """In anomaly mode: raise if the gradient that `op` gives to the input at `edge` holds nan."""
    for part in gradient if isinstance(gradient, tuple) else (gradient,):
        array = getattr(part, "array", part)
        if array is not None and (array != array).any():
            raise RuntimeError(
                f"Function '{op.name()}' returned nan values in its {op.edges.index(edge)}th "
                f"output; its forward ran at {line_of(op.frame)}"
            )
