"""tinygrad_np: PyTorch-style tensors and autograd on NumPy, a machine with the cover removed.

>>> import tinygrad_np as tnp
>>> x = tnp.tensor([1.0, 2.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from math import e, inf, nan, pi

from . import allocation, autograd, distributions, linalg, ops, pytorch_names, twins
from .backend import device
from .conv_algorithms import conv_algorithm
from .defaults import (
    channels_last,
    contiguous_format,
    get_default_device,
    preserve_format,
    set_default_device,
    set_default_tensor_type,
    strided,
)
from .devices import (
    accelerator,
    amp,
    are_deterministic_algorithms_enabled,
    backends,
    cuda,
    get_float32_matmul_precision,
    mps,
    set_float32_matmul_precision,
    use_deterministic_algorithms,
    xpu,
)
from .draw import draw_graph
from .dtypes import (
    bfloat16,
    bool,
    can_cast,
    complex64,
    complex128,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
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
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .gradient_table import GradientTable, gradient_table
from .graph import hide, scope
from .hooks import Handle
from .node import named
from .op import Op
from .op_check import check_op
from .ops import *
from .printing import set_printoptions
from .pytorch_names import as_torch
from .random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .refused import refusing
from .samples import ErrorSample, Rng, Sample
from .serialization import load, save
from .size import Size
from .tensor import Tensor
from .threads import get_num_threads, set_num_threads
from .type_info import finfo, iinfo
from .typed import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from .without_effect import autocast, compile

__version__ = "0.1.0"

for _name in [n for n, x in globals().items() if getattr(x, "__package__", "") == ops.__name__]:
    if _name != "ops":  # `from .ops import *` brings the files of ops/ along
        del globals()[_name]

hide(__file__)
allocation.keep_freed_memory()
pytorch_names.install()
globals().update(twins.METHODS)
__getattr__ = refusing(__name__, ("nn", "optim", "utils"), twins.ELSEWHERE)
