"""A character-level RNN learns to say the next letter of a sentence."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

text = "the quick brown fox jumps over the lazy dog. " * 4
chars = sorted(set(text))
stoi = {ch: i for i, ch in enumerate(chars)}
data = torch.tensor([stoi[ch] for ch in text])
seq_length = 16


class CharRNN(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.rnn = nn.RNN(vocab_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, vocab_size)

    def forward(self, line, hidden):
        output, hidden = self.rnn(line, hidden)
        return self.h2o(output), hidden

    def init_hidden(self, batch_size):
        return torch.zeros(1, batch_size, self.hidden_size)


model = CharRNN(len(chars), 32)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(20):
    starts = torch.randint(0, len(data) - seq_length, (8,)).tolist()
    inputs = torch.stack([data[i : i + seq_length] for i in starts], dim=1)
    targets = torch.stack([data[i + 1 : i + seq_length + 1] for i in starts], dim=1)
    one_hot = F.one_hot(inputs, len(chars)).to(torch.get_default_dtype())
    output, _ = model(one_hot, model.init_hidden(8))
    loss = F.cross_entropy(output.view(-1, len(chars)), targets.view(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.12f}")
