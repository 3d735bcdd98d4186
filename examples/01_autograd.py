"""Lesson 1. A tensor records what is done to it; walking the record backwards gives gradients."""

import tinygrad_np as tnp

# The slope of y = x^3 + 2x at x = 2 is 3 x^2 + 2 = 14.
x = tnp.tensor(2.0, requires_grad=True)
y = x**3 + 2 * x
print("made by", type(y.grad_fn).__name__, "from", [type(n).__name__ for n in y.grad_fn.edges])
y.backward()
print("dy/dx =", x.grad.item())

# A gradient is an expression too: with create_graph it is recorded and has a gradient itself.
x = tnp.tensor(2.0, requires_grad=True)
(slope,) = tnp.autograd.grad(x**3, x, create_graph=True)
(curvature,) = tnp.autograd.grad(slope, x)
print("d²(x³)/dx² =", curvature.item())

# Fitting a line: the gradient of the mean squared error says which way to move.
tnp.manual_seed(0)
inputs = tnp.randn(100)
targets = 3 * inputs - 1 + 0.1 * tnp.randn(100)
slope, offset = (tnp.zeros((), requires_grad=True) for _ in range(2))
for _ in range(100):
    loss = ((slope * inputs + offset - targets) ** 2).mean()
    slope.grad = offset.grad = None
    loss.backward()
    with tnp.no_grad():
        slope -= 0.1 * slope.grad
        offset -= 0.1 * offset.grad
print(f"fitted {slope.item():.2f} x + {offset.item():.2f}")
