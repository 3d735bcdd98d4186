"""Variable: what old PyTorch code wraps tensors in."""

from __future__ import annotations

from ..tensor import Tensor


def Variable(data: Tensor, requires_grad: bool = False, volatile: bool | None = None) -> Tensor:
    """`data` itself, without history: since PyTorch 0.4 every tensor is a variable.

    Source: PyTorch, torch.autograd.Variable.

    >>> import tinygrad_np as tnp
    >>> Variable(tnp.ones(1), requires_grad=True)
    tensor([1.], requires_grad=True)
    """
    return data.detach().requires_grad_(requires_grad)
