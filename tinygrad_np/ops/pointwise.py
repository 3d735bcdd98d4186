"""What the mathematical functions of one number share: samples, a reference, a public function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import Sample
from ..tensor import Tensor
from .cast import floating


class Pointwise(Op):
    """The base of functions of one number that PyTorch has under the name of the class."""

    def samples(r):
        yield Sample(r.uniform(0.1, 0.9, (3, 4)))
        yield Sample(r.uniform(0.1, 0.9, ()))
        yield Sample(r.uniform(0.1, 0.9, (2, 0)))

    def reference(self, torch, x):
        return getattr(torch, type(self).__name__.lower())(x)


def pointwise(
    op: type[Op], summary: str, *aliases: str, ufunc: Any = None
) -> Callable[[Any], Tensor]:
    """The public function of `op`, its methods and their forms in place; integers become floats."""
    name = op.__name__.lower()

    def function(input: Any) -> Tensor:
        return op()(floating(*promoted(input)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}\n\n{op.__doc__}\n\nSource: PyTorch, torch.{name}."
    in_place = tuple(f"{each}_" for each in (name, *aliases))
    return tensor_method(*aliases, in_place=in_place, ufunc=ufunc)(function)
