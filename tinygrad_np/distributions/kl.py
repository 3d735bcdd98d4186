"""How far one distribution is from another."""

from __future__ import annotations

import math

from ..ops import log, where
from ..tensor import Tensor
from .bernoulli import Bernoulli, softplus
from .categorical import Categorical
from .distribution import Distribution
from .normal import Normal


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p || q) = E_p[log p(x) - log q(x)], `(*batch_shape,)`, for two of one kind.

    Raises NotImplementedError for other pairs. Source: PyTorch, torch.distributions.kl_divergence.

    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5000)
    """
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio = (p.scale / q.scale) ** 2
        return (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - log(ratio)) / 2
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return _divergence(p.probs, q.probs, p.logits - q.logits).sum(-1)
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        ones = _divergence(p.probs, q.probs, softplus(-q.logits) - softplus(-p.logits))
        zeros = _divergence(1 - p.probs, 1 - q.probs, softplus(q.logits) - softplus(p.logits))
        return ones + zeros
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


def _divergence(p: Tensor, q: Tensor, logs: Tensor) -> Tensor:
    """p (log p - log q), 0 where p is 0, inf where q alone is."""
    return where(p == 0, 0.0, where(q == 0, math.inf, p * logs))
