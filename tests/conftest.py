"""What every test starts from, and must leave as it was."""

from collections.abc import Iterator

import numpy
import pytest

import tinygrad_np as tnp


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    """Every test starts from one seed, and leaves grad mode, dtype and NumPy's errors alone."""
    tnp.manual_seed(0)
    errors = numpy.geterr()
    yield
    assert tnp.is_grad_enabled(), "the test left grad mode off"
    assert tnp.get_default_dtype() is tnp.float32, "the test left another default dtype"
    assert numpy.geterr() == errors, "the test left NumPy's error handling changed"
