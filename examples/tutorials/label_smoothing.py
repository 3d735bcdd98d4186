"""Smoothed labels, and a learning rate that warms up and then follows a cosine."""

import sys

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

labels = torch.multinomial(torch.tensor([0.7, 0.2, 0.1]), 160, replacement=True)
points = torch.randn(160, 6) + labels.unsqueeze(1)
counts = torch.bincount(labels)
weights = (1.0 / counts)[labels]  # classes alike often
sampler = torch.utils.data.WeightedRandomSampler(weights, num_samples=160)
dataset = torch.utils.data.TensorDataset(points, labels)
loader = torch.utils.data.DataLoader(dataset, batch_size=40, sampler=sampler)

model = nn.Sequential(nn.Linear(6, 24), nn.SiLU(), nn.Dropout(0.1), nn.Linear(24, 3))
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
warmup = LinearLR(optimizer, start_factor=0.1, total_iters=5)
cosine = CosineAnnealingLR(optimizer, T_max=15, eta_min=0.001)
scheduler = SequentialLR(optimizer, schedulers=[warmup, cosine], milestones=[5])
for _ in range(5):
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        print(f"{loss.item():.12f}")
