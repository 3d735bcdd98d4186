"""gradcheck and gradgradcheck: what they find, excuse, refuse and say."""

import inspect

import numpy
import pytest
import torch

import nn
import tinygrad_np as tnp
from tinygrad_np.gradcheck import Checker, GradcheckError, gradcheck, gradgradcheck
from tinygrad_np.numeric import Limits, judge
from tinygrad_np.op import Op
from tinygrad_np.ops.arithmetic import Mul
from tinygrad_np.ops.join import Cat
from tinygrad_np.ops.reduce import Sum
from tinygrad_np.problem import Problem

torch.set_num_threads(1)


def leaf(*shape):
    values = numpy.random.default_rng(0).normal(size=shape)
    return tnp.tensor(values, dtype=tnp.float64, requires_grad=True)


def at(*values):
    return tnp.tensor(values, dtype=tnp.float64, requires_grad=True)


def claiming(value, surrogate):
    """A function with the values of one function and the gradient of another."""

    def function(*inputs):
        s = surrogate(*inputs)
        return value(*inputs).detach() + (s - s.detach())

    return function


def kinks(function, *inputs, fast_mode=False):
    """How many elements a check leaves out that finds nothing wrong."""
    checker = Checker(Limits(), fast_mode=fast_mode)
    return sum(int(j.kinks.sum()) for j in checker.examine(Problem.of(function, inputs)))


def gradient_times(factor):
    """The identity, with a gradient that is `factor` times too large."""

    def function(x):
        y = x.clone()
        y.register_hook(lambda g: g * factor)
        return y

    return function


class Counted:
    """A function that counts its calls."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, *inputs):
        self.calls += 1
        return self.function(*inputs)


# -- the same verdicts as torch


@pytest.mark.parametrize("name", ["gradcheck", "gradgradcheck"])
def test_signature_is_that_of_torch(name):
    ours, theirs = (
        [(p.name, p.default, p.kind) for p in inspect.signature(f).parameters.values()]
        for f in (
            {"gradcheck": gradcheck, "gradgradcheck": gradgradcheck}[name],
            getattr(torch.autograd, name),
        )
    )
    assert ours == theirs


FUNCTIONS = {
    "cube": lambda x: x**3,
    "two outputs": lambda x: (x.exp(), (x * x).sum()),
    "linear": lambda x: 2 * x,
    "constant beside": lambda x: (x * x, x.detach()),
    "mean of matmul": lambda x: (x @ x.T).mean(),
    "detached factor": lambda x: x * x.detach(),
    "detached": lambda x: x.detach(),
    "sign": claiming(lambda x: x * x, lambda x: -x * x),
    "constant factor": claiming(lambda x: x.exp(), lambda x: 1.01 * x.exp()),
    "transposed": claiming(lambda x: x @ x, lambda x: x @ x.T),
    "second order lost": claiming(lambda x: x**3, lambda x: 3 * x.detach() ** 2 * x),
    "second of two outputs": lambda x: (x * 2, x * x.detach()),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("fast_mode", [False, True])
def test_verdict_is_that_of_torch(function, fast_mode):
    ours = leaf(3, 3)
    theirs = torch.tensor(ours.detach().numpy(), requires_grad=True)
    options = {"fast_mode": fast_mode, "raise_exception": False}
    expected = torch.autograd.gradcheck(function, theirs, **options)
    assert gradcheck(function, ours, **options) == expected
    if expected:
        expected = torch.autograd.gradgradcheck(function, theirs, **options)
        assert gradgradcheck(function, ours, **options) == expected


def test_jacobians_are_those_of_torch():
    def function(x):
        return claiming(lambda x: x.exp() @ x, lambda x: x @ x)(x)

    x = leaf(2, 2)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(function, x)
    (jacobian,) = caught.value.jacobians
    theirs = torch.from_numpy(x.detach().numpy())
    numeric = torch.autograd.functional.jacobian(lambda x: x.exp() @ x, theirs)
    analytic = torch.autograd.functional.jacobian(lambda x: x @ x, theirs)
    numpy.testing.assert_allclose(jacobian.numeric, numeric, rtol=1e-7, atol=1e-9)
    numpy.testing.assert_allclose(jacobian.analytic, analytic, rtol=1e-12)
    assert (jacobian.wrong == ~numpy.isclose(analytic, numeric, rtol=1e-3, atol=1e-5)).all()


# -- what a failure says


def matrix_times(a, change=()):
    for place, difference in change:
        a = a.copy()
        a[place] += difference
    return lambda x: tnp.tensor(a) @ x


def test_the_one_wrong_element_of_a_hundred_is_named():
    a = numpy.ones((10, 10))
    function = claiming(matrix_times(a), matrix_times(a, [((3, 7), 0.01)]))
    for fast_mode in (False, True):
        with pytest.raises(GradcheckError) as caught:
            gradcheck(function, leaf(10), fast_mode=fast_mode)
        assert str(caught.value) == (
            "gradcheck of function: Jacobian mismatch for output 0 with respect to "
            "input 0 (inputs[0]): 1 of 100 elements are wrong\n"
            "  input                index  output    index  analytic  numeric  error  relative\n"
            "  input 0 (inputs[0])  [7]    output 0  [3]    1.01      1        0.01   0.00990099"
        )


def test_worst_elements_come_first_and_the_rest_is_counted():
    right = numpy.ones((4, 4))
    wrong = [((i, 1), 10.0**i) for i in range(4)] + [((i, j), 0.5) for i in (0, 1) for j in (2, 3)]
    function = claiming(matrix_times(right), matrix_times(right, [*wrong, *wrong, ((2, 0), -9)]))
    with pytest.raises(GradcheckError, match="9 of 16 elements are wrong") as caught:
        gradcheck(lambda x: (x * 1, function(x)), leaf(4))
    head, _, *rows = str(caught.value).split("\n")
    assert "for output 1 with respect to input 0 (x)" in head
    errors = [float(row.split()[-2]) for row in rows]
    assert errors == [2000.0, 200.0, 20.0, 9.0, 2.0, 1.0, 1.0, 1.0, 1.0]
    assert " ".join(rows[0].split()) == "input 0 (x) [1] output 1 [3] 2001 1 2000 0.9995"


def test_ten_rows_at_most():
    with pytest.raises(
        GradcheckError, match=r"(?s)12 of 144 .*\n  and 2 more with smaller errors$"
    ) as e:
        gradcheck(claiming(lambda x: x, lambda x: 2 * x), leaf(3, 4))
    assert len(str(e.value).split("\n")) == 1 + 1 + 10 + 1


def test_nan_is_the_worst_error():
    factor = tnp.tensor([1.0, numpy.nan, 1e9], dtype=tnp.float64)
    with pytest.raises(GradcheckError, match="2 of 3 elements are wrong") as caught:
        gradcheck(lambda x: gradient_times(factor)(x).sum(), at(1.0, 2.0, 3.0))
    assert str(caught.value).split("\n")[2].split()[-4:] == ["nan", "1", "inf", "inf"]


def test_scalars_have_an_empty_index():
    with pytest.raises(
        GradcheckError, match=r"input 0 \(x\)  \[\] +output 0  \[\] +3 +2 +1 +0.333"
    ):
        gradcheck(lambda x: claiming(lambda x: 2 * x, lambda x: 3 * x)(x), leaf())


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda image, weight: image * weight.detach(), "input 0 (image), input 1 (weight)"),
        (lambda *xs: xs[0] * xs[1].detach(), "input 0 (xs[0]), input 1 (xs[1])"),
        (Counted(lambda a, b: a * b.detach()), "input 0 (inputs[0]), input 1 (inputs[1])"),
    ],
)
def test_inputs_have_the_names_of_arguments(function, names):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(function, (leaf(2), leaf(2)))
    assert ", ".join(j.input for j in caught.value.jacobians) == names
    assert f"with respect to {names.split(', ')[1]}: 2 of 4" in str(caught.value)


# -- kinks


@pytest.mark.parametrize(
    ("function", "point", "count"),
    [
        (tnp.relu, 0.0, 1),
        (tnp.relu, 1e-7, 0),  # the first step crosses the kink, a smaller one does not
        (tnp.relu, -1e-7, 0),
        (tnp.relu, 1e-12, 1),
        (tnp.abs, 0.0, 1),
        (tnp.abs, -3e-8, 0),
        (lambda x: tnp.clamp(x, 0.0, 1.0), 0.0, 1),
        (lambda x: tnp.clamp(x, 0.0, 1.0), 1.0, 1),
        (lambda x: tnp.maximum(x, 1 - x), 0.5, 1),
        (lambda x: tnp.amax(tnp.stack((x, x * x)), 0), 1.0, 1),
        (tnp.sign, 0.0, 1),
        (lambda x: x // 1.0, 1.0, 1),
        (lambda x: x // 1.0, 1 - 1.2e-8, 0),  # even the smallest step crosses the jump
        (lambda x: x % 1.0, 1.0, 1),
        (lambda x: x * (x > 0), 0.0, 1),
        (lambda x: tnp.relu(x) ** 2, 0.0, 0),  # bent only in its second derivative
        (lambda x: 1 / x, 1e-5, 0),  # curved so much that the first step is too long
        (lambda x: x**3, 1e6, 0),
        (lambda x: tnp.relu(x) * 1e6 + x * x, 0.0, 1),
        (lambda x: tnp.relu(x) + 1e7, 1e-7, 0),  # rounding errors of 0.01 in the smaller steps
        (lambda x: tnp.relu(x) + 1e7, 0.0, 1),
    ],
)
@pytest.mark.parametrize("fast_mode", [False, True])
def test_kinks_are_recognised_and_counted(function, point, count, fast_mode):
    assert kinks(function, at(point, 1.7), fast_mode=fast_mode) == count


def test_vertical_tangent_is_recognised():
    assert kinks(tnp.sqrt, at(0.0)) == 1
    assert not gradcheck(claiming(tnp.sqrt, lambda x: 5 * x), at(0.0), raise_exception=False)


def test_ties_of_max_are_kinks_whichever_way_the_gradient_is_shared():
    assert kinks(tnp.amax, at(1.0, 1.0, 0.0)) == 2
    assert kinks(lambda x: tnp.max(x, 0).values, at(1.0, 1.0, 0.0)) == 2


WRONG = {
    "twice the slope at a smooth point": (tnp.relu, lambda x: 2 * tnp.relu(x), 0.5),
    "twice the slope next to the kink": (tnp.relu, lambda x: 2 * tnp.relu(x), 1e-7),
    "a value between the slopes next to the kink": (tnp.relu, lambda x: 0.4 * x, 1e-7),
    "a value between the slopes left of the kink": (tnp.relu, lambda x: 0.4 * x, -1e-7),
    "beyond both slopes at the kink": (tnp.relu, lambda x: 1.1 * x, 0.0),
    "below both slopes at the kink": (tnp.abs, lambda x: -1.1 * x, 0.0),
    "the mean of both slopes some way off the kink": (tnp.abs, lambda x: 0 * x, 1e-4),
    "beside a slope that grows, but stays below the tolerance": (
        lambda x: tnp.relu(x) + 1e-9 * tnp.sqrt(tnp.abs(x)),
        lambda x: -0.5 * x,
        0.0,
    ),
    "a straight line through a jump": (lambda x: x // 1.0, lambda x: x, 1.0),
    "a straight line through a sign": (tnp.sign, lambda x: x, 0.0),
    "a straight line next to a jump": (lambda x: x // 1.0, lambda x: x, 1 + 1e-7),
    "nan at the kink": (tnp.relu, gradient_times(numpy.nan), 0.0),
    "infinite at the kink": (tnp.relu, gradient_times(numpy.inf), 0.0),
    "where the curve is steep": (lambda x: 1 / x, lambda x: 0.99 / x, 1e-5),
    "a stiff wave": (lambda x: (x * 1e4).exp(), lambda x: 0.99 * (x * 1e4).exp(), 0.0),
    "beyond both slopes at the kink of a large value": (
        lambda x: tnp.relu(x) + 1e7,
        lambda x: 1.5 * x,
        0.0,
    ),
    "next to the kink of a large value": (
        lambda x: 0.2 * tnp.relu(x) + 1e7,
        lambda x: 0.1 * x,
        3e-7,
    ),
    "a large value": (lambda x: 1e6 + x, lambda x: 1.01 * x, 0.0),
}


@pytest.mark.parametrize(("value", "surrogate", "point"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("fast_mode", [False, True])
def test_no_kink_excuses_a_wrong_rule(value, surrogate, point, fast_mode):
    with pytest.raises(GradcheckError, match="1 of 1 elements are wrong") as caught:
        gradcheck(claiming(value, surrogate), at(point), fast_mode=fast_mode)
    assert "Left out" not in str(caught.value)


def test_smooth_functions_have_no_kinks_anywhere():
    random = numpy.random.default_rng(1)
    for scale in (1e-3, 1.0, 1e3):
        x = at(*random.normal(size=40) * scale)
        assert kinks(lambda x, s=scale: (x / s).tanh() * s, x) == 0
        function = claiming(lambda x: x * x, lambda x: 1.01 * x * x)
        with pytest.raises(GradcheckError, match="40 of 1600 elements are wrong"):
            gradcheck(function, x, atol=1e-9)


class TwoParabolas:
    """Random parabolas that meet in a kink or a jump, and the verdict on a claimed derivative."""

    def __init__(self, random):
        self.slopes = random.normal(size=2) * 10 ** random.uniform(-2, 3) * random.choice([0, 1], 2)
        self.bends = random.normal(size=2) * 10 ** random.uniform(-2, 2)
        self.offset = random.normal() * 10 ** random.uniform(-3, 4)
        self.jump = random.choice([0, 0, 0, 1])
        self.kink = random.normal() * 10 ** random.uniform(-2, 2)
        self.x = numpy.array([self.kink])

    def values(self):
        t, i = self.x[0] - self.kink, int(self.x[0] > self.kink)
        return numpy.array(
            [self.offset + self.jump * i + self.slopes[i] * t + self.bends[i] * t * t]
        )

    def derivative(self):
        t, i = self.x[0] - self.kink, int(self.x[0] > self.kink)
        return self.slopes[i] + 2 * self.bends[i] * t

    def verdict(self, claim):
        analytic = numpy.array([claim])
        return judge(self.values, self.values(), self.x, numpy.ones(1), analytic, Limits())


def test_random_functions_away_from_their_kink():
    random = numpy.random.default_rng(0)
    for _ in range(1500):
        f = TwoParabolas(random)
        # 1e-6 / 64 is the smallest step of gradcheck: closer to the kink nothing can be told
        f.x += random.choice([-1, 1]) * 10 ** random.uniform(-7.5, 0)
        true = f.derivative()
        assert not f.verdict(true).wrong
        rounding = 1e-6 * abs(f.offset)
        for claim in (0.98 * true - rounding, 1.02 * true + rounding, f.slopes.mean()):
            if abs(claim - true) < 0.01 * abs(true) + 1e-4 + rounding:
                continue
            found = f.verdict(claim)
            assert not found.kink
            # only what PyTorch's single difference would not notice either may pass
            tolerance = Limits().tolerance(found.numeric)
            assert found.wrong or abs(claim - found.numeric) <= tolerance


def test_random_functions_at_their_kink():
    random = numpy.random.default_rng(1)
    for _ in range(1500):
        f = TwoParabolas(random)
        low, high = sorted(f.slopes)
        if f.jump or high - low < 1e-2 + 1e-4 * abs(f.offset) + 1e-4 * abs(f.bends).max():
            continue
        for share in (0.0, 0.3, 1.0):
            assert not f.verdict(low + share * (high - low)).wrong
        margin = 0.1 * (high - low) + 0.01 * max(abs(low), abs(high))
        assert f.verdict(low - margin).wrong
        assert f.verdict(high + margin).wrong


def test_kinks_are_told_beside_a_failure():
    function = claiming(tnp.relu, lambda x: tnp.relu(x) * at(1.0, 1.0, 3.0).detach())
    with pytest.raises(GradcheckError, match=r"1 of 9 .*(\n.*)+Left out: 1 elements at kinks"):
        gradcheck(function, at(0.0, 1.0, 2.0))


def test_gradgradcheck_excuses_the_kinks_of_relu_and_abs():
    assert gradgradcheck(tnp.relu, at(0.0, 1.0))
    assert gradgradcheck(tnp.abs, at(0.0, 1.0), fast_mode=True)


# -- ops and modules


def test_ops_are_checked_by_instance_and_class():
    assert gradcheck(Mul, (leaf(3, 2), leaf(2)))
    assert gradgradcheck(Mul(), (leaf(3, 2), leaf(2)), fast_mode=True)
    assert gradcheck(Sum((1,)), leaf(3, 2))


def test_an_op_that_has_run_stays_the_node_of_its_own_graph():
    op, a, b = Mul(), leaf(3), leaf(3)
    y = op(a, b)
    assert gradcheck(op, (at(7.0), at(8.0)))
    y.sum().backward()
    assert (a.grad == b).all()


def test_names_of_the_inputs_of_ops(monkeypatch):
    monkeypatch.setattr(Op, "registry", Op.registry.copy())

    class WrongCat(Cat):
        """y = x0, x1, ..."""

        def forward(self, *xs):
            return Cat.forward(self, *xs)

        def dxs(self, i, g):
            return Cat.dxs(self, i, g) * (1 + i)

    with pytest.raises(GradcheckError, match=r"of WrongCat: .* input 1 \(xs\[1\]\): 2 of 8 "):
        gradcheck(WrongCat(0), (leaf(2), leaf(2)))


def test_parameters_of_modules_are_checked_by_name():
    layer = nn.Linear(3, 2).double()
    x = tnp.tensor(numpy.ones((4, 3)))
    assert gradcheck(layer, x)
    assert gradgradcheck(layer, x, fast_mode=True)
    layer.bias.requires_grad = False
    problem = Problem.of(layer, leaf(4, 3))
    assert list(problem.leaves) == ["input 0 (input)", "parameter weight"]


def test_a_wrong_parameter_of_a_module_is_named():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(leaf(3).detach())
            self.shift = nn.Parameter(leaf(3).detach())

        def forward(self, x):
            return x * self.scale.detach() + self.shift

    with pytest.raises(GradcheckError, match=r"of Scaled: .* to parameter scale: 3 of 9 elements"):
        gradcheck(Scaled(), leaf(3))


# -- what is refused


def test_float32_is_refused_with_the_reason():
    x = tnp.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"input 0 \(x\) is float32, not float64.* hardly one is"):
        gradcheck(lambda x: x * x, x)
    with pytest.raises(ValueError, match="parameter weight is float32, not float64"):
        gradcheck(nn.Linear(3, 2), leaf(4, 3))
    with pytest.raises(ValueError, match=r"output 0 is float32, though the inputs are float64"):
        gradcheck(lambda x: x.float(), leaf(3))
    with pytest.raises(ValueError, match="grad_output 0 is float32, not float64"):
        gradgradcheck(lambda x: x * x, leaf(2), tnp.ones(2, requires_grad=True))
    assert gradcheck(lambda x, y: x * y, (leaf(2), tnp.ones(2)))  # a constant may be float32


def test_shared_memory_is_refused():
    x = leaf(1).expand(3)
    with pytest.raises(
        RuntimeError, match=r"elements of input 0 \(x\) share memory, as after expan"
    ):
        gradcheck(lambda x: x * x, x)
    windows = numpy.lib.stride_tricks.as_strided(numpy.zeros(4), (2, 3), (8, 8))
    with pytest.raises(RuntimeError, match="share memory"):
        gradcheck(lambda x: x * x, tnp.from_numpy(windows).requires_grad_())


def test_read_only_memory_is_refused():
    x = leaf(3)
    x.array.flags.writeable = False
    with pytest.raises(
        RuntimeError, match=r"the memory of input 0 \(x\) is read-only. Pass a clone"
    ):
        gradcheck(lambda x: x * x, x)


def test_something_must_require_grad():
    text = "gradcheck expects at least one input tensor to require gradient, but none of them have"
    for inputs in (leaf(2).detach(), (), 3):
        with pytest.raises(ValueError, match=text):
            gradcheck(lambda *x: x, inputs)
    with pytest.raises(ValueError, match="gradgradcheck: no output of the function requires grad"):
        gradgradcheck(lambda x: x.detach(), leaf(2))


def test_functions_must_return_tensors():
    with pytest.raises(TypeError, match="returns a Tensor or a tuple of Tensors, got int"):
        gradcheck(lambda x: 3, leaf(2))


@pytest.mark.parametrize(
    ("check", "option"),
    [
        (gradcheck, name)
        for name in [
            "check_batched_grad",
            "check_batched_forward_grad",
            "check_forward_ad",
            "masked",
        ]
    ]
    + [(gradgradcheck, name) for name in ["check_batched_grad", "check_fwd_over_rev", "masked"]],
)
def test_options_that_make_no_sense_here_are_refused_by_name(check, option):
    with pytest.raises(
        ValueError, match=f"^{option}=True is not supported: there is no forward-mo"
    ):
        check(lambda x: x * x, leaf(2), **{option: True})
    assert check(lambda x: x * x, leaf(2), **{option: False})


def test_switching_the_check_off_is_refused():
    with pytest.raises(ValueError, match="check_backward_ad=False would leave nothing to check"):
        gradcheck(lambda x: x * x, leaf(2), check_backward_ad=False)
    with pytest.raises(ValueError, match="check_rev_over_rev=False would leave nothing to check"):
        gradgradcheck(lambda x: x * x, leaf(2), check_rev_over_rev=False)


# -- functions that behave badly


def test_random_functions_are_reported():
    random = numpy.random.default_rng(0)
    noisy = lambda x: x * (1 + 1e-9 * random.random())  # noqa: E731
    with pytest.raises(
        GradcheckError, match=r"not deterministic: output 0 differs by .*nondet_tol=0"
    ):
        gradcheck(noisy, at(1.0, 2.0))
    with pytest.raises(GradcheckError, match="the function is not deterministic: output 0"):
        gradcheck(lambda x: tnp.rand(2).double() * x, at(1.0, 2.0))
    assert gradcheck(noisy, at(1.0, 2.0), nondet_tol=1e-8, eps=1e-3)


def test_outputs_of_changing_shape_are_reported():
    sizes = iter([2, 3])
    with pytest.raises(GradcheckError, match=r"outputs had the shapes \[\[2\]\] and \[\[3\]\]"):
        gradcheck(lambda x: x[: next(sizes)] * 1, leaf(4))


def test_random_rules_are_reported(monkeypatch):
    monkeypatch.setattr(Op, "registry", Op.registry.copy())

    class Noisy(Op):
        """y = 1 x"""

        def forward(self, x):
            return x * 1

        def dx(self, g):
            return g * (1 + 1e-9 * numpy.random.default_rng().random())

    with pytest.raises(
        GradcheckError, match=r"not reentrant: the gradient of input 0 \(x\) differs"
    ):
        gradcheck(Noisy(), leaf(2))
    assert gradcheck(Noisy(), leaf(2), nondet_tol=1e-8)


def test_dtype_and_size_of_gradients_are_checked(monkeypatch):
    monkeypatch.setattr(Op, "registry", Op.registry.copy())

    class Narrow(Op):
        """y = 2 x"""

        def forward(self, x):
            return x * 2

        def dx(self, g):
            return (g * 2).astype(numpy.float32)

    assert gradcheck(Narrow(), leaf(2))
    with pytest.raises(
        GradcheckError, match=r"dtype mismatch: float32 for input 0 \(x\) of dtype flo"
    ):
        gradcheck(Narrow(), leaf(2), check_grad_dtypes=True)


def test_a_rule_that_ignores_the_incoming_gradient_is_reported(monkeypatch):
    monkeypatch.setattr(Op, "registry", Op.registry.copy())

    class Ignores(Op):
        """y = sum of x"""

        def forward(self, x):
            return x.sum()

        def dx(self, g, x):
            return x * 0.0 + 1.0

    with pytest.raises(
        GradcheckError, match=r"backward not multiplied by grad_output: .*input 0 \(x"
    ):
        gradcheck(Ignores(), leaf(2))


def test_functions_that_change_their_inputs_are_reported():
    def changes_first(x):
        y = x * 2
        x.array += 1
        return y

    with pytest.raises(GradcheckError, match=r"the function changes input 0 \(x\) in place"):
        gradcheck(changes_first, leaf(2))

    def changes_constant(x, counts):
        counts.array[0] += 1
        return x * 2

    with pytest.raises(GradcheckError, match=r"the function changes input 1 \(counts\) in place"):
        gradcheck(changes_constant, (leaf(2), tnp.zeros(2)))


def test_inputs_come_back_to_the_bit_also_after_an_error():
    x = leaf(5)
    before, calls = x.array.tobytes(), iter(range(8))

    def function(x):
        if next(calls) == 7:
            raise ArithmeticError("at the eighth call")
        return x * x

    with pytest.raises(ArithmeticError, match="eighth"):
        gradcheck(function, x)
    assert x.array.tobytes() == before
    assert gradcheck(lambda x: x * x, x)
    assert x.array.tobytes() == before
    assert x.grad is None


def test_grad_mode_does_not_matter():
    with tnp.no_grad():
        assert gradcheck(lambda x: x * x, leaf(2))
        assert not gradcheck(lambda x: x * x.detach(), leaf(2), raise_exception=False)


# -- graphs that are missing


def test_an_output_without_graph_claims_a_zero_gradient():
    assert gradcheck(lambda x: x.detach() * 0.0 + 2.0, leaf(2))
    assert gradcheck(lambda x, y: x * 2, (leaf(2), leaf(3)))  # y: no gradient, rightly
    with pytest.raises(GradcheckError, match="2 of 4 elements are wrong"):
        gradcheck(lambda x: x.detach() * 2.0, leaf(2))
    assert gradcheck(lambda x: x.argmax(), leaf(2))  # no floating point output at all


def test_a_second_order_path_that_is_missing_counts_as_zero_and_is_compared(monkeypatch):
    monkeypatch.setattr(Op, "registry", Op.registry.copy())

    class Frozen(Op):
        """y = x^2, with a gradient that comes as a plain array"""

        def forward(self, x):
            return x * x

        def dx(self, g, x):
            g, x = (getattr(v, "array", v) for v in (g, x))
            return g * (x * 2)

    assert gradcheck(Frozen(), leaf(3))
    with pytest.raises(
        GradcheckError, match=r"gradgradcheck of Frozen: .* the gradient of input 0 \(x"
    ):
        gradgradcheck(Frozen(), leaf(3))
    assert not gradgradcheck(Frozen(), leaf(3), raise_exception=False, fast_mode=True)


def test_gradgradcheck_takes_grad_outputs(monkeypatch):
    assert gradgradcheck(lambda x: x**3, leaf(2, 3), leaf(2, 3))
    assert gradgradcheck(lambda x: (x**3, x.sum()), leaf(2, 3), (leaf(2, 3).detach(), leaf()))
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        gradgradcheck(lambda x: x**3, leaf(2, 3), leaf(3, 2))
    monkeypatch.setattr(Op, "registry", Op.registry.copy())
    seen = []

    class Watching(Op):
        """y = 1 x"""

        def forward(self, x):
            return x * 1

        def dx(self, g):
            seen.append(g.array.flags.c_contiguous if isinstance(g, tnp.Tensor) else True)
            return g * 1

    assert gradgradcheck(Watching(), leaf(2, 3), fast_mode=True)
    assert all(seen)
    assert gradgradcheck(Watching(), leaf(2, 3), gen_non_contig_grad_outputs=True, fast_mode=True)
    assert not all(seen)


# -- modes


def test_fast_mode_calls_the_function_a_few_times_only():
    function = Counted(lambda x: x @ x)
    assert gradcheck(function, leaf(8, 8))
    slow, function.calls = function.calls, 0
    assert gradcheck(function, leaf(8, 8), fast_mode=True)
    assert slow > 2 * 64
    assert function.calls <= 20


def test_a_step_in_many_dimensions_is_no_longer_than_in_one():
    memory, lengths = numpy.zeros(100), []

    def values():
        lengths.append(numpy.linalg.norm(memory))
        return memory.sum(keepdims=True)

    judge(values, numpy.zeros(1), memory, numpy.ones(100), numpy.array([3.0]), Limits(eps=1e-4))
    assert max(lengths) == pytest.approx(1e-4)


@pytest.mark.parametrize(("factor", "error"), [(1.0, 2e-3), (0.0, 5e-5)])
def test_small_errors_do_not_hide_in_a_random_projection(factor, error):
    a = numpy.full((30, 30), factor)
    function = claiming(matrix_times(a), matrix_times(a, [((3, 7), error)]))
    with pytest.raises(GradcheckError, match="1 of 900 elements are wrong"):
        gradcheck(function, leaf(30), fast_mode=True)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
@pytest.mark.parametrize("fast_mode", [False, True])
def test_scalars_and_nothing_at_all_can_be_checked(shape, fast_mode):
    assert gradcheck(lambda x: (x * x, x.sum()), leaf(*shape), fast_mode=fast_mode)
    assert gradgradcheck(lambda x: (x * x, x.sum()), leaf(*shape), fast_mode=fast_mode)


def test_memory_of_any_strides_can_be_checked():
    x = tnp.from_numpy(numpy.random.default_rng(0).normal(size=(6, 4))[::2, ::3]).requires_grad_()
    assert gradcheck(lambda x: x**3, x)
    assert gradcheck(lambda x: x**3, x.T)
