"""The digits of 8x8 pixels, small enough to train on within seconds."""

import numpy as np

from tinygrad_np import from_numpy, get_default_dtype

from .dataset import TensorDataset
from .mnist import EMBEDDED


class Digits(TensorDataset):
    """Handwritten digits: images `(N, 1, 8, 8)` in 0..1 and labels, int64 `(N,)`.

    They come with this package: 1,797 images, of which `train=True` is 1,347 and `train=False`
    the other 450, every class in the same share. An index gives an image `(1, 8, 8)` and its
    label, a slice or an index array a batch of them. Pixels are grey levels k / 16, k = 0..16,
    in the default dtype.

    >>> images, labels = Digits()[:]
    >>> tuple(images.shape), labels[:5]
    ((1347, 1, 8, 8), tensor([2, 1, 2, 1, 7]))

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, 1998, https://doi.org/10.24432/C50P49, its test set; order and values of
    scikit-learn's load_digits, split by its train_test_split(test_size=0.25, random_state=42,
    stratify=labels).
    """

    def __init__(self, train: bool = True) -> None:
        with np.load(EMBEDDED / "digits.npz") as file:
            index = file["train_index" if train else "test_index"]
            images, labels = file["images"][index, None], file["target"][index]
        pixels = from_numpy(images).to(get_default_dtype()) / 16
        super().__init__(pixels, from_numpy(labels.astype(np.int64)))
