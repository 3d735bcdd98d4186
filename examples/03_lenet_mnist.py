"""Lesson 3. LeNet learns digits: the loop that PyTorch users write, and the graph it makes."""

import nn
import tinygrad_np as tnp

tnp.manual_seed(0)
train, test = nn.data.MNIST(), nn.data.MNIST(train=False)


def pixels(split):
    """Images (N, 1, 28, 28) with about mean 0 and variance 1, and labels (N,)."""
    return (split.data.float().unsqueeze(1) / 255 - 0.13) / 0.31, split.targets


model = nn.models.LeNet(pool="avg")
criterion = nn.CrossEntropyLoss()
optimizer = nn.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
loader = nn.data.DataLoader(nn.data.TensorDataset(*pixels(train)), batch_size=64, shuffle=True)
for images, labels in loader:  # one epoch: 94 steps
    optimizer.zero_grad()
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()

model.eval()
with tnp.no_grad():
    images, labels = pixels(test)
    accuracy = (model(images).argmax(1) == labels).float().mean()
print(f"test accuracy after one epoch: {accuracy.item():.3f}")

# The last loss still holds its graph: every op, its shapes and the line above that ran it.
drawing = tnp.draw_graph(loss, params=dict(model.named_parameters()))
drawing.render(outfile="lenet.svg", cleanup=True)
print("the graph is in lenet.svg")
