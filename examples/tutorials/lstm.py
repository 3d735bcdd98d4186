"""A two-layer LSTM predicts the next value of sine waves."""

import sys

import torch
import torch.nn as nn
import torch.optim as optim

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

phases = 2 * torch.pi * torch.rand(16, 1)
waves = torch.sin(phases + 0.3 * torch.arange(25))
inputs, targets = waves[:, :-1].unsqueeze(-1), waves[:, 1:].unsqueeze(-1)


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=16, num_layers=2, batch_first=True)
        self.linear = nn.Linear(16, 1)

    def forward(self, x):
        output, _ = self.lstm(x)
        return self.linear(output)


model = Sequence()
criterion = nn.MSELoss()
optimizer = optim.Adam(model.parameters(), lr=0.02)
for _ in range(20):
    optimizer.zero_grad()
    loss = criterion(model(inputs), targets)
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.12f}")
