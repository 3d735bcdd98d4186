# %% [markdown]
# # A convolutional network reads digits
#
# 1,797 handwritten digits of 8x8 pixels, a network of two convolutions, ten epochs: seconds of
# work, and small enough to look at every part. This file is a notebook (jupytext's percent format:
# Jupyter and VS Code open it as one) and a script, `python examples/digits.py`. Either way it ends
# with one page, `runs/digits/report.html`.
#
# Two published tables are reproduced on the way, digit for digit: that of a network written in
# NumPy, and that of its PyTorch twin. Cells draw random numbers one after the other, so run them
# in order.

# %%
import base64
import html
import io
from copy import deepcopy
from pathlib import Path

import numpy as np

import nn
import nn.functional as F
import tinygrad_np as tnp
from nn.data import DataLoader, Digits, TensorDataset

try:
    from matplotlib.figure import Figure
except ModuleNotFoundError:
    raise SystemExit(
        "this notebook draws with matplotlib: pip install 'tinygrad-np[plot]'"
    ) from None

SEED = 42
EPOCHS = 10  # the tables have ten; 40 show where it ends
REPORT = Path("runs/digits/report.html")

train, test = Digits(train=True)[:], Digits(train=False)[:]  # images, labels
print(f"seed {SEED}, {EPOCHS} epochs, {train[0].dtype}, device {train[0].device}")

# %% [markdown]
# ## The page
# `show` puts a figure on the page, and returns it so that a notebook displays it, too.

# %%
page: dict[str, str] = {}


class Shown:
    def __init__(self, content):
        self._repr_html_ = lambda: content


def show(title, caption, *content):
    """Put figures and tables on the page, under the title; a second time replaces the first."""
    parts = [picture(item) if isinstance(item, Figure) else item for item in content]
    page[title] = f"<h2>{title}</h2>\n<p>{caption}</p>\n" + "\n".join(parts)
    return Shown(page[title])


def picture(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=192)
    title = html.escape(figure.get_suptitle(), quote=True)
    data = base64.b64encode(file.getvalue()).decode()
    width = 96 * figure.get_figwidth()
    return f'<img alt="{title}" width="{width:.0f}" src="data:image/png;base64,{data}">'


def canvas(title, width, height, rows=1, columns=1):
    """A figure and its axes, (rows, columns)."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title)
    return figure, figure.subplots(rows, columns, squeeze=False)


def tiles(title, images, names, columns, bar=None, **look):
    """Small pictures in a grid, each with its name; `bar` names the colours' scale."""
    rows = -(-len(images) // columns) or 1
    figure, axes = canvas(title, 9.6, 0.6 + rows * (8.4 / columns + 0.25), rows, columns)
    for place in axes.flat:
        place.axis("off")
    for place, image, name in zip(axes.flat, images, names, strict=False):
        drawn = place.imshow(image, **look)
        place.set_title(name, fontsize=9)
    if bar:
        figure.colorbar(drawn, ax=axes, label=bar, aspect=12)
    return figure


def signed(images, map="RdBu"):
    """Colours for numbers of both signs: zero is white, one scale for all the images."""
    bound = np.abs(images).max()
    return {"cmap": map, "vmin": -bound, "vmax": bound}


# %% [markdown]
# ## The digits
# Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, 1998 (CC BY 4.0), as in
# scikit-learn's `load_digits`: grey levels 0..16, here divided by 16. 1,347 images to train with,
# 450 to test with, each class in the same share.

# %%
rng = np.random.default_rng(SEED)
shown = rng.choice(len(train[0]), 36, replace=False)
show(
    "The digits",
    f"36 of the {len(train[0]):,} training images; {len(test[0])} others test what was learned.",
    tiles(
        "Training images and their labels",
        train[0].numpy()[shown, 0],
        train[1].numpy()[shown],
        columns=9,
        cmap="gray_r",
    ),
)

# %% [markdown]
# ## What a convolution does
# It lays a small kernel $w$ on every place of the image $x$ and sums the products. Strictly this is
# the cross-correlation: the kernel is not flipped. With stride $s$, on an image padded by $p$,
#
# $$y_{ij} = \sum_{k,l} w_{kl}\, x_{is+k,\ js+l}, \qquad
# n_\text{out} = \lfloor (n + 2p - k) / s \rfloor + 1.$$
#
# Three assumptions about images are built in. *Locality*: a number of the output sees a 3x3 window,
# its receptive field, not the whole image. *Weight sharing*: all windows have the same kernel.
# *Equivariance*: a digit that moves by a pixel moves the output by a pixel.
#
# Sobel's two kernels are convolutions made by hand: differences across edges.


# %%
def correlate(x, w, padding=0, stride=1):
    """The formula above, by loops; x (H, W), w (KH, KW)."""
    x = np.pad(x, padding)
    size = [(n - k) // stride + 1 for n, k in zip(x.shape, w.shape, strict=True)]
    y = np.empty(size)
    for i, j in np.ndindex(*size):
        window = x[i * stride :, j * stride :][: w.shape[0], : w.shape[1]]
        y[i, j] = (window * w).sum()
    return y


across = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
sobel = {"left to right": across, "top to bottom": across.T}
digit, label = train[0].numpy()[shown[0], 0], train[1][shown[0]].item()

figure, ((first, *kernels), (last, *edges)) = canvas("Sobel's edge filters", 9.6, 6.2, 2, 3)
responses = [correlate(digit, kernel, padding=1) for kernel in sobel.values()]
first.imshow(digit, cmap="gray_r")
first.set_title(f"the image, a {label}")
for place, (name, kernel) in zip(kernels, sobel.items(), strict=True):
    place.imshow(kernel, **signed(across))
    place.set_title(f"kernel, {name}")
    for (i, j), weight in np.ndenumerate(kernel):
        place.text(j, i, weight, ha="center", va="center", color="w" if abs(weight) > 1 else "k")
for place, name, response in zip(edges, sobel, responses, strict=True):
    drawn = place.imshow(response, **signed(responses))
    place.set_title(f"response, {name}")
figure.colorbar(drawn, ax=edges, label="response: more ink (+), less ink (−)")
last.imshow(np.hypot(*responses), cmap="gray_r")
last.set_title("length of the two responses")
for place in (first, last, *kernels, *edges):
    place.set(xticks=[], yticks=[])
show(
    "Filters that find edges",
    "The response is zero where the image is uniform; its sign is that of the change.",
    figure,
)

# %% The loops against the library's convolution
for padding, stride in [(0, 1), (1, 1), (1, 2)]:
    x, w = (tnp.from_numpy(array * 1.0).double()[None, None] for array in (digit, across))
    theirs = F.conv2d(x, w, padding=padding, stride=stride).numpy()[0, 0]
    assert np.allclose(correlate(digit, across, padding, stride), theirs, rtol=0, atol=1e-12)

# %% [markdown]
# ## What weight sharing saves
# A dense layer has a weight for every pair of an input and an output, a convolution one for every
# pair of channels and place in the kernel, whatever the size of the image. For 512 numbers, 8 maps
# of 8x8, from an image of 64:


# %%
def n_params_dense(inputs, outputs):
    return inputs * outputs + outputs


def n_params_conv(inputs, outputs, kernel):
    return inputs * outputs * kernel**2 + outputs


counts = {"dense, 64 → 512": n_params_dense(64, 512), "conv 3x3, 1 → 8": n_params_conv(1, 8, 3)}
for layer, count in zip((nn.Linear(64, 512), nn.Conv2d(1, 8, 3)), counts.values(), strict=True):
    assert sum(p.numel() for p in layer.parameters()) == count

figure, ((axes,),) = canvas("Parameters of a layer from 64 to 512 numbers", 9.6, 2.4)
bars = axes.barh([*counts], [*counts.values()], color=["C1", "C0"], height=0.6)
axes.bar_label(bars, [f"{count:,}" for count in counts.values()], padding=4)
axes.set(xlabel="parameters (weights and biases)", ylabel="layer", xlim=(0, 38_000))
axes.invert_yaxis()
show("Dense or convolution", "Both give 512 numbers for an image of 64 pixels.", figure)

# %% [markdown]
# ## The network
# Two blocks of convolution, relu and pooling halve the image twice: 8x8, 4x4, 2x2. The weights are
# normal with variance 2 / inputs (He), so that the signal keeps its size from layer to layer.
#
# The published program updates $v \leftarrow 0.9\,v - \eta\,(g + \lambda w)$, $w \leftarrow w + v$.
# `SGD` has the learning rate $\eta$ outside, $w \leftarrow w - \eta v$: the same steps as long as
# $\eta$ stays. Biases do not decay. To read on: `tinygrad_np/conv_algorithms/` (im2col and
# others), `tinygrad_np/ops/pool.py`, `nn/optim/`.


# %%
def network():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def he_(model, rng):
    """Weights from a NumPy generator; the published program keeps a linear one as (in, out)."""
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            out, *rest = layer.weight.shape
            linear = isinstance(layer, nn.Linear)
            drawn = rng.standard_normal((*rest, out) if linear else (out, *rest))
            drawn = drawn.astype(np.float32) * (2 / np.prod(rest)) ** 0.5
            with tnp.no_grad():
                layer.weight.copy_(tnp.from_numpy(drawn.T if linear else drawn))
                layer.bias.zero_()
    return model


def sgd(model):
    weights, biases = ([p for p in model.parameters() if (p.ndim > 1) == kind] for kind in (1, 0))
    groups = [{"params": weights, "weight_decay": 1e-4}, {"params": biases}]
    return nn.optim.SGD(groups, lr=0.05, momentum=0.9)


def shuffled(rng):
    """The training images in batches of 64, in a new order each time."""
    images, labels = train
    order = tnp.from_numpy(rng.permutation(len(images)))
    for batch in order.split(64):
        yield images[batch], labels[batch]


def predict(model, images):
    with tnp.no_grad():
        return model(images).argmax(1)


def accuracy(model, split):
    images, labels = split
    return (predict(model, images) == labels).sum().item() / len(labels)


def fit(name, model, optimizer, batches, accuracies):
    """Train; a row an epoch: the mean loss of its batches, accuracy on training and test images."""
    print(f"\n{name}\nepoch   loss train  test")
    rows = []
    for epoch in range(1, EPOCHS + 1):
        losses = []
        for images, labels in batches():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        rows.append((np.mean(losses), *accuracies(model)))
        print("{:5} {:.4f} {:.3f} {:.3f}".format(epoch, *rows[-1]))
    return np.array(rows)


def fit_plain(name, model, rng):
    def both(model):
        return accuracy(model, train), accuracy(model, test)

    return fit(name, model, sgd(model), lambda: shuffled(rng), both)


# %% [markdown]
# Ten of the first kernel's weights, before training: does the loss change by what `backward` says
# when a weight moves a little? In float64, by central differences. Noise on the pixels parts equal
# numbers: where two tie in a max pool, the loss has a kink and no derivative to compare with.

# %%
plain = he_(network(), np.random.default_rng(SEED))
double = deepcopy(plain).double()
weight, picked = double[0].weight, np.random.default_rng(0)
noisy = train[0][:32].double() + tnp.from_numpy(0.1 * picked.random((32, 1, 8, 8)))


def loss_of_32():
    return F.cross_entropy(double(noisy), train[1][:32])


loss_of_32().backward()
print("\nweight      numeric     backward    relative error")
for _ in range(10):
    at = tuple(int(picked.integers(n)) for n in weight.shape)
    with tnp.no_grad():
        weight[at] += 1e-5
        up = loss_of_32().item()
        weight[at] -= 2e-5
        numeric = (up - loss_of_32().item()) / 2e-5
        weight[at] += 1e-5
    exact = weight.grad[at].item()
    error = abs(numeric - exact) / max(abs(numeric), abs(exact))
    print(f"{','.join(map(str, at)):8} {numeric:+.8f} {exact:+.8f}   {error:.1e}")

# %% [markdown]
# ## Training
# The published table, and ours below it.

# %%
PUBLISHED = """
2.0222 0.552 0.562
0.7954 0.880 0.864
0.2587 0.800 0.769
0.3640 0.950 0.949
0.1249 0.977 0.956
0.0924 0.973 0.951
0.0610 0.991 0.973
0.0353 0.989 0.960
0.0345 0.997 0.971
0.0274 0.998 0.971
"""


def table(rows, published):
    """HTML: our numbers, and beside them those of the published table that differ."""
    lines, same, total = [], 0, 0
    for epoch, (row, text) in enumerate(zip(rows, published.split("\n")[1:], strict=False), 1):
        ours = "{:.4f} {:.3f} {:.3f}".format(*row).split()
        agrees = [a == b for a, b in zip(ours, text.split(), strict=False)]
        same, total = same + sum(agrees), total + len(agrees)
        cells = "".join(f"<td>{number}</td>" for number in ours)
        note = "same" if all(agrees) else f"published: {text}"
        lines.append(f"<tr><td>{epoch}</td>{cells}<td>{note}</td></tr>")
    head = "".join(f"<th>{name}</th>" for name in ("epoch", "loss", "train", "test", "published"))
    print(f"{same} of {total} numbers as published")
    said = f"<p>{same} of {total} numbers as published.</p>"
    return f"<table>\n<tr>{head}</tr>\n" + "\n".join(lines) + f"\n</table>\n{said}"


plain_rows = fit_plain("plain network, SGD", plain, rng)
show(
    "Training the plain network",
    "Per epoch: the mean loss of its batches, then the accuracy on the training and test images.",
    table(plain_rows, PUBLISHED),
)

# %% [markdown]
# ## What it has learned
# The eight kernels of the first layer, and what they make of one image. Some are edge filters like
# Sobel's; nobody told the network.

# %%
kernels = plain[0].weight.detach().numpy()[:, 0]
channels = [f"channel {i}" for i in range(16)]
three = test[0][test[1] == 3][:1]
with tnp.no_grad():
    maps = plain[:2](three).numpy()[0]
show(
    "Learned filters and feature maps",
    "The 3x3 kernels of the first convolution, and what each makes of an image that the network "
    "has not seen: bright where the kernel fits.",
    tiles("Kernels", kernels, channels, 8, bar="weight", **signed(kernels)),
    tiles(
        "A test image, its grey levels stretched, and its maps after convolution and relu",
        [three.numpy()[0, 0] * maps.max(), *maps],
        ["the image", *channels],
        9,
        bar="activation",
        cmap="viridis",
        vmin=0,
        vmax=maps.max(),
    ),
)

# %% [markdown]
# ## Where it is wrong
# The confusion matrix counts, for every digit, what the network takes it for; then the images that
# it gets wrong.


# %%
def mistakes(name, predicted):
    """The confusion matrix on the test images, and up to 36 of the images behind its errors."""
    images, labels = test[0].numpy()[:, 0], test[1].numpy()
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, predicted), 1)
    figure, ((axes,),) = canvas(f"{name}: confusion matrix", 6.4, 5.6)
    drawn = axes.imshow(counts, cmap="Blues")
    axes.set(xlabel="predicted digit", ylabel="true digit", xticks=range(10), yticks=range(10))
    for (true, said), count in np.ndenumerate(counts):
        if count:
            color = "w" if true == said else "C3"
            axes.text(said, true, count, ha="center", va="center", color=color)
    figure.colorbar(drawn, ax=axes, label="test images")
    wrong = np.flatnonzero(predicted != labels)
    names = [f"true={labels[i]}, pred={predicted[i]}" for i in wrong[:36]]
    print(f"{name}: {len(wrong)} of {len(labels)} test images wrong")
    title = f"{name}: the {len(wrong)} test images that it gets wrong"
    return figure, tiles(title, images[wrong[:36]], names, 7, cmap="gray_r")


show(
    "Mistakes of the plain network",
    "Counts in red lie off the diagonal: they are errors.",
    *mistakes("plain network", predict(plain, test[0]).numpy()),
)

# %% [markdown]
# ## The PyTorch twin
# The published notebook trains a second network with PyTorch: batch normalisation after each
# convolution, which then needs no bias; PyTorch's default initialisation; Adam with learning rate
# 0.001 and weight decay 0.0001. Our `manual_seed`, layers, `Adam` and `DataLoader` draw PyTorch's
# random numbers, so the same lines give the same table. An iteration over a DataLoader draws a
# number even when it does not shuffle: the measurements move the stream.
#
# The numbers drawn are those of float32. The sums are in float64, where rounding is too small to
# show in the table.

# %%
PUBLISHED_TWIN = """
2.1325 0.309 0.280
1.6937 0.765 0.751
1.3111 0.841 0.813
1.0346 0.906 0.873
0.8131 0.927 0.884
0.6370 0.944 0.911
0.5183 0.952 0.929
0.4214 0.958 0.936
0.3520 0.964 0.940
0.2969 0.971 0.944
"""


def loader_accuracy(model, dataset):
    model.eval()
    loader = DataLoader(dataset, batch_size=256)
    right = [(predict(model, images) == labels).sum().item() for images, labels in loader]
    model.train()
    return sum(right) / len(dataset)


sets = [TensorDataset(images.double(), labels) for images, labels in (train, test)]
tnp.manual_seed(SEED)
twin = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(64, 10),
).double()  # fmt: skip
optimizer = nn.optim.Adam(twin.parameters(), lr=1e-3, weight_decay=1e-4)
loader = DataLoader(sets[0], batch_size=64, shuffle=True)
twin_rows = fit(
    "twin, Adam",
    twin,
    optimizer,
    lambda: loader,
    lambda model: [loader_accuracy(model, dataset) for dataset in sets],
)
show(
    "Training the PyTorch twin",
    "Batch normalisation and Adam; weights and batches from PyTorch's random numbers.",
    table(twin_rows, PUBLISHED_TWIN),
)

# %% [markdown]
# Adam's small steps are slower here, and steadier: compare the third and fourth epoch.


# %%
def curves(title, runs):
    """Loss and accuracies over the epochs; runs maps a name to the rows of `fit`."""
    figure, ((left, right),) = canvas(title, 9.6, 4, 1, 2)
    for color, (name, rows) in enumerate(runs.items()):
        loss, seen, unseen = rows.T
        epochs = range(1, len(rows) + 1)
        left.plot(epochs, loss, ".-", color=f"C{color}", label=name)
        right.plot(epochs, seen, ".--", color=f"C{color}", label=f"{name}, training")
        right.plot(epochs, unseen, ".-", color=f"C{color}", label=f"{name}, test")
    left.set(title="training loss", xlabel="epoch", ylabel="cross-entropy", yscale="log")
    right.set(title="accuracy", xlabel="epoch", ylabel="share of images that are right")
    for axes in (left, right):
        axes.legend(fontsize=9)
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


show(
    "Loss and accuracy of both",
    "Large steps with momentum are faster, and stumble in the third epoch.",
    curves("Plain network and twin", {"plain, SGD": plain_rows, "twin, Adam": twin_rows}),
)

# %%
twin.eval()
show(
    "Mistakes of the twin",
    "Counts in red lie off the diagonal: they are errors.",
    *mistakes("twin", predict(twin, test[0].double()).numpy()),
)

# %% [markdown]
# ## When it does not work
# *The loss jumps or becomes nan*: a smaller learning rate, then the initialisation, then the shapes
# (labels `(N,)`, not one-hot; images `(N, 1, 8, 8)`). *It stalls*: more channels, one more layer,
# more epochs. More: CS231n's notes on convolutional networks, https://cs231n.github.io.
#
# ## Exercise 1
# Add a third convolution, 16 to 32 channels, and compare the curves.
#
# *Solution.* After two poolings 2x2 pixels are left, enough for a 3x3 kernel with padding but not
# for another pooling, so the linear layer gets 32 · 2 · 2 = 128 numbers.

# %%
deep = he_(
    nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(128, 10),
    ),
    np.random.default_rng(SEED),
)  # fmt: skip
deep_rows = fit_plain("three convolutions", deep, np.random.default_rng(SEED))

# %% [markdown]
# ## Exercise 2
# Let convolutions with stride 2 halve the image instead of pooling.
#
# *Solution.* The shapes stay: $\lfloor (8 + 2 - 3) / 2 \rfloor + 1 = 4$. The number of weights
# stays too. A quarter of the responses is computed, so an epoch takes less time; but pooling picks
# the strongest of four, and a stride takes whichever comes.

# %%
strided = he_(
    nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(64, 10),
    ),
    np.random.default_rng(SEED),
)  # fmt: skip
strided_rows = fit_plain("stride instead of pooling", strided, np.random.default_rng(SEED))
runs = {"plain": plain_rows, "third convolution": deep_rows, "stride 2": strided_rows}
show(
    "Exercises 1 and 2: a third convolution, strides instead of pooling",
    "Test accuracy after the last epoch: "
    + ", ".join(f"{name} {rows[-1, 2]:.3f}" for name, rows in runs.items())
    + f". Same recipe and seed, one run each; {1 / len(test[0]):.3f} is one image.",
    curves("Variants of the plain network", runs),
)

# %% [markdown]
# ## Exercise 3
# Show the maps of the second convolution. What has changed from the first layer's?
#
# *Solution.* A slice of a `Sequential` is a network that ends earlier. The 16 maps have 4x4 pixels,
# and one of these sees 8x8 of the image: 3 by its own kernel, times 2 for the pooling, and 2 more
# for the first kernel. They say less about where an edge is, more about what shape there is.

# %%
with tnp.no_grad():
    maps = plain[:5](three).numpy()[0]
show(
    "Exercise 3: deeper feature maps",
    "The same image after the second convolution and relu: 16 maps of 4x4 pixels.",
    tiles(
        "After the second convolution and relu",
        maps,
        channels,
        8,
        bar="activation",
        cmap="viridis",
        vmin=0,
        vmax=maps.max(),
    ),
)

# %% [markdown]
# ## The page, in one file

# %%
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
h1, h2 { line-height: 1.2; margin: 2.5rem 0 .5rem }
img { display: block; max-width: 100%; height: auto; margin: 1rem 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .1rem 1.2rem .1rem 0; text-align: right; border-bottom: 1px solid #ddd }
footer { margin-top: 3rem; color: #666; font-size: .85rem }
"""
SOURCE = """Images: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI
Machine Learning Repository, 1998, CC BY 4.0."""
REPORT.parent.mkdir(parents=True, exist_ok=True)
REPORT.write_text(
    f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A convolutional network reads digits</title>
<style>{STYLE}</style>
</head>
<body>
<h1>A convolutional network reads digits</h1>
<p>{len(train[0]):,} images of 8x8 pixels to train with, {len(test[0])} to test with; seed {SEED}.
After {EPOCHS} epochs the plain network is right on {plain_rows[-1, 2]:.1%} of the test images, the
PyTorch twin on {twin_rows[-1, 2]:.1%}.</p>
{chr(10).join(page.values())}
<footer>{SOURCE} Made by examples/digits.py.</footer>
</body>
</html>
""",
    encoding="utf-8",
)
print(f"\nthe page is {REPORT}")
