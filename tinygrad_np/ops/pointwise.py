"""What the mathematical functions of one number share: samples, a reference, a public function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Rng, Sample
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
    op: Any,
    summary: str,
    *aliases: str,
    ufunc: Any = None,
    taken: Callable[[Tensor, str], Tensor] = lambda x, name: floating(x),
) -> Callable[[Any], Tensor]:
    """The public function of `op`, its methods and their forms in place.

    `taken` makes of an argument what the op takes: by default integers become floats. What the
    function refuses becomes one of the op's samples.
    """
    name, samples = op.__name__.lower(), op.samples

    def function(input: Any) -> Tensor:
        (x,) = promoted(input)
        return op()(taken(x, name))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary}\n\n{op.__doc__}\n\nSource: PyTorch, torch.{name}."

    def with_error(r: Rng) -> Iterator[Sample | ErrorSample]:
        yield from samples(r)
        yield ErrorSample(lambda: function("4"), "expected a Tensor.*got str", TypeError)

    op.samples = with_error
    in_place = tuple(f"{each}_" for each in (name, *aliases))
    return tensor_method(*aliases, in_place=in_place, ufunc=ufunc)(function)
