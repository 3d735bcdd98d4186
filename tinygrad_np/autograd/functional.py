"""Derivatives of whole functions: Jacobians, Hessians, and their products with vectors.

`func` takes the tensors of `inputs` (one, or a tuple) and returns one or a tuple; what comes back
has that structure too. With `create_graph` results can be differentiated again; with `strict` an
input that an output does not depend on is an error instead of zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine import grad
from ..grad_mode import enable_grad
from ..ops.creation import zeros
from ..ops.join import stack
from ..ops.like import ones_like, zeros_like
from ..tensor import Tensor

Tensors = Tensor | tuple[Tensor, ...]


def _tuple(what: str, name: str, tensors: Any) -> tuple[Tensor, ...]:
    """One or several tensors as a tuple. Raises TypeError for anything else."""
    several = tensors if isinstance(tensors, tuple) else (tensors,)
    for i, x in enumerate(several):
        if not isinstance(x, Tensor):
            where = f"Value at index {i} of the tuple" if isinstance(tensors, tuple) else "It"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors. "
                f"{where} is of type {type(x).__name__}"
            )
    return several


def _like(given: Any, results: tuple[Any, ...]) -> Any:
    return results if isinstance(given, tuple) else results[0]


def _run(
    func: Callable[..., Any], inputs: Any, create_graph: bool, name: str
) -> tuple[tuple[Tensor, ...], Any, tuple[Tensor, ...]]:
    """Leaves made of `inputs`, the outputs as they came, and as a tuple."""
    with enable_grad():
        leaves = tuple(
            (x.view_as(x) if x.requires_grad else x.detach().requires_grad_())
            if create_graph
            else x.detach().requires_grad_()
            for x in _tuple("inputs", name, inputs)
        )
        outputs = func(*leaves)
    return leaves, outputs, _tuple("outputs", name, outputs)


def _gradients(
    output: Any, leaves: Any, weight: Any, create_graph: bool, strict: bool, name: str
) -> list[Tensor]:
    """The gradient for each leaf, zeros where there is no path."""
    found: Any = [None] * len(leaves)
    pairs = [(y, w) for y, w in zip(output, weight, strict=True) if y.requires_grad]
    if pairs:
        ys, ws = (list(column) for column in zip(*pairs, strict=True))
        found = grad(ys, leaves, ws, True, create_graph, allow_unused=True)
    for i, g in enumerate(found):
        if g is None and strict:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i} in {name}. "
                "This is not allowed in strict mode."
            )
    return [zeros_like(x) if g is None else g for g, x in zip(found, leaves, strict=True)]


def _weights(outputs: tuple[Tensor, ...], v: Any, name: str) -> tuple[Tensor, ...]:
    """`v`, which must have the shapes of `outputs`; 1 for a single scalar."""
    if v is None:
        if len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError(
                f"The vector v given to {name} can only be None if the function returns a single "
                "Tensor with a single element."
            )
        return (ones_like(outputs[0]),)
    vectors = _tuple("vector v", name, v)
    if len(vectors) != len(outputs):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(outputs)} but got {len(vectors)}."
        )
    for i, (y, w) in enumerate(zip(outputs, vectors, strict=True)):
        if y.shape != w.shape:
            raise RuntimeError(
                f"Entry {i} in v has invalid size: should be {y.shape} but got {w.shape}."
            )
    return vectors


def vjp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, v^T J): the product of a vector of the outputs' shapes with the Jacobian.

    Source: PyTorch, torch.autograd.functional.vjp.

    >>> import tinygrad_np as tnp
    >>> vjp(lambda x: x**2, tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    leaves, given, outputs = _run(func, inputs, create_graph, "vjp")
    weights = _weights(outputs, v, "vjp")
    products = _gradients(outputs, leaves, weights, create_graph, strict, "vjp")
    return _plain(given, create_graph), _like(inputs, tuple(products))


def jvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, J v): the product of the Jacobian with a vector of the inputs' shapes.

    v^T J is linear in v, so its derivative with respect to v, times another vector, is J v: two
    walks backwards make one forwards. Source: PyTorch, torch.autograd.functional.jvp.

    >>> import tinygrad_np as tnp
    >>> jvp(lambda x: x.sum() * x, tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 0.0]))
    (tensor([3., 6.]), tensor([4., 2.]))
    """
    leaves, given, outputs = _run(func, inputs, create_graph, "jvp")
    vectors = _weights(leaves, v, "jvp")
    duals = tuple(zeros_like(y, requires_grad=True) for y in outputs)
    with enable_grad():
        products = _gradients(outputs, leaves, duals, True, strict, "jvp")
        found = _gradients(tuple(products), duals, vectors, create_graph, False, "jvp")
    return _plain(given, create_graph), _like(given, tuple(found))


def _plain(outputs: Any, create_graph: bool) -> Any:
    if create_graph:
        return outputs
    return _like(outputs, tuple(y.detach() for y in _tuple("outputs", "func", outputs)))


def jacobian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """d outputs / d inputs: one tensor per pair, of the output's shape and then the input's.

    A row is one walk backwards; `vectorize` and `strategy` are accepted and change nothing.
    Source: PyTorch, torch.autograd.functional.jacobian.

    >>> import tinygrad_np as tnp
    >>> jacobian(lambda x: x * x.sum(), tnp.tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """
    leaves, given, outputs = _run(func, inputs, create_graph, "jacobian")
    blocks = []
    for y in outputs:
        with enable_grad():
            elements = y.reshape(-1)
        rows = []
        for i in range(y.numel()):
            with enable_grad():
                element = elements[i]
            weight = (ones_like(element),)
            rows.append(_gradients((element,), leaves, weight, create_graph, strict, "jacobian"))
        blocks.append(_like(inputs, tuple(_block(y, x, rows, k) for k, x in enumerate(leaves))))
    return _like(given, tuple(blocks))


def _block(y: Tensor, x: Tensor, rows: list[list[Tensor]], k: int) -> Tensor:
    """The rows for the k-th input as one tensor, of y's shape and then x's."""
    if not rows:
        return zeros(*y.shape, *x.shape, dtype=x.dtype)
    return stack([row[k] for row in rows]).reshape(*y.shape, *x.shape)


def hessian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with a single element: the Jacobian of its gradient.

    Source: PyTorch, torch.autograd.functional.hessian.

    >>> import tinygrad_np as tnp
    >>> hessian(lambda x: (x**3).sum(), tnp.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*leaves: Tensor) -> Any:
        outputs = _tuple("outputs", "hessian", func(*leaves))
        if len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError(
                "The Tensor returned by the function given to hessian should contain a single "
                f"element, got {[tuple(y.shape) for y in outputs]}"
            )
        weight = (ones_like(outputs[0]),)
        return _like(inputs, tuple(_gradients(outputs, leaves, weight, True, strict, "hessian")))

    return jacobian(gradient, inputs, create_graph, strict)


def vhp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(output, v^T H): a vector times the Hessian, which is symmetric, so `hvp` is the same.

    Source: PyTorch, torch.autograd.functional.vhp.

    >>> import tinygrad_np as tnp
    >>> vhp(lambda x: (x**3).sum(), tnp.tensor([1.0, 2.0]), tnp.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    leaves, given, outputs = _run(func, inputs, create_graph, "vhp")
    weight = _weights(outputs, None, "vhp")
    with enable_grad():
        first = tuple(_gradients(outputs, leaves, weight, True, strict, "vhp"))
    products = _gradients(first, leaves, _weights(leaves, v, "vhp"), create_graph, strict, "vhp")
    return _plain(given, create_graph), _like(inputs, tuple(products))


hvp = vhp
