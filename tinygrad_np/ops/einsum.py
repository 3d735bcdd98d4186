"""Sums of products along named axes, by permuting, multiplying matrices and summing."""

from __future__ import annotations

import math
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy

from ..tensor import Tensor
from .index import GetItem
from .matmul import matmul

_LETTERS = ascii_uppercase + ascii_lowercase  # in the order in which a result has them
Labels = list[Any]  # of axes: letters, and for the axes of an ellipsis -1, -2, ... from the right


def einsum(*args: Any) -> Tensor:
    """The sum of products that an equation describes, as "ij,jk->ik" does a matrix product.

    Axes with the same letter run together; letters that are not behind the arrow are summed over;
    a letter twice in one operand takes its diagonal; `...` stands for axes that broadcast. Without
    an arrow the result has the letters that occur once, in alphabetic order. Instead of the
    equation, each operand may be followed by a list of numbers: `einsum(a, [0, 1], b, [1, 2])`.
    Operands are contracted from left to right. Raises RuntimeError for what does not fit.
    Source: PyTorch, torch.einsum.

    >>> import tinygrad_np as tnp
    >>> tnp.einsum("ij,j->i", tnp.tensor([[1, 2], [3, 4]]), tnp.tensor([1, 10]))
    tensor([21, 43])
    """
    equation, operands = _equation(*args)
    inputs, arrow, right = equation.replace(" ", "").partition("->")
    texts = inputs.split(",")
    if len(texts) != len(operands):
        more = "more" if len(operands) > len(texts) else "fewer"
        raise RuntimeError(
            f"einsum(): {more} operands were provided than specified in the equation"
        )
    sizes: dict[Any, int] = {}
    parts = []
    for number, (text, x) in enumerate(zip(texts, operands, strict=True)):
        parts.append(_diagonal(x, _labels(text, x.ndim, number), number))
        _note_sizes(sizes, *parts[-1], number)
    every = [name for _, names in parts for name in names]
    if not arrow:
        right = "..." + "".join(x for x in _LETTERS if inputs.count(x) == 1)
    output = _output(right, sorted({name for name in every if isinstance(name, int)}), sizes)
    x, names = parts[0]
    for i in range(1, len(parts)):
        kept = {*output, *(name for _, later in parts[i + 1 :] for name in later)}
        x, names = _product(*_summed(x, names, kept | {*parts[i][1]}), *parts[i], kept, sizes)
    x, names = _summed(x, names, set(output))
    return x.permute([names.index(name) for name in output]) if len(output) > 1 else x


def _equation(*args: Any) -> tuple[str, list[Tensor]]:
    """Lists of numbers, Ellipsis among them, become an equation."""
    if isinstance(args[0], str):
        equation, *operands = args
        if len(operands) == 1 and isinstance(operands[0], tuple | list):
            operands = list(operands[0])
    else:
        operands, lists = list(args[: len(args) // 2 * 2 : 2]), args[1::2]
        texts = [_text(numbers) for numbers in lists]
        equation = ",".join(texts) + (f"->{_text(args[-1])}" if len(args) % 2 else "")
    if not operands:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
    return equation, operands


def _text(numbers: Any) -> str:
    for n in numbers:
        if n is not Ellipsis and not 0 <= n < len(_LETTERS):
            raise ValueError(
                "einsum(): subscript in subscript list is not within the valid range [0, 52)"
            )
    return "".join("..." if n is Ellipsis else _LETTERS[n] for n in numbers)


def _split(text: str) -> Labels:
    """The letters, with Ellipsis for `...`."""
    letters = list(text.replace("...", ".", 1))
    for letter in letters:
        if letter not in _LETTERS and not (letter == "." and "..." in text):
            raise RuntimeError(
                f"einsum(): invalid subscript given: {letter!r} in {text!r}, subscripts must be in "
                "[a-zA-Z], besides one ellipsis (...)"
            )
    return [Ellipsis if letter == "." else letter for letter in letters]


def _labels(text: str, ndim: int, number: int) -> Labels:
    """One label for each axis of an operand."""
    names = _split(text)
    if Ellipsis not in names:
        what, ending = "does not match", " and no ellipsis was given"
        hidden = 0
        fits = len(names) == ndim
    else:
        what, ending = "is more than", ""
        hidden = ndim - len(names) + 1
        fits = hidden >= 0
    if not fits:
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(names) - (not ending)}) "
            f"{what} the number of dimensions ({ndim}) for operand {number}{ending}"
        )
    return [part for n in names for part in (range(-hidden, 0) if n is Ellipsis else [n])]


def _output(text: str, ellipsis: Labels, sizes: dict[Any, int]) -> Labels:
    names = [part for n in _split(text) for part in (ellipsis if n is Ellipsis else [n])]
    for name in names:
        if names.count(name) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {name} appears more than once in the output"
            )
        if name not in sizes:
            raise RuntimeError(
                f"einsum(): output subscript {name} does not appear in the equation for any input "
                "operand"
            )
    return names


def _diagonal(x: Tensor, names: Labels, number: int) -> tuple[Tensor, Labels]:
    """Of axes with the same label the diagonal, as one axis in front."""
    for name in dict.fromkeys(names):
        places = [i for i, other in enumerate(names) if other == name]
        if len(places) == 1:
            continue
        n = x.shape[places[0]]
        for i in places:
            if x.shape[i] != n:
                raise RuntimeError(
                    f"einsum(): subscript {name} is repeated for operand {number} but the sizes "
                    f"don't match, {x.shape[i]} != {n}"
                )
        others = [i for i in range(x.ndim) if i not in places]
        along = (numpy.arange(n),) * len(places)
        x = GetItem((*along, ...))(x.permute(places + others))
        names = [name, *(names[i] for i in others)]
    return x, names


def _note_sizes(sizes: dict[Any, int], x: Tensor, names: Labels, number: int) -> None:
    for name, n in zip(names, x.shape, strict=True):
        known = sizes.setdefault(name, n)
        if known == 1:
            sizes[name] = n
        elif n not in (1, known):
            raise RuntimeError(
                f"einsum(): subscript {name} has size {n} for operand {number} which does not "
                f"broadcast with previously seen size {known}"
            )


def _summed(x: Tensor, names: Labels, kept: set[Any]) -> tuple[Tensor, Labels]:
    """x summed over the axes that nothing needs any more."""
    gone = [i for i, name in enumerate(names) if name not in kept]
    if not gone:
        return x, names
    return x.sum(gone, dtype=x.dtype), [name for name in names if name in kept]


def _product(
    a: Tensor, of_a: Labels, b: Tensor, of_b: Labels, kept: set[Any], sizes: dict[Any, int]
) -> tuple[Tensor, Labels]:
    """Two operands as stacks of matrices: (shared, own, summed) @ (shared, summed, own)."""
    b, of_b = _summed(b, of_b, kept | set(of_a))
    shared = [name for name in of_a if name in of_b and name in kept]
    summed = [name for name in of_a if name in of_b and name not in kept]
    own_a = [name for name in of_a if name not in of_b]
    own_b = [name for name in of_b if name not in of_a]

    def stacked(x: Tensor, names: Labels, *groups: Labels) -> Tensor:
        x = x.permute([names.index(name) for group in groups for name in group])
        x = x.expand([sizes[name] for group in groups for name in group])
        return x.reshape([math.prod(sizes[name] for name in group) for group in groups])

    left, right = stacked(a, of_a, shared, own_a, summed), stacked(b, of_b, shared, summed, own_b)
    y = matmul(left, right) if summed else left * right
    names = shared + own_a + own_b
    return y.reshape([sizes[name] for name in names]), names
