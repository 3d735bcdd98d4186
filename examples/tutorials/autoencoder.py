"""A convolutional autoencoder: strided convolutions down, transposed ones up again."""

import sys

import torch
import torch.nn as nn

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

rows, columns = torch.meshgrid(torch.linspace(-1, 1, 12), torch.linspace(-1, 1, 12), indexing="ij")
centres = torch.rand(32, 2, 1, 1) - 0.5
distances = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2
images = torch.exp(-8 * distances).unsqueeze(1)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 8, 3),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 3),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = Autoencoder()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
for _ in range(20):
    reconstructed = model(images)
    loss = criterion(reconstructed, images)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.12f}")
