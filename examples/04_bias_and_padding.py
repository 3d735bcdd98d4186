"""Lesson 4. Two textbook formulas: the bias as one more weight, padding that keeps a size."""

import nn
import nn.functional as F
import tinygrad_np as tnp

# The bias trick: put a 1 behind each input and the bias behind the weights, as one more column.
# Then x w^T + b is one product, and the gradient of that column is the gradient of the bias.
tnp.manual_seed(0)
layer, x = nn.Linear(3, 2), tnp.randn(5, 3)
layer(x).square().sum().backward()

with tnp.no_grad():
    together = tnp.cat([layer.weight, layer.bias[:, None]], dim=1)  # (2, 3) and (2, 1) -> (2, 4)
together.requires_grad_()
with_one = tnp.cat([x, tnp.ones(5, 1)], dim=1)  # (5, 3) and (5, 1) -> (5, 4)
y = F.linear(with_one, together)
y.square().sum().backward()
print("same output:", tnp.allclose(y, layer(x)))
print("same weight gradient:", tnp.allclose(together.grad[:, :3], layer.weight.grad))
print("last column is the bias gradient:", tnp.allclose(together.grad[:, 3], layer.bias.grad))


# Padding that keeps the size: (IH + 2p - K) // S + 1 is IH for the p below, IH being the size
# before padding. Where p is no whole number, the next one will do if S > 1, and none if S = 1.
def same(size, kernel, stride):
    p, odd = divmod((stride - 1) * size - stride + kernel, 2)
    return (p + 1 if stride > 1 else None) if odd else p


print("size kernel stride -> padding")
for size, kernel, stride in [(28, 5, 1), (28, 3, 1), (28, 4, 1), (9, 3, 2), (7, 4, 2), (7, 5, 3)]:
    padding = same(size, kernel, stride)
    if padding is not None:
        out = nn.Conv2d(1, 1, kernel, stride, padding)(tnp.ones(1, 1, size, size))
        assert out.shape[2:] == (size, size)
    print(f"{size:4} {kernel:6} {stride:6} -> {padding}")

# With an even kernel and stride 1, padding="same" puts the odd row and column behind.
print(nn.Conv2d(1, 1, 4, padding="same")(tnp.ones(1, 1, 28, 28)).shape)
