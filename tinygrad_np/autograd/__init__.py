"""PyTorch's `torch.autograd` names."""

from ..engine import backward, grad
from ..grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from ..gradcheck import gradcheck, gradgradcheck
from ..refused import refusing
from . import functional
from .anomaly_mode import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .function import Function
from .variable import Variable

__getattr__ = refusing(__name__)
