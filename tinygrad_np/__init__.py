"""tinygrad_np: PyTorch-style tensors and autograd on NumPy, a machine with the cover removed.

>>> import tinygrad_np as tnp
>>> x = tnp.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from math import e, inf, nan, pi

from . import autograd, backend
from .backend import device
from .draw import draw_graph
from .dtypes import (
    bool,
    can_cast,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    result_type,
    set_default_dtype,
    short,
    uint8,
)
from .errors import OpError
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .graph import hide, scope
from .hooks import Handle
from .op import Op
from .op_check import check_op
from .ops import *
from .printing import set_printoptions
from .random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .samples import ErrorSample, Rng, Sample
from .size import Size
from .tensor import Tensor

__version__ = "0.1.0"

hide(__file__)
backend.keep_freed_memory()
