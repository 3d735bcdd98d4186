"""An ordinary training loop for torch runs here too, to the same losses, with other imports."""

import contextlib
import io
import re

import pytest
import torch

import tinygrad_np as tnp

TORCH_IMPORTS = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.utils.data import DataLoader, Dataset, TensorDataset
"""
OUR_IMPORTS = """
import tinygrad_np as torch
import nn
import nn.functional as F
from nn import optim
from nn.data import DataLoader, Dataset, TensorDataset
"""
SCRIPT = """
torch.manual_seed(42)
device = torch.device("cpu")


class Stripes(Dataset):
    '''Images of noise with one bright row or column; its number is the class.'''

    def __init__(self, n):
        self.images = 0.5 * torch.rand(n, 1, 12, 12)
        self.labels = torch.randint(0, 8, (n,))
        for image, label in zip(self.images, self.labels.tolist()):
            if label < 4:
                image[0, 3 * label] += 1
            else:
                image[0, :, 3 * (label - 4)] += 1

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]


class Net(nn.Module):
    def __init__(self, classes=8):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 8, kernel_size=3)
        self.drop = nn.Dropout(0.2)
        self.head = nn.Sequential(nn.Linear(32, 16), nn.ReLU(inplace=True), nn.Linear(16, classes))
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2)
        x = F.avg_pool2d(F.relu(self.conv2(x)), 2)
        x = self.drop(torch.flatten(x, 1))
        return self.head(x.view(x.size(0), -1))


train_set, test_set = Stripes(150), Stripes(40)
test_set = TensorDataset(test_set.images, test_set.labels)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=16)


def train(model, optimizer, epoch):
    model.train()
    total = 0.0
    for step, (data, target) in enumerate(train_loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target, label_smoothing=0.05)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(data)
        print(f"epoch {epoch} step {step} loss {loss.item():.12f}")
    return total / len(train_loader.dataset)


@torch.no_grad()
def evaluate(model):
    model.eval()
    loss, correct = 0.0, 0
    for data, target in test_loader:
        output = model(data)
        loss += F.nll_loss(F.log_softmax(output, dim=1), target, reduction="sum").item()
        correct += (output.argmax(dim=1) == target).sum().item()
    return loss / len(test_set), correct / len(test_set)


for name in ("SGD", "Adam"):
    model = Net().to(device)
    weights = [p for n, p in model.named_parameters() if n.endswith("weight")]
    others = [p for n, p in model.named_parameters() if not n.endswith("weight")]
    groups = [{"params": weights, "weight_decay": 1e-4}, {"params": others}]
    if name == "SGD":
        optimizer = optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)
    else:
        optimizer = optim.Adam(groups, lr=2e-2)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for epoch in range(1, 4):
        mean = train(model, optimizer, epoch)
        loss, accuracy = evaluate(model)
        scheduler.step()
        lr = scheduler.get_last_lr()[0]
        print(f"{name} mean {mean:.12f} test {loss:.12f} accuracy {accuracy:.4f} lr {lr:.6f}")
    twin = Net()
    twin.load_state_dict(model.state_dict())
    loss, accuracy = evaluate(twin)
    print(f"reloaded {loss:.12f} {accuracy:.4f}")
    print(model)
"""


def printed_by(imports, lib):
    lib.set_default_dtype(lib.float64)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(imports + SCRIPT, "script", "exec"), {"__name__": "__main__"})
    finally:
        lib.set_default_dtype(lib.float32)
    return out.getvalue()


def test_the_script_prints_the_same_under_both():
    ours, theirs = printed_by(OUR_IMPORTS, tnp), printed_by(TORCH_IMPORTS, torch)
    number = r"-?\d+\.\d+"
    assert re.sub(number, "#", ours) == re.sub(number, "#", theirs)
    values = [[float(v) for v in re.findall(number, text)] for text in (ours, theirs)]
    assert len(values[0]) > 50
    assert values[0] == pytest.approx(values[1], rel=0, abs=1e-9)
    means = [float(v) for v in re.findall(rf"mean ({number})", ours)]
    assert means[2] < 0.8 * means[0]  # and it learns
    assert means[5] < 0.8 * means[3]
