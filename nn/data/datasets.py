"""The data sets that come with this package or are downloaded, as in torchvision.datasets."""

from .mnist import MNIST, FashionMNIST

__all__ = ["MNIST", "FashionMNIST"]
