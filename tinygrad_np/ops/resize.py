"""Interpolation: linear and separable, so each axis is a matrix that `Resample` applies."""

from __future__ import annotations

from typing import Any

import numpy

from ..tensor import Tensor
from .adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d
from .cast import not_implemented
from .images import images, restored
from .resample import Resample

_NEAREST = {"nearest": 0.0, "nearest-exact": 0.5}
_LINEAR = {"linear": 3, "bilinear": 4}  # and the dimensions of their input
_MODES = (*_NEAREST, *_LINEAR, "area")


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """`(N, C, L)` or `(N, C, H, W)` in another size, given or floor(size * scale_factor).

    Modes: "nearest", "nearest-exact" (as PIL), "linear" (3-D), "bilinear" (4-D), "area" (as
    `adaptive_avg_pool2d`). New pixel i looks at (i + 1/2) / scale - 1/2, "nearest" at i / scale;
    with `align_corners` at i * (in - 1) / (out - 1). scale is `scale_factor`, or if that is not
    given or to be recomputed, out / in. Raises ValueError for arguments that contradict each
    other, RuntimeError for sizes, dtypes and modes that are not supported.
    Source: PyTorch, torch.nn.functional.interpolate.

    >>> import tinygrad_np as tnp
    >>> tnp.interpolate(tnp.tensor([[[1.0, 2.0]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
    """
    _check_corners(mode, align_corners)
    old = tuple(input.shape[2:])
    new, scales = _new_size(old, size, scale_factor, bool(recompute_scale_factor))
    _check(input, mode, antialias, old, new)
    if mode == "area":
        return (adaptive_avg_pool1d if len(old) == 1 else adaptive_avg_pool2d)(input, new)
    real = numpy.result_type(input.array, numpy.float32).type  # of the places
    y = images(name := f"interpolate{len(old)}d", input)
    for dim, n, m, scale in zip(range(4 - len(old), 4), old, new, scales, strict=True):
        if mode in _NEAREST:
            whole = mode == "nearest" and len(old) == 2 and m in (n, 2 * n)  # as PyTorch
            matrix = _nearest(n, m, None if whole else scale, _NEAREST[mode], real)
        else:
            matrix = _linear(n, m, scale, bool(align_corners), real)
        y = Resample(matrix, dim)(y)
    return restored(name, y, input)


def _check_corners(mode: str, align_corners: bool | None) -> None:
    if mode not in _LINEAR and mode in _MODES and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: "
            "linear | bilinear | bicubic | trilinear"
        )


def _new_size(
    old: tuple[int, ...], size: Any, scale_factor: Any, recompute: bool
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The new sizes, and the scales that the positions follow: None for new / old."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and recompute:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    given = scale_factor if size is None else size
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * len(old)
    if len(values) != len(old):
        what, ending, wanted = (
            ("Input and output", "output size of", "output size in (o1, o2, ...,oK)")
            if scale_factor is None
            else (
                "Input and scale_factor",
                "scale_factor of shape",
                "scale_factor in (s1, s2, ...,sK)",
            )
        )
        raise ValueError(
            f"{what} must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {list(old)} and {ending} {given}. "
            f"Please provide input tensor in (N, C, d1, d2, ...,dK) format and {wanted} format."
        )
    unscaled = (None,) * len(old)
    if size is None:
        new = tuple(int(n * s) for n, s in zip(old, values, strict=True))
        return new, unscaled if recompute else values
    if not all(isinstance(n, int | numpy.integer) for n in values):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, "
            f"int], but got size with types {[type(n) for n in values]}"
        )
    return values, unscaled


def _check(
    input: Tensor, mode: str, antialias: bool, old: tuple[int, ...], new: tuple[int, ...]
) -> None:
    if antialias:
        raise NotImplementedError("interpolate: antialias=True is not supported")
    if mode not in _MODES:
        raise NotImplementedError(
            f"interpolate: mode={mode!r} is not supported, only {', '.join(_MODES)}"
        )
    if input.ndim not in (3, 4):
        raise NotImplementedError(
            f"Input Error: Only 3D and 4D input Tensors supported (got {input.ndim}D) for the "
            f"modes: {' | '.join(_MODES)} (got {mode})"
        )
    if _LINEAR.get(mode, input.ndim) != input.ndim:
        raise NotImplementedError(
            f"Got {input.ndim}D input, but {mode} mode needs {_LINEAR[mode]}D input"
        )
    if input.shape[1] == 0:
        raise RuntimeError(
            f"Non-empty {input.ndim}D data tensor expected but got a tensor with sizes "
            f"{list(input.shape)}"
        )
    if min(*old, *new) < 1:
        between = " and" if len(old) == 1 else ""
        raise RuntimeError(
            "Input and output sizes should be greater than 0, but got "
            f"input {_named(old)}{between} output {_named(new)}"
        )
    if not (input.is_floating_point() or (mode in _NEAREST and input.array.dtype == "uint8")):
        raise not_implemented(f"upsample_{mode}{len(old)}d", input)


def _named(size: tuple[int, ...]) -> str:
    return (
        f"({', '.join(f'{axis}: {n}' for axis, n in zip('HW'[-len(size) :], size, strict=True))})"
    )


def _nearest(n: int, m: int, scale: float | None, offset: float, real: Any) -> numpy.ndarray:
    """Row i picks x[floor((i + offset) / scale)]."""
    ratio = real(1 / scale) if scale else real(n) / real(m)
    places = (ratio * (numpy.arange(m, dtype=real) + real(offset))).astype(numpy.float32)
    matrix = numpy.zeros((m, n))
    matrix[numpy.arange(m), places.astype(int).clip(max=n - 1)] = 1
    return matrix


def _linear(n: int, m: int, scale: float | None, align_corners: bool, real: Any) -> numpy.ndarray:
    """Row i weighs the two neighbours of its place by nearness; beyond the ends there is one."""
    i = numpy.arange(m, dtype=real)
    if m == n:
        places = i
    elif align_corners:
        places = i * (real(n - 1) / real(m - 1) if m > 1 else real(0))
    else:
        ratio = real(1 / scale) if scale else real(n) / real(m)
        places = (ratio * (i + real(0.5)) - real(0.5)).clip(min=0)
    first = places.astype(int).clip(max=n - 1)
    weight = (places - first).clip(0, 1)
    matrix = numpy.zeros((m, n))
    matrix[numpy.arange(m), first] = 1 - weight
    matrix[numpy.arange(m), (first + 1).clip(max=n - 1)] += weight
    return matrix
