"""All operations: a file is an idea, an op is one class with its public functions below."""

from . import fill as fill
from . import strides as strides
from .arithmetic import add, div, floor_divide, mul, neg, remainder, sub
from .cast import clone
from .chance import rand, rand_like, randint, randn, randn_like, randperm
from .compare import (
    allclose,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    equal,
    ge,
    greater,
    greater_equal,
    gt,
    isnan,
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
from .conv import conv2d
from .creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .elementwise import abs, exp, log, relu, sigmoid, sign, sqrt, square, tanh
from .extremes import amax, amin, argmax, argmin, max, min
from .index import gather
from .inspect import is_floating_point, is_tensor, numel
from .join import cat, concat, concatenate, pad, stack
from .matmul import bmm, dot, matmul, mm
from .pool import avg_pool2d, max_pool2d
from .power import pow
from .reduce import all, any, mean, std, sum, var
from .select import clamp, clip, maximum, minimum, where
from .shape import flatten, permute, reshape, squeeze, t, transpose, unsqueeze
from .softmax import log_softmax, logsumexp, softmax
