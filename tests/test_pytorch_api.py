"""The table of PyTorch's names is what the packages contain, and tiers 1 and 2 are whole."""

import inspect
import re

import pytest
import torch
from pytorch_api import OBJECTS, TABLE, TIERS, as_markdown, found, rows

ROWS = rows()


def test_the_table_is_up_to_date():
    assert TABLE.read_text() == as_markdown(ROWS), "run `python tests/pytorch_api.py`"


def test_nothing_is_missing():
    assert [row[:3] for row in ROWS if row.state == "missing"] == []


def test_tiers_1_and_2_are_done():
    refused = {row.name for row in ROWS if row.tier < 3 and row.state == "refused"}
    assert refused == {"bfloat16"}


def test_the_names_are_pytorchs():
    vision = [place for places in TIERS.values() for place in places if "vision" in place]
    for row in ROWS:
        if row.place in vision:
            continue
        home = torch
        for part in row.place.split(".")[1:]:
            home = getattr(home, part)
        home = OBJECTS.get(row.place, lambda _, home=home: home)(torch)
        known = hasattr(home, row.name) or row.name in ("onnx", "checkpoint", "tensorboard")
        known = known or row.place.endswith("FunctionCtx")  # saved_tensors is the node's, in C++
        assert known, f"{row.place} has no {row.name}"


PLACES = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.nn.functional": torch.nn.functional,
}
ELSEWHERE = [
    pytest.param(place, name, id=f"{place}.{name}")
    for place, home in PLACES.items()
    for name in sorted(
        {row.name for row in ROWS if row.place in PLACES and row.state == "done"}
        | {f"{row.name}_" for row in ROWS if row.place in PLACES and row.state == "done"}
    )
    if inspect.isroutine(getattr(home, name, None)) and not name.startswith("__")
]


@pytest.mark.parametrize(("place", "name"), ELSEWHERE)
def test_what_is_done_in_one_place_is_done_in_all_that_pytorch_has(place, name):
    """As function, as method, in `nn.functional` and in place, where PyTorch has it so."""
    assert hasattr(found(place), name)


# Arguments of PyTorch's that mean nothing here: they say where and how memory is laid out.
MEMORY = {"out", "layout", "pin_memory", "memory_format"}

# Where our arguments are others than PyTorch's, and why.
DIFFERENT = {
    "torch.enable_grad": "the decorator's argument has another name",
    "torch.autograd.function.once_differentiable": "the decorator's argument has another name",
    "torch.Tensor.uniform_": "PyTorch's `from` is no name that Python lets us write",
    "torch.save": "one format, one pickle",
    "torch.autocast": "the device may be left out",
    "torch.compile": "its options change nothing",
    "torch.einsum": "takes whatever comes, as PyTorch's does",
    **dict.fromkeys(
        ["torch.Tensor.dot", "torch.Tensor.bmm", "torch.Tensor.mul_", "torch.Tensor.div_",
         "torch.Tensor.type_as"],
        "PyTorch's parser knows another name than its documentation",
    ),
}  # fmt: skip


def arguments(function) -> list[tuple]:
    """Names, kinds and defaults, as text: a default may be a dtype or a class of either library."""
    parameters = list(inspect.signature(function).parameters.values())
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        raise ValueError("PyTorch sorts them out by itself")
    library = re.compile(r"torch\.|tinygrad_np\.|_C\.|random\.| at 0x\w+")
    return [
        (p.name, p.kind, library.sub("", str(p.default)))
        for p in parameters
        if p.name not in MEMORY
    ]


def documented(function, name) -> list[str]:
    """The names of the arguments that the first line of a C++ function's docstring gives."""
    head = re.match(rf"\s*{name}\((.*?)\) -> ", function.__doc__ or "")
    if head is None:
        return []
    names = re.sub(r"\([^)]*\)|\[[^\]]*\]|=[^,]+", "", head[1]).split(",")
    return [n.strip() for n in names if n.strip().isidentifier() and n.strip() not in MEMORY]


def compared(read):
    """Ours and what is to be known of theirs, for what is done."""
    for row in ROWS:
        ours, theirs = found(row.place), torch
        for part in row.place.split(".")[1:]:
            theirs = getattr(theirs, part, None)
        ours, theirs = getattr(ours, row.name, None), getattr(theirs, row.name, None)
        path = f"{row.place}.{row.name}"
        if row.name.startswith("__"):
            continue
        if row.state == "done" and callable(ours) and callable(theirs) and path not in DIFFERENT:
            try:
                told = read(theirs, row.name)
            except (TypeError, ValueError):
                continue  # written in C++, or takes whatever comes
            if told:
                yield pytest.param(ours, told, id=path)


@pytest.mark.parametrize(("ours", "theirs"), [*compared(lambda f, name: arguments(f))])
def test_arguments_are_pytorchs(ours, theirs):
    mine = arguments(ours)
    if mine[0][0] == "input" and theirs[0][0] == "self":  # a function that is a method too
        mine, theirs = mine[1:], theirs[1:]
    assert mine == theirs


@pytest.mark.parametrize(("ours", "theirs"), [*compared(documented)])
def test_arguments_are_what_pytorch_documents(ours, theirs):
    known = inspect.signature(ours).parameters
    others = any(p.kind is p.VAR_KEYWORD for p in known.values())  # passed on to another function
    assert [n for n in theirs if n not in known and not others] == []
