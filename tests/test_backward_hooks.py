"""Backward hooks of modules: both libraries call them with the same gradients, in one order."""

import pytest
from next_to_torch import BOTH, LIBS, same_error

import nn
import tinygrad_np as tnp


def plain(x):
    """Gradients as lists, for a comparison of both libraries."""
    if isinstance(x, (tuple, list)):
        return tuple(map(plain, x))
    return x.tolist() if hasattr(x, "tolist") else x


def same_log(act):
    """What `act(t, n, note)` notes with both libraries."""
    logs = []
    for t, n in LIBS:
        log = []
        act(t, n, lambda *what, log=log: log.append(plain(what)))
        logs.append(log)
    assert logs[0] == logs[1]
    return logs[0]


def noting(note, name):
    return lambda module, *gradients: note(name, *gradients)


def two_in_three_out(t, n):
    class Mixed(n.Module):
        def forward(self, a, b, c, k=3):
            return a * 2, b * k + 0 * c, 7

    return Mixed()


def leaves(t):
    return (t.ones(2, requires_grad=True), t.ones(2, requires_grad=True), t.ones(2))


def test_several_inputs_and_outputs():
    def act(t, n, note):
        m = two_in_three_out(t, n)
        m.register_full_backward_hook(noting(note, "full"))
        m.register_full_backward_pre_hook(noting(note, "pre"))
        a, b, c = leaves(t)
        first, second, number = m(a, b, c)
        first.sum().backward(retain_graph=True)
        (first.sum() + (second * second).sum()).backward()
        note(a.grad, b.grad, c.grad, number)

    log = same_log(act)
    assert log[1] == ("full", ([2, 2], [0, 0], [0, 0]), ([1, 1], None, None))


def test_inputs_that_are_no_tensors_are_unused_or_of_integers():
    class Part:
        @staticmethod
        def of(n):
            class Pick(n.Module):
                def forward(self, w, index, unused, scale):
                    return w[index] * scale

            return Pick()

    def act(t, n, note):
        m = Part.of(n)
        m.register_full_backward_hook(noting(note, "full"))
        w, unused, _ = leaves(t)
        m(w, t.tensor([1, 1]), unused, 3.0).sum().backward()
        note(w.grad, unused.grad)

    assert same_log(act)[0] == ("full", ([0, 6], [0, 0], [0, 0], None), ([1, 1],))


def test_order_and_prepend():
    def act(t, n, note):
        m = n.Sequential(n.Tanh(), n.Sigmoid())
        for name, module in m.named_modules():
            for kind in ("pre_hook", "hook"):
                register = getattr(module, f"register_full_backward_{kind}")
                register(noting(note, f"{name} {kind} 1"))
                register(noting(note, f"{name} {kind} 2"))
                register(noting(note, f"{name} {kind} 0"), prepend=True)
                removed = register(noting(note, "never"))
                removed.remove()
        m(t.zeros(2, requires_grad=True)).sum().backward()

    log = same_log(act)
    assert [entry[0] for entry in log] == [
        f"{name} {kind} {i}"
        for name, kind in [
            *[("", "pre_hook"), ("1", "pre_hook"), ("1", "hook")],
            *[("0", "pre_hook"), ("0", "hook"), ("", "hook")],
        ]
        for i in range(3)
    ]


def test_gradients_are_replaced():
    def act(t, n, note):
        m = two_in_three_out(t, n)
        m.register_full_backward_pre_hook(lambda m, gy: (gy[0] * 10, gy[1], None))
        m.register_full_backward_hook(lambda m, gx, gy: (gx[0] + 1, None, gx[2]))
        m.register_full_backward_hook(noting(note, "after"))
        a, b, c = leaves(t)
        first, second, _ = m(a, b, c)
        (first + second).sum().backward()
        note(a.grad, b.grad)

    assert same_log(act)[1] == ([21, 21], None)


def test_a_module_that_is_called_twice():
    def act(t, n, note):
        m = n.Tanh()
        m.register_full_backward_hook(lambda m, gx, gy: note(gx[0].double().round(decimals=4)))
        x = t.zeros(2, requires_grad=True)
        m(m(x) * 2).sum().backward()
        note(x.grad)

    same_log(act)


def test_gradients_with_respect_to_some_inputs():
    def act(t, n, note):
        m = two_in_three_out(t, n)
        m.register_full_backward_hook(noting(note, "full"))
        a, b, c = leaves(t)
        first, second, _ = m(a * 1, b * 1, c)
        note(t.autograd.grad((first + second).sum(), [a])[0])

    same_log(act)


def test_tuples_of_a_class_of_their_own():
    from collections import namedtuple

    pair = namedtuple("pair", "x y")

    def act(t, n, note):
        m = n.Identity()
        m.register_full_backward_hook(noting(note, "full"))
        m.register_forward_hook(lambda m, args, out: pair(out, 2))
        out = m(t.ones(1, requires_grad=True))
        assert isinstance(out, pair)
        out.x.sum().backward()

    same_log(act)


def test_nothing_is_hooked_where_nothing_is_recorded():
    def act(t, n, note):
        m = n.Tanh()
        m.register_full_backward_hook(noting(note, "full"))
        with t.no_grad():
            note(m(t.zeros(1, requires_grad=True)).requires_grad)
        note(m(t.zeros(1)).requires_grad)

    assert same_log(act) == [(False,), (False,)]


@BOTH
def test_no_input_wants_a_gradient(lib):
    t, n = lib
    m, log = n.Linear(2, 1), []
    m.register_full_backward_hook(noting(lambda *what: log.append(plain(what)), "full"))
    m.register_full_backward_hook(lambda m, gx, gy: (None,))
    with pytest.warns(UserWarning, match="Full backward hook is firing when gradients are compute"):
        m(t.ones(1, 2)).sum().backward()
    assert log == [("full", (None,), ([[1]],))]
    assert m.weight.grad.tolist() == [[1, 1]]


@BOTH
def test_outputs_that_are_no_tuple_of_tensors(lib):
    t, n = lib

    class Named(n.Module):
        def forward(self, x):
            return {"y": x * 2}

    m, log = Named(), []
    m.register_full_backward_hook(lambda *what: log.append(what))
    x = t.ones(1, requires_grad=True)
    with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple of Tensors"):
        y = m(x)["y"]
    y.sum().backward()
    assert x.grad.item() == 2
    assert log == []


def test_error_texts():
    def hooked(kind, hook, wants=True):
        def act(t, n):
            m = n.Linear(2, 2)
            getattr(m, f"register_full_backward_{kind}")(hook(t))
            m(t.ones(1, 2, requires_grad=wants)).sum().backward()

        return act

    same_error(hooked("hook", lambda t: lambda m, gx, gy: (gx[0], None)))
    same_error(hooked("pre_hook", lambda t: lambda m, gy: (gy[0], None)))
    same_error(hooked("hook", lambda t: lambda m, gx, gy: (3,)))

    def wider(m, gx, gy):
        return (tnp.ones(5),)

    with pytest.raises(RuntimeError, match="hook 'wider' has changed the size of value"):
        hooked("hook", lambda t: wider)(tnp, nn)
    for lib in LIBS:
        t, n = lib
        m = n.Linear(2, 1)
        m.register_full_backward_hook(lambda m, gx, gy, t=t: (t.ones(1),))
        out = m(t.ones(1, 2)).sum()
        with (
            pytest.warns(UserWarning, match="Full backward hook is firing"),
            pytest.raises(RuntimeError, match="where no input requires gradient should always ret"),
        ):
            out.backward()


def test_second_order():
    def act(t, n, note):
        m = n.Tanh()
        m.register_full_backward_hook(lambda m, gx, gy: note(gx[0].requires_grad))
        x = t.full((2,), 0.5, requires_grad=True, dtype=t.float64)
        (dx,) = t.autograd.grad(m(x).sum(), x, create_graph=True)
        (ddx,) = t.autograd.grad(dx.sum(), x)
        note([round(v, 12) for v in (*dx.tolist(), *ddx.tolist())])

    same_log(act)


def test_changes_in_place_behind_the_gate_are_right():  # pytorch/pytorch#61519 is an error there
    m = nn.Sequential(nn.Tanh(), nn.Identity())
    m[1].forward = lambda x: x.mul_(3)
    log = []
    m[1].register_full_backward_hook(lambda *what: log.append(plain(what[1:])))
    x = tnp.tensor([0.5, -1.0], requires_grad=True)
    y = m(x)
    y *= 2
    y.sum().backward()
    slope = 1 - x.detach().tanh() ** 2
    assert x.grad.tolist() == pytest.approx((6 * slope).tolist())
    assert log == [(([6, 6],), ([2, 2],))]


def test_gradient_hooks_of_a_saliency_map():
    """Grad-CAM: forward hooks keep activations, backward hooks their gradients."""

    def act(t, n, note):
        net = n.Sequential(n.Conv2d(1, 2, 3, bias=False), n.ReLU(), n.Flatten(), n.Linear(8, 2))
        kept = {}
        with t.no_grad():
            for i, p in enumerate(net.parameters()):
                p.copy_(t.arange(p.numel(), dtype=t.float32).reshape(p.shape).sub(i + 4) / 8)
        net[1].register_forward_hook(lambda m, args, out: kept.update(a=out.detach()))
        net[1].register_full_backward_hook(lambda m, gx, gy: kept.update(g=gy[0]))
        x = t.arange(16, dtype=t.float32).reshape(1, 1, 4, 4)
        net(x)[0, 1].backward()
        note((kept["g"].mean(dim=(2, 3), keepdim=True) * kept["a"]).sum(1).relu())

    same_log(act)
