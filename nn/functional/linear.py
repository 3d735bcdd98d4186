"""Linear maps."""

from __future__ import annotations

from tinygrad_np import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = input @ weight^T + bias.

    Shapes: input `(*, in)`, weight `(out, in)`, bias `(out,)` -> `(*, out)`.
    Source: PyTorch, torch.nn.functional.linear.

    >>> import tinygrad_np as tnp
    >>> linear(tnp.ones(1, 2), tnp.tensor([[1.0, 2.0]]), tnp.ones(1))
    tensor([[4.]])
    """
    y = input @ weight.t()
    return y if bias is None else y + bias
