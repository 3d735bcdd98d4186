"""Logistic regression with tensors alone: the weights are moved by hand."""

import math
import sys

import torch

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

centres = 2 * torch.randn(5, 10)
y_train = torch.randint(0, 5, (200,))
x_train = centres[y_train] + torch.randn(200, 10)

weights = torch.randn(10, 5) / math.sqrt(10)
weights.requires_grad_()
bias = torch.zeros(5, requires_grad=True)


def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)


def model(xb):
    return log_softmax(xb @ weights + bias)


def nll(input, target):
    return -input[range(target.shape[0]), target].mean()


bs, lr = 50, 0.1
for _ in range(5):
    for i in range((len(x_train) - 1) // bs + 1):
        xb, yb = x_train[i * bs : (i + 1) * bs], y_train[i * bs : (i + 1) * bs]
        loss = nll(model(xb), yb)
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * lr
            bias -= bias.grad * lr
            weights.grad.zero_()
            bias.grad.zero_()
        print(f"{loss.item():.12f}")
