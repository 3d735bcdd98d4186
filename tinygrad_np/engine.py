"""The walk backwards: newest node first, each node's rules once, gradients summed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from . import errors
from .allocation import owns
from .backend import quiet
from .grad_mode import set_grad_enabled
from .graph import context, order
from .hooks import Hooks, accumulated, hooked
from .layout import in_c_order
from .methods import tensor_method
from .op import Op
from .seeds import Tensors, listed, seed, target, weighted
from .tensor import Tensor, wrap


@tensor_method(name="backward")
def _backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add d self / d leaf, times `gradient`, to the `grad` of every leaf, or of `inputs` only.

    `gradient` may be left out for a scalar. The graph's saved values are freed unless
    `retain_graph` (by default: `create_graph`); with `create_graph` the gradients have a graph too.
    Raises RuntimeError where no graph was recorded, or it was freed.
    Source: PyTorch, torch.Tensor.backward.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([1.0, 3.0], requires_grad=True)
    >>> (x**2).sum().backward()
    >>> x.grad
    tensor([2., 6.])
    """
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


@quiet
def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Tensors | None = None,
) -> None:
    """`Tensor.backward` for several tensors at once. Source: PyTorch, torch.autograd.backward."""
    if inputs is not None and not (inputs := listed(inputs)):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    roots, weights = weighted(tensors, grad_tensors if grad_variables is None else grad_variables)
    targets = None if inputs is None else {target(x) for x in inputs}
    found = _run(roots, weights, retain_graph, create_graph, targets)
    for tensor in found if inputs is None else inputs:
        if tensor.edge in found:
            _accumulate(tensor, found[tensor.edge])
            if tensor._hooks:
                accumulated(tensor, tensor._hooks)


@quiet
def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs`, weighted by `grad_outputs`, with respect to `inputs`.

    Nothing is added to any `grad`. An input that the outputs do not depend on is an error unless
    `allow_unused` (None) or `materialize_grads` (zeros). Source: PyTorch, torch.autograd.grad.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor(3.0, requires_grad=True)
    >>> (dx,) = tnp.autograd.grad(x**3, x, create_graph=True)
    >>> tnp.autograd.grad(dx, x)
    (tensor(18.),)
    """
    if is_grads_batched:
        raise RuntimeError("is_grads_batched needs vmap, which tinygrad_np has not: write a loop")
    (outputs, weights), inputs = weighted(outputs, grad_outputs), listed(inputs)
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True"
        )
    found = _run(outputs, weights, retain_graph, create_graph, {target(x) for x in inputs})
    results = []
    for tensor in inputs:
        g = found.get(tensor.edge)
        if g is None and materialize_grads:
            g = numpy.zeros_like(tensor.array)
        elif g is None and not allow_unused:
            raise errors.unused_input(tensor)
        results.append(g if g is None or isinstance(g, Tensor) else wrap(_in_order(g)))
    return tuple(results)


def _run(
    roots: list[Tensor],
    weights: list[Any],
    retain_graph: bool | None,
    create_graph: bool,
    targets: set[Any] | None,
) -> dict[Any, Any]:
    """Walk back from `roots`: the gradients that arrived at `targets`, or at all leaves."""
    retain_graph = create_graph if retain_graph is None else retain_graph
    gradients: dict[Any, Any] = {}
    for root, weight in zip(roots, weights, strict=True):
        g = seed(root, weight, create_graph)
        gradients[root.edge] = gradients[root.edge] + g if root.edge in gradients else g
    nodes = order(gradients)
    wanted = None if targets is None else _leading_to(targets, nodes)
    found, anomaly = {}, context.detect_anomaly
    with set_grad_enabled(create_graph):
        for node in nodes:
            g = gradients.pop(node, None)
            if g is None or not (wanted is None or node in wanted):
                continue
            if node.hooks:
                g = _after_hooks(node.hooks, g)
            if node.retained is not None and (tensor := node.retained()) is not None:
                _accumulate(tensor, _copy(g))
            if targets is not None and node in targets:
                found[node] = _copy(g)
            for edge, gradient in node.gradients(g, create_graph, wanted):
                if anomaly:
                    errors.check_nan(node, edge, gradient)
                before = gradients.get(edge)
                if before is None and gradient is g and isinstance(edge, Tensor):
                    gradient = _copy(g)  # a leaf keeps what it gets
                gradients[edge] = gradient if before is None else before + gradient
            if not retain_graph:
                node.release()
        for leaf, g in gradients.items():
            if targets is None or leaf in targets:
                found[leaf] = _after_hooks(leaf._hooks, g)
    return found


def _leading_to(targets: set[Any], nodes: list[Op]) -> set[Any]:
    """The nodes from which a target can be reached, and the targets."""
    wanted = set(targets)
    for node in reversed(nodes):  # oldest first: what a node was made of is decided before it
        if any(edge in wanted for edge in node.edges):
            wanted.add(node)
    return wanted


def _copy(g: Any) -> Any:
    return g.clone() if isinstance(g, Tensor) else g.copy()


def _in_order(g: Any) -> Any:
    """A gradient array in C order that is no view of another."""
    return g if owns(g) and g.flags.c_contiguous else in_c_order(g)


def _after_hooks(hooks: Hooks | None, g: Any) -> Any:
    if not hooks:
        return g
    return hooked(hooks, g) if isinstance(g, Tensor) else hooked(hooks, wrap(g)).array


def _accumulate(tensor: Tensor, g: Any) -> None:
    """Add to `tensor.grad`, out of place: what someone kept of it stays as it was."""
    if g.dtype != tensor.dtype:
        raise RuntimeError(
            f"the gradient of a {tensor.dtype} tensor came out as {g.dtype}: "
            "a backward rule between them changes the dtype"
        )
    before = tensor._grad
    if isinstance(g, Tensor):
        tensor._grad = g if before is None else before + g
    elif before is None:
        tensor._grad = wrap(_in_order(g))
    elif before.requires_grad:
        tensor._grad = wrap(before.array + g)
    else:  # the same Tensor object, as in PyTorch
        before.array = before.array + g
