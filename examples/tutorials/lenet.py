"""A convolutional network in the manner of LeNet on images of a bright row or column."""

import sys

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)


class Stripes(Dataset):
    """Noise with a bright row (classes 0 to 3) or column (4 to 7)."""

    def __init__(self, count):
        self.images = 0.5 * torch.rand(count, 1, 16, 16)
        self.labels = torch.randint(8, (count,))
        for image, label in zip(self.images, self.labels.tolist(), strict=True):
            place = slice(4 * (label % 4), 4 * (label % 4) + 2)
            if label < 4:
                image[:, place] += 1
            else:
                image[:, :, place] += 1

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, 1)
        self.conv2 = nn.Conv2d(6, 12, kernel_size=3)
        self.dropout = nn.Dropout(0.1)
        self.fc1 = nn.Linear(12 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 8)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.dropout(torch.flatten(x, 1))
        x = F.relu(self.fc1(x))
        return F.log_softmax(self.fc2(x), dim=1)


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
loader = DataLoader(Stripes(160), batch_size=32, shuffle=True, drop_last=True)
model = Net().to(device)
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
for _ in range(4):
    model.train()
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        print(f"{loss.item():.12f}")
    scheduler.step()
