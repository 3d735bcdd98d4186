"""What a walk backwards starts from and leads to: outputs with a gradient each, and inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from .tensor import Tensor, wrap

Tensors = Tensor | Sequence[Tensor]


def listed(tensors: Any) -> list[Any]:
    """One or several tensors as a list."""
    return list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]


def weighted(outputs: Tensors, weights: Any) -> tuple[list[Tensor], list[Any]]:
    """The outputs, and a weight for each: None where it is left out."""
    outputs = listed(outputs)
    weights = [None] * len(outputs) if weights is None else listed(weights)
    if len(weights) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(weights)} gradients")
    return outputs, weights


def seed(root: Tensor, weight: Any, create_graph: bool) -> Any:
    """The gradient that the walk starts with at `root`: an array, or a Tensor for create_graph."""
    if root.edge is None:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    if weight is None:
        if root.array.size != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs, "
                f"but this one has shape {list(root.shape)}"
            )
        weight = wrap(numpy.ones_like(root.array))
    if not isinstance(weight, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(weight).__name__}")
    if weight.shape != root.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[0] has a shape of {weight.shape} "
            f"and output[0] has a shape of {root.shape}."
        )
    if weight.dtype != root.dtype:
        weight = weight.to(root.dtype)
    weight = weight.clone() if root.edge is root else weight
    return weight if create_graph else weight.array


def target(tensor: Tensor) -> Any:
    """The edge at which the gradient of `tensor` arrives."""
    if tensor.edge is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return tensor.edge
