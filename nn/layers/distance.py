"""How near vectors are to each other."""

from __future__ import annotations

import tinygrad_np as tnp
from tinygrad_np import Tensor

from ..module import Module


class CosineSimilarity(Module):
    """`tinygrad_np.cosine_similarity` along `dim`. Source: PyTorch, torch.nn.CosineSimilarity.

    >>> CosineSimilarity()(tnp.tensor([[1.0, 0.0]]), tnp.tensor([[3.0, 4.0]]))
    tensor([0.6000])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return tnp.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """`tinygrad_np.pairwise_distance`. Source: PyTorch, torch.nn.PairwiseDistance.

    >>> PairwiseDistance(eps=0.0)(tnp.tensor([[4.0, 0.0]]), tnp.tensor([[1.0, 4.0]]))
    tensor([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return tnp.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
