"""PyTorch's module names, so that a script runs here with its imports renamed, or unchanged.

`import tinygrad_np.nn`, `from tinygrad_np.utils.data import DataLoader` and `tinygrad_np.optim`
find the modules of the package `nn`. Inside `as_torch()`, `import torch` and `import torchvision`
find this library: `tinygrad-np run script.py` uses it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import spelling
from .refused import REFUSED

# A module of PyTorch, without `torch.`, and the module here. The longest that fits is taken.
_PLACES = {
    "": "tinygrad_np",
    "nn": "nn",
    "optim": "nn.optim",
    "utils": "nn.utils",
    "utils.data": "nn.data",
}
_VISION = {"": "nn.data"}


def place_of(name: str) -> str:
    """The module here that PyTorch's module `name` stands for.

    >>> place_of("torch.optim.lr_scheduler")
    'nn.optim.lr_scheduler'
    """
    root, _, name = name.partition(".")
    places = _VISION if root == "torchvision" else _PLACES
    known = name
    while known not in places:
        known = known.rpartition(".")[0]
    rest = name[len(known) :].strip(".")
    return f"{places[known]}.{rest}" if rest else places[known]


class _Finder(MetaPathFinder, Loader):
    """Imports a module of the names `roots` as the module here that it stands for."""

    def __init__(self, *roots: str) -> None:
        self.roots = roots

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in self.roots:
            return None
        home, _, last = place_of(name).rpartition(".")
        if last in REFUSED.get(home, {}):
            raise ModuleNotFoundError(
                f"{name} is not part of tinygrad_np: {REFUSED[home][last]}", name=name
            )
        if place_of(name) == name:
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        place = place_of(spec.name)
        try:
            module = import_module(place)
        except ModuleNotFoundError as error:
            if not place.startswith(str(error.name)):
                raise
            text = f"{spec.name} is not part of tinygrad_np: there is no {place}"
            raise ModuleNotFoundError(text, name=spec.name) from None
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.own_spec  # the import machinery has put the new name there


def install() -> None:
    """Let `import tinygrad_np.nn` and the like find what they mean."""
    sys.meta_path.insert(0, _Finder("tinygrad_np"))


@contextmanager
def as_torch() -> Iterator[None]:
    """Inside, `import torch` and `import torchvision` find this library, which prints as torch.

    >>> with as_torch():
    ...     import torch
    >>> torch.__name__
    'tinygrad_np'
    """
    roots = ("torch", "torchvision")
    theirs = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in roots}
    for name in theirs:
        del sys.modules[name]
    finder = _Finder(*roots)
    sys.meta_path.insert(0, finder)
    spelling.library, before = "torch", spelling.library
    try:
        yield
    finally:
        spelling.library = before
        sys.meta_path.remove(finder)
        for name in [n for n in sys.modules if n.partition(".")[0] in roots]:
            del sys.modules[name]
        sys.modules.update(theirs)
