"""autograd.Function: PyTorch's examples behave here as there, and its errors have its texts."""

import gc
import weakref

import numpy as np
import pytest
import torch

import tinygrad_np as tnp

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])


def library(lib) -> dict:
    """The same Functions in either library."""

    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    class Exp(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return y * g

    class SumAndProduct(lib.autograd.Function):
        @staticmethod
        def forward(ctx, a, scale, b):
            ctx.save_for_backward(a, b)
            ctx.scale = scale
            return scale * (a + b), a * b

        @staticmethod
        def backward(ctx, g, h):
            a, b = ctx.saved_tensors
            ctx.seen = ctx.needs_input_grad
            return ctx.scale * g + b * h, None, ctx.scale * g + a * h

    class New(lib.autograd.Function):
        @staticmethod
        def forward(x, n):
            return x**n

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.x, ctx.n = inputs

        @staticmethod
        def backward(ctx, g):
            return g * ctx.n * ctx.x ** (ctx.n - 1), None

    class Doubled(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    class Top(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            index = x.argmax()
            ctx.mark_non_differentiable(index)
            ctx.index, ctx.n = index, x.numel()
            return x[index], index

        @staticmethod
        def backward(ctx, g, _):
            return (lib.arange(ctx.n) == ctx.index) * g

    class Lazy(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            assert h is None
            return g * 2

    class Once(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @lib.autograd.function.once_differentiable
        def backward(ctx, g):
            return 2 * ctx.saved_tensors[0] * g

    return {k: v for k, v in locals().items() if k != "lib"}


def numbers(lib, *values):
    return [lib.tensor(v, dtype=lib.float64, requires_grad=True) for v in values]


def test_values_and_gradients_are_pytorchs():
    results = []
    for lib in (tnp, torch):
        f = library(lib)
        a, b = numbers(lib, [1.0, -2.0, 0.5], [0.3, 4.0, 1.0])
        total, product = f["SumAndProduct"].apply(a, 3, b)
        y = (total * product + f["Cube"].apply(a) + f["Exp"].apply(b) + f["New"].apply(a, 2)).sum()
        first = lib.autograd.grad(y, [a, b], create_graph=True)
        (first[0] * first[1]).sum().backward()
        only = f["Lazy"].apply(a)[0].sum()
        top, index = f["Top"].apply(a)
        assert not index.requires_grad
        (only + top).backward()
        results.append([t.detach().numpy() for t in (*first, a.grad, b.grad)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)


@BOTH
def test_one_of_two_outputs_is_enough(lib):
    a, b = numbers(lib, [1.0, -2.0], [0.3, 4.0])
    library(lib)["SumAndProduct"].apply(a, 3, b)[1].sum().backward()
    assert a.grad.tolist() == [0.3, 4.0]
    assert b.grad.tolist() == [1.0, -2.0]


@BOTH
def test_an_input_changed_in_place_has_the_new_history(lib):
    (a,) = numbers(lib, [1.0, -2.0])
    x = a * 1
    y = library(lib)["Doubled"].apply(x)
    assert y is x
    (x * x).sum().backward()
    assert a.grad.tolist() == [8.0, -16.0]


@BOTH
def test_nothing_is_recorded_without_a_wish_for_gradients(lib):
    f = library(lib)["Cube"]
    assert not f.apply(lib.ones(2)).requires_grad
    with lib.no_grad():
        assert not f.apply(lib.ones(2, requires_grad=True)).requires_grad
    y = f.apply(lib.ones(2, requires_grad=True))
    assert y.grad_fn.name() == "CubeBackward"


def test_gradcheck_proves_and_refutes():
    f = library(tnp)
    a, b = numbers(tnp, [1.0, -2.0, 0.5], [0.3, 4.0, 1.0])
    assert tnp.gradcheck(f["Cube"].apply, (a,))
    assert tnp.gradgradcheck(f["Exp"].apply, (a,))
    assert tnp.gradgradcheck(lambda a, b: f["SumAndProduct"].apply(a, 3, b), (a, b))
    with pytest.raises(tnp.GradcheckError):
        tnp.gradcheck(lambda x: f["Doubled"].apply(x * 1) * f["Once"].apply(x).detach(), (a,))


def _wrong(lib, result):
    class Wrong(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * n

        @staticmethod
        def backward(ctx, g):
            return result(lib, g)

    return Wrong


@BOTH
@pytest.mark.parametrize(
    ("result", "text"),
    [
        (lambda lib, g: g, r"function WrongBackward returned an incorrect number of gradients "
                           r"\(expected 2, got 1\)"),
        (lambda lib, g: (lib.ones(5), None), r"Function WrongBackward returned an invalid gradient "
                        r"at index 0 - got \[5\] but expected shape compatible with \[2\]"),
        (lambda lib, g: (g, g), "returned a gradient different than None at position 2, but the "
                                "corresponding forward input was not a Variable"),
    ],
)  # fmt: skip
def test_wrong_backwards_are_refused(lib, result, text):
    y = _wrong(lib, result).apply(lib.ones(2, requires_grad=True), 2)
    with pytest.raises(RuntimeError, match=text):
        y.sum().backward()


@BOTH
def test_misuse_is_refused(lib):
    f = library(lib)
    x = lib.ones(2, requires_grad=True)
    y = f["Cube"].apply(x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()
    weight = lib.ones(2, requires_grad=True)
    once = lib.autograd.grad(f["Once"].apply(x), x, weight, create_graph=True)[0]
    with pytest.raises(RuntimeError, match="differentiate twice a function that was marked"):
        once.sum().backward()


@BOTH
def test_what_was_saved_must_not_change_in_place(lib):
    x = lib.ones(2, requires_grad=True)
    z = x * 1
    y = library(lib)["Cube"].apply(z)
    z.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_the_graph_dies_by_reference_count():
    gc.disable()
    try:
        x = tnp.ones(2, requires_grad=True)
        y = library(tnp)["Exp"].apply(x)  # saves its output
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_a_function_is_not_instantiated():
    with pytest.raises(RuntimeError, match=r"should not be instantiated.*call \.apply"):
        library(tnp)["Cube"]()


@BOTH
def test_save_for_backward_takes_tensors(lib):
    class Wrong(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)
            return x * 1

    with pytest.raises(TypeError, match="save_for_backward can only save variables"):
        Wrong.apply(lib.ones(2, requires_grad=True)).sum().backward()


def function(lib, forward, backward=None):
    """A Function of these two; without backward none is defined."""
    members = {"forward": staticmethod(forward)}
    members |= {"backward": staticmethod(backward)} if backward else {}
    return type("F", (lib.autograd.Function,), members)


@BOTH
def test_a_gradient_for_every_output(lib):
    seen = []

    def backward(ctx, *gradients):
        seen.append([g if g is None else g.tolist() for g in gradients])
        return gradients[1]

    x = lib.tensor([1.0, 2.0], requires_grad=True)
    F = function(lib, lambda ctx, x: (5, x * 2, "a", (x * 3).long(), x * 4), backward)
    outputs = F.apply(x)
    outputs[1].sum().backward()
    assert (outputs[0], outputs[2], outputs[3].requires_grad) == (5, "a", False)
    assert outputs[1].grad_fn.next_functions[0][0].variable is x
    pair = function(lib, lambda ctx, x: (None, x * 2), backward).apply(x)
    pair[1].sum().backward()
    assert seen == [[None, [1, 1], None, [0, 0], [0, 0]], [None, [1, 1]]]
    assert x.grad.tolist() == [2, 2]


@BOTH
def test_what_is_marked_dirty(lib):
    def forward(ctx, x, other=None):
        ctx.mark_dirty(x)
        x.add_(1)
        return x if other is None else x * 2

    F = function(lib, forward, lambda ctx, g, *_: (g, None))
    x = lib.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"^a leaf Variable that requires grad has been used in"):
        F.apply(x)
    with pytest.raises(RuntimeError, match=r"^a view of a leaf Variable that requires grad is bei"):
        F.apply(x[:1])
    with pytest.raises(RuntimeError, match=r"marked as dirty .* were not returned as output"):
        F.apply(lib.ones(2), 1)
    assert F.apply(x * 1).tolist() == [4, 3]


@BOTH
@pytest.mark.parametrize("cast", ["double", "half", "long"])
def test_gradients_are_cast_to_the_dtype_of_the_input(lib, cast):
    x, seen = lib.ones(2, requires_grad=True), []
    y = x * 1
    y.register_hook(lambda g: seen.append(g.dtype == lib.float32))
    function(lib, lambda ctx, x: x * 2, lambda ctx, g: getattr(g, cast)()).apply(y).sum().backward()
    assert seen == [True]
    assert x.grad.tolist() == [1, 1]


@BOTH
def test_a_function_without_forward_or_backward(lib):
    x = lib.ones(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="implement the forward function for custom"):
        type("F", (lib.autograd.Function,), {}).apply(x)
    y = function(lib, lambda ctx, x: x * 2).apply(x)
    with pytest.raises(NotImplementedError, match="implement either the backward or vjp method"):
        y.sum().backward()
