"""copy.copy, copy.deepcopy and pickle give what they give with torch."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import BOTH, block, same_error

import nn
import tinygrad_np as tnp
from tinygrad_np.tensor import wrap


def pickled(x):
    return pickle.loads(pickle.dumps(x))


THROUGH = pytest.mark.parametrize("through", [copy.copy, copy.deepcopy, pickled])


class Named(nn.Parameter):
    pass


class Marked(tnp.Tensor):
    pass


@BOTH
@THROUGH
def test_leaves(lib, through):
    t, _ = lib
    x = t.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    y = through(x)
    assert type(y) is t.Tensor
    assert y is not x
    assert y.requires_grad
    assert y.is_leaf
    assert y.tolist() == [1, 2]
    with t.no_grad():
        y.zero_()
    assert (x.tolist() == [0, 0]) == (through is copy.copy)
    assert (y.grad is None) == (through is not copy.deepcopy)
    if through is copy.deepcopy:
        assert y.grad.tolist() == [2, 4]
        assert y.grad is not x.grad


@BOTH
@THROUGH
def test_dtypes_and_shapes(lib, through):
    t, _ = lib
    kinds = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
    for kind in kinds:
        for shape in ((), (0, 3), (2, 3)):
            x = t.ones(shape, dtype=getattr(t, kind))
            y = through(x)
            assert (y.dtype, y.shape) == (x.dtype, x.shape)
            assert bool((y == x).all())


@BOTH
def test_results_of_an_op(lib):
    t, _ = lib
    y = t.ones(2, requires_grad=True) * 2
    for through in (copy.copy, pickled):
        z = through(y)
        assert z.is_leaf
        assert z.requires_grad
    assert copy.deepcopy(y.detach()).tolist() == [2, 2]


def test_deepcopy_of_the_result_of_an_op_is_an_error():
    text = same_error(lambda t, n: copy.deepcopy(t.ones(1, requires_grad=True) * 2))
    assert text.startswith("Only Tensors created explicitly by the user (graph leaves) support")


@BOTH
def test_one_deepcopy_shares_what_was_shared(lib):
    t, _ = lib
    x = t.arange(6.0).reshape(2, 3)
    whole, row, column, same = copy.deepcopy([x, x[1], x[:, 1], x])
    assert same is whole
    whole.mul_(10)
    assert row.tolist() == [30, 40, 50]
    assert column.tolist() == [10, 40]
    assert x[0].tolist() == [0, 1, 2]
    row.zero_()
    assert whole.tolist() == [[0, 10, 20], [0, 0, 0]]
    again = copy.deepcopy([whole, row])  # a copy of copies
    again[0].fill_(1)
    assert again[1].tolist() == [1, 1, 1]


views = st.lists(
    st.sampled_from(
        [
            lambda x: x[1:],
            lambda x: x[::2],
            lambda x: x.transpose(0, -1),
            lambda x: x[..., None],
            lambda x: x.expand(2, *x.shape),
        ]
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None, print_blob=True)
@given(views=views, shape=st.lists(st.integers(0, 4), min_size=1, max_size=3))
def test_any_view(views, shape):
    for t in (tnp, torch):
        x = y = t.arange(float(np.prod(shape))).reshape(shape)
        for view in views:
            y = view(y)
        for through in (copy.copy, copy.deepcopy, pickled):
            assert through(y).tolist() == y.tolist()
        whole, part = copy.deepcopy([x, y])
        whole.fill_(-1)
        assert bool((part == -1).all())


def test_reversed_and_reinterpreted_memory_becomes_its_own():
    backwards = wrap(np.arange(6.0).reshape(2, 3).T[::-1])
    reinterpreted = tnp.from_numpy(np.zeros(2, np.int64).view(np.float64))
    with_gaps = wrap(np.ndarray((2, 2), np.float32, bytearray(range(32)), strides=(16, 4)))
    for x in (backwards, reinterpreted, with_gaps):
        for through in (copy.copy, copy.deepcopy, pickled):
            assert through(x).tolist() == x.tolist()


def test_memory_in_another_order_is_shared_too():
    x = wrap(np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1).copy("K"))
    assert not x.array.flags.forc
    whole, part = copy.deepcopy([x, x[1]])
    assert whole.tolist() == x.tolist()
    assert whole.array.strides == x.array.strides
    whole.fill_(-1)
    assert (part == -1).all()


@BOTH
def test_expanded_memory_stays_protected(lib):
    t, _ = lib
    x = copy.deepcopy(t.ones(1).expand(3))
    with pytest.raises(RuntimeError, match="clone"):
        x.add_(1)


@BOTH
@THROUGH
def test_parameters(lib, through):
    _t, n = lib
    p = n.Parameter(_t.ones(2), requires_grad=False)
    p.note = [1]
    q = through(p)
    assert type(q) is n.Parameter
    assert not q.requires_grad
    assert getattr(q, "note", None) == (None if through is copy.deepcopy else [1])
    q.fill_(3)
    assert (p.tolist() == [3, 3]) == (through is copy.copy)


@THROUGH
def test_subclasses_of_our_own(through):
    p = through(Named(tnp.ones(1)))
    assert isinstance(p, nn.Parameter)
    assert (type(p) is Named) == (through is copy.deepcopy)  # as in torch
    marked = Marked([1.0, 2.0])
    marked.requires_grad_().mark = "m"
    twin = through(marked)
    assert type(twin) is Marked
    assert twin.mark == "m"
    assert twin.requires_grad
    assert twin.tolist() == [1, 2]


@BOTH
def test_pickle_leaves_hooks_behind(lib):
    t, _ = lib
    x = t.ones(1, requires_grad=True)
    x.register_hook(lambda g: g)
    with pytest.warns(UserWarning, match="backward hook .* on tensor will not be serialized"):
        pickle.dumps(x)
    assert copy.deepcopy(x).tolist() == [1]


@BOTH
@THROUGH
def test_small_things(lib, through):
    t, _ = lib
    size = through(t.Size([2, 3]))
    assert type(size) is t.Size
    assert size == (2, 3)
    assert through(t.float16) is t.float16
    assert through(t.device("cpu")) == t.device("cpu")


@BOTH
@pytest.mark.parametrize("through", [copy.deepcopy, pickled])
def test_generators(lib, through):
    t, _ = lib
    g = t.Generator().manual_seed(3)
    t.randn(3, generator=g)  # a normal is left over
    twin = through(g)
    for _ in range(2):
        assert t.randn(3, generator=g).tolist() == t.randn(3, generator=twin).tolist()
    t.rand(5, generator=g)
    assert t.rand(3, generator=g).tolist() != t.rand(3, generator=twin).tolist()


@BOTH
@THROUGH
def test_modules(lib, through):
    t, n = lib
    net = n.Sequential(n.Linear(2, 3), n.BatchNorm1d(3), n.Linear(3, 2))
    net[2].bias = net[0].bias
    net.register_buffer("shared", net[1].running_mean)
    net.eval()
    twin = through(net)
    assert repr(twin) == repr(net)
    assert list(twin.state_dict()) == list(net.state_dict())
    assert twin[0].bias is twin[2].bias
    assert twin.shared is twin[1].running_mean
    assert (twin[0].weight is net[0].weight) == (through is copy.copy)
    x = t.ones(4, 2)
    assert twin[:2](x).tolist() == net[:2](x).tolist()


@BOTH
def test_a_copy_keeps_its_hooks(lib):
    _, n = lib
    net, calls = n.Identity(), []
    handle = net.register_forward_hook(lambda *what: calls.append(what[0]))
    twin = copy.deepcopy(net)
    handle.remove()
    net(1), twin(1)
    assert calls == [twin]


@BOTH
def test_optimisers(lib):
    t, n = lib
    optim = nn.optim if t is tnp else torch.optim
    net = n.Linear(2, 1)
    opt = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for through in (copy.deepcopy, pickled):
        net(t.ones(1, 2)).sum().backward()
        opt.step()
        twin, other = through((net, opt))
        assert other.param_groups[0]["params"][0] is twin.weight
        assert twin.weight in other.state
        for model, stepper in ((net, opt), (twin, other)):
            stepper.zero_grad()
            model(t.ones(1, 2)).sum().backward()
            stepper.step()
        assert twin.weight.tolist() == net.weight.tolist()


def test_a_deepcopied_block_trains_alone():
    net = block(tnp, nn)
    twin = copy.deepcopy(net)
    before = net.first.weight.tolist()
    twin(tnp.ones(2, 2)).sum().backward()
    assert net.first.weight.grad is None
    with tnp.no_grad():
        twin.first.weight.zero_()
    assert net.first.weight.tolist() == before
    assert twin.again is twin.first
