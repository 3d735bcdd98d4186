"""PyTorch's `torch.layer_norm` and its like: the functions of this package under another signature.

They are found lazily as `tinygrad_np.<name>`, where the engine itself does not import `nn`.
PyTorch writes them in C++: they take `reduction` as a number, by default 0 (measured: without it
they reduce nothing), and flags for cuDNN that have no effect on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence

from nn import functional as F
from tinygrad_np import Tensor

rms_norm = F.rms_norm


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """`nn.functional.batch_norm`, with weight and bias first. Source: PyTorch, torch.batch_norm.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([[1.0], [3.0]])
    >>> tnp.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """`nn.functional.instance_norm`, with weight and bias first. Source: PyTorch, as its name."""
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """`nn.functional.layer_norm`. Source: PyTorch, torch.layer_norm.

    >>> import tinygrad_np as tnp
    >>> tnp.layer_norm(tnp.tensor([1.0, 3.0]), (2,))
    tensor([-1.0000,  1.0000])
    """
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """`nn.functional.group_norm`. Source: PyTorch, torch.group_norm."""
    return F.group_norm(input, num_groups, weight, bias, eps)


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`nn.functional.dropout`. Source: PyTorch, torch.dropout.

    >>> import tinygrad_np as tnp
    >>> tnp.dropout(tnp.ones(2), 0.5, train=False)
    tensor([1., 1.])
    """
    return F.dropout(input, p, train)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`nn.functional.dropout` in place. Source: PyTorch, torch.dropout_."""
    return F.dropout(input, p, train, inplace=True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`nn.functional.alpha_dropout`. Source: PyTorch, torch.alpha_dropout."""
    return F.alpha_dropout(input, p, train)


def kl_div(
    input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False
) -> Tensor:
    """`nn.functional.kl_div`; `reduction` 0 is none, 1 mean, 2 sum. Source: PyTorch, torch.kl_div.

    >>> import tinygrad_np as tnp
    >>> tnp.kl_div(tnp.zeros(2), tnp.ones(2), 2)
    tensor(0.)
    """
    return _reduced(F.kl_div(input, target, reduction="none", log_target=log_target), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:
    """The function of this name in `nn.functional`; `reduction` is 0 for none, 1 mean, 2 sum.

    Source: PyTorch, torch.binary_cross_entropy_with_logits.

    >>> import tinygrad_np as tnp
    >>> tnp.binary_cross_entropy_with_logits(tnp.zeros(2), tnp.ones(2))
    tensor([0.6931, 0.6931])
    """
    each = F.binary_cross_entropy_with_logits(
        input, target, weight, reduction="none", pos_weight=pos_weight
    )
    return _reduced(each, reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """`nn.functional.cosine_embedding_loss`, `reduction` as `kl_div`. Source: PyTorch."""
    each = F.cosine_embedding_loss(input1, input2, target, margin, reduction="none")
    return _reduced(each, reduction)


def _reduced(losses: Tensor, reduction: int) -> Tensor:
    if type(reduction) is not int:
        raise TypeError(f"argument 'reduction' must be int, not {type(reduction).__name__}")
    if reduction not in (0, 1, 2):
        raise ValueError(f"reduction is 0 (none), 1 (mean) or 2 (sum), not {reduction!r}")
    return (losses, losses.mean(), losses.sum())[reduction]
