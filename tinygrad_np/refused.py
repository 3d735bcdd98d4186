"""What PyTorch has and this library leaves out, by name and with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

_COMPLEX = "complex numbers are not part of tinygrad_np"
_QUANTISED = "quantised tensors are not part of tinygrad_np: they hold float16, float32 or float64"
_SPARSE = "sparse tensors are not part of tinygrad_np: every tensor is dense"
_GPU = "tinygrad_np computes on the CPU only"
_PROCESSES = "training runs in one process in tinygrad_np"
_COMPILED = "nothing is compiled or exported: the Python code that you read is what runs"
_LINALG = "use numpy.linalg on tensor.numpy(); it has no backward rule here"
_SMALL = "it is left out to keep the code small enough to read; build it from what is here"
_FUNC = "use tinygrad_np.autograd.functional, or autograd.grad"


def _because(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


# By the module that PyTorch has the name in, and by name: why it is left out.
REFUSED: Mapping[str, Mapping[str, str]] = {
    "tinygrad_np": {
        **_because(_COMPLEX, "complex complex32 cfloat cdouble chalf view_as_real real imag polar"),
        **_because(_COMPLEX, "view_as_complex angle conj fft stft istft is_complex_"),
        **_because(_QUANTISED, "quantize_per_tensor quantize_per_channel qint8 quint8 qint32 ao"),
        **_because(_SPARSE, "sparse sparse_coo_tensor sparse_csr_tensor sparse_csc_tensor"),
        **_because(_PROCESSES, "distributed multiprocessing"),
        **_because(_COMPILED, "jit onnx export fx package _dynamo"),
        **_because(_LINALG, "inverse det logdet slogdet svd qr cholesky lstsq pinverse lu"),
        **_because(_FUNC, "func vmap functorch"),
        **_because("use time.perf_counter, or cProfile", "profiler"),
        **_because("hub downloads code; import the model's own module", "hub"),
    },
    "tinygrad_np.linalg": _because(
        _LINALG,
        "inv solve svd det qr eig eigh eigvals eigvalsh cholesky lstsq pinv slogdet matrix_rank "
        "svdvals matrix_exp matrix_power multi_dot cond lu tensorinv tensorsolve cross",
    ),
    "tinygrad_np.autograd": _because("there is no forward mode here", "forward_ad")
    | _because("use time.perf_counter, or cProfile", "profiler"),
    "nn": {
        **_because("write conv2d over slices, or use PyTorch", "Conv3d ConvTranspose3d LazyConv3d"),
        **_because("write it with Conv2d and MaxPool2d", "MaxPool3d AvgPool3d AdaptiveAvgPool3d"),
        **_because("index with the indices of MaxPool2d", "MaxUnpool1d MaxUnpool2d MaxUnpool3d"),
        **_because("write it as a Linear of products", "Bilinear"),
        **_because("join TransformerEncoder and a decoder of your own", "Transformer"),
        **_because(_PROCESSES, "DataParallel parallel SyncBatchNorm"),
        **_because(_QUANTISED, "quantized qat"),
        **_because(_SMALL, "CTCLoss AdaptiveLogSoftmaxWithLoss EmbeddingBag TripletMarginLoss"),
        **_because(_SMALL, "MarginRankingLoss HingeEmbeddingLoss GaussianNLLLoss PoissonNLLLoss"),
        **_because(_SMALL, "MultiLabelSoftMarginLoss MultiLabelMarginLoss SoftMarginLoss"),
        **_because(_SMALL, "MultiMarginLoss TripletMarginWithDistanceLoss Softmax2d Softshrink"),
        **_because(_SMALL, "Hardshrink RReLU LocalResponseNorm CrossMapLRN2d"),
        **_because(_SMALL, "ChannelShuffle LPPool1d LPPool2d FractionalMaxPool2d CircularPad1d"),
        **_because("use functional.pad with mode='circular'", "CircularPad2d"),
    },
    "nn.functional": {
        **_because("write conv2d over slices, or use PyTorch", "conv3d conv_transpose3d"),
        **_because("index with the indices of max_pool2d", "max_unpool1d max_unpool2d"),
        **_because("write it as a linear map of products", "bilinear"),
        **_because(_SMALL, "ctc_loss grid_sample affine_grid embedding_bag triplet_margin_loss"),
        **_because(_SMALL, "margin_ranking_loss hinge_embedding_loss gaussian_nll_loss rrelu"),
        **_because(_SMALL, "poisson_nll_loss multi_margin_loss soft_margin_loss lp_pool2d"),
        **_because(_SMALL, "softshrink hardshrink local_response_norm channel_shuffle"),
        **_because("take softmax of (logits + Gumbel noise) / tau", "gumbel_softmax"),
    },
    "nn.optim": {
        **_because("it needs a line search; use SGD or Adam", "LBFGS"),
        **_because(_SPARSE, "SparseAdam"),
        **_because(_SMALL, "ASGD Rprop Adafactor Muon"),
        **_because("copy the model and average its parameters, as in an EMA", "swa_utils"),
    },
    "nn.utils": _because("keep the graph instead, or split the batch", "checkpoint")
    | _because("write the history with csv, as nn.report does", "tensorboard")
    | _because(_SMALL, "prune parametrize parametrizations weight_norm spectral_norm"),
    "nn.data.datasets": _because(
        "load its files with NumPy into a TensorDataset, or write a Dataset",
        "CIFAR10 CIFAR100 ImageFolder FakeData KMNIST EMNIST SVHN STL10 CelebA ImageNet",
    ),
    "nn.data.transforms": _because(
        "write it as a function of a Tensor and put it into Compose",
        "Resize CenterCrop RandomResizedCrop RandomRotation ColorJitter Grayscale ToPILImage "
        "Pad RandomAffine RandomErasing functional v2",
    ),
}


def refusing(
    module: str, submodules: Iterable[str] = (), elsewhere: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """The `__getattr__` of `module`: says why a refused name is not there.

    It imports `submodules` when they are asked for, and the names that `elsewhere` gives a module.

    >>> import tinygrad_np as tnp
    >>> tnp.jit
    Traceback (most recent call last):
    ...
    AttributeError: tinygrad_np has no jit: nothing is compiled or exported: the Python code that \
you read is what runs
    """
    reasons = REFUSED.get(module, {})
    homes = elsewhere or {}

    def __getattr__(name: str) -> Any:
        if name in submodules:
            return import_module(f"{module}.{name}")
        if name in homes:
            return getattr(import_module(homes[name]), name)
        if name in reasons:
            raise AttributeError(f"{module} has no {name}: {reasons[name]}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__
