"""The names of PyTorch's API that this project set out to have, and what has become of each.

`python tests/pytorch_api.py` writes tests/PYTORCH_API.md by looking at the packages.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import tinygrad_np as tnp
from tinygrad_np.pytorch_names import place_of
from tinygrad_np.refused import REFUSED

TABLE = Path(__file__).with_name("PYTORCH_API.md")

# By tier and PyTorch's place: 1 is what MNIST tutorials need, 2 what the 60-minute blitz, nanoGPT,
# RNNs and small Transformers need, 3 the rest of small educational code.
TIERS: dict[int, dict[str, str]] = {
    1: {
        "torch.Tensor": """
            backward item to sum mean view reshape unsqueeze squeeze size detach cpu numpy max min
            float long double flatten transpose permute t T contiguous clone argmax eq view_as type
            tolist numel zero_ fill_ requires_grad_ exp log pow abs sqrt std var shape dtype device
            ndim data grad grad_fn requires_grad is_leaf __add__ __radd__ __sub__ __rsub__ __mul__
            __rmul__ __truediv__ __rtruediv__ __floordiv__ __mod__ __pow__ __rpow__ __matmul__
            __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __invert__ __and__ __or__ __neg__ __isub__
            __iadd__ __imul__ __itruediv__ __getitem__ __setitem__ __len__ __iter__ __bool__
            __float__ __int__ __format__ __repr__ __array__ __array_priority__""",
        "torch": """
            tensor zeros ones randn rand randint arange linspace eye full empty zeros_like ones_like
            from_numpy as_tensor manual_seed no_grad enable_grad set_grad_enabled is_grad_enabled
            device save load cat stack flatten argmax max min sum mean exp log sqrt relu sigmoid
            tanh softmax log_softmax matmul mm where clamp abs pow allclose equal isnan isfinite
            Tensor FloatTensor LongTensor float32 float64 int64 long bool Size set_printoptions
            __version__""",
        "torch.cuda": "is_available device_count",
        "torch.backends.mps": "is_available",
        "torch.accelerator": "is_available",
        "torch.nn.functional": """
            relu softmax log_softmax cross_entropy nll_loss mse_loss max_pool2d avg_pool2d
            adaptive_avg_pool2d conv2d linear dropout one_hot pad""",
        "torch.nn": """
            Module Parameter Linear Sequential ModuleList ReLU Conv2d MaxPool2d AvgPool2d
            AdaptiveAvgPool2d Flatten Dropout Dropout2d BatchNorm1d BatchNorm2d Identity Sigmoid
            Tanh Softmax LogSoftmax CrossEntropyLoss NLLLoss MSELoss LazyLinear LazyConv2d
            LazyBatchNorm2d""",
        "torch.nn.Module": """
            parameters named_parameters modules named_modules children named_children buffers
            state_dict load_state_dict train eval zero_grad to apply requires_grad_ register_buffer
            register_parameter add_module register_forward_hook extra_repr __repr__""",
        "torch.nn.init": """
            kaiming_normal_ kaiming_uniform_ xavier_normal_ xavier_uniform_ normal_ uniform_ zeros_
            ones_ constant_ calculate_gain""",
        "torch.optim": "SGD Adam Adadelta",
        "torch.optim.Optimizer": """
            zero_grad step state_dict load_state_dict add_param_group""",
        "an optimiser": "param_groups",
        "torch.autograd.graph.Node": "next_functions",
        "torch.optim.lr_scheduler": "StepLR MultiStepLR ExponentialLR LambdaLR",
        "torch.optim.lr_scheduler.LRScheduler": "step get_last_lr state_dict load_state_dict",
        "torch.utils.data": "Dataset TensorDataset DataLoader Subset random_split",
        "a data loader": "__len__ dataset",
        "torchvision.datasets": "MNIST FashionMNIST",
        "torchvision.transforms": "Compose ToTensor Normalize Lambda",
        "torch.autograd": """
            grad backward Function gradcheck gradgradcheck set_detect_anomaly detect_anomaly""",
        "torch.autograd.function": "once_differentiable",
        "torch.autograd.function.FunctionCtx": """
            save_for_backward mark_dirty mark_non_differentiable saved_tensors needs_input_grad""",
    },
    2: {
        "torch.Tensor": """
            split chunk expand expand_as repeat masked_fill masked_fill_ scatter scatter_ gather
            topk sort norm dot mm bmm clip clamp copy_ normal_ uniform_ mul_ add_ sub_ div_
            retain_grad register_hook nelement dim cumsum prod flip bool int type_as new_zeros
            index_select unbind log10 tanh sigmoid neg unique triu tril repeat_interleave argmin any
            all""",
        "torch": """
            multinomial Generator randperm tril triu topk bmm einsum dot outer maximum minimum sin
            cos pi inf nan log1p round floor sign square cumsum sort argsort unique bincount
            meshgrid diag normal randn_like full_like roll unbind split chunk squeeze unsqueeze
            transpose norm isclose nonzero inference_mode autocast compile get_rng_state
            set_rng_state float16 bfloat16""",
        "torch.nn.functional": """
            gelu layer_norm scaled_dot_product_attention embedding binary_cross_entropy
            binary_cross_entropy_with_logits leaky_relu elu silu softplus smooth_l1_loss huber_loss
            l1_loss kl_div normalize cosine_similarity conv1d conv_transpose2d batch_norm group_norm
            unfold fold interpolate""",
        "torch.nn": """
            Embedding LayerNorm GELU LeakyReLU SiLU ELU Softplus ModuleDict ParameterList BCELoss
            BCEWithLogitsLoss L1Loss SmoothL1Loss HuberLoss ConvTranspose2d Conv1d RNN LSTM GRU
            RNNCell LSTMCell GRUCell MultiheadAttention TransformerEncoderLayer TransformerEncoder
            GroupNorm Upsample""",
        "torch.nn.Module": "register_forward_pre_hook register_full_backward_hook",
        "torch.nn.utils": """
            clip_grad_norm_ clip_grad_value_ parameters_to_vector vector_to_parameters""",
        "torch.optim": "AdamW RMSprop Adagrad",
        "torch.optim.lr_scheduler": """
            CosineAnnealingLR CosineAnnealingWarmRestarts LinearLR ConstantLR SequentialLR
            OneCycleLR ReduceLROnPlateau""",
        "torch.utils.data": """
            RandomSampler SequentialSampler WeightedRandomSampler SubsetRandomSampler BatchSampler
            ConcatDataset default_collate Sampler""",
    },
    3: {
        "torch": """
            complex64 complex128 complex fft sparse sparse_coo_tensor sparse_csr_tensor
            quantize_per_tensor quint8 jit onnx distributed profiler func vmap""",
        "torch.autograd.functional": "jacobian hessian vjp jvp",
        "torch.linalg": "norm inv solve svd det qr",
        "torch.distributions": "Normal Categorical Bernoulli",
        "torch.nn.functional": """
            conv_transpose1d instance_norm prelu selu hardtanh adaptive_max_pool2d""",
        "torch.nn": """
            ConvTranspose1d InstanceNorm1d InstanceNorm2d PReLU SELU Hardtanh AdaptiveMaxPool2d
            Transformer PixelShuffle Bilinear CosineEmbeddingLoss KLDivLoss Conv3d MaxUnpool2d
            DataParallel""",
        "torch.nn.utils.rnn": """
            pad_sequence pack_padded_sequence pad_packed_sequence pack_sequence PackedSequence""",
        "torch.optim": "NAdam RAdam Adamax LBFGS",
        "torch.optim.lr_scheduler": """
            MultiplicativeLR PolynomialLR CyclicLR ChainedScheduler""",
        "torch.utils": "checkpoint tensorboard",
    },
}  # fmt: skip


# What only the objects of a class have, and how to make one.
OBJECTS: dict[str, Callable[[Any], Any]] = {
    "torch.autograd.graph.Node": lambda t: t.ones(1, requires_grad=True).exp().grad_fn,
    "an optimiser": lambda t: t.optim.SGD([t.nn.Parameter(t.zeros(1))]),
    "a data loader": lambda t: t.utils.data.DataLoader([1]),
}


class Row(NamedTuple):
    """A name, and whether it is done, refused (with the reason) or missing."""

    tier: int
    place: str
    name: str
    state: str
    note: str


def found(place: str) -> Any:
    """The module, class or object here that PyTorch's `place` is; None if there is none."""
    if place in OBJECTS:
        return OBJECTS[place](tnp)
    parent, _, last = place.rpartition(".")
    if last[0].isupper():
        return getattr(found(parent), last, None)
    try:
        return import_module(place_of(place))
    except ModuleNotFoundError:
        return getattr(found(parent), last, None) if parent else None


def look_up(tier: int, place: str, name: str) -> Row:
    """Look at the package."""
    home = found(place)
    reasons = REFUSED.get(getattr(home, "__name__", ""), {})
    if name in reasons:
        return Row(tier, place, name, "refused", reasons[name])
    if not hasattr(home, name):
        return Row(tier, place, name, "missing", "")
    thing = getattr(home, name)
    if isinstance(thing, tnp.dtype):
        try:
            tnp.zeros(1, dtype=thing)
        except (RuntimeError, TypeError) as error:
            return Row(tier, place, name, "refused", str(error))
    return Row(tier, place, name, "done", "")


def rows() -> list[Row]:
    """Every name of every tier."""
    return [
        look_up(tier, place, name)
        for tier, places in TIERS.items()
        for place, names in places.items()
        for name in names.split()
    ]


def as_markdown(table: list[Row]) -> str:
    """The table: a summary, then done names by place, and each refused or missing one by itself."""
    lines = [
        "# PyTorch's API here",
        "",
        "Written by `python tests/pytorch_api.py`; a test holds it to what the packages contain.",
        "",
        "| tier | done | refused by name | missing |",
        "| --- | --- | --- | --- |",
    ]
    for tier in TIERS:
        states = [row.state for row in table if row.tier == tier]
        counts = " | ".join(str(states.count(state)) for state in ("done", "refused", "missing"))
        lines.append(f"| {tier} | {counts} |")
    for tier, places in TIERS.items():
        lines += ["", f"## Tier {tier}", "", "| place | name | state |", "| --- | --- | --- |"]
        for place in places:
            of_place = [row for row in table if (row.tier, row.place) == (tier, place)]
            done = [f"`{row.name}`" for row in of_place if row.state == "done"]
            if done:
                lines.append(f"| `{place}` | {' '.join(done)} | done |")
            lines += [
                f"| `{place}` | `{row.name}` | {row.state}{row.note and ': ' + row.note} |"
                for row in of_place
                if row.state != "done"
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(as_markdown(rows()))
    print(TABLE)
