"""Probability distributions: samples with PyTorch's random numbers, densities with gradients.

Source: https://docs.pytorch.org/docs/stable/distributions.html

>>> from tinygrad_np import manual_seed, zeros
>>> _ = manual_seed(0)
>>> Categorical(logits=zeros(3)).sample((4,))
tensor([2, 2, 1, 2])
"""

from . import constraints
from .bernoulli import Bernoulli
from .categorical import Categorical
from .distribution import Distribution
from .kl import kl_divergence
from .normal import Normal

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Normal",
    "constraints",
    "kl_divergence",
]
