"""Borders around images and sequences."""

from __future__ import annotations

from typing import Any, ClassVar

from tinygrad_np import Tensor

from .. import functional as F
from ..module import Module
from .conv import sizes_of


class _Pad(Module):
    """`padding` is one width, or (left, right) or (left, right, top, bottom)."""

    _widths: ClassVar[int]
    _mode: ClassVar[str]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = sizes_of(padding, self._widths)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Borders of `value` before and after the last dimension; negative widths cut off.

    Source: PyTorch, torch.nn.ConstantPad1d.

    >>> import tinygrad_np as tnp
    >>> ConstantPad1d((1, 0), 9)(tnp.tensor([[1, 2]]))
    tensor([[9, 1, 2]])
    """

    _widths = 2


class ConstantPad2d(_ConstantPad):
    """Borders of `value` around the last two dimensions; negative widths cut off.

    Source: PyTorch, torch.nn.ConstantPad2d.

    >>> import tinygrad_np as tnp
    >>> ConstantPad2d((0, 0, 1, 0), 9)(tnp.tensor([[1, 2]]))
    tensor([[9, 9],
            [1, 2]])
    """

    _widths = 4


class ZeroPad1d(ConstantPad1d):
    """`ConstantPad1d` with 0. Source: PyTorch, torch.nn.ZeroPad1d.

    >>> import tinygrad_np as tnp
    >>> ZeroPad1d(1)(tnp.tensor([[1, 2]]))
    tensor([[0, 1, 2, 0]])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    extra_repr = _Pad.extra_repr


class ZeroPad2d(ConstantPad2d):
    """`ConstantPad2d` with 0. Source: PyTorch, torch.nn.ZeroPad2d.

    >>> import tinygrad_np as tnp
    >>> ZeroPad2d(2)(tnp.ones(1, 3, 4, 4)).shape
    tinygrad_np.Size([1, 3, 8, 8])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    extra_repr = _Pad.extra_repr


class ReflectionPad1d(_Pad):
    """Borders that mirror `(N, C, L)` or `(C, L)` at its first and last element.

    Raises RuntimeError for widths not below L. Source: PyTorch, torch.nn.ReflectionPad1d.

    >>> import tinygrad_np as tnp
    >>> ReflectionPad1d(2)(tnp.tensor([[1, 2, 3]]))
    tensor([[3, 2, 1, 2, 3, 2, 1]])
    """

    _widths, _mode = 2, "reflect"


class ReflectionPad2d(_Pad):
    """As `ReflectionPad1d`, for `(N, C, H, W)`. Source: PyTorch, torch.nn.ReflectionPad2d.

    >>> import tinygrad_np as tnp
    >>> ReflectionPad2d((1, 1, 0, 0))(tnp.tensor([[[1, 2, 3]]]))
    tensor([[[2, 1, 2, 3, 2]]])
    """

    _widths, _mode = 4, "reflect"


class ReplicationPad1d(_Pad):
    """Borders that repeat the first and last element of `(N, C, L)` or `(C, L)`.

    Source: PyTorch, torch.nn.ReplicationPad1d.

    >>> import tinygrad_np as tnp
    >>> ReplicationPad1d(2)(tnp.tensor([[1, 2, 3]]))
    tensor([[1, 1, 1, 2, 3, 3, 3]])
    """

    _widths, _mode = 2, "replicate"


class ReplicationPad2d(_Pad):
    """As `ReplicationPad1d`, for `(N, C, H, W)`. Source: PyTorch, torch.nn.ReplicationPad2d.

    >>> import tinygrad_np as tnp
    >>> ReplicationPad2d((1, 1, 0, 0))(tnp.tensor([[[1, 2, 3]]]))
    tensor([[[1, 1, 2, 3, 3]]])
    """

    _widths, _mode = 4, "replicate"
