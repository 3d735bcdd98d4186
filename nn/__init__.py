"""nn: layers, losses, optimisers and data on top of tinygrad_np, by PyTorch's names.

>>> import nn
>>> sum(p.numel() for p in nn.models.LeNet().parameters())
61706
"""

import tinygrad_np

from . import data, functional, init, models, optim
from .layers.activation import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from .layers.container import ModuleList, Sequential
from .layers.conv import Conv2d
from .layers.dropout import Dropout
from .layers.flatten import Flatten
from .layers.linear import Identity, Linear
from .layers.norm import BatchNorm1d, BatchNorm2d
from .layers.pool import AvgPool2d, MaxPool2d
from .loss import CrossEntropy, CrossEntropyLoss, MSELoss, NLLLoss
from .module import Module
from .parameter import Parameter

tinygrad_np.hide(__file__)  # an error inside a layer names the line of the user that called it
