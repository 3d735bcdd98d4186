"""Convolution, and its two adjoints: a triangle that is closed under differentiation.

y, dx and dw are each linear in two of the three arrays x, w and the gradient of y, so the rules of
each op are the other two ops. How they are computed stands in `conv_algorithms/`.

What courses write (cnn-numpy, after A. Ng), and what the rules here call it:

    A_prev, Z      x (N, C, H, W), y (N, F, OH, OW); A is Z after an activation, an op of its own
    W, b           w (F, C/groups, KH, KW), b (F,)
    dZ             g, the incoming gradient        dA_prev, dW, db    what dx, dw and db return
    n_m, n_c, n_f  N, C, F                         f_w                KH and KW
    ih, iw         H, W, without the padding       oh, ow             OH, OW
    p, s           geometry.padding, .stride
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

from ..compilable import compilable
from ..conv_algorithms import ALGORITHMS, chosen
from ..conv_algorithms.arguments import conv_geometry
from ..conv_algorithms.geometry import Geometry, conv_output_shape
from ..errors import OpError
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor
from .creation import ones
from .images import images, restored
from .reduce import Sum

Shape = tuple[int, ...]


class Conv2d(Op):
    """y = conv(x, w) + b;   dx = Conv2dInputGrad(g, w),   dw = Conv2dWeightGrad(x, g),

    db = g summed over N, OH and OW
    """

    torch_name = "Convolution"
    geometry: Geometry
    algorithm: str | None = field(default=None, repr=False)

    @compilable("convolution.conv2d")
    def forward(self, x, w, b=None):
        self.algorithm = chosen(self.algorithm)  # that of the gradients too
        y, self.hint = ALGORITHMS[self.algorithm].forward(x, w, self.geometry)
        if b is not None:
            y += b.reshape(-1, 1, 1)  # in place: 0.10 ms and not 0.17 for LeNet's first layer
        return y

    def dx(self, g, w):
        return Conv2dInputGrad(self.geometry, self.shapes[0], self.algorithm)(g, w)

    def dw(self, g, x):
        return Conv2dWeightGrad(self.geometry, self.shapes[1], self.algorithm, self.hint)(x, g)

    def db(self, g):
        return Sum((0, 2, 3))(g)

    def samples(r):
        for geometry, x, w in triangle_shapes():
            yield Sample(r.normal(*x), r.normal(*w), geometry=geometry)
            yield Sample(r.normal(*x), r.normal(*w), r.normal(w[0]), geometry=geometry)
        yield ErrorSample(lambda: conv2d(ones(1, 3, 8, 8), ones(4, 2, 3, 3)), "to have 2 channels")
        yield ErrorSample(
            lambda: conv2d(ones(1, 1, 2, 2), ones(1, 1, 3, 3)), r"Kernel size can't be"
        )
        yield ErrorSample(
            lambda: conv2d(ones(8, 8), ones(1, 1, 3, 3)),
            r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d, but got .*: \[8, 8\]",
        )
        yield ErrorSample(lambda: conv1d(ones(1, 8), ones(1, 1, 3, 3)), "Expected a 3D weight for")
        yield ErrorSample(
            lambda: conv1d(ones(3, 8), ones(4, 2, 3)), r"input\[1, 3, 8\] to have 2 channels"
        )
        yield ErrorSample(
            lambda: conv2d(ones(1, 1, 4, 4), ones(2, 1, 3, 3), ones(3)),
            "expected bias to be 1-dimensional with 2 elements",
        )
        yield ErrorSample(
            lambda: conv2d(ones(1, 1, 4, 4), ones(2, 1, 3, 3).double()), "should be the same"
        )
        yield ErrorSample(
            lambda: conv2d(ones(1, 1, 4, 4), ones(1, 1, 3, 3), padding="full"),
            "Invalid padding string: 'full'",
        )

    def reference(self, torch, x, w, b=None):
        (top, bottom), (left, right) = self.geometry.padding
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
        return torch.nn.functional.conv2d(x, w, b, **torch_options(self.geometry))


class Conv2dInputGrad(Op):
    """y = the dx of a convolution with output gradient gy;   dgy = Conv2d(g, w),   dw as of conv"""

    geometry: Geometry
    x_shape: Shape
    algorithm: str | None = field(default=None, repr=False)

    def forward(self, gy, w):
        _must_fit(gy, self.x_shape, w.shape, self.geometry)
        self.algorithm = chosen(self.algorithm)
        return ALGORITHMS[self.algorithm].input_grad(gy, w, self.geometry, self.x_shape)

    def dgy(self, g, w):
        return Conv2d(self.geometry, self.algorithm)(g, w)

    def dw(self, g, gy):
        return Conv2dWeightGrad(self.geometry, self.shapes[1], self.algorithm)(g, gy)

    def samples(r):
        for geometry, x, w in triangle_shapes():
            gy = conv_output_shape(x, w, geometry)
            yield Sample(r.normal(*gy), r.normal(*w), geometry=geometry, x_shape=x)
        yield ErrorSample(
            lambda: Conv2dInputGrad(Geometry(), (1, 2, 4, 4))(ones(1, 3, 4, 4), ones(3, 2, 3, 3)),
            r"expected gy \(1, 3, 2, 2\), as .* x \(1, 2, 4, 4\) .* gives, got \(1, 3, 4, 4\)",
        )

    def reference(self, torch, gy, w):
        n, c, h, w_ = self.x_shape
        (top, bottom), (left, right) = self.geometry.padding
        padded = (n, c, *self.geometry.padded((h, w_)))
        gx = torch.nn.grad.conv2d_input(padded, w, gy, **torch_options(self.geometry))
        return torch.nn.functional.pad(gx, (-left, -right, -top, -bottom))


class Conv2dWeightGrad(Op):
    """y = the dw of a convolution with output gradient gy;   dx as of conv,   dgy = Conv2d(x, g)"""

    geometry: Geometry
    w_shape: Shape
    algorithm: str | None = field(default=None, repr=False)
    columns: Any = field(default=None, repr=False)  # the hint of this algorithm's forward pass

    def forward(self, x, gy):
        _must_fit(gy, x.shape, self.w_shape, self.geometry)
        self.algorithm = chosen(self.algorithm)
        weight_grad = ALGORITHMS[self.algorithm].weight_grad
        return weight_grad(x, gy, self.geometry, self.w_shape, self.columns)

    def dx(self, g, gy):
        return Conv2dInputGrad(self.geometry, self.shapes[0], self.algorithm)(gy, g)

    def dgy(self, g, x):
        return Conv2d(self.geometry, self.algorithm)(x, g)

    def samples(r):
        for geometry, x, w in triangle_shapes():
            gy = conv_output_shape(x, w, geometry)
            yield Sample(r.normal(*x), r.normal(*gy), geometry=geometry, w_shape=w)
        yield ErrorSample(
            lambda: Conv2dWeightGrad(Geometry(), (3, 2, 3, 3))(ones(4, 2, 4, 3), ones(2, 3, 2, 2)),
            r"expected gy \(4, 3, 2, 1\), as .* gives, got \(2, 3, 2, 2\)",
        )

    def reference(self, torch, x, gy):
        (top, bottom), (left, right) = self.geometry.padding
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
        return torch.nn.grad.conv2d_weight(x, self.w_shape, gy, **torch_options(self.geometry))


def _must_fit(gy, x_shape, w_shape, geometry):
    """Raise unless gy has the shape of y."""
    expected = conv_output_shape(tuple(x_shape), tuple(w_shape), geometry)
    if gy.shape != expected:
        raise ValueError(
            f"expected gy {expected}, as a convolution of x {x_shape} with w {w_shape} gives, "
            f"got {gy.shape}"
        )


def triangle_shapes() -> list[tuple[Geometry, Shape, Shape]]:
    """(geometry, shape of x, shape of w) of the samples of the three ops."""
    return [
        (Geometry(), (2, 3, 5, 4), (2, 3, 3, 2)),
        (Geometry((2, 1), ((1, 1), (0, 2))), (2, 2, 5, 4), (3, 2, 3, 3)),
        (Geometry((1, 2), ((1, 0), (1, 1)), (2, 1)), (1, 2, 6, 5), (2, 2, 2, 2)),
        (Geometry((2, 2), ((1, 1), (1, 1)), (1, 2), groups=2), (2, 4, 5, 6), (4, 2, 3, 2)),
        (Geometry(groups=3), (2, 3, 3, 3), (6, 1, 2, 2)),
        (Geometry((3, 3)), (2, 2, 4, 4), (2, 2, 1, 1)),
        (Geometry(), (0, 2, 3, 3), (2, 2, 2, 2)),
        (Geometry((1, 2), ((0, -1), (1, 0)), (2, 1)), (2, 2, 6, 4), (2, 2, 2, 3)),  # fewer rows
    ]


def torch_options(geometry: Geometry) -> dict[str, Any]:
    """The keyword arguments of torch's convolutions, for an input that is padded already."""
    return {
        "stride": geometry.stride,
        "dilation": geometry.dilation,
        "groups": geometry.groups,
    }


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    algorithm: str | None = None,
) -> Tensor:
    """y[n, f, r, s] = bias[f] + sum over c, i, j of weight[f, c, i, j] * input[n, c, r', s'].

    r' = r * stride + i * dilation - padding (0 outside the input), and s' with j likewise: a
    cross-correlation. Shapes: input `(N, C, H, W)` or `(C, H, W)`, weight `(F, C/groups, KH, KW)`,
    bias `(F,)` -> `(N, F, OH, OW)`, OH = floor((H + padding - dilation * (KH - 1) - 1) / stride)
    + 1. Ints or pairs; padding also 'valid' (none) or 'same' (OH = H, for stride 1). One dtype for
    all; that of the result. `algorithm` is a name in `conv_algorithms` (default: as the thread's
    `conv_algorithm`). Raises RuntimeError where shapes or dtypes do not fit.
    Source: PyTorch, torch.nn.functional.conv2d; Dumoulin and Visin, arXiv:1603.07285.

    >>> import tinygrad_np as tnp
    >>> tnp.conv2d(tnp.ones(1, 1, 3, 3), tnp.ones(1, 1, 2, 2), stride=1, padding="same")
    tensor([[[[4., 4., 2.],
              [4., 4., 2.],
              [2., 2., 1.]]]])
    """
    windows = stride, padding, dilation, groups
    return _convolved("conv2d", input, weight, bias, windows, algorithm)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *,
    algorithm: str | None = None,
) -> Tensor:
    """`conv2d` along one axis: input `(N, C, L)` or `(C, L)`, weight `(F, C/groups, K)`.

    Raises as `conv2d`. Source: PyTorch, torch.nn.functional.conv1d.

    >>> import tinygrad_np as tnp
    >>> tnp.conv1d(tnp.tensor([[1.0, 2.0, 4.0]]), tnp.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2.]])
    """
    windows = stride, padding, dilation, groups
    return _convolved("conv1d", input, weight, bias, windows, algorithm)


def _convolved(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    windows: tuple[Any, Any, Any, int],
    algorithm: str | None,
) -> Tensor:
    x = images(name, input)
    w = kernels(name, input, weight)
    geometry = conv_geometry(tuple(weight.shape[2:]), *windows)
    if weight.ndim == 3:  # the op would speak of a height
        conv_output_shape((x.shape[0], *input.shape[-2:]), tuple(weight.shape), geometry)
    if bias is None:
        return restored(name, Conv2d(geometry, algorithm)(x, w), input)
    if bias.dtype != input.dtype or bias.shape != weight.shape[:1]:
        raise misfit(name, weight.shape[0], input, weight, bias)
    return restored(name, Conv2d(geometry, algorithm)(x, w, bias), input)


def kernels(name: str, input: Tensor, weight: Tensor) -> Tensor:
    """The weight as `(F, C/groups, KH, KW)`."""
    n = int(name[-2]) + 2
    if weight.ndim != n:
        raise OpError(f"Expected a {n}D weight for {name}, but got size: {list(weight.shape)}")
    if weight.dtype != input.dtype:
        raise OpError(_differ("weight", input, weight))
    return weight.unsqueeze(2) if n == 3 else weight


def _differ(name: str, input: Tensor, other: Tensor) -> str:
    return f"Input type ({input.dtype}) and {name} type ({other.dtype}) should be the same"


def misfit(name: str, channels: int, input: Tensor, weight: Tensor, bias: Tensor) -> OpError:
    """What to raise where a bias has another dtype than the input, or not `channels` elements."""
    if bias.dtype != input.dtype:
        return OpError(_differ("bias", input, bias))
    given = "transposed=1, " if "transpose" in name else ""
    return OpError(
        f"Given {given}weight of size {list(weight.shape)}, expected bias to be 1-dimensional "
        f"with {channels} elements, but got bias of size {list(bias.shape)} instead"
    )
