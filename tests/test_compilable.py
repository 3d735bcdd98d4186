"""What decides whether a compiled twin runs in the place of its readable function."""

import os
import subprocess
import sys

import numpy
import pytest

pytest.importorskip("numba")

RELU = """
import sys, numpy, tinygrad_np as tnp
tnp.relu(tnp.ones({size}))
print("tinygrad_np.fast.rectifiers" in sys.modules, "numba" in sys.modules)
"""


def loaded(choice, size):
    """Whether a relu of this size loads its twin, and Numba."""
    environment = {**os.environ, "TINYGRAD_NP_FAST": choice}
    code = RELU.format(size=size)
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.split()


@pytest.mark.parametrize(
    ("choice", "size", "expected"),
    [
        ("1", 4095, "False"),
        ("1", 4096, "True"),
        ("0", 1 << 20, "False"),
        ("always", 1, "True"),
    ],
)
def test_the_environment_and_the_size_decide(choice, size, expected):
    assert loaded(choice, size) == [expected, expected]


def test_without_numba_numpy_does_the_work(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'numba' else find(name, *a)\n"
    )
    code = "from tinygrad_np import compilable as c\nprint(c.ON)" + RELU.format(size=5000)
    environment = {**os.environ, "TINYGRAD_NP_FAST": "always", "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "False", "False"]


def test_rectifiers_in_every_order_and_at_nan():
    from tinygrad_np.fast import rectifiers

    x = numpy.array([[-1.0, -0.0, 0.0], [2.0, numpy.nan, -numpy.inf]])
    for array in (x, x.T, x.astype("float32")):
        y = rectifiers.relu(None, array)
        numpy.testing.assert_array_equal(y, numpy.maximum(array, 0))
        assert (y.dtype, y.strides) == (array.dtype, array.strides)
        g = numpy.full_like(array, 3)
        dx = rectifiers.relu_dx(None, g, y)
        numpy.testing.assert_array_equal(dx, numpy.where(array <= 0, 0, g))
    for array in (x[:, ::2], x.astype("float16"), numpy.arange(6)):
        assert rectifiers.relu(None, array) is NotImplemented
    out, g = numpy.ascontiguousarray(x.T).T, numpy.arange(6.0).reshape(2, 3)
    dx = rectifiers.relu_dx(None, g, out)  # g in another order is laid out as the output
    numpy.testing.assert_array_equal(dx, numpy.where(x <= 0, 0, g))
    assert dx.strides == out.strides
    images = numpy.arange(2.0 * 5 * 9 * 10).reshape(2, 5, 9, 10)
    out = numpy.ascontiguousarray(images.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2) % 7
    dx = rectifiers.relu_dx(None, images, out)
    numpy.testing.assert_array_equal(dx, numpy.where(out <= 0, 0, images))
    assert dx.strides == out.strides
    assert rectifiers.relu_dx(None, x, x[:1]) is NotImplemented
