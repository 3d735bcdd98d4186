"""Parameter: a tensor that a Module registers and an optimiser changes."""

from __future__ import annotations

from typing import Any

import tinygrad_np as tnp
from tinygrad_np import Tensor


class Parameter(Tensor):
    """A leaf that wants a gradient and shares the memory of `data`.

    As an attribute of a Module it is one of its parameters.
    Raises TypeError if `data` is no Tensor. Source: PyTorch, torch.nn.Parameter.

    >>> Parameter(tnp.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = tnp.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"expected the data of a Parameter as a Tensor, got {typename(data)}")
        self: Any = super().__new__(cls)
        self.array, self.version = data.array, data.version
        self.requires_grad = requires_grad
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:  # as in PyTorch without `grad`
        memo[id(self)] = copy = type(self)(self.data.clone(), self.requires_grad)
        return copy

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def typename(x: object) -> str:
    """The class of `x`, or x if it is one, with its module unless built in: for error texts.

    >>> typename(1), typename(Parameter())
    ('int', 'nn.parameter.Parameter')
    """
    kind = x if isinstance(x, type) else type(x)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def forget_grad(tensor: Tensor, set_to_none: bool) -> None:
    """Set the gradient to None, or to zeros where there is one."""
    if tensor.grad is not None:
        tensor.grad = None if set_to_none else tensor.grad.detach().zero_()
