"""Datasets, samplers and loaders."""

from .dataset import Dataset, TensorDataset
from .download import DownloadError
from .loader import DataLoader, default_collate
from .mnist import MNIST
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "MNIST",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "DownloadError",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "TensorDataset",
    "default_collate",
]
