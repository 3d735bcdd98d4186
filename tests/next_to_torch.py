"""What tests share that hold this library next to torch."""

import inspect
import re

import pytest
import torch

import nn
import tinygrad_np as tnp

LIBS = [(tnp, nn), (torch, torch.nn)]
BOTH = pytest.mark.parametrize("lib", LIBS, ids=["ours", "torch"])


def told(function):
    """Names, defaults and kinds of a function's arguments."""
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default, p.kind) for p in parameters]


def translated(text):
    """Torch's text in our names; where in nn a module stands is left open."""
    text = re.sub(r"torch\.nn\.modules\.\w+\.|nn\.layers\.\w+\.", "nn.somewhere.", text)
    text = text.replace("torch.FloatTensor", "tinygrad_np.tensor.Tensor")
    text = text.replace("torch.nn.Buffer, ", "").replace("torch Tensor", "tinygrad_np.Tensor")
    return text.replace("torch.nn.", "nn.").replace("torch.", "tinygrad_np.")


def same_error(act, libs=LIBS):
    """Run `act` with the parts of ours and of torch: both raise the same error; its text."""
    errors = []
    for lib in libs:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - torch says which
            act(*lib)
        errors.append((type(caught.value), translated(str(caught.value))))
    assert errors[0] == errors[1]
    return errors[0][1]


def block(t, n):
    """A module with everything: a tied child, a nested one, buffers of both kinds, a None."""

    class Block(n.Module):
        def __init__(self):
            super().__init__()
            self.first = n.Linear(2, 3)
            self.scale = n.Parameter(t.ones(3))
            self.body = n.Sequential(n.Linear(3, 3), n.ReLU(), n.BatchNorm1d(3))
            self.again = self.first
            self.register_buffer("seen", t.zeros(2))
            self.register_buffer("scratch", t.zeros(1), persistent=False)
            self.register_parameter("absent", None)
            self.empty = n.Identity()
            self.plain = [1, 2]

        def forward(self, x):
            return self.body(self.first(x) * self.scale)

    return Block()
