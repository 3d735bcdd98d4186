"""A test of the test: check_op must find each of these planted faults and say where it is."""

from contextlib import contextmanager

import numpy
import pytest
import torch

import tinygrad_np as tnp
from tinygrad_np import ErrorSample, Op, Sample
from tinygrad_np.op_check import check_op
from tinygrad_np.ops.index import AddAt, SetItem

torch.set_num_threads(1)


@contextmanager
def unregistered():
    """Ops that are defined inside stay out of the registry, and so of the other tests."""
    before = Op.registry.copy()
    yield
    Op.registry.clear()
    Op.registry.update(before)


RIGHT, FAULTS = [], []


def right(op):
    RIGHT.append(op)
    return op


def fault(text):
    """A decorator: the report of the op must match `text`."""

    def plant(op):
        FAULTS.append(pytest.param(op, text, id=op.__name__))
        return op

    return plant


with unregistered():

    @right
    class Product(Op):
        """y = a * b;   da = g * b,   db = g * a"""

        def forward(self, a, b):
            return a * b

        def da(self, g, b):
            return g * b

        def db(self, g, a):
            return g * a

        def samples(r):
            yield Sample(r.normal(3, 3), r.normal(3, 3))
            yield ErrorSample(lambda: Product()(tnp.ones(2), tnp.ones(3)), "The size of tensor a")

        def reference(self, torch, a, b):
            return a * b

    @fault(r"gradcheck of WrongSign: .* with respect to input 0 \(a\): 9 of 81 elements are wrong")
    class WrongSign(Product):
        """y = a * b"""

        def forward(self, a, b):
            return a * b

        def da(self, g, b):
            return -g * b

    @fault(r"output 0 with respect to input 1 \(b\): 9 of 81 elements are wrong")
    class ConstantFactor(Product):
        """y = a * b"""

        forward = Product.forward

        def db(self, g, a):
            return g * a * 1.01

    @fault(r"output 0 with respect to input 1 \(b\): 9 of 81 elements are wrong")
    class OneInputWithoutGradient(Product):
        """y = a * b"""

        forward = Product.forward

        def db(self, g, a):
            return g * a * 0.0

    @fault(r"input 0 \(a\): 3 of 81 (.*\n)+ +input 0 \(a\) +\[1, \d\] +output 0 +\[1, \d\] +-?0 ")
    class ZeroRow(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            return g * b * numpy.array([[True], [False], [True]])

    @fault(r"where b require grad: gradcheck .* with respect to input 1 \(b\)")
    class RightOnlyAfterTheOtherRule(Product):
        """y = a * b"""

        forward = Product.forward
        hint = 0.0

        def da(self, g, a, b):
            self.hint = a
            return g * b

        def db(self, g):
            return g * self.hint

    @fault(r"y\[0, 0\] is .*, expected .* as the reference: 9 of 9 elements differ")
    class WrongValueRightGradient(Product):
        """y = a * b"""

        def forward(self, a, b):
            return a * b + 1

    @fault(r"its input b has no rule")
    class WithoutRule(Op):
        """y = a * b"""

        forward = Product.forward
        da = Product.da
        samples = Product.samples

    @fault(r"the rule da writes to g")
    class WritesToIncomingGradient(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            g *= b
            return g

    @fault(r"the rule da writes to b")
    class WritesToSavedInput(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            b *= 2.0
            return g * b / 2.0

    @fault(r"forward writes to its input a")
    class ForwardWritesToInput(Product):
        """y = a * b"""

        def forward(self, a, b):
            y = a * b
            a += 1
            return y

    @fault(r"the rule da returns float32 for an input of float64")
    class NarrowGradient(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            return (g * b).astype("float32")

    @fault(r"da is float64\[3, 3\], expected float32\[3, 3\]")
    class WideGradientOfFloat32(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            return g * b * numpy.float64(1)

    @fault(r"y is float64\[3, 3\], expected float32\[3, 3\] as the reference")
    class WideOutputOfFloat32(Product):
        """y = a * b"""

        def forward(self, a, b):
            return a * b * numpy.float64(1)

    @fault(r"the rule da returns a Tensor in first order")
    class TensorInFirstOrder(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            return tnp.mul(tnp.as_tensor(g), b)

    @fault(r"WrongShape.da returned a gradient of shape")
    class WrongShape(Product):
        """y = a * b"""

        forward = Product.forward

        def da(self, g, b):
            return (g * b)[:2]

    @fault(r"expected RuntimeError matching 'cats', got OpError: Product: The size of tensor a")
    class WrongErrorText(Product):
        """y = a * b"""

        forward = Product.forward

        def samples(r):
            yield Sample(r.normal(2), r.normal(2))
            yield ErrorSample(lambda: Product()(tnp.ones(2), tnp.ones(3)), "cats")

    @fault(r"expected RuntimeError matching '', but the call returned tensor\(\[1\., 1\.\]\)")
    class NoError(Product):
        """y = a * b"""

        forward = Product.forward

        def samples(r):
            yield Sample(r.normal(2), r.normal(2))
            yield ErrorSample(lambda: tnp.ones(2), "")

    @fault(r"samples\(r\) yields no Sample")
    class WithoutSamples(Op):
        """y = a * b"""

        forward = Product.forward
        da = Product.da
        db = Product.db

    @fault(r"the docstring must begin as `y = ...`, not as 'Multiply.'")
    class WithoutFormula(Product):
        """Multiply."""

        forward = Product.forward

    @right
    class Twice(Op):
        """y = 2 x;   dx = 2 g"""

        def forward(self, x):
            return x * 2

        def dx(self, g):
            return g * 2

        def samples(r):
            yield Sample(r.normal(2, 3))
            yield Sample(r.normal(2, 3, 2, 2))

    @fault(r"transposed memory: y\[0, 1\] is .*, expected .* as contiguous memory")
    class WrongForStrides(Twice):
        """y = 2 x"""

        def forward(self, x):
            return x.ravel("K").reshape(x.shape) * 2

    @fault(r"reversed memory: y\[0, 0\] is .*, expected .* as contiguous memory: 4 of 6")
    class WrongForNegativeStrides(Twice):
        """y = 2 x"""

        def forward(self, x):
            return (x[:, ::-1] if min(x.strides) < 0 else x) * 2

    @fault(r"sample 1, .*: H,C,W,N memory: dx\[0, 0, 0, 0\] is .*: 24 of 24")
    class RuleWrongForImageLayout(Twice):
        """y = 2 x"""

        forward = Twice.forward

        def dx(self, g):
            strides = getattr(g, "array", g).strides
            return g * (3 if strides == (8, 32, 96, 16) else 2)

    @fault(r"y is float64\[2, 3\], expected float32\[2, 3\] as the rounded results of float64")
    class WideWithoutReference(Twice):
        """y = 2 x"""

        def forward(self, x):
            return x * numpy.float64(2)

    @fault(r"y differs between two runs on the same inputs")
    class Random(Twice):
        """y = 2 x"""

        def forward(self, x):
            return x * 2 + 1e-14 * numpy.random.default_rng().random()

    @fault(r"with create_graph: dx\[0, 0\] is .*, expected .* as plain arrays: 6 of 6")
    class OtherRuleForTensors(Twice):
        """y = 2 x"""

        forward = Twice.forward

        def dx(self, g):
            return g * (2 if isinstance(g, numpy.ndarray) else 3)

    @right
    class MatrixProduct(Op):
        """y = a @ b;   da = g @ b^T,   db = a^T @ g"""

        def forward(self, a, b):
            return a @ b

        def da(self, g, b):
            return g @ b.T

        def db(self, g, a):
            return a.T @ g

        def samples(r):
            yield Sample(r.normal(3, 3), r.normal(3, 3))

    @fault(r"with respect to input 0 \(a\): 18 of 81 elements are wrong")
    class TransposedFactor(MatrixProduct):
        """y = a @ b"""

        forward = MatrixProduct.forward

        def da(self, g, b):
            return g @ b

    @right
    class AddRow(Op):
        """y[i] = x[i] + b;   dx = g,   db = sum of g over i"""

        def forward(self, x, b):
            return x + b

        def dx(self, g):
            return g

        def db(self, g):
            return g.sum(0)

        def samples(r):
            yield Sample(r.normal(4, 3), r.normal(3))

    @fault(r"output 0 with respect to input 1 \(b\): 9 of 36 elements are wrong")
    class MissingBroadcastSum(AddRow):
        """y[i] = x[i] + b"""

        forward = AddRow.forward

        def db(self, g):
            return g[0]

    @right
    class Take(Op):
        """y = x[0, 2, 0];   dx = zeros with g added there"""

        index = (numpy.array([0, 2, 0]),)

        def forward(self, x):
            return x[self.index]

        def dx(self, g):
            return AddAt(self.index, (4,))(g)

        def samples(r):
            yield Sample(r.normal(4))

    @fault(r"with respect to input 0 \(x\): 1 of 12 (.*\n)+ +input 0 \(x\) +\[0\] .* 0 +1 +1 +1")
    class AssignedForAdded(Take):
        """y = x[0, 2, 0]"""

        forward = Take.forward

        def dx(self, g):
            return SetItem(self.index)(g[[0, 0, 0, 0]] * 0.0, g)

    @right
    class Middle(Op):
        """y = x[1:3];   dx = zeros with g at 1:3"""

        start = 1

        def forward(self, x):
            return x[1:3]

        def dx(self, g):
            return AddAt((slice(self.start, self.start + 2),), (4,))(g)

        def samples(r):
            yield Sample(r.normal(4))

    @fault(r"with respect to input 0 \(x\): 4 of 8 elements are wrong")
    class ShiftedByOne(Middle):
        """y = x[1:3]"""

        forward = Middle.forward
        start = 2

    @right
    class Square(Op):
        """y = x^2;   dx = 2 g x"""

        def forward(self, x):
            self.hint = x
            return x * x

        def dx(self, g, x):
            return g * (x * 2)

        def samples(r):
            yield Sample(r.normal(3))

    @fault(
        r"gradgradcheck of .* the gradient of input 0 \(x\) with respect to input 0 \(x\): 3 of 9"
    )
    class RawArrayInRule(Square):
        """y = x^2"""

        forward = Square.forward

        def dx(self, g):
            return g * (self.hint * 2)

    @fault(
        r"gradgradcheck of .* the gradient of input 0 \(x\) with respect to input 0 \(x\): 3 of 9"
    )
    class GradientWithoutGraph(Square):
        """y = x^2"""

        forward = Square.forward

        def dx(self, g, x):
            g, x = (getattr(v, "array", v) for v in (g, x))
            return g * (x * 2)

    @right
    class Total(Op):
        """y = sum of x;   dx = g, spread"""

        def forward(self, x):
            return x.sum()

        def dx(self, g, x):
            return g + x * 0.0

        def samples(r):
            yield Sample(r.normal(3))

    @fault(r"backward not multiplied by grad_output: .* that of input 0 \(x\) is not")
    class IgnoresIncomingGradient(Total):
        """y = sum of x"""

        forward = Total.forward

        def dx(self, g, x):
            return x * 0.0 + 1.0

    @right
    class Ramp(Op):
        """y = max(x, 0);   dx = g * [x > 0]"""

        def forward(self, x):
            return numpy.maximum(x, 0)

        def dx(self, g, x):
            return g * (x > 0)

        def samples(r):
            yield Sample(r.away_from(0, (4,)))

        def reference(self, torch, x):
            return torch.relu(x)

    @fault(r"dx\[0\] is -0.0, expected .* as the reference: 2 of 2 elements differ")
    class HidesAtKink(Ramp):
        """y = |x|"""

        def forward(self, x):
            return abs(x)

        def dx(self, g):
            return g * 0.0  # a fair choice at 0, and nowhere else

        def samples(r):
            yield Sample(numpy.zeros(2))

        def reference(self, torch, x):
            return torch.where(x < 0, -x, x)

    @fault(r"2 derivatives do not exist here: move the sample away from the kink")
    class HidesAtKinkWithoutReference(Op):
        """y = |x|"""

        forward = HidesAtKink.forward
        dx = HidesAtKink.dx
        samples = HidesAtKink.samples

    @fault(r"with respect to input 0 \(x\): 1 of 4 elements are wrong")
    class WrongNextToKink(Op):
        """y = max(x, 0)"""

        forward = Ramp.forward

        def dx(self, g, x):
            return g * (x > 0) * 0.7

        def samples(r):
            yield Sample(numpy.array([1e-7, -1e-7]))


@pytest.mark.parametrize("op", RIGHT)
def test_the_twins_without_a_fault_pass(op):
    check_op(op).raise_if_failed()
    check_op(op, torch=torch).raise_if_failed()


@pytest.mark.parametrize(("op", "text"), FAULTS)
def test_fault_is_found_and_named(op, text):
    with pytest.raises(AssertionError, match=text):
        check_op(op, torch=torch).raise_if_failed()


def test_reports_tell_what_was_checked():
    report = check_op(Product)
    assert report
    assert str(report) == "Product is right on 1 samples and 1 error samples"
    report = check_op(WithoutFormula)
    assert not report
    assert str(report).startswith("WithoutFormula is wrong, 1 faults on 1 samples and 1 error sam")


def test_the_seed_changes_the_samples():
    seen = []

    def samples(r):
        seen.append(r.normal(2, 2))
        yield Sample(seen[-1], seen[-1])

    op = type("SeedOfProduct", (Product,), {"samples": samples, "__doc__": "y = a * b"})
    for seed in (0, 0, 1):
        check_op(op, seed=seed).raise_if_failed()
    assert (seen[0] == seen[1]).all()
    assert (seen[0] != seen[2]).all()


def test_there_are_at_least_twelve_faults():
    assert len(FAULTS) >= 12


def test_faulty_ops_stay_out_of_the_registry():
    assert not {op.values[0].__name__ for op in FAULTS} & set(Op.registry)
