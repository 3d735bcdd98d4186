"""Memory from the start of a line of the cache on: it must not show but by its address."""

import copy
import io
import os
import platform
import subprocess
import sys

import numpy as np
import pytest
import torch

import tinygrad_np as tnp
from tinygrad_np.allocation import aligned


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4), (5, 0, 2), (1000, 7)])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "?"])
def test_an_array_starts_at_a_line(shape, dtype):
    arrays = [aligned(shape, np.dtype(dtype)) for _ in range(5)]
    for i, x in enumerate(arrays):
        assert (x.shape, x.dtype, x.ctypes.data % 64) == (shape, np.dtype(dtype), 0)
        assert x.flags.c_contiguous
        assert x.flags.writeable
        x[...] = i % 2
    for i, x in enumerate(arrays):  # none lies in another
        np.testing.assert_array_equal(x, np.full(shape, i % 2, dtype))


def test_its_storage_is_what_it_holds():
    x = tnp.from_numpy(aligned((3, 4), np.dtype("f4")))
    x.copy_(tnp.arange(12.0).reshape(3, 4))
    row, again = copy.deepcopy([x[1], x])
    row += 10
    assert again[1].tolist() == [14, 15, 16, 17]  # still one memory
    assert x[1].tolist() == [4, 5, 6, 7]
    file = io.BytesIO()
    tnp.save([x[1], x], file)
    file.seek(0)
    row, whole = torch.load(file)
    assert whole.untyped_storage().nbytes() == 48
    row += 10
    assert whole[1].tolist() == [14, 15, 16, 17]


def test_a_gradient_there_is_the_own_of_its_leaf():
    w = tnp.zeros(3, 4, requires_grad=True)
    g = aligned((3, 4), np.dtype("f4"))
    g[...] = 1

    class Given(tnp.autograd.Function):
        @staticmethod
        def forward(ctx, w):
            return w * 2

        @staticmethod
        def backward(ctx, grad):
            return tnp.from_numpy(g)

    Given.apply(w).sum().backward()
    assert w.grad.array.flags.c_contiguous
    w.grad.zero_()
    (w * 3).sum().backward()
    assert w.grad.tolist() == [[3.0] * 4] * 3


FAULTS = """
import resource
import numpy
import tinygrad_np
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step():
    arrays = [numpy.ones(3_000_000) for _ in range(10)]
step()
before = faults()
for _ in range(5):
    step()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
@pytest.mark.parametrize("keep", ["1", "0"])
def test_arrays_get_the_memory_of_those_that_were_freed(keep):
    environment = {**os.environ, "TINYGRAD_NP_KEEP_MEMORY": keep}
    run = [sys.executable, "-c", FAULTS]
    output = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    # 23 MiB each: 11 huge pages or 5,859 of 4 KiB
    assert int(output) < 50 if keep == "1" else int(output) >= 50 * 11
