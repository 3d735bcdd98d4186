"""PyTorch's module names find this library, and what it leaves out is refused by name."""

import subprocess
import sys

import pytest
import torch as real_torch

import nn
import tinygrad_np as tnp
from tinygrad_np.refused import REFUSED

SCRIPT = """
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.backends.cudnn as cudnn
import torch.optim.lr_scheduler
from torch import optim
from torch.autograd import Function
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms

cudnn.benchmark = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)
model = nn.Linear(2, 1).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss = F.mse_loss(model(torch.ones(3, 2)), torch.zeros(3, 1))
loss.backward()
optimizer.step()
print(torch.__name__, sys.argv[1:], f"{loss.item():.6f}", datasets.MNIST.__name__)
"""


def run(tmp_path, script, *args):
    file = tmp_path / "script.py"
    file.write_text(script)
    command = [sys.executable, "-m", "nn", "run", str(file), *args]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_script_runs_unchanged(tmp_path):
    done = run(tmp_path, SCRIPT, "--lr", "3")
    real_torch.manual_seed(0)
    model = real_torch.nn.Linear(2, 1)
    loss = (model(real_torch.ones(3, 2)) ** 2).mean().item()
    assert done.stderr == ""
    assert done.stdout == f"tinygrad_np ['--lr', '3'] {loss:.6f} MNIST\n"


def test_a_script_that_raises_is_told_and_exits_with_1(tmp_path):
    done = run(tmp_path, "import torch\ntorch.ones(2) + torch.ones(3)\n")
    assert done.returncode == 1
    assert "script.py:2: torch.ones(2) + torch.ones(3)" in done.stderr
    assert "runpy" not in done.stderr


def test_a_script_that_is_not_there(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "nn", "run", "absent.py"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (2, "tinygrad-np run: there is no file absent.py\n")


def test_imports_with_the_name_changed():
    code = (
        "import tinygrad_np.nn.functional as F, tinygrad_np.optim.lr_scheduler as s, nn\n"
        "from tinygrad_np.utils.data import DataLoader\n"
        "from tinygrad_np import nn as same\n"
        "import tinygrad_np as torch\n"
        "assert F is nn.functional and s is nn.optim.lr_scheduler and same is nn is torch.nn\n"
        "assert DataLoader is nn.data.DataLoader is torch.utils.data.DataLoader\n"
        "assert (nn.__name__, nn.__spec__.name) == ('nn', 'nn')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_as_torch_gives_the_real_one_back():
    with tnp.as_torch():
        import torch

        assert torch is tnp
    assert sys.modules["torch"] is real_torch


def test_a_module_that_is_not_there():
    with pytest.raises(ModuleNotFoundError, match=r"nn\.absent is not part of tinygrad_np: there"):
        import tinygrad_np.nn.absent  # noqa: F401


@pytest.mark.parametrize(
    ("module", "name"), [(m, name) for m, names in REFUSED.items() for name in names]
)
def test_what_is_left_out_says_why(module, name):
    __import__(module)
    with pytest.raises(AttributeError, match=rf"{module} has no {name}: \w+"):
        getattr(sys.modules[module], name)


def test_an_unknown_name_is_an_ordinary_mistake():
    for module in (tnp, nn):
        with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute"):
            _ = module.absent


def test_there_is_only_the_cpu():
    assert tnp.cuda.is_available() is tnp.backends.mps.is_available() is False
    assert tnp.accelerator.current_accelerator() is None
    assert tnp.cuda.device_count() == 0
    with pytest.raises(RuntimeError, match=r"current_device\(\) needs a GPU"):
        tnp.cuda.current_device()
    with pytest.raises(RuntimeError, match="computes on device 'cpu' only, not on 'cuda'"):
        tnp.ones(2).to("cuda")
