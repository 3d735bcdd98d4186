"""Shapes, strides, views and order: what PyTorch gives, for drawn tensors and programs."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_functions import X, same

import tinygrad_np as tnp

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])

FEW = settings(max_examples=80, deadline=None, print_blob=True)


def outcome(act, lib, *arrays):
    """The result of `act`, in plain Python, or its error: kind and first line."""
    try:
        result = act(lib, *(lib.from_numpy(array.copy("K")) for array in arrays))
    except (IndexError, RuntimeError, TypeError, ValueError) as error:
        return error
    return plain(result)


def plain(x):
    if isinstance(x, tuple | list) and not isinstance(x, tnp.Size | torch.Size):
        return [plain(each) for each in x]
    if hasattr(x, "stride"):
        # where there is no second element NumPy counts steps of its own
        stride = [s for n, s in zip(x.shape, x.stride(), strict=True) if n > 1 and x.numel()]
        return tuple(x.shape), str(x.dtype).split(".")[1], stride, x.tolist()
    return x


def agree(act, *arrays, text=True):
    """Both libraries give the same, strides included, or fail alike."""
    ours, theirs = outcome(act, tnp, *arrays), outcome(act, torch, *arrays)
    if not isinstance(theirs, Exception):
        assert ours == theirs
        return
    assert isinstance(ours, type(theirs)), (ours, theirs)
    if text:
        sentence = str(theirs).split("\n")[0].replace("torch.", "")
        assert sentence.strip(" .") in str(ours), (ours, theirs)


# -- programs of views

dims = st.integers(-4, 3)
sizes = st.integers(-1, 4)
VIEWS = {
    "permute": lambda d, x: x.permute(*d.draw(st.permutations(range(x.ndim)))),
    "transpose": lambda d, x: x.transpose(d.draw(dims), d.draw(dims)),
    "unsqueeze": lambda d, x: x.unsqueeze(d.draw(dims)),
    "squeeze": lambda d, x: x.squeeze(d.draw(dims)),
    "select": lambda d, x: x.select(d.draw(dims), d.draw(st.integers(-3, 2))),
    "narrow": lambda d, x: x.narrow(d.draw(dims), d.draw(sizes), d.draw(sizes)),
    "slice": lambda d, x: x[:: d.draw(st.integers(1, 2)), d.draw(st.integers(0, 1)) :],
    "diagonal": lambda d, x: x.diagonal(d.draw(st.integers(-2, 2)), d.draw(dims), d.draw(dims)),
    "unfold": lambda d, x: x.unfold(d.draw(dims), d.draw(sizes), d.draw(st.integers(1, 2))),
    "split": lambda d, x: x.split(d.draw(st.integers(1, 3)), d.draw(dims))[-1],
    "chunk": lambda d, x: x.chunk(d.draw(st.integers(1, 3)), d.draw(dims))[0],
    "unbind": lambda d, x: x.unbind(d.draw(dims))[-1],
    "movedim": lambda d, x: x.movedim(d.draw(dims), d.draw(dims)),
    "expand": lambda d, x: x.expand(2, *x.shape),
    "detach": lambda d, x: x.detach(),
    "data": lambda d, x: x.data,
    "view": lambda d, x: x.view(*x.shape[:1], -1),
    "flat": lambda d, x: x.view(-1),
    "unflatten": lambda d, x: x.unflatten(0, (1, -1)),
}


class Replay:
    """Gives a second run the numbers that the first one drew."""

    def __init__(self, data=None, drawn=()):
        self.data, self.drawn, self.next = data, list(drawn), iter(drawn)

    def draw(self, strategy):
        if self.data is None:
            return next(self.next)
        self.drawn.append(self.data.draw(strategy))
        return self.drawn[-1]


@FEW
@given(st.data())
def test_programs_of_views(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    array = np.arange(float(np.prod(shape))).reshape(shape)
    if data.draw(st.booleans()):
        array = array.T
    names = data.draw(st.lists(st.sampled_from(sorted(VIEWS)), min_size=1, max_size=4))
    numbers = []

    def program(lib, x):
        source = Replay(data) if lib is tnp else Replay(None, numbers)
        base, x = x, x
        try:
            for name in names:
                x = VIEWS[name](source, x)
        finally:
            if lib is tnp:
                numbers.extend(source.drawn)
        shown = plain(x), x.is_contiguous()
        if not {"unfold", "expand"} & set(names):
            x.add_(100)  # reaches the base
        return *shown, base

    agree(program, array, text=False)


@pytest.mark.parametrize("view", [x for x in VIEWS if x not in ("detach", "data", "expand")])
def test_gradients_flow_through_views_and_changes_of_them(view):
    numbers = {"permute": [(2, 0, 1)], "transpose": [0, 2], "slice": [2, 1], "diagonal": [1, 0, 2],
               "narrow": [1, 1, 2], "unfold": [2, 2, 1], "split": [2, 2], "chunk": [2, 1],
               "select": [1, -1], "movedim": [0, 2]}.get(view, [1])  # fmt: skip

    def read(lib, x):
        y = VIEWS[view](Replay(None, numbers), x)
        return y * y

    def changed(lib, x):
        base = x * 1
        VIEWS[view](Replay(None, numbers), base).mul_(3)
        return base * x

    same(read, X)
    if view == "unfold":  # whose windows overlap
        return
    if view in ("split", "chunk", "unbind"):
        for lib in (tnp, torch):
            with pytest.raises(RuntimeError, match="a function that returns multiple views"):
                changed(lib, lib.ones(3, 2, 4, requires_grad=True))
    else:
        same(changed, X)


@BOTH
def test_parts_are_views_that_reach_the_base(lib):
    x = lib.zeros(4, 3)
    for part in (*x.split(2), *x.chunk(2), *x.unbind(), *x, *lib.tensor_split(x, 3)):
        part.add_(1)
    x.narrow(1, 0, 1).add_(10)
    x.select(1, 2).add_(100)
    x.diagonal().mul_(2)
    x[:1].expand_as(x[:1]).add_(1000)
    assert x.tolist()[0] == [1030.0, 1005.0, 1105.0]
    assert x.tolist()[1] == [15.0, 10.0, 105.0]


# -- strides

STRIDED = {
    "row-major": np.arange(24.0).reshape(2, 3, 4),
    "transposed": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
    "gaps": np.arange(48.0).reshape(2, 6, 4)[:, ::2],
    "offset": np.arange(30.0).reshape(2, 3, 5)[:, :, 1:],
    "repeated": np.broadcast_to(np.arange(4.0), (2, 3, 4)),
    "empty": np.zeros((2, 0, 4)).transpose(2, 0, 1),
}


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
@pytest.mark.parametrize("array", STRIDED.values(), ids=STRIDED)
def test_arrays_keep_their_strides(array):
    def facts(lib, make):
        x = make(array)
        found = [x.stride(), x.is_contiguous(), x.t().stride() if x.ndim < 3 else x.mT.stride()]
        for y in (x, x.detach(), x.data, x.unsqueeze(1).detach(), x[1:].data):
            try:
                found.append(tuple(y.view(-1).shape))
            except RuntimeError as error:
                found.append("view size is not compatible" in str(error))
        return [*found, x.contiguous().stride(), x.reshape(-1).tolist()]

    for name in ("from_numpy", "as_tensor"):
        assert facts(tnp, getattr(tnp, name)) == facts(torch, getattr(torch, name))


def test_a_strided_array_takes_part_in_changes_and_gradients():
    memory = np.arange(12.0).reshape(3, 4)

    def program(lib, leaf):
        x = lib.from_numpy(memory.copy().T[1:])
        x.mul_(leaf)
        x.t()[0].add_(leaf[:, 0])
        return x * x

    same(program, np.ones((3, 3)) * 2)
    array = memory.copy().T[::2]
    tnp.from_numpy(array).add_(1)
    assert (array == memory.T[::2] + 1).all()


def test_results_of_convolution_say_that_they_are_contiguous():
    y = tnp.conv2d(tnp.ones(2, 3, 6, 6), tnp.ones(4, 3, 3, 3))
    for x in (y, y.detach(), y.data, y * 2):
        assert x.is_contiguous()
        assert x.stride() == (64, 16, 4, 1)
        assert x.view(2, -1).shape == (2, 64)
    assert not y.permute(0, 2, 3, 1).detach().is_contiguous()


@BOTH
def test_a_leaf_that_is_a_view_is_a_leaf(lib):
    leaf = lib.zeros(3)[:2].requires_grad_()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used"):
        leaf.add_(1)
    leaf.data = lib.ones(4, 2).t()
    assert leaf.stride() == (1, 2)


NOT_FOR_TENSORS = {
    "At least one stride in the given numpy array is negative": np.arange(4)[::-1],
    "byte order different from the native byte order": np.zeros(2, ">f4"),
    "strides not a multiple of the element byte size": np.zeros(3, "f4, f8")["f1"],
}


@BOTH
@pytest.mark.parametrize("text", NOT_FOR_TENSORS)
def test_arrays_that_are_refused(lib, text):
    for make in (lib.from_numpy, lib.as_tensor):
        with pytest.raises(ValueError, match=text):
            make(NOT_FOR_TENSORS[text])


# -- functions over grids of their arguments

CALLS = """
x.view(5) | x.view(-1, -1) | x.view(-2, 12) | x.view(-1, 7) | x.mT.view(24) | x.reshape(-1, 0)
x[:, 1:].view(16) | x.reshape(5) | x[:0].view(-1, 0) | x[:0].view(-1) | x[:0].reshape(0, -1)
x.size() | x.size(0) | x.size(-1) | x.size(3) | x.stride(0) | x.stride(-1) | x.stride(5)
x.flatten(1, 0) | x.flatten(5) | x.flatten(-2) | x[0, 0, 0].flatten() | x.ravel()
x.unflatten(2, (2, 2)) | x.unflatten(2, (3, -1)) | x.unflatten(2, ()) | x.unflatten(5, (1,))
x.squeeze(5) | x.unsqueeze(4) | x.unsqueeze(-5) | x.unsqueeze(3) | x[:1].squeeze((0, 1))
x.permute(0, 1, 1) | x.permute(0, 1, 5) | x.transpose(0, 5) | x.t() | x[0, 0].mT | x[0].t()
x.movedim((0, 1), (1, 2)) | x.movedim((0, 0), (1, 0)) | x.movedim((0, 1), (1, 1))
x.moveaxis(0, -1) | x.expand(3, 3, 4) | x.expand(-1, 2, 3, 4) | x.expand(2, 3) | x.expand(2, 3, 5)
x.expand(-2, 3, 4) | x.expand(5, -1, -1, -1) | x[:1].expand(0, 3, 4) | x.expand_as(L.zeros(3))
x.broadcast_to((2, 2, 3, 4)) | L.broadcast_tensors(L.ones(3, 1), L.ones(4))
L.broadcast_tensors(L.ones(3), L.ones(4)) | L.broadcast_shapes((3, 1), (4,))
L.broadcast_to(x, (3,)) | x.split(2, 1) | x.split([1, 2], 1) | x.split([1, 1], 1)
x.split([4, -1], 1) | x.split(-1) | x.split(0) | x[:0].split(0) | x.split(split_size=1)
x.split(2, 5) | x.sum().split(1) | L.split(x, (1, 3), dim=2) | x.chunk(3, 2) | x.chunk(0)
x.chunk(9, 2) | x[:0].chunk(3) | x.sum().chunk(1) | x.tensor_split(3, 2)
x.tensor_split((1, 7, 2), 2) | x.tensor_split(0) | x.tensor_split(L.tensor([1]))
x.sum().tensor_split(1) | x.unbind(1) | x.sum().unbind() | x.unbind(4) | L.split(x, 2.0)
x.narrow(1, 1, 2) | x.narrow(1, 2, 2) | x.narrow(1, -1, 1) | x.narrow(1, 9, 0)
x.narrow(1, 0, -1) | x.sum().narrow(0, 0, 1) | x.select(1, 3) | x.select(1, -4)
x.sum().select(0, 0) | x.select(2, -1) | x.diagonal() | x.diagonal(1, 0, 2) | x.diagonal(0, 0, 0)
x.diagonal(9) | x[0, 0].diagonal() | x.unfold(2, 2, 1) | x.unfold(2, 3, 2) | x.unfold(2, 5, 1)
x.unfold(2, 2, 0) | x.unfold(2, -1, 1) | x.unfold(2, 0, 1) | x.sum().unfold(0, 1, 1)
x.sum().unfold(0, 2, 1) | x.repeat(2, 1, 3) | x.repeat(2) | x.repeat(0, 1, 1) | x.repeat(1, 1, -1)
x.repeat((1, 2, 1, 1)) | x.tile(2) | x.tile((2, 1, 1, 2)) | L.tile(x, (2, 2)) | x.sum().tile(2)
x.repeat_interleave(2) | x.repeat_interleave(2, 1) | x.repeat_interleave(L.tensor([1, 0, 2]), 1)
x.repeat_interleave(L.tensor([1, 0]), 1) | x.repeat_interleave(L.tensor([1, -1, 1]), 1)
x.repeat_interleave(L.tensor([[1]]), 1) | x.repeat_interleave(2, 5)
x.repeat_interleave(L.tensor(2), 0) | L.repeat_interleave(L.tensor([1, 0, 2]))
x.repeat_interleave(L.tensor([1, 0, 2]), 1, output_size=4) | x.roll(1) | x.roll(-5, 1)
x.roll((1, 2), (0, 2)) | x.roll((1, 2), 0) | x.roll((1, 2)) | x.roll(()) | x.roll(1, 5)
x.sum().roll(1) | x.sum().roll(1, 0) | x[:0].roll(1) | x.roll((1, 1), (2, 2)) | x.flip(0)
x.flip(0, 2) | x.flip((0, 0)) | x.flip(5) | x.flip(()) | x.sum().flip(0) | x.flip(-1)
L.cat([x, x[:1]]) | L.cat([x, x[0]]) | L.cat([x, x[:, :1]]) | L.cat([x, x[:, :1]], 1)
L.cat([x], 3) | L.cat([x, x.sum()]) | L.cat([x, 3]) | L.cat(x) | L.cat(3)
L.cat([x, x.long()], axis=2) | L.cat([]) | L.stack([x, x], 3) | L.stack([x, x[0]])
L.stack([x], 5) | L.stack([]) | L.stack(x) | L.hstack([x, x]) | L.hstack([x[0, 0], x[0, 0, :1]])
L.hstack([]) | L.hstack([x, x[0]]) | L.vstack([x[0, 0], x[0]]) | L.vstack([x.sum(), x.sum()])
L.vstack([x[0, 0], x[0, :, :2]]) | L.diag(x[0, 0], 1) | L.diag(x[0], -1) | L.diag(x)
x[0].diag(7) | L.diag(x[0, 0], -2) | x.tril() | x.triu(1) | x.tril(-1) | x[0, 0].tril()
x[0, 0].triu() | x.long().triu(diagonal=-1) | (x > 3).tril() | L.tril_indices(3, 4)
L.triu_indices(3, 4, 1) | L.tril_indices(0, 0) | L.tril_indices(3, 3, -1, dtype=L.int32)
L.meshgrid(x[0, 0], x[0, :, 0], indexing="ij")
L.meshgrid([x[0, 0], x[0, :, 0], x[:, 0, 0]], indexing="xy")
L.meshgrid(x[0, 0], x[0, 0].long(), indexing="ij") | L.meshgrid([])
L.meshgrid(x[0, 0], indexing="xy") | L.meshgrid(x[0, 0], indexing="foo") | x.new_zeros(2, 3)
x.long().new_ones((2,)) | x.new_full((2,), 3) | x.new_tensor([1, 2]) | x.long().new_tensor([1.5])
x.new_empty(2, 0) | x.new_zeros(-1) | x.new_zeros(2, dtype=L.int8) | L.zeros(size=(2, 1))
L.ones(2, 1, dtype=L.bool) | L.full((2,), L.tensor(3.0)) | L.full(size=(), fill_value=True)
L.arange(end=3) | L.arange(1, 2, 0.1) | L.arange(5, 1, -2) | L.arange(5, 1) | L.arange(0, 5, 0)
L.arange(L.tensor(3)) | L.linspace(0, 10, 4) | L.linspace(3, -10, 8) | L.linspace(0, 1, 1)
L.linspace(0, 1, 0) | L.linspace(0, 1, -1) | L.linspace(3, 10, 5, dtype=L.int64) | L.eye(2, 3)
L.zeros_like(x, device="cpu") | L.tensor([[1, 2], [3]]) | L.tensor([[1.0, 2], [3.0, 4, 5]])
L.tensor([[1, 2], 3]) | L.tensor([[[1], [2, 3]]]) | L.tensor(None) | L.tensor({})
L.tensor([300], dtype=L.uint8) | L.tensor([-1], dtype=L.uint8) | L.tensor(2**70)
L.tensor([1.7, -1.7], dtype=L.int64) | L.tensor([L.tensor(1), L.tensor(2)]) | L.tensor(range(3))
L.tensor([[]]) | x.long().fill_(1.7) | x.byte().fill_(300) | x.fill_(L.tensor(2.0))
x.fill_(L.tensor([2.0])) | x.copy_(L.zeros(3)) | x.copy_(L.zeros(4))
x.copy_(L.zeros(2, 2, 3, 4)) | x.long().copy_(L.tensor(1.7)) | x.copy_(3)
"""
CALLS = [call.strip() for call in re.split(r" \| |\n", CALLS.strip())]


@pytest.mark.parametrize("call", CALLS)
def test_functions_of_shape(call):
    x = np.arange(24.0).reshape(2, 3, 4)
    texts = {  # ours say the same in other words
        "L.split(x, 2.0)", "L.tensor([300], dtype=L.uint8)", "L.tensor(2**70)", "L.cat([])",
        "L.meshgrid(x[0, 0], indexing=\"foo\")", "x.mT.view(24)",
    }  # fmt: skip
    agree(lambda L, x: eval(call, {"L": L, "x": x}), x, text=call not in texts)


DIFFERENTIABLE = [
    lambda lib, x: x.repeat(2, 1, 3), lambda lib, x: x.tile(2),
    lambda lib, x: x.repeat_interleave(2), lambda lib, x: x.roll((1, 1), (1, 2)),
    lambda lib, x: x.repeat_interleave(lib.tensor([1, 0, 2]), 1), lambda lib, x: x.flip(0, 2),
    lambda lib, x: lib.hstack([x, x[:, :1] * 2]), lambda lib, x: lib.vstack([x[0, 0], x[0]]),
    lambda lib, x: lib.cat([x.mT, x.mT * 2], dim=-1), lambda lib, x: lib.diag(x[0, 0], 1),
    lambda lib, x: lib.diag(x[0], -1), lambda lib, x: x.tril(), lambda lib, x: x.triu(1),
    lambda lib, x: lib.meshgrid(x[0, 0], x[0, :, 0], indexing="xy"),
    lambda lib, x: lib.broadcast_tensors(x, x[:1]), lambda lib, x: x.unflatten(2, (2, 2)).ravel(),
    lambda lib, x: x.unfold(2, 2, 1), lambda lib, x: x.diagonal(0, 2, 1),
    lambda lib, x: (x * 1).triu_().tril_(1), lambda lib, x: (x * 1).unsqueeze_(0).squeeze_(0),
    lambda lib, x: (x * 1).transpose_(0, 2).mul_(x.transpose(0, 2)),
    lambda lib, x: (x[0] * x[1]).t_().swapaxes_(0, 1),
    lambda lib, x: tuple(x.split([1, 2], 1)) + x.chunk(2, 2) + x.unbind(1),
]  # fmt: skip


@pytest.mark.parametrize("call", DIFFERENTIABLE)
def test_gradients(call):
    same(call, X)
    same(call, X.transpose(2, 0, 1).copy().transpose(1, 2, 0))


# -- shape in place


@BOTH
def test_a_tensor_becomes_its_view(lib):
    x = lib.arange(6.0).view(2, 3)
    before = x.detach()
    assert x.t_() is x
    assert (x.stride(), x._version) == ((1, 3), 1)
    x.unsqueeze_(0)[0, 0, 1] = -1.0
    assert before.tolist() == [[0.0, 1.0, 2.0], [-1.0, 4.0, 5.0]]
    assert x.squeeze_().transpose_(0, 1).tolist() == before.tolist()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used"):
        lib.ones(2, requires_grad=True).unsqueeze_(0)


def test_views_taken_before_do_not_follow_silently():
    leaf = tnp.ones(2, 2, requires_grad=True)
    x = leaf * 1
    view = x[0]
    x.t_()
    assert view.stride() == (1,)
    with pytest.raises(RuntimeError, match="take the view afterwards"):
        view.mul_(leaf[0])


# -- what they are


@BOTH
def test_sizes_are_sizes(lib):
    size = lib.zeros(2, 3, 4).size()
    for made in (size[1:], size + size, tuple(size) + size, size * 2, 2 * size):
        assert type(made) is lib.Size
    assert (size[0], size.numel(), hash(size)) == (2, 24, hash((2, 3, 4)))


@pytest.mark.parametrize("name", ["max", "min", "sort", "topk", "median"])
def test_pairs_have_names(name):
    def pair(lib):
        x = lib.tensor([[3.0, 1.0, 2.0], [4.0, 4.0, 0.0]])
        return getattr(x, name)(2 if name == "topk" else 1)

    ours, theirs = pair(tnp), pair(torch)
    assert repr(ours) == repr(theirs).replace("torch.", "tinygrad_np.")
    values, indices = ours
    assert values is ours.values is ours[0]
    assert indices is ours.indices
    assert type(ours).__name__ == name


@BOTH
def test_questions_that_have_no_answer(lib):
    x = lib.zeros(2, 3)
    for ask, error, text in [
        (lambda: len(lib.tensor(1.0)), TypeError, r"len\(\) of a 0-d tensor"),
        (lambda: list(lib.tensor(1.0)), TypeError, "iteration over a 0-d tensor"),
        (lambda: bool(x), RuntimeError, "more than one value is ambiguous"),
        (lambda: bool(x[:0]), RuntimeError, "with no values is ambiguous"),
        (lambda: int(x), ValueError, "only one element tensors can be converted"),
        (lambda: float(x), ValueError, "only one element tensors can be converted"),
        (lambda: x.item(), RuntimeError, "a Tensor with 6 elements cannot be converted to Scalar"),
        (lambda: "a" in x, RuntimeError, "__contains__ only supports Tensor or scalar"),
        (lambda: f"{x:.2f}", TypeError, "unsupported format string passed to Tensor.__format__"),
        (lambda: [1][lib.tensor(0.0)], TypeError, "only integer tensors of a single element"),
    ]:
        with pytest.raises(error, match=text):
            ask()
    assert 0 in x
    assert 1 not in x
    a, b = x
    assert a.shape == b.shape == (3,)
    assert [1, 2][lib.tensor(True)] == 2
