"""Lesson 2. An op of your own: formula, forward and one rule per input; then the proof."""

import tinygrad_np as tnp
from tinygrad_np import Op, Sample


class Gaussian(Op):
    """y = e^(-x^2 / s);   dx = -2 x y g / s,   ds = x^2 y g / s^2"""

    def forward(self, x, s):
        return self.xp.exp(-x * x / s)

    # A rule names what it needs: that is what the op keeps for the way back, and no more.
    def dx(self, g, x, s, out):
        return -2 * x * out * g / s

    # s may be one number for all of x: its gradient is summed for you.
    def ds(self, g, x, s, out):
        return x * x * out * g / (s * s)

    def samples(r):
        yield Sample(r.normal(3, 4), r.positive(3, 4))
        yield Sample(r.normal(3, 4), r.positive(4))


x = tnp.linspace(-1, 1, 5)
s = tnp.tensor(0.5, requires_grad=True)
y = Gaussian()(x, s)
y.sum().backward()
print(y)
print("ds =", s.grad.item())

# The check compares with central differences, to second order, and looks at dtypes and layouts.
print(tnp.check_op(Gaussian))


class Wrong(Gaussian):
    """y = e^(-x^2 / s), with a rule that forgets the 2"""

    def forward(self, x, s):
        return self.xp.exp(-x * x / s)

    def dx(self, g, x, s, out):
        return -x * out * g / s


print(str(tnp.check_op(Wrong)).splitlines()[0])
