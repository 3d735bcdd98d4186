"""The data sets that come with this package or are downloaded, as in torchvision.datasets."""

import tinygrad_np

from .mnist import MNIST, FashionMNIST

__all__ = ["MNIST", "FashionMNIST"]

__getattr__ = tinygrad_np.refusing(__name__)
