"""The walk backwards: what PyTorch's users rely on, compared with PyTorch where it can be."""

import gc
import threading
import weakref

import numpy as np
import pytest
import torch
from next_to_torch import FUNCTIONALS

import tinygrad_np as tnp

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])


def leaf(*numbers: float) -> tnp.Tensor:
    return tnp.tensor(numbers, dtype=tnp.float64, requires_grad=True)


@BOTH
def test_reused_values_gather_their_gradients(lib):
    x = lib.tensor([2.0, 3.0], requires_grad=True)
    a = x * x
    b = a + a
    (b * a + x).sum().backward()  # 2 x^4 + x
    assert x.grad.tolist() == [8 * 8.0 + 1, 8 * 27.0 + 1]


@BOTH
def test_backward_adds_to_the_same_grad_object(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    (x * 3).sum().backward()
    first, before = x.grad, x.grad.clone()
    (x * 3).sum().backward()
    assert x.grad is first
    assert x.grad.tolist() == [6.0, 6.0]
    assert before.tolist() == [3.0, 3.0]


@BOTH
def test_gradients_of_two_leaves_share_no_memory(lib):
    a, b = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    (a + b).sum().backward()
    a.grad.zero_()
    assert b.grad.tolist() == [1.0, 1.0]


def test_a_gradient_given_by_the_user_stays_the_users():
    x, g = leaf(1, 2), tnp.tensor([5.0, 6.0], dtype=tnp.float64)
    x.backward(g)
    (x + 0).backward(g)
    x.grad.zero_()
    assert g.tolist() == [5.0, 6.0]


def test_inputs_limits_where_gradients_go_and_which_rules_run():
    a, b = leaf(1, 2), leaf(3, 4)
    h = a * b
    (h * h).sum().backward(inputs=[a, h])
    assert b.grad is None
    assert a.grad.tolist() == [2 * 1 * 9, 2 * 2 * 16]
    assert h.grad.tolist() == [6, 16]


def test_grad_leaves_grad_alone():
    x, y = leaf(2.0), leaf(3.0)
    dx, dy = tnp.autograd.grad(x * y * y, [x, y], grad_outputs=tnp.tensor([2.0]).double())
    assert (dx.item(), dy.item()) == (18.0, 24.0)
    assert x.grad is y.grad is None


def test_unused_inputs():
    x, unused = leaf(1), leaf(1)
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        tnp.autograd.grad(x * 2, unused)
    assert tnp.autograd.grad(x * 2, unused, allow_unused=True) == (None,)
    assert tnp.autograd.grad(x * 2, unused, materialize_grads=True)[0].tolist() == [0.0]


def test_derivatives_of_every_order():
    x = leaf(2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0, 24.0, 0.0):
        (y,) = tnp.autograd.grad(y, x, create_graph=True)
        assert y.item() == expected


def test_create_graph_puts_a_graph_on_grad():
    x = leaf(3.0)
    (x**3).backward(create_graph=True)
    (slope,) = tnp.autograd.grad(x.grad, x)
    assert slope.item() == 18.0


STILL = {  # a rule that looks at x, and is moved by it nowhere
    "relu": lambda F, x: F.relu(x),
    "leaky_relu": lambda F, x: F.leaky_relu(x),
    "hardtanh": lambda F, x: F.hardtanh(x),
    "prelu": lambda F, x: F.prelu(x, x.new_tensor([0.5])),
    "abs": lambda F, x: x.abs(),
    "norm of one": lambda F, x: x[:1].norm(),
}


@pytest.mark.parametrize(("lib", "F"), FUNCTIONALS, ids=["ours", "torch"])
@pytest.mark.parametrize("function", STILL.values(), ids=STILL)
def test_a_slope_that_does_not_move_has_zeros_for_a_gradient(lib, F, function):
    x = lib.tensor([-0.5, 2.0, 0.25], requires_grad=True)
    y = function(F, x)
    (slope,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    (slope**2).sum().backward()  # a gradient penalty and nothing else
    assert (x.grad + 0).tolist() == [0, 0, 0]
    y, weight = function(F, x), lib.ones_like(y, requires_grad=True)
    (weighted,) = lib.autograd.grad(y, x, weight, create_graph=True)
    dx, dweight = lib.autograd.grad(weighted.sum(), [x, weight])  # x is not unused
    assert (dx + 0).tolist() == [0, 0, 0]
    assert dweight.abs().sum() > 0


@BOTH
def test_second_backward_fails_only_where_values_were_saved(lib):
    x = lib.ones(2, requires_grad=True)
    linear, squared = (x + 1).sum(), (x * x).sum()
    for _ in range(2):
        linear.backward()
    squared.backward(retain_graph=True)
    squared.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        squared.backward()


def test_freed_graph_error_names_the_users_line():
    y = (leaf(1, 2) ** 2).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"made at test_engine\.py:\d+: y = \(leaf"):
        y.backward()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: leaf(1, 2).backward(), r"only for scalar outputs, but this one has shape \[2\]"),
        (lambda: tnp.ones(1).backward(), "does not require grad and does not have a grad_fn"),
        (lambda: leaf(1, 2).backward(tnp.ones(3)), r"Mismatch in shape: .*\[3\].*\[2\]"),
        (lambda: leaf(1).backward(inputs=[]), "cannot be empty"),
        (lambda: tnp.autograd.grad(leaf(1), tnp.ones(1)), "does not require grad"),
        (lambda: tnp.ones(2).register_hook(print), "cannot register a hook"),
        (lambda: tnp.ones(2).retain_grad(), "can't retain_grad on Tensor that has requires_grad"),
        (lambda: tnp.tensor([1], requires_grad=True), "Only Tensors of floating point dtype"),
        (lambda: setattr(leaf(1) * 2, "requires_grad", False), "only change requires_grad flags"),
        (lambda: setattr(leaf(1), "data", tnp.tensor([1])), "must be floating point"),
        (lambda: tnp.autograd.grad([leaf(1)], leaf(1), [None, None]), "got 1 tensors and 2 grad"),
    ],
)
def test_errors(call, text):
    with pytest.raises(RuntimeError, match=text):
        call()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: leaf(1).backward(5), "either Tensors or None, but got int"),
        (lambda: setattr(leaf(1), "grad", 5), "expected to be a Tensor or None"),
        (lambda: setattr(leaf(1), "data", 5), "data has to be a tensor, but got int"),
    ],
)
def test_type_errors(call, text):
    with pytest.raises(TypeError, match=text):
        call()


def test_hooks_see_and_replace_gradients():
    x, seen = leaf(1, 2), []
    h = x * 1
    with h.register_hook(lambda g: g * 10):
        handle = x.register_hook(seen.append)
        h.sum().backward()
    handle.remove()
    (x * 1).sum().backward()
    assert [g.tolist() for g in seen] == [[10.0, 10.0]]
    assert x.grad.tolist() == [11.0, 11.0]


def test_a_hook_must_return_a_tensor():
    h = leaf(1) * 1
    h.register_hook(lambda g: 5)
    with pytest.raises(TypeError, match="expected Variable, but hook returned 'int'"):
        h.backward()


def test_hooks_whose_handles_were_thrown_away_all_run():
    x = leaf(1)
    for _ in range(3):
        x.register_hook(lambda g: g * 2)
    (x * 1).backward()
    assert x.grad.tolist() == [8.0]


def test_a_hook_may_not_change_the_shape():
    h = leaf(1, 2) * 1
    h.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match="has changed the size of value"):
        h.sum().backward()


def test_retain_grad():
    h = leaf(1, 2) * 2
    h.retain_grad()
    assert h.retains_grad
    (h * h).sum().backward()
    assert h.grad.tolist() == [4.0, 8.0]


def test_grad_mode_as_context_decorator_and_generator():
    x = leaf(1)

    @tnp.no_grad
    def bare():
        return x * 2

    @tnp.no_grad()
    def called():
        return x * 2

    @tnp.no_grad()
    def steps():
        for _ in range(2):
            yield (x * 2).requires_grad

    assert not bare().requires_grad
    assert not called().requires_grad
    assert [(inner, (x * 2).requires_grad) for inner in steps()] == [(False, True)] * 2
    with tnp.no_grad():
        with tnp.enable_grad():
            assert (x * 2).requires_grad
        with tnp.set_grad_enabled(True):
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    tnp.set_grad_enabled(False)
    assert not (x * 2).requires_grad
    tnp.set_grad_enabled(True)

    @tnp.set_grad_enabled(False)
    def decorated():
        return x * 2

    assert not decorated().requires_grad
    assert (x * 2).requires_grad


def test_grad_mode_is_per_thread():
    x, found, inside, release = leaf(1), [], threading.Event(), threading.Event()

    def other():
        with tnp.no_grad():
            inside.set()
            release.wait(5)
            found.append((x * 2).requires_grad)

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(5)
    assert (x * 2).requires_grad
    release.set()
    thread.join()
    assert found == [False]


def test_a_deep_graph_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(50_000):
        y = y + x
    y.backward()
    assert x.grad.item() == 50_001.0
    del y


def test_graphs_die_by_reference_count_alone():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1, 2)
        y = (x.view(2, 1) * x).exp().sum()
        watched = [weakref.ref(y.grad_fn), weakref.ref(y.grad_fn.edges[0])]
        y.backward()
        del y
        assert [node() for node in watched] == [None, None]
    finally:
        gc.enable()


def test_an_op_that_is_called_again_is_a_new_node():
    exp = tnp.Op.registry["Exp"]()
    a, b = leaf(0), leaf(2)
    first, second = exp(a), exp(b)
    exp(exp(a)).sum().backward()
    assert a.grad.item() == pytest.approx(np.e)
    first.sum().backward()
    assert a.grad.item() == pytest.approx(np.e + 1)
    second.sum().backward()
    assert b.grad.item() == pytest.approx(np.e**2)


def test_a_forward_of_two_results_is_refused():
    class Two(tnp.Op):
        """y = x, x;   dx = g"""

        def forward(self, x):
            return x, x

        def dx(self, g):
            return g

    class Named(Two):
        """y = both parts, by name;   dx = g"""

        def forward(self, x):
            return np.linalg.qr(x)

    try:
        with pytest.raises(TypeError, match="Two: forward must return one array"):
            Two()(leaf(1))
        with pytest.raises(TypeError, match="Named: forward must return one array"):
            Named()(tnp.eye(2))
    finally:
        del tnp.Op.registry["Two"], tnp.Op.registry["Named"]


def test_a_subclass_may_bring_a_rule_alone_and_an_input_be_a_plain_number():
    class Scaled(tnp.Op):
        """y = k x;   dx = k g"""

        def forward(self, x, k):
            return x * k

        def dx(self, g, k):
            return g * k

    class Reversed(Scaled):
        """y = k x;   dx = -k g"""

        def dx(self, g, k):
            return g * -k

    try:
        for op, slope in ((Scaled, 3.0), (Reversed, -3.0)):
            x = tnp.ones(2, requires_grad=True)
            op()(x, 3.0).sum().backward()
            assert x.grad.tolist() == [slope, slope]
    finally:
        del tnp.Op.registry["Scaled"], tnp.Op.registry["Reversed"]


def test_inf_and_nan_come_without_a_warning_wherever_they_are_added():
    x = tnp.zeros(1, requires_grad=True)
    with np.errstate(all="raise"):
        (1 / x).sum().backward()
        (-1 / x).sum().backward()
        assert x.grad.isnan().all()
        y = x * 2
        tnp.autograd.backward([y, y], [tnp.tensor([np.inf]), tnp.tensor([-np.inf])])
        y = x * 2
        (g,) = tnp.autograd.grad([y * 1, y * 1], x, [tnp.tensor([np.inf]), tnp.tensor([-np.inf])])
        assert g.isnan().all()
        tnp.linspace(-3e38, 3e38, 3)
        tnp.tensor([np.nan]).long()
        assert np.geterr()["over"] == "raise"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (lambda g: None, r"Fails\.dx returned None"),
        (lambda g: g @ g, r"Fails\.dx raised ValueError"),
    ],
)
def test_a_rule_that_fails_is_named(body, text):
    class Fails(tnp.Op):
        """y = x;   dx = g"""

        def forward(self, x):
            return x.copy()

        def dx(self, g):
            return body(g)

    try:
        y = Fails()(tnp.ones(2, 3, requires_grad=True)).sum()
        with pytest.raises(RuntimeError, match=text):
            y.backward()
    finally:
        del tnp.Op.registry["Fails"]


def test_rules_run_only_for_inputs_that_want_a_gradient():
    calls = []

    class Watched(tnp.Op):
        """y = a * b;   da = g * b,   db = g * a"""

        def forward(self, a, b):
            return a * b

        def da(self, g, b):
            calls.append("da")
            return g * b

        def db(self, g, a):
            calls.append("db")
            return g * a

    try:
        y = Watched()(tnp.ones(2), tnp.ones(2, requires_grad=True))
        y.sum().backward()
        assert calls == ["db"]
        saved = Watched()(tnp.ones(1), tnp.ones(1, requires_grad=True)).grad_fn.saved
        assert [entry is not None for entry in saved] == [True, False, False]
    finally:
        del tnp.Op.registry["Watched"]


def test_mistakes_in_an_op_are_found_when_the_class_is_made():
    with pytest.raises(TypeError, match="names 'c': a rule may name forward's arguments"):

        class Unknown(tnp.Op):
            def forward(self, a):
                return a

            def da(self, g, c):
                return g

    with pytest.raises(TypeError, match=r"Typo\.db: forward has no input 'b'"):

        class Typo(tnp.Op):
            def forward(self, a):
                return a

            def db(self, g):
                return g

    with pytest.raises(TypeError, match="has no backward rule"):

        class Missing(tnp.Op):
            def forward(self, a):
                return a


def test_an_input_without_a_rule_fails_at_forward_time():
    class Half(tnp.Op):
        """y = a * b;   da = g * b"""

        def forward(self, a, b):
            return a * b

        def da(self, g, b):
            return g * b

    try:
        Half()(leaf(1), tnp.ones(1).double())
        with pytest.raises(RuntimeError, match="Half has no backward rule db"):
            Half()(tnp.ones(1).double(), leaf(1))
    finally:
        del tnp.Op.registry["Half"]


def test_a_rule_that_returns_another_shape_is_named():
    class Turned(tnp.Op):
        """y = x;   dx = g"""

        def forward(self, x):
            return x.copy()

        def dx(self, g):
            return g.T

    try:
        y = Turned()(tnp.ones(2, 3, requires_grad=True)).sum()
        with pytest.raises(RuntimeError, match=r"Turned\.dx returned .* \(3, 2\) .* \(2, 3\)"):
            y.backward()
    finally:
        del tnp.Op.registry["Turned"]


def test_a_rule_that_changes_the_dtype_is_an_error():
    class Widens(tnp.Op):
        """y = x;   dx = g"""

        def forward(self, x):
            return x.copy()

        def dx(self, g):
            return g * np.ones(1)

    try:
        y = Widens()(tnp.ones(2, requires_grad=True)).sum()
        with pytest.raises(RuntimeError, match=r"float32 tensor came out as float64"):
            y.backward()
    finally:
        del tnp.Op.registry["Widens"]
