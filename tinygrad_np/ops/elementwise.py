"""Functions of one number, applied to every element."""

from __future__ import annotations

import numpy

from ..compilable import compilable
from ..methods import promoted, tensor_method
from ..op import Op
from ..samples import ErrorSample, Sample
from ..tensor import Tensor, wrap
from .cast import floating, not_implemented
from .keep import Keep, nothing


class ReLU(Op):
    """y = max(x, 0);   dx = g * [y > 0]      (0 at the kink, as PyTorch)"""

    torch_name = "Relu"

    @compilable("rectifiers.relu")
    def forward(self, x):
        if x.dtype == bool:
            raise RuntimeError("Boolean inputs not supported for relu")
        return self.xp.maximum(x, 0)

    @compilable("rectifiers.relu_dx")
    def dx(self, g, out):
        return Keep()(g, out != 0)  # nan passes g on

    def samples(r):
        yield Sample(r.away_from(0, (3, 4)))
        yield Sample(r.away_from(0, ()))
        yield Sample(r.away_from(0, (2, 0)))
        yield ErrorSample(lambda: relu(wrap(r.mask(2))), "Boolean inputs not supported for relu")
        yield ErrorSample(lambda: relu("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.relu(x)


class Exp(Op):
    """y = e^x;   dx = g * y"""

    def forward(self, x):
        return self.xp.exp(x)

    def dx(self, g, out):
        return g * out

    def samples(r):
        yield Sample(r.normal(3, 4))
        yield ErrorSample(lambda: exp("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.exp(x)


class Log(Op):
    """y = ln x;   dx = g / x"""

    def forward(self, x):
        return self.xp.log(x)

    def dx(self, g, x):
        return g / x

    def samples(r):
        yield Sample(r.positive(3, 4))
        yield ErrorSample(lambda: log("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.log(x)


class Sqrt(Op):
    """y = sqrt(x);   dx = g / (2 y)"""

    def forward(self, x):
        return self.xp.sqrt(x)

    def dx(self, g, out):
        return g / (2.0 * out)

    def samples(r):
        yield Sample(r.positive(3, 4))
        yield ErrorSample(lambda: sqrt("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.sqrt(x)


class Abs(Op):
    """y = |x|;   dx = g * sign(x)      (0 at the kink, as PyTorch)"""

    def forward(self, x):
        if x.dtype == bool:
            raise not_implemented("abs_cpu", x)
        return self.xp.absolute(x)

    def dx(self, g, x):
        return g * Sign()(x)

    def samples(r):
        yield Sample(r.away_from(0, (3, 4)))
        yield ErrorSample(lambda: abs(wrap(r.mask(2))), "\"abs_cpu\" not implemented for 'Bool'")
        yield ErrorSample(lambda: abs("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.abs(x)


class Sign(Op):
    """y = -1, 0 or 1;   dx = 0"""

    def forward(self, x):
        if x.dtype == bool:
            return x.copy()
        return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)  # 0 for nan, as PyTorch

    def dx(self, g):
        return nothing(g)

    def samples(r):
        yield Sample(r.away_from(0, (3, 4)))
        yield ErrorSample(lambda: sign("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.sign(x)


class Tanh(Op):
    """y = tanh(x);   dx = g * (1 - y^2)"""

    def forward(self, x):
        return self.xp.tanh(x)

    @compilable("activations.tanh_dx")
    def dx(self, g, out):
        return g * (1.0 - out * out)

    def samples(r):
        yield Sample(r.normal(3, 4))
        yield Sample(numpy.array([-400.0, 400.0]))
        yield ErrorSample(lambda: tanh("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.tanh(x)


class Sigmoid(Op):
    """y = 1 / (1 + e^-x);   dx = g * y * (1 - y)"""

    @compilable("activations.sigmoid")
    def forward(self, x):
        xp = self.xp  # no power of e above 1: nothing overflows, and small y keep their digits
        return xp.exp(xp.minimum(x, 0)) / (1 + xp.exp(-xp.absolute(x)))

    @compilable("activations.sigmoid_dx")
    def dx(self, g, out):
        return g * (out * (1.0 - out))

    def samples(r):
        yield Sample(r.normal(3, 4))
        yield Sample(numpy.array([-400.0, -40.0, 40.0, 400.0]))
        yield ErrorSample(lambda: sigmoid("4"), "expected a Tensor.*got str", TypeError)

    def reference(self, torch, x):
        return torch.sigmoid(x)


@tensor_method(in_place=("relu_",))
def relu(input: Tensor) -> Tensor:
    """max(x, 0) of every element; nan stays nan. The gradient at 0 is 0.

    Source: PyTorch, torch.relu.

    >>> import tinygrad_np as tnp
    >>> tnp.relu(tnp.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return ReLU()(*promoted(input))


@tensor_method("__pos__")
def positive(input: Tensor) -> Tensor:
    """The tensor itself: `+x`. Raises RuntimeError for bool. Source: PyTorch, torch.positive.

    >>> import tinygrad_np as tnp
    >>> +tnp.tensor([-1.0, 2.0])
    tensor([-1.,  2.])
    """
    if input.dtype == numpy.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@tensor_method(in_place=("exp_",), ufunc=numpy.exp)
def exp(input: Tensor) -> Tensor:
    """e to the power of every element.

    Source: PyTorch, torch.exp.

    >>> import tinygrad_np as tnp
    >>> tnp.exp(tnp.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return Exp()(floating(*promoted(input)))


@tensor_method(in_place=("log_",), ufunc=numpy.log)
def log(input: Tensor) -> Tensor:
    """The natural logarithm of every element: -inf at 0, nan below.

    Source: PyTorch, torch.log.

    >>> import tinygrad_np as tnp
    >>> tnp.log(tnp.tensor([1.0, 0.0]))
    tensor([0., -inf])
    """
    return Log()(floating(*promoted(input)))


@tensor_method(in_place=("sqrt_",), ufunc=numpy.sqrt)
def sqrt(input: Tensor) -> Tensor:
    """The square root of every element; nan below 0.

    Source: PyTorch, torch.sqrt.

    >>> import tinygrad_np as tnp
    >>> tnp.sqrt(tnp.tensor([4, 9]))
    tensor([2., 3.])
    """
    return Sqrt()(floating(*promoted(input)))


@tensor_method("absolute", "__abs__", in_place=("abs_",), ufunc=numpy.absolute)
def abs(input: Tensor) -> Tensor:
    """The absolute value of every element. The gradient at 0 is 0.

    Source: PyTorch, torch.abs.

    >>> import tinygrad_np as tnp
    >>> abs(tnp.tensor([-1, 2]))
    tensor([1, 2])
    """
    return Abs()(*promoted(input))


@tensor_method("sgn", in_place=("sign_", "sgn_"), ufunc=numpy.sign)
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1 for every element, in its dtype; its gradient is 0.

    Source: PyTorch, torch.sign.

    >>> import tinygrad_np as tnp
    >>> tnp.sign(tnp.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return Sign()(*promoted(input))


sgn = sign


@tensor_method(in_place=("tanh_",), ufunc=numpy.tanh)
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of every element.

    Source: PyTorch, torch.tanh.

    >>> import tinygrad_np as tnp
    >>> tnp.tanh(tnp.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return Tanh()(floating(*promoted(input)))


@tensor_method(in_place=("sigmoid_",))
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-x) of every element.

    Source: PyTorch, torch.sigmoid.

    >>> import tinygrad_np as tnp
    >>> tnp.sigmoid(tnp.tensor([0.0, 100.0]))
    tensor([0.5000, 1.0000])
    """
    return Sigmoid()(floating(*promoted(input)))
