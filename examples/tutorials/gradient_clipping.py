"""A GRU over long sequences, whose gradient is clipped: which of two marks came first?"""

import sys

import torch
import torch.nn as nn
from torch.nn.utils import clip_grad_norm_

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)


def make_batch(size, length=20):
    tokens = torch.randint(2, 8, (size, length))
    places = torch.stack([torch.randperm(length)[:2] for _ in range(size)])
    tokens.scatter_(1, places, torch.tensor([[0, 1]]).expand(size, 2))
    return tokens, (places[:, 0] < places[:, 1]).to(torch.get_default_dtype())


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(8, 12)
        self.gru = nn.GRU(12, 16, batch_first=True)
        self.fc = nn.Linear(16, 1)

    def forward(self, tokens):
        _, hidden = self.gru(self.embedding(tokens))
        return self.fc(hidden[-1]).squeeze(-1)


model = Classifier()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01, momentum=0.5)
for _ in range(20):
    tokens, first = make_batch(24)
    optimizer.zero_grad()
    loss = criterion(model(tokens), first)
    loss.backward()
    norm = clip_grad_norm_(model.parameters(), max_norm=0.25)
    optimizer.step()
    print(f"{loss.item():.12f}")
