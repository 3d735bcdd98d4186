"""Layers that take the sizes of their weights from the first batch."""

from __future__ import annotations

from typing import Any, ClassVar

import tinygrad_np as tnp
from tinygrad_np import Tensor

from ..module import Module
from ..parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from .batch_norm import BatchNorm1d, BatchNorm2d, _BatchNorm
from .conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Sizes, _Conv, _ConvTranspose
from .linear import Linear


class LazyModuleMixin(Module):
    """A module whose first call makes its parameters, and then changes it to `cls_to_become`.

    Before that call its parameters are `UninitializedParameter`s: it can be printed, moved, given
    to an optimiser, saved and loaded. A subclass writes `initialize_parameters(*args)`, which gets
    the arguments of the call. Raises RuntimeError if that leaves parameters uninitialised.
    Source: PyTorch, torch.nn.modules.lazy.LazyModuleMixin.
    """

    cls_to_become: ClassVar[Any] = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {type(self).__name__} has not been fully initialized")
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become
        return Module.__call__(self, *args, **kwargs)

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module waits for the first call."""
        return any(map(is_lazy, [*self._parameters.values(), *self._buffers.values()]))

    def _load(
        self,
        state: dict[str, Any],
        prefix: str,
        metadata: Any,
        assign: bool,
        keys: Any,
        errors: list[str],
    ) -> None:
        """What has a shape gives it to what has none; where both have none, nothing is to do."""
        both = []
        for name, own in self._saved().items():
            given = state.get(prefix + name)
            if is_lazy(own) and is_lazy(given):
                both.append(prefix + name)
                del state[prefix + name]
            elif is_lazy(own) and isinstance(given, Tensor):
                own.materialize(given.shape)  # type: ignore[attr-defined]
        super()._load(state, prefix, metadata, assign, keys, errors)
        for key in both:
            keys.missing_keys.remove(key)


class _Lazy(LazyModuleMixin):
    """What the lazy layers below share; `_inferred` is 0 until the first batch."""

    _inferred: ClassVar[str]

    def _leave_open(self, device: Any, dtype: Any, **wanted: bool) -> None:
        for name, is_wanted in wanted.items():
            if is_wanted:
                kind = UninitializedBuffer if name in self._buffers else UninitializedParameter
                setattr(self, name, kind(device=device, dtype=dtype))

    def _infer(self, size: int, **shapes: tuple[int, ...]) -> None:
        setattr(self, self._inferred, size)
        for name, shape in shapes.items():
            if is_lazy(member := getattr(self, name)):
                member.materialize(shape)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, if there are any yet."""
        if not self.has_uninitialized_params() and getattr(self, self._inferred):
            super().reset_parameters()  # type: ignore[misc]


class LazyLinear(_Lazy, Linear):
    """A `Linear` whose `in_features` is the last size of its first input.

    Source: PyTorch, torch.nn.LazyLinear.

    >>> layer = LazyLinear(2)
    >>> layer.weight
    <UninitializedParameter>
    >>> layer(tnp.ones(5, 3)).shape, layer
    (tinygrad_np.Size([5, 2]), Linear(in_features=3, out_features=2, bias=True))
    """

    cls_to_become = Linear
    _inferred = "in_features"

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, 0, False)
        self.out_features = out_features
        self._leave_open(device, dtype, weight=True, bias=bias)

    def initialize_parameters(self, input: Tensor) -> None:
        """Make the parameters for inputs such as `input`."""
        size, out = input.shape[-1], self.out_features
        if self.has_uninitialized_params():
            self._infer(size, weight=(out, size), bias=(out,))
        if self.in_features == 0:  # loaded
            if size != self.weight.shape[-1]:
                raise AssertionError(
                    f"The in_features inferred from input: {size} "
                    f"is not equal to in_features from self.weight: {self.weight.shape[-1]}"
                )
            self.in_features = size


class _LazyAnyConv(_Lazy, _Conv):
    _inferred = "in_channels"

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Make the parameters for inputs such as `input`."""
        if not self.has_uninitialized_params():
            return
        n = self._axes
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {input.shape}"
            )
        self.in_channels = input.shape[-n - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        self._infer(self.in_channels, weight=self._weight_shape(), bias=(self.out_channels,))


class _LazyConv(_LazyAnyConv):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        rest = stride, padding, dilation, groups, False, padding_mode
        super().__init__(0, 0, kernel_size, *rest)
        self.out_channels = out_channels
        self._leave_open(device, dtype, weight=True, bias=bias)


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` whose `in_channels` are those of its first input.

    Source: PyTorch, torch.nn.LazyConv2d.

    >>> LazyConv2d(6, 5)(tnp.ones(2, 3, 28, 28)).shape
    tinygrad_np.Size([2, 6, 24, 24])
    """

    cls_to_become = Conv2d


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` whose `in_channels` are those of its first input.

    Source: PyTorch, torch.nn.LazyConv1d.

    >>> LazyConv1d(6, 5)(tnp.ones(2, 3, 28)).shape
    tinygrad_np.Size([2, 6, 24])
    """

    cls_to_become = Conv1d


class _LazyConvTranspose(_LazyAnyConv, _ConvTranspose):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        rest = stride, padding, output_padding, groups, False, dilation, padding_mode
        super().__init__(0, 0, kernel_size, *rest)
        self.out_channels = out_channels
        self._leave_open(device, dtype, weight=True, bias=bias)


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` whose `in_channels` are those of its first input.

    Source: PyTorch, torch.nn.LazyConvTranspose2d.

    >>> LazyConvTranspose2d(6, 5)(tnp.ones(2, 3, 24, 24)).shape
    tinygrad_np.Size([2, 6, 28, 28])
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` whose `in_channels` are those of its first input.

    Source: PyTorch, torch.nn.LazyConvTranspose1d.

    >>> LazyConvTranspose1d(6, 5)(tnp.ones(2, 3, 24)).shape
    tinygrad_np.Size([2, 6, 28])
    """

    cls_to_become = ConvTranspose1d


class _LazyBatchNorm(_Lazy, _BatchNorm):
    _inferred = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False)
        self.affine, self.track_running_stats = affine, track_running_stats
        self._leave_open(device, dtype, weight=affine, bias=affine and bias)
        tracked = {"running_mean": track_running_stats, "running_var": track_running_stats}
        self._leave_open(device, dtype, **tracked)
        self.num_batches_tracked = tnp.tensor(0) if track_running_stats else None

    def initialize_parameters(self, input: Tensor) -> None:
        """Make parameters and running statistics for inputs such as `input`."""
        if self.has_uninitialized_params():
            size = input.shape[1]
            names = ("weight", "bias", "running_mean", "running_var")
            self._infer(size, **dict.fromkeys(names, (size,)))


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """A `BatchNorm1d` for as many features as its first input has.

    Source: PyTorch, torch.nn.LazyBatchNorm1d.

    >>> LazyBatchNorm1d()(tnp.ones(2, 3)).shape
    tinygrad_np.Size([2, 3])
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """A `BatchNorm2d` for as many features as its first input has.

    Source: PyTorch, torch.nn.LazyBatchNorm2d.

    >>> LazyBatchNorm2d()(tnp.ones(2, 3, 4, 4)).shape
    tinygrad_np.Size([2, 3, 4, 4])
    """

    cls_to_become = BatchNorm2d
