"""Normalisation of channels: over the batch, or in every sample for itself."""

from __future__ import annotations

import warnings
from typing import Any

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .. import functional as F
from .norm import Affine


class _ChannelNorm(Affine):
    """What batch norm and instance norm share: parameters and running statistics per channel."""

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _version = 2  # since there is num_batches_tracked
    _ndims: tuple[int, ...]  # of the inputs that are taken

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        for name in ("running_mean", "running_var"):
            unset = tnp.empty(num_features, device=device, dtype=dtype)
            self.register_buffer(name, unset if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tnp.tensor(0) if track_running_stats else None)
        self._register(num_features, device, dtype, weight=affine, bias=affine and bias)

    def _load(self, state: dict[str, Any], prefix: str, metadata: Any, *others: Any) -> None:
        old = metadata.get(prefix[:-1], {}).get("version", 1) < 2
        if old and self.num_batches_tracked is not None:  # nobody counted batches then
            state.setdefault(f"{prefix}num_batches_tracked", self.num_batches_tracked)
        super()._load(state, prefix, metadata, *others)

    def reset_running_stats(self) -> None:
        """Back to mean 0 and variance 1, no batch seen."""
        for name, start in (("running_mean", 0), ("running_var", 1), ("num_batches_tracked", 0)):
            if (buffer := getattr(self, name)) is not None:
                buffer.fill_(start)

    def reset_parameters(self) -> None:
        """Back to weight 1, bias 0 and the first running statistics."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in self._ndims:
            expected = " or ".join(f"{n}D" for n in self._ndims)
            raise ValueError(f"expected {expected} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        keeps = self.track_running_stats or not self.training
        return F.batch_norm(
            input,
            self.running_mean if keeps else None,
            self.running_var if keeps else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self._counted_momentum(),
            self.eps,
        )

    def _counted_momentum(self) -> float:
        """Count a batch in training; the weight of its statistics, 1 / count for momentum=None."""
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.numpy()[()] += 1  # 1 us; add_ takes 30
            if self.momentum is None:
                return 1 / self.num_batches_tracked.item()
        return self.momentum or 0.0


class BatchNorm1d(_BatchNorm):
    """Each channel of `(N, C)` or `(N, C, L)` to mean bias and deviation weight.

    In training by the statistics of the batch, which move the running ones by `momentum` (None:
    their plain average); in evaluation by the running ones. See `functional.batch_norm`.
    Raises ValueError for other dimensions. Source: PyTorch, torch.nn.BatchNorm1d.

    >>> BatchNorm1d(1)(tnp.tensor([[1.0], [3.0]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    """

    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """As `BatchNorm1d`, for `(N, C, H, W)`. Source: PyTorch, torch.nn.BatchNorm2d.

    >>> BatchNorm2d(3)(tnp.ones(2, 3, 4, 4)).shape
    tinygrad_np.Size([2, 3, 4, 4])
    """

    _ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """As `BatchNorm1d`, for `(N, C, D, H, W)`. Source: PyTorch, torch.nn.BatchNorm3d.

    >>> BatchNorm3d(3)(tnp.ones(2, 3, 2, 4, 4)).shape
    tinygrad_np.Size([2, 3, 2, 4, 4])
    """

    _ndims = (5,)


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        batched = input.ndim == self._ndims[-1]
        if input.size(int(batched)) != self.num_features:
            self._misfit(int(batched), input.size(int(batched)))
        y = F.instance_norm(
            input if batched else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return y if batched else y.squeeze(0)

    def _misfit(self, dim: int, size: int) -> None:
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features"
                f" ({self.num_features}), but got: {size}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. "
            "You can silence this warning by not passing in num_features, "
            "which is not used because affine=False",
            stacklevel=3,
        )


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sample of `(N, C, L)` or `(C, L)` to mean bias and deviation weight.

    See `functional.instance_norm`. Raises ValueError for other dimensions, warns of another number
    of channels. Source: PyTorch, torch.nn.InstanceNorm1d.

    >>> InstanceNorm1d(1)(tnp.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]])
    """

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """As `InstanceNorm1d`, for `(N, C, H, W)` or `(C, H, W)`.

    Source: PyTorch, torch.nn.InstanceNorm2d.

    >>> InstanceNorm2d(3)(tnp.ones(2, 3, 4, 4)).shape
    tinygrad_np.Size([2, 3, 4, 4])
    """

    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """As `InstanceNorm1d`, for `(N, C, D, H, W)` or `(C, D, H, W)`.

    Source: PyTorch, torch.nn.InstanceNorm3d.

    >>> InstanceNorm3d(3)(tnp.ones(2, 3, 2, 4, 4)).shape
    tinygrad_np.Size([2, 3, 2, 4, 4])
    """

    _ndims = (4, 5)
