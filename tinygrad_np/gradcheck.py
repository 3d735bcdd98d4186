"""gradcheck and gradgradcheck: are the gradients of a function those of central differences?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from .grad_mode import enable_grad
from .jacobian import Jacobian, agree, backward, jacobians, mismatches, signs
from .numeric import Limits
from .problem import Outputs, Problem
from .tensor import Tensor


class GradcheckError(RuntimeError):
    """A gradient is wrong. `jacobians` has all values that were compared, where it came so far."""

    def __init__(self, message: str, jacobians: list[Jacobian] | None = None) -> None:
        super().__init__(message)
        self.jacobians = jacobians or []


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare d func / d inputs with central differences: |analytic - numeric| <= atol + rtol |n|.

    `func` is a function of tensors, an op, or a module, whose parameters are checked as well. The
    inputs that require grad must be float64. Fast mode compares u^T J v for random u and v, and all
    of the Jacobian J only where they disagree. At a kink any value between the slopes is right.
    Options for what is not here (forward AD, vmap, sparse) are refused. Raises GradcheckError
    for a wrong gradient unless raise_exception=False, ValueError where nothing can be checked.
    Source: PyTorch, torch.autograd.gradcheck.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([0.5, 2.0], dtype=tnp.float64, requires_grad=True)
    >>> gradcheck(lambda x: x**3, x)
    True
    """
    _refuse("check_batched_grad", check_batched_grad)
    _refuse("check_batched_forward_grad", check_batched_forward_grad)
    _refuse("check_forward_ad", check_forward_ad)
    _refuse("masked", masked)
    _require("check_backward_ad", check_backward_ad)
    limits = Limits(eps, atol, rtol)
    checker = Checker(limits, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode)
    return checker.passes(Problem.of(func, inputs), raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the gradients of `func`, as functions of its inputs and of `grad_outputs`.

    A gradient that comes without a graph claims to be constant, and is held to it. `grad_outputs`
    are random unless given. Raises as gradcheck. Source: PyTorch, torch.autograd.gradgradcheck.

    >>> import tinygrad_np as tnp
    >>> x = tnp.tensor([0.5, 2.0], dtype=tnp.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x**3, x)
    True
    """
    _refuse("check_batched_grad", check_batched_grad)
    _refuse("check_fwd_over_rev", check_fwd_over_rev)
    _refuse("masked", masked)
    _require("check_rev_over_rev", check_rev_over_rev)
    limits = Limits(eps, atol, rtol)
    checker = Checker(limits, nondet_tol, check_undefined_grad, check_grad_dtypes, fast_mode)
    problem = Problem.of(func, inputs)
    return checker.passes(
        problem.gradient(grad_outputs, gen_non_contig_grad_outputs), raise_exception
    )


def _refuse(option: str, value: Any) -> None:
    if value:
        raise ValueError(
            f"{option}={value!r} is not supported: there is no forward-mode AD, no vmap and no "
            "sparse tensor here"
        )


def _require(option: str, value: bool) -> None:
    if not value:
        raise ValueError(f"{option}={value!r} would leave nothing to check")


@dataclass
class Checker:
    """The options of a check; `examine` carries it out."""

    limits: Limits
    nondet_tol: float = 0.0
    check_undefined_grad: bool = True
    check_grad_dtypes: bool = False
    fast_mode: bool = False

    def passes(self, problem: Problem, raise_exception: bool) -> bool:
        """Whether all gradients are right; an exception tells why not."""
        try:
            self.examine(problem)
        except GradcheckError:
            if raise_exception:
                raise
            return False
        return True

    @enable_grad
    def examine(self, problem: Problem) -> list[Jacobian]:
        """The Jacobians that were compared: none where fast mode found no fault."""
        outputs = self._outputs(problem)
        random = numpy.random.default_rng(0)
        weights = {name: signs(random, y.shape) for name, y in outputs.items()}
        rows = [self._row(problem, y, weights[name]) for name, y in outputs.items()]
        self._check_zero(problem, list(outputs.values()))
        if self.fast_mode and agree(problem, self.limits, weights, rows, random):
            return []
        compared = jacobians(problem, outputs, self.limits)
        if any(jacobian.wrong.any() for jacobian in compared):
            raise GradcheckError(f"{problem.title}: {mismatches(compared)}", compared)
        return compared

    def _outputs(self, problem: Problem) -> Outputs:
        """Run the function twice: it may change no input, and must return the same again."""
        before = {name: x.array.copy() for name, x in problem.inputs.items()}
        outputs = problem.run()
        for name, x in problem.inputs.items():
            if x.array.tobytes() != before[name].tobytes():
                raise GradcheckError(f"{problem.title}: the function changes {name} in place")
        for name, y in outputs.items():
            if y.array.dtype != numpy.float64:
                raise ValueError(
                    f"{problem.title}: {name} is {y.array.dtype}, though the inputs are float64. "
                    "Its differences would be rounding errors: compute in float64 throughout."
                )
        again = problem.run()
        shapes, shapes_again = ([list(y.shape) for y in ys.values()] for ys in (outputs, again))
        if shapes != shapes_again:
            raise GradcheckError(
                f"{problem.title}: the function is not deterministic: called twice with the same "
                f"inputs, its outputs had the shapes {shapes} and {shapes_again}"
            )
        for name, y in outputs.items():
            self._same(problem, f"the function is not deterministic: {name}", y, again[name])
        return outputs

    def _same(self, problem: Problem, what: str, first: Any, second: Any) -> None:
        first, second = (getattr(x, "array", x) for x in (first, second))
        equal = (first == second) | (numpy.isnan(first) & numpy.isnan(second))
        with numpy.errstate(invalid="ignore"):  # inf - inf
            error = numpy.where(equal, 0.0, abs(first - second))
        if not (error <= self.nondet_tol).all():
            raise GradcheckError(
                f"{problem.title}: {what} differs by {error.max():.3g} between two runs on "
                f"the same inputs (nondet_tol={self.nondet_tol}). Are random numbers drawn inside?"
            )

    def _row(self, problem: Problem, output: Tensor, weight: numpy.ndarray) -> list[numpy.ndarray]:
        """weight^T J for each leaf: twice the same, and of the dtype of the leaf."""
        rows, again = (backward([output], [weight], problem) for _ in range(2))
        for (name, leaf), row, repeated in zip(problem.leaves.items(), rows, again, strict=True):
            if self.check_grad_dtypes and row.dtype != leaf.array.dtype:
                raise GradcheckError(
                    f"{problem.title}: Gradient has dtype mismatch: "
                    f"{row.dtype} for {name} of dtype {leaf.array.dtype}"
                )
            self._same(problem, f"Backward is not reentrant: the gradient of {name}", row, repeated)
        return rows

    def _check_zero(self, problem: Problem, outputs: list[Tensor]) -> None:
        """Zeros in give zeros out; so they do with any one of several outputs left undefined."""
        parts = [outputs]
        if self.check_undefined_grad and len(outputs) > 1:
            parts += [outputs[:i] + outputs[i + 1 :] for i in range(len(outputs))]
        for part in parts:
            zeros = [numpy.zeros(y.shape) for y in part]
            for name, g in zip(problem.leaves, backward(part, zeros, problem), strict=True):
                if (g[numpy.isfinite(g)] != 0).any():
                    raise GradcheckError(
                        f"{problem.title}: backward not multiplied by grad_output: where the "
                        f"incoming gradient is 0, that of {name} is not"
                    )
