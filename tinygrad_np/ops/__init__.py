"""All operations: a file is an idea, an op is one class with its public functions below."""

from . import fill as fill
from . import new as new
from . import out
from . import random_fill as random_fill
from . import shape_in_place as shape_in_place
from . import strides as strides
from .activations import (
    gelu,
    glu,
    logsigmoid,
    mish,
    sigmoid_,
    silu,
    softplus,
    softsign,
    tanh_,
    tanhshrink,
)
from .adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
)
from .arithmetic import add, mul, neg, sub
from .avg_pool import avg_pool1d, avg_pool2d
from .cast import clone
from .chance import bernoulli, multinomial, normal, rand, randint, randn, randperm
from .compare import (
    allclose,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    eq,
    equal,
    ge,
    greater,
    greater_equal,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    le,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
    not_equal,
)
from .conv import conv1d, conv2d
from .conv_transpose import conv_transpose1d, conv_transpose2d
from .creation import empty, full, ones, tensor, zeros
from .cumulative import cumprod, cumsum
from .division import div, divide, floor_divide, fmod, remainder, true_divide
from .einsum import einsum
from .elementwise import abs, exp, log, positive, relu, sgn, sigmoid, sign, sqrt, tanh
from .embedding import embedding
from .error_function import erf
from .expand import broadcast_shapes, broadcast_tensors, broadcast_to
from .exponential import exp2, expm1, log1p, log2, log10, reciprocal, rsqrt
from .extremes import amax, amin, argmax, argmin, max, min
from .fold import fold, unfold
from .gather import gather, index_select, take, take_along_dim
from .grid import meshgrid, nonzero
from .inspect import is_floating_point, is_tensor, numel
from .interpolation import addcdiv, addcmul, lerp
from .join import cat, concat, concatenate, hstack, pad, stack, vstack
from .like import (
    empty_like,
    full_like,
    ones_like,
    rand_like,
    randint_like,
    randn_like,
    zeros_like,
)
from .linear import linear
from .linear_algebra import addmm, addmv, baddbmm, ger, mv, outer, tensordot
from .losses import binary_cross_entropy, huber, mse, nll
from .matmul import bmm, dot, matmul, mm
from .memory import as_tensor, from_numpy
from .norm import dist, norm
from .permute import moveaxis, movedim, permute, swapaxes, swapdims, t, transpose
from .pixels import pixel_shuffle, pixel_unshuffle
from .pool import max_pool1d, max_pool2d
from .power import pow, square
from .product import prod
from .ranges import arange, eye, linspace
from .rectifiers import (
    celu,
    celu_,
    elu,
    elu_,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    prelu,
    relu6,
    relu_,
    selu,
    selu_,
    threshold,
    threshold_,
)
from .recurrent import gru_scan, lstm_scan, rnn_scan
from .reduce import all, any, mean, std, sum, var
from .repeat import flip, repeat_interleave, roll, tile
from .replacement import nan_to_num
from .resize import interpolate
from .rounding import ceil, fix, floor, frac, round, trunc
from .scatter import index_add, index_fill, masked_fill, masked_select, scatter, scatter_add
from .select import clamp, clip, fmax, fmin, maximum, minimum, where
from .shape import flatten, ravel, reshape, squeeze, unflatten, unsqueeze
from .similarity import cosine_similarity, pairwise_distance
from .softmax import log_softmax, logsumexp, softmax
from .sort import argsort, bincount, sort, topk, unique
from .split import chunk, narrow, select, split, split_with_sizes, tensor_split, unbind
from .standardize import standardize, track
from .statistics import aminmax, count_nonzero, median, std_mean, var_mean
from .triangle import diag, tril, tril_indices, triu, triu_indices
from .trigonometry import (
    acos,
    arccos,
    arcsin,
    arctan,
    arctan2,
    asin,
    atan,
    atan2,
    cos,
    cosh,
    sin,
    sinh,
    tan,
)
from .views import diagonal

_known = globals()
_known.update({name: out.taking_out(_known[name]) for name in out.NAMES.split()})
