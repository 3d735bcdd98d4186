"""Three small networks and their training, each in a few seconds:

    python examples/three_recipes.py [digits_mlp | mnist_mlp | mnist_cnn] [--data DIR]

The sizes and rates are those of the examples of nnet (andersbll/nnet): weights start normal with a
given scale, biases at 0; weight decay is of the weights alone. What nnet has wrong is put right:
the decay's sign, a new order in each epoch, a test set that was not trained on.
"""

import argparse
import time

import nn
import tinygrad_np as tnp


def scaled(layer, scale, decay):
    """The layer with its start, and its weight decay noted."""
    nn.init.normal_(layer.weight, std=scale)
    nn.init.zeros_(layer.bias)
    layer.weight_decay = decay
    return layer


def classifier(*layers):
    """The network, trained by SGD with a decay for each layer's weight."""
    own = [layer for layer in layers if hasattr(layer, "weight_decay")]
    groups = [{"params": [layer.weight], "weight_decay": layer.weight_decay} for layer in own]
    groups.append({"params": [layer.bias for layer in own]})
    return nn.Classifier(layers, lambda parameters: nn.optim.SGD(groups))


def digits_mlp(data):
    splits = [nn.data.Digits(train)[:] for train in (True, False)]
    net = classifier(
        nn.Flatten(), scaled(nn.Linear(64, 50), 0.1, 0.002), nn.ReLU(),
        scaled(nn.Linear(50, 10), 0.1, 0.002),
    )  # fmt: skip
    X, Y = splits[0]
    print(net.check_gradients(X[:100], Y[:100]))  # raises if one is wrong
    return net, splits, {"lr": 0.1, "epochs": 25, "batch_size": 32}


def mnist_mlp(data):
    def dense(i, o):
        return scaled(nn.Linear(i, o), 0.2, 0.004)

    net = classifier(
        nn.Flatten(), dense(784, 100), nn.ReLU(), dense(100, 50), nn.ReLU(), dense(50, 10)
    )
    return net, mnist(data, 10_000), {"lr": 0.1, "epochs": 5, "batch_size": 64}


def mnist_cnn(data):
    net = classifier(
        scaled(nn.Conv2d(1, 12, 5, padding="same"), 0.1, 0.001), nn.ReLU(), nn.MaxPool2d(2),
        scaled(nn.Conv2d(12, 16, 5, padding="same"), 0.1, 0.001), nn.ReLU(),
        nn.Flatten(), scaled(nn.Linear(16 * 14 * 14, 10), 0.1, 0.02),
    )  # fmt: skip
    return net, mnist(data, 3_000), {"lr": 0.05, "epochs": 3, "batch_size": 32}


def mnist(folder, count):
    """`count` drawn training images (of the embedded subset at most its 6,000) and all tests."""
    train, test = (nn.data.MNIST(folder, train) for train in (True, False))
    chosen = tnp.randperm(len(train))[:count]
    pixels = [split.data.float().unsqueeze(1) / 255 for split in (train, test)]
    return (pixels[0][chosen], train.targets[chosen]), (pixels[1], test.targets)


RECIPES = {recipe.__name__: recipe for recipe in (digits_mlp, mnist_mlp, mnist_cnn)}


def main():
    parser = argparse.ArgumentParser(description="Train one of three small networks, or each.")
    parser.add_argument("recipe", nargs="?", choices=RECIPES)
    parser.add_argument("--data", metavar="DIR", help="folder of the MNIST files; without it the "
                        "embedded subset")  # fmt: skip
    options = parser.parse_args()
    for name in [options.recipe] if options.recipe else RECIPES:
        tnp.manual_seed(0)
        net, (train, test), plan = RECIPES[name](options.data)
        epochs, start = plan.pop("epochs"), time.perf_counter()
        for epoch in range(1, epochs + 1):
            [(loss, error)] = net.fit(*train, **plan)
            print(f"{name}  epoch {epoch:2}/{epochs}  loss {loss:.4f}  training error {error:.4f}")
        seconds = time.perf_counter() - start
        print(f"{name}  {len(train[0])} images  duration {seconds:.1f} s  "
              f"test error {net.evaluate(*test).error:.4f}")  # fmt: skip


if __name__ == "__main__":
    main()
