"""What is timed: each case is written once, in PyTorch's names, and runs on both libraries.

A case gets (torch, nn, F) of a library, makes its data, and returns a function to be timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Case = Callable[[Any, Any, Any], Callable[[], Any]]

GROUPS: dict[str, dict[str, Case]] = {}


def case(group: str, name: str) -> Callable[[Case], Case]:
    """Adds a case to a group."""

    def add(make: Case) -> Case:
        GROUPS.setdefault(group, {})[name] = make
        return make

    return add


def backward_of(f: Callable[..., Any], *leaves: Any) -> Callable[[], None]:
    """Forward, and backward of a weight of ones, for fresh gradients."""

    def run() -> None:
        for leaf in leaves:
            leaf.grad = None
        y = f(*leaves)
        if not weights:
            weights.append(y.detach() * 0 + 1)
        y.backward(weights[0])

    weights: list[Any] = []
    return run


def lenet(torch: Any, nn: Any, pool: str) -> Any:
    """LeNet of the published recipe: pool, then relu."""
    pooling = nn.MaxPool2d if pool == "max" else nn.AvgPool2d
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), pooling(2), nn.ReLU(),
        nn.Conv2d(6, 16, 5), pooling(2), nn.ReLU(), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def lenet_step(torch: Any, nn: Any, pool: str, batch: int = 64) -> Callable[[], None]:
    """A training step: forward, backward, SGD with momentum and weight decay."""
    model, criterion = lenet(torch, nn, pool), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    x, y = torch.randn(batch, 1, 28, 28), torch.randint(0, 10, (batch,))

    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    return step


for _pool in ("max", "avg"):
    case("LeNet step, batch 64", f"{_pool} pooling")(
        lambda torch, nn, F, pool=_pool: lenet_step(torch, nn, pool)
    )


@case("LeNet inference", "60,000 images, batch 1,000")
def inference(torch: Any, nn: Any, F: Any) -> Callable[[], None]:
    model = lenet(torch, nn, "max").eval()
    x = torch.randn(1000, 1, 28, 28)

    def run() -> None:
        with torch.no_grad():
            for _ in range(60):
                model(x)

    return run


# name: batch, channels in, out, size, kernel, stride, padding, dilation, groups
CONVOLUTIONS = {
    "3-32 3x3 32² b64": (64, 3, 32, 32, 3, 1, 1, 1, 1),
    "32-64 3x3 16² b64": (64, 32, 64, 16, 3, 1, 1, 1, 1),
    "64-64 3x3 16² b64": (64, 64, 64, 16, 3, 1, 1, 1, 1),
    "64-128 3x3 s2 16² b64": (64, 64, 128, 16, 3, 2, 1, 1, 1),
    "64-64 3x3 8² b64": (64, 64, 64, 8, 3, 1, 1, 1, 1),
    "128-128 3x3 14² b16": (16, 128, 128, 14, 3, 1, 1, 1, 1),
    "1x1 256-64 14² b32": (32, 256, 64, 14, 1, 1, 0, 1, 1),
    "1x1 64-256 14² b32": (32, 64, 256, 14, 1, 1, 0, 1, 1),
    "7x7 s2 3-64 112² b8": (8, 3, 64, 112, 7, 2, 3, 1, 1),
    "depthwise 32 3x3 32² b32": (32, 32, 32, 32, 3, 1, 1, 1, 32),
    "groups 4 64-64 3x3 16² b32": (32, 64, 64, 16, 3, 1, 1, 1, 4),
    "5x5 1-6 28² b64": (64, 1, 6, 28, 5, 1, 2, 1, 1),
    "5x5 6-16 14² b64": (64, 6, 16, 14, 5, 1, 0, 1, 1),
    "5x5 1-6 28² b1": (1, 1, 6, 28, 5, 1, 2, 1, 1),
    "3x3 64-64 56² b1": (1, 64, 64, 56, 3, 1, 1, 1, 1),
    "3x3 d2 32-32 28² b32": (32, 32, 32, 28, 3, 1, 2, 2, 1),
}
for _name, _shape in CONVOLUTIONS.items():

    @case("conv2d", _name)
    def conv2d(torch: Any, nn: Any, F: Any, shape: Any = _shape) -> Callable[[], None]:
        batch, inner, outer, size, kernel, *rest = shape
        x = torch.randn(batch, inner, size, size, requires_grad=True)
        w = torch.randn(outer, inner // rest[-1], kernel, kernel, requires_grad=True)
        b = torch.randn(outer, requires_grad=True)
        return backward_of(lambda x, w, b: F.conv2d(x, w, b, *rest), x, w, b)


# name: shape, kernel, stride, padding
POOLINGS = {
    "2x2 64x6x28²": ((64, 6, 28, 28), 2, 2, 0),
    "2x2 64x64x16²": ((64, 64, 16, 16), 2, 2, 0),
    "3x3 s2 p1 8x64x56²": ((8, 64, 56, 56), 3, 2, 1),
    "3x3 s1 p1 32x32x28²": ((32, 32, 28, 28), 3, 1, 1),
}
for _kind in ("max", "avg"):
    for _name, _shape in POOLINGS.items():

        @case(f"{_kind} pooling", _name)
        def pool(
            torch: Any, nn: Any, F: Any, kind: str = _kind, shape: Any = _shape
        ) -> Callable[[], None]:
            size, *rest = shape
            x = torch.randn(size, requires_grad=True)
            return backward_of(lambda x: getattr(F, f"{kind}_pool2d")(x, *rest), x)


# name: batch, numbers in, numbers out
LINEARS = {
    "400-120 b64": (64, 400, 120),
    "1024-1024 b64": (64, 1024, 1024),
    "128-512 b2048": (2048, 128, 512),
}
for _name, _sizes in LINEARS.items():

    @case("linear", _name)
    def linear(torch: Any, nn: Any, F: Any, sizes: Any = _sizes) -> Callable[[], None]:
        batch, inner, outer = sizes
        x = torch.randn(batch, inner, requires_grad=True)
        w = torch.randn(outer, inner, requires_grad=True)
        b = torch.randn(outer, requires_grad=True)
        return backward_of(F.linear, x, w, b)


# name: batch, classes
CLASSES = {
    "64x10": (64, 10), "1024x10": (1024, 10), "256x1000": (256, 1000), "2048x65": (2048, 65),
}  # fmt: skip
for _name, _sizes in CLASSES.items():

    @case("log-softmax + cross-entropy", _name)
    def cross_entropy(torch: Any, nn: Any, F: Any, sizes: Any = _sizes) -> Callable[[], None]:
        x = torch.randn(*sizes, requires_grad=True)
        y = torch.randint(0, sizes[1], (sizes[0],))
        return backward_of(lambda x: F.nll_loss(F.log_softmax(x, 1), y), x)


SIZES = {"64x6x28²": (64, 6, 28, 28), "64x64x16²": (64, 64, 16, 16), "256x512": (256, 512)}
for _name, _size in SIZES.items():

    @case("batch norm", _name)
    def batch_norm(torch: Any, nn: Any, F: Any, size: Any = _size) -> Callable[[], None]:
        layer = (nn.BatchNorm1d if len(size) == 2 else nn.BatchNorm2d)(size[1])
        return backward_of(
            lambda x, w, b: layer(x), torch.randn(size, requires_grad=True), *layer.parameters()
        )

    @case("relu", _name)
    def relu(torch: Any, nn: Any, F: Any, size: Any = _size) -> Callable[[], None]:
        return backward_of(torch.relu, torch.randn(size, requires_grad=True))


@case("Transformer block", "batch 16, 128 tokens, width 128, 4 heads")
def transformer_block(torch: Any, nn: Any, F: Any) -> Callable[[], None]:
    block = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True, norm_first=True)
    x = torch.randn(16, 128, 128, requires_grad=True)
    mask = torch.triu(torch.ones(128, 128), 1) > 0
    return backward_of(lambda x, *_: block(x, src_mask=mask), x, *block.parameters())


@case("char-RNN step", "batch 32, 50 letters, 128 wide")
def char_rnn(torch: Any, nn: Any, F: Any) -> Callable[[], None]:
    embedding, rnn, head = (
        nn.Embedding(65, 64),
        nn.RNN(64, 128, batch_first=True),
        nn.Linear(128, 65),
    )
    parameters = [p for m in (embedding, rnn, head) for p in m.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    letters, following = torch.randint(0, 65, (2, 32, 50))

    def step() -> None:
        optimizer.zero_grad()
        logits = head(rnn(embedding(letters))[0])
        F.cross_entropy(logits.reshape(-1, 65), following.reshape(-1)).backward()
        optimizer.step()

    return step


@case("overhead", "2,000 tiny ops y = y * a + b")
def chain(torch: Any, nn: Any, F: Any) -> Callable[[], None]:
    x, a, b = (torch.ones(4, requires_grad=True) for _ in range(3))

    def chained(x: Any, a: Any, b: Any) -> Any:
        y = x
        for _ in range(1000):
            y = y * a + b
        return y

    return backward_of(chained, x, a, b)


@case("overhead", "scalar MLP 16-16-16-1, batch 8")
def tiny_mlp(torch: Any, nn: Any, F: Any) -> Callable[[], None]:
    model = nn.Sequential(
        nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = torch.randn(8, 16), torch.randn(8, 1)

    def step() -> None:
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()

    return step
