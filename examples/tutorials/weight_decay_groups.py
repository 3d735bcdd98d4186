"""Weight decay for matrices only, and a lower learning rate for the head."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

x = torch.randn(96, 12)
y = (x[:, :4] * x[:, 4:8]).sum(dim=1, keepdim=True) + 0.1 * torch.randn(96, 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(12, 48), nn.LayerNorm(48), nn.GELU(approximate="tanh"), nn.Linear(48, 24)
        )
        self.scale = nn.Parameter(torch.ones(24))
        self.head = nn.Linear(24, 1)

    def forward(self, x):
        return self.head(torch.tanh(self.body(x)) * self.scale)


model = Net()
body = {n: p for n, p in model.named_parameters() if not n.startswith("head")}
optim_groups = [
    {"params": [p for p in body.values() if p.dim() >= 2], "weight_decay": 0.1},
    {"params": [p for p in body.values() if p.dim() < 2], "weight_decay": 0.0},
    {"params": model.head.parameters(), "lr": 0.005, "weight_decay": 0.01},
]
optimizer = torch.optim.AdamW(optim_groups, lr=0.02, betas=(0.9, 0.95))
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
for _ in range(20):
    loss = F.smooth_l1_loss(model(x), y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    scheduler.step()
    print(f"{loss.item():.12f}")
