"""What tests share that hold this library next to torch."""

import inspect
import re

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

import nn
import tinygrad_np as tnp

LIBS = [(tnp, nn), (torch, torch.nn)]
FUNCTIONALS = [(tnp, nn.functional), (torch, torch.nn.functional)]
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


def call(name, **options):
    """The function `name` of nn.functional of either library, for `same`."""
    return lambda lib, *xs: getattr(nn.functional if lib is tnp else torch.nn.functional, name)(
        *xs, **options
    )


def slopes(function):
    """The gradient of y^2 + y, y = `function(lib, *xs)`, for second derivatives."""

    def gradient(lib, *xs):
        y = function(lib, *xs)
        return tuple(lib.autograd.grad((y * y + y).sum(), xs, create_graph=True))

    return gradient


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def stretched(data, x):
    """The same numbers in another memory order, or with gaps."""
    order = data.draw(st.permutations(range(x.ndim)))
    x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    return np.repeat(x, 2, -1)[..., ::2] if data.draw(st.booleans()) else x


def plain(value):
    """The name of a test's argument, without addresses: every process must find the same names."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))
