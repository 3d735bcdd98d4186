"""check_op: is an op right on its samples? The same check for this package's ops and for yours."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .op import Op
from .sample_check import Case, faults_of
from .samples import ErrorSample, Rng


@dataclass
class OpReport:
    """What `check_op` found. It is true if that is nothing; its text names each fault's place."""

    op: type[Op]
    samples: int = 0
    error_samples: int = 0
    faults: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        counts = f"{self.samples} samples and {self.error_samples} error samples"
        verdict = f"wrong, {len(self.faults)} faults" if self.faults else "right"
        return "\n".join([f"{self.op.__name__} is {verdict} on {counts}", *self.faults])

    def raise_if_failed(self) -> None:
        """Raise AssertionError with the text of the report if a fault was found."""
        if self.faults:
            raise AssertionError(str(self))


def check_op(op: type[Op], *, seed: int = 0, torch: Any = None) -> OpReport:
    """Check an op on the samples that it yields.

    With the module `torch`, values, dtypes and gradients must be those of `op.reference`. Always:
    first and second order against central differences, for subsets of the inputs; float32 stays
    float32; every memory layout gives the same, and so does every run; rules take arrays in first
    order; nothing writes to an input or to the incoming gradient; error samples raise as they say.
    An op without a Sample, or without its formula as docstring, is at fault too.

    >>> from tinygrad_np.ops.arithmetic import Mul
    >>> check_op(Mul).faults
    []
    """
    report = OpReport(op)
    formula = (op.__doc__ or "").split("\n")[0]
    if not re.match(r"y.* = ", formula):
        report.faults.append(f"the docstring must begin as `y = ...`, not as {formula!r}")
    samples = op.samples(Rng(seed)) if hasattr(op, "samples") else ()
    for number, sample in enumerate(samples):
        if isinstance(sample, ErrorSample):
            report.error_samples += 1
            faults = [f"error sample: {fault}" for fault in _faults_of_call(sample)]
        else:
            report.samples += 1
            faults = [f"{sample!r}: {fault}" for fault in faults_of(Case(op, sample, torch))]
        report.faults += [f"sample {number}, {fault}" for fault in faults]
    if not report.samples:
        report.faults.append("samples(r) yields no Sample: nothing shows that the op is right")
    return report


def _faults_of_call(sample: ErrorSample) -> Iterator[str]:
    expected = f"expected {sample.error.__name__} matching {sample.match!r}"
    try:
        result = sample.call()
    except Exception as error:
        text = _without_source(str(error), sample)
        if not (isinstance(error, sample.error) and re.search(sample.match, text)):
            yield f"{expected}, got {type(error).__name__}: {error}"
    else:
        yield f"{expected}, but the call returned {result!r}"


def _without_source(text: str, sample: ErrorSample) -> str:
    """Errors quote the user's line, which here is the very one that holds the expected text."""
    for line in inspect.getsourcelines(sample.call)[0]:
        text = text.replace(line.strip(), "")
    return text
