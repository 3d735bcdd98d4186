"""Transposed convolution: the adjoint of a convolution, with a bias."""

from __future__ import annotations

from typing import Any

from ..conv_algorithms.arguments import transposed_geometry
from ..conv_algorithms.geometry import conv_output_shape
from ..errors import OpError
from ..tensor import Tensor
from .conv import Conv2dInputGrad, kernels, misfit
from .images import images, restored


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    *,
    algorithm: str | None = None,
) -> Tensor:
    """What is the gradient of conv2d's input, taken as a layer: its adjoint, plus a bias.

    Each input[n, c, r, s] adds weight[c, f, i, j] * itself to y[n, f, r', s'], r' = r * stride +
    i * dilation - padding. Shapes: input `(N, C, H, W)` or `(C, H, W)`, weight
    `(C, F/groups, KH, KW)`, bias `(F,)` -> `(N, F, OH, OW)`, OH = (H - 1) * stride - 2 padding +
    dilation * (KH - 1) + output_padding + 1. Raises RuntimeError where these do not fit.
    Source: PyTorch, torch.nn.functional.conv_transpose2d; Dumoulin and Visin, section 4.

    >>> import tinygrad_np as tnp
    >>> tnp.conv_transpose2d(tnp.ones(1, 1, 2, 2), tnp.ones(1, 1, 2, 2))
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    windows = stride, padding, output_padding, groups, dilation
    return _transposed("conv_transpose2d", input, weight, bias, windows, algorithm)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    *,
    algorithm: str | None = None,
) -> Tensor:
    """`conv_transpose2d` along one axis: input `(N, C, L)` or `(C, L)`, weight `(C, F/groups, K)`.

    Raises as `conv_transpose2d`. Source: PyTorch, torch.nn.functional.conv_transpose1d.

    >>> import tinygrad_np as tnp
    >>> tnp.conv_transpose1d(tnp.ones(1, 2), tnp.tensor([[[1.0, 3.0]]]), stride=2)
    tensor([[1., 3., 1., 3.]])
    """
    windows = stride, padding, output_padding, groups, dilation
    return _transposed("conv_transpose1d", input, weight, bias, windows, algorithm)


def _transposed(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    windows: tuple[Any, Any, Any, int, Any],
    algorithm: str | None,
) -> Tensor:
    x = images(name, input)
    w = kernels(name, input, weight)
    size, kernel = tuple(input.shape[-(weight.ndim - 2) :]), tuple(weight.shape[2:])
    batch = [x.shape[0], x.shape[1], *size]
    if x.shape[1] != weight.shape[0]:
        raise OpError(
            f"Given transposed=1, weight of size {list(weight.shape)}, expected input{batch} "
            f"to have {weight.shape[0]} channels, but got {x.shape[1]} channels instead"
        )
    if 0 in (*size, *kernel):
        raise OpError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{batch} and weight shape: {list(weight.shape)}"
        )
    geometry, out = transposed_geometry(size, kernel, *windows)
    shape = (x.shape[0], weight.shape[1] * geometry.groups, *out)
    conv_output_shape(shape, tuple(w.shape), geometry)
    y = Conv2dInputGrad(geometry, shape, algorithm)(x, w)
    if bias is None:
        return restored(name, y, input)
    if bias.dtype != input.dtype or tuple(bias.shape) != (shape[1],):
        raise misfit(name, shape[1], input, weight, bias)
    return restored(name, y + bias.reshape(-1, 1, 1), input)
