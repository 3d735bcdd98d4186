"""Two networks against each other: the steps of a GAN on points of a circle."""

import sys

import torch
import torch.nn as nn
import torch.optim as optim

torch.set_default_dtype(getattr(torch, sys.argv[1] if len(sys.argv) > 1 else "float64"))
torch.manual_seed(0)

latent, batch_size = 8, 64
real_label, fake_label = 1.0, 0.0


def weights_init(m):
    if m.__class__.__name__.find("Linear") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.2)
        nn.init.constant_(m.bias.data, 0)


netG = nn.Sequential(
    nn.Linear(latent, 32), nn.BatchNorm1d(32), nn.ReLU(True), nn.Linear(32, 2), nn.Tanh()
)
netD = nn.Sequential(
    nn.Linear(2, 32), nn.LeakyReLU(0.2, inplace=True), nn.Linear(32, 1), nn.Sigmoid()
)
netG.apply(weights_init)
netD.apply(weights_init)
criterion = nn.BCELoss()
optimizerD = optim.Adam(netD.parameters(), lr=0.01, betas=(0.5, 0.999))
optimizerG = optim.Adam(netG.parameters(), lr=0.01, betas=(0.5, 0.999))

for _ in range(10):
    angles = 2 * torch.pi * torch.rand(batch_size)
    real = 0.8 * torch.stack((angles.cos(), angles.sin()), 1)

    netD.zero_grad()
    label = torch.full((batch_size,), real_label)
    errD_real = criterion(netD(real).view(-1), label)
    errD_real.backward()
    fake = netG(torch.randn(batch_size, latent))
    label.fill_(fake_label)
    errD_fake = criterion(netD(fake.detach()).view(-1), label)
    errD_fake.backward()
    optimizerD.step()

    netG.zero_grad()
    label.fill_(real_label)
    errG = criterion(netD(fake).view(-1), label)
    errG.backward()
    optimizerG.step()
    print(f"{(errD_real + errD_fake).item():.12f}")
    print(f"{errG.item():.12f}")
