"""Layers and losses as functions: what they need comes as arguments."""

import tinygrad_np
from tinygrad_np import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    celu,
    celu_,
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    cosine_similarity,
    elu,
    elu_,
    fold,
    gelu,
    glu,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    interpolate,
    leaky_relu,
    leaky_relu_,
    linear,
    logsigmoid,
    max_pool1d,
    max_pool2d,
    mish,
    pad,
    pairwise_distance,
    pixel_shuffle,
    pixel_unshuffle,
    prelu,
    relu6,
    relu_,
    selu,
    selu_,
    sigmoid,
    silu,
    softplus,
    softsign,
    tanh,
    tanhshrink,
    threshold,
    threshold_,
    unfold,
)

from .activation import log_softmax, relu, softmax, softmin
from .attention import scaled_dot_product_attention
from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d
from .embedding import embedding
from .likelihood import cross_entropy, nll_loss
from .norm import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from .one_hot import one_hot
from .probability import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div
from .regression import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from .similarity import cosine_embedding_loss, normalize

__getattr__ = tinygrad_np.refusing(__name__)
