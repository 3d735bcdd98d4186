"""A classifier as a list of layers: one step of training, evaluation, prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import tinygrad_np as tnp
from tinygrad_np import Tensor

from .check import check_gradients
from .functional import cross_entropy
from .layers.container import Sequential
from .module import Module
from .optim import SGD, Optimizer


class Result(NamedTuple):
    """What a classifier made of N samples.

    `output` are the probabilities `(N, K)`, each row of sum 1; `cross_entropy` is the mean over the
    samples of -ln p(true class), in nats, so that guessing costs ln K; `error` is the fraction of
    the samples, 0 to 1, whose likeliest class is not the true one (of equals, the first counts).
    """

    output: Tensor
    cross_entropy: float
    error: float


class Classifier:
    """Layers in a row, whose last gives a score for each of K classes.

    Lazy layers need no input sizes. `optimizer` makes the optimiser from the parameters; its rate
    comes with each step. X is `(N, ...)`, converted to the dtype of the parameters; Y holds the
    classes, integers 0 to K-1 `(N,)`, or one-hot rows `(N, K)`. Both may be NumPy arrays.

    >>> import nn
    >>> tnp.manual_seed(0)
    <tinygrad_np.random.Generator object at ...>
    >>> net = nn.Classifier([nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2)])
    >>> X, Y = tnp.randn(64, 2), tnp.randint(2, (64,))
    >>> X[:, 0] += 4 * Y
    >>> for step in range(50):
    ...     result = net.train((X, Y), lr=0.5)
    >>> net.evaluate(X, Y).error < 0.1
    True
    """

    def __init__(
        self, layers: Sequence[Module], optimizer: Callable[[Iterable[Any]], Optimizer] = SGD
    ) -> None:
        self.model = Sequential(*layers)
        self.optimizer = optimizer(self.model.parameters())

    def __repr__(self) -> str:
        return repr(self.model).replace("Sequential", "Classifier", 1)

    def train(self, batch: tuple[Any, Any], lr: float) -> Result:
        """One step on a batch (X, Y); what the network made of it before that step.

        Raises TypeError if the batch is no pair, ValueError if it is empty or Y does not hold a
        class for each sample.
        """
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise TypeError(f"expected a batch (X, Y), got {type(batch).__name__}")
        X, Y = batch
        if not len(X):
            raise ValueError("expected a batch of one sample or more, got none")
        self.model.train()
        scores = self.model(self._input(X))
        classes = checked_classes(Y, scores)
        loss = cross_entropy(scores, classes)
        self.optimizer.zero_grad()
        loss.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        return result(scores.detach(), classes)

    def fit(
        self, X: Any, Y: Any, lr: float, epochs: int = 1, batch_size: int = 64
    ) -> list[tuple[float, float]]:
        """Train on all samples, in a new order in each epoch, the last smaller batch included.

        The weights go on from where they are. Returns, for each epoch, cross-entropy and error:
        means over the samples, each as its batch was seen. Raises as `train`.
        """
        X, Y, n = tnp.as_tensor(X), tnp.as_tensor(Y), len(X)
        scores = []
        for _ in range(epochs):
            sums = [0.0, 0.0]
            for chosen in tnp.randperm(n).split(batch_size):
                step = self.train((X[chosen], Y[chosen]), lr)
                sums[0] += step.cross_entropy * len(chosen)
                sums[1] += step.error * len(chosen)
            scores.append((sums[0] / n, sums[1] / n))
        return scores

    def evaluate(self, X: Any, Y: Any, batch_size: int = 1000) -> Result:
        """What the network makes of samples and their classes, `batch_size` of them at a time.

        Raises ValueError if Y does not hold a class for each sample.
        """
        scores = self._scores(X, batch_size)
        return result(scores, checked_classes(Y, scores))

    def predict(self, X: Any, batch_size: int = 1000) -> Tensor:
        """The probabilities of the classes `(N, K)`; the same for the same X and weights."""
        return self._scores(X, batch_size).softmax(1)

    def classify(self, X: Any, batch_size: int = 1000) -> Tensor:
        """The likeliest class of each sample, int64 `(N,)`; of equals the first."""
        return self._scores(X, batch_size).argmax(1)

    def check_gradients(self, X: Any, Y: Any, **options: Any) -> Any:
        """`nn.check_gradients` of this network."""
        return check_gradients(self.model, X, Y, **options)

    def _scores(self, X: Any, batch_size: int) -> Tensor:
        training = self.model.training
        self.model.eval()
        try:
            with tnp.no_grad():
                return tnp.cat([self.model(part) for part in self._input(X).split(batch_size)])
        finally:
            self.model.train(training)

    def _input(self, X: Any) -> Tensor:
        parameter = next(self.model.parameters(), None)
        return tnp.as_tensor(
            X, dtype=tnp.get_default_dtype() if parameter is None else parameter.dtype
        )


def result(scores: Tensor, classes: Tensor) -> Result:
    """The result for scores (N, K) and classes (N,)."""
    error = (scores.argmax(1) != classes).double().mean().item()
    return Result(scores.softmax(1), cross_entropy(scores, classes).item(), error)


def checked_classes(Y: Any, scores: Tensor) -> Tensor:
    """The classes in Y as int64 (N,), or a ValueError that says what is wrong with them."""
    Y = tnp.as_tensor(Y)
    expected = (
        f"expected a class from 0 to {scores.shape[-1] - 1} for each of {len(scores)} samples"
    )
    if Y.shape == scores.shape and Y.ndim == 2:
        classes = Y.argmax(1)
        if (tnp.eye(Y.shape[1])[classes] != Y).any():
            raise ValueError(f"{expected}, or one-hot rows, got rows that are not one-hot")
        return classes
    if Y.shape != scores.shape[:1] or Y.is_floating_point():
        raise ValueError(f"{expected}, got {Y.dtype} of shape {tuple(Y.shape)}")
    if len(Y) and (Y.min() < 0 or Y.max() >= scores.shape[-1]):
        raise ValueError(f"{expected}, got {Y.min().item()} to {Y.max().item()}")
    return Y.long()
