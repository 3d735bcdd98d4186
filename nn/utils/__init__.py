"""What PyTorch keeps in torch.nn.utils."""

import tinygrad_np

from .. import data
from . import rnn
from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert import parameters_to_vector, vector_to_parameters

__getattr__ = tinygrad_np.refusing(__name__)
