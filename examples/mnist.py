"""Two networks learn MNIST before your eyes: `python examples/mnist.py cnn | flat [ALGORITHM]`

The networks, rates and numbers of batches are those of the NumPy study network cnn-numpy, with
what it has wrong put right: softmax of the scores themselves, relu and not the absolute value,
gradients that are means over the batch, pixels of mean 0 and variance 1, a new order in each epoch.
Naive loops take hours for an epoch of all images: try `cnn naive --images 100`.

With all 70,000 images (--data) and seed 0 the wrong answers on the test set came down to
    flat   22 % after 10 epochs, 9.5 % after 100;   with --lr 0.1   9.5 %, 3.9 %
    cnn    21 % after 1 epoch, 13 % after 3;        with --lr 0.1   5.3 %, 2.7 %
The text of cnn-numpy promises flat < 5 %, cnn < 30 % after 1 epoch and < 3 % with more; run as
published, it reached 6.2 % and 50.9 %.
"""

import argparse
import time

import numpy as np

import nn
import tinygrad_np as tnp
from tinygrad_np.conv_algorithms import conv_algorithm

ALGORITHMS = ["naive", "stride_groups", "im2col"]
TEST_SHARE = 20  # one image in 20 is for the test, at least one


def network(name, naive):
    """Layers, learning rate, epochs and mini-batches per epoch; no layer is told its input size."""
    dense = [nn.Flatten(), nn.LazyLinear(100), nn.ReLU(), nn.LazyLinear(10)]
    if name == "flat":
        return dense, 0.01, 100, 10
    return [nn.LazyConv2d(32, 2), nn.MaxPool2d(3), *dense], 0.001, 3, 6550 if naive else 500


def images_and_labels(options):
    """All images of both files, shuffled: X (N, 1, 28, 28) float32, Y (N,) for each split."""
    files = [
        nn.data.MNIST(options.data, train, download=options.download) for train in (True, False)
    ]
    X, Y = (np.concatenate(part) for part in ([f.data for f in files], [f.targets for f in files]))
    order = np.random.default_rng(options.seed).permutation(len(X))[: options.images]
    train, test = np.split(order, [len(order) - max(1, len(order) // TEST_SHARE)])
    mean, std = X[train].mean(), X[train].std()
    X = ((X[:, None] - mean) / std).astype(np.float32)
    return (X[train], Y[train]), (X[test], Y[test])


def train(net, X, Y, lr, epochs, batches):
    """Train, with one line on the screen that is written over and over, and stays per epoch."""
    random, start = np.random.default_rng(0), time.perf_counter()
    for epoch in range(1, epochs + 1):
        for i, batch in enumerate(np.array_split(random.permutation(len(X)), batches), 1):
            _, cross_entropy, error = net.train((X[batch], Y[batch]), lr)
            minutes, seconds = divmod(int(time.perf_counter() - start), 60)
            print(
                f"\rTime: {minutes:2}m {seconds:2}s  Epoch: {epoch:3}/{epochs}  Mini-batch: "
                f"{i:4}/{batches}  Size: {len(batch)}  CCE: {cross_entropy:.4f}  CE: {error:.4f}",
                end="",
                flush=True,
            )
        print()


def arguments():
    parser = argparse.ArgumentParser(
        description="Train a small network on MNIST. CCE is the cross-entropy in nats, CE the "
        "fraction of wrong answers, both means over the mini-batch or the test set."
    )
    add = parser.add_argument
    add("network", choices=["cnn", "flat"], help="with or without a convolution")
    add("algorithm", nargs="?", choices=ALGORITHMS, help="of the convolution; the fastest if none")
    add("--data", metavar="DIR", help="folder of the MNIST files, gzipped or not; without it the "
        "embedded 7,000 images")  # fmt: skip
    add("--download", action="store_true", help="fetch what is missing in the folder of --data")
    add("--images", type=int, metavar="N", help="use N images only")
    add("--epochs", type=int, metavar="N", help="100 for flat, 3 for cnn, if not given")
    add("--lr", type=float, metavar="X", help="0.01 for flat, 0.001 for cnn, if not given")
    add("--seed", type=int, default=0, metavar="N", help="of weights and the split; %(default)s")
    options = parser.parse_args()
    if options.algorithm and options.network == "flat":
        parser.error(f"a flat network has no convolution, so nothing to do for {options.algorithm}")
    if options.images is not None and options.images < 2:
        parser.error(f"--images: expected 2 or more, got {options.images}")
    for name in ("epochs", "lr"):
        if (value := getattr(options, name)) is not None and not 0 < value < float("inf"):
            parser.error(f"--{name}: expected a positive number, got {value}")
    return options, parser


def main():
    options, parser = arguments()
    tnp.manual_seed(options.seed)
    layers, lr, epochs, batches = network(options.network, options.algorithm == "naive")
    try:
        (X, Y), test = images_and_labels(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    net = nn.Classifier(layers)
    with conv_algorithm(options.algorithm or "row_fused"):
        train(net, X, Y, options.lr or lr, options.epochs or epochs, min(batches, len(X)))
        score = net.evaluate(*test)
    print(f"Test set: {len(test[0])} images  CCE: {score.cross_entropy:.4f}  CE: {score.error:.4f}")


if __name__ == "__main__":
    main()
