"""Changes in place: versions, views and histories, each compared with PyTorch."""

import numpy as np
import pytest
import torch

import tinygrad_np as tnp

BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])


def gradient_of(lib, program):
    """The gradient of a program's scalar result with respect to the leaf it is given."""
    leaf = lib.tensor([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]], dtype=lib.float64, requires_grad=True)
    result = program(lib, leaf)
    result.backward()
    return leaf.grad.numpy()


def operator_on_clone(lib, leaf):
    x = leaf.clone()
    x *= leaf
    x += 1
    x -= leaf * 0.5
    x /= 2
    return (x * x).sum()


def view_then_base(lib, leaf):
    x = leaf * 1
    v = x[0]
    v.mul_(3)
    return (x * x).sum() + v.sum()


def base_then_view(lib, leaf):
    x = leaf * 1
    v = x.view(3, 2)
    x[:, 1] = leaf[:, 0] * 5
    return (v * v).sum() + x[0].sum()


def view_of_view(lib, leaf):
    x = leaf * 1
    w = x.t()[1:].unsqueeze(0)
    w.mul_(leaf.t()[:2])
    return (x * x * x).sum() + (w * 2).sum()


def two_views(lib, leaf):
    x = leaf * 1
    a, b = x[:, :2], x[:, 1:]
    a.add_(b)
    b.mul_(2)
    return (a * x[:, :2]).sum() + b.sum()


def mask_and_index(lib, leaf):
    x = leaf.clone()
    x[x > 0] = leaf.sum()
    x[[0, 1], [2, 0]] = leaf[0, :2] * 2
    x[..., -1] += x[..., 0]
    return (x * x).sum()


def zero_and_copy(lib, leaf):
    x = leaf * 2
    x[0].zero_()
    x[1].copy_(leaf[0] * 3)
    return (x * leaf).sum()


def constant_becomes_part_of_the_graph(lib, leaf):
    buffer = lib.zeros(2, 3, dtype=lib.float64)
    for i in range(3):
        buffer[:, i] = leaf[:, i] ** (i + 1)
    return (buffer * buffer).sum()


def parts_and_scatters(lib, leaf):
    x = leaf * 1
    x.narrow(1, 0, 2).mul_(leaf[:, 1:])
    x.select(0, 1).masked_fill_(leaf[1] > 3, 2.0).cumsum_(0)
    x.diagonal().scatter_add_(0, lib.tensor([1, 1]), leaf[0, :2])
    x.t().index_fill_(0, lib.tensor([2]), leaf.sum())
    x.unsqueeze_(0).transpose_(0, 2).tril_()
    return (x * leaf.t().unsqueeze(2)).sum()


def functions_in_place(lib, leaf):
    x = leaf * 1
    x.abs_().add_(1).pow_(2).clamp_(0.5, 9.0).neg_().mul_(leaf).tanh_()
    return (x * leaf).sum()


@pytest.mark.parametrize(
    "program",
    [
        operator_on_clone,
        view_then_base,
        base_then_view,
        view_of_view,
        two_views,
        mask_and_index,
        zero_and_copy,
        constant_becomes_part_of_the_graph,
        parts_and_scatters,
        functions_in_place,
    ],
    ids=lambda program: program.__name__,
)
def test_gradients_after_changes_in_place_are_pytorchs(program):
    ours, theirs = gradient_of(tnp, program), gradient_of(torch, program)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def changed_after_mul(lib, leaf):
    x = leaf * 2
    y = x * x
    x.add_(1)
    return y


def changed_through_a_view(lib, leaf):
    x = leaf * 2
    y = x.exp() * x
    x[0].zero_()
    return y


def changed_through_detach(lib, leaf):
    x = leaf * 2
    y = x * x
    x.detach().zero_()
    return y


def changed_output(lib, leaf):
    y = leaf.exp()
    y.add_(1)
    return y


def changed_under_no_grad(lib, leaf):
    y = leaf * leaf
    with lib.no_grad():
        leaf.sub_(0.1)
    return y


def changed_by_assignment(lib, leaf):
    x = leaf * 1
    y = x.sigmoid() * x
    x[0, 0] = 5.0
    return y


CHANGES = [
    changed_after_mul,
    changed_through_a_view,
    changed_through_detach,
    changed_output,
    changed_under_no_grad,
    changed_by_assignment,
]


@BOTH
@pytest.mark.parametrize("program", CHANGES, ids=lambda program: program.__name__)
def test_a_saved_value_changed_in_place_is_an_error(lib, program):
    leaf = lib.ones(2, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        program(lib, leaf).sum().backward()


@BOTH
def test_values_that_no_rule_needs_may_change(lib):
    leaf = lib.ones(2, requires_grad=True)
    x = leaf * 2
    y = x + 1
    x.mul_(5)
    (y.sum() + x.sum()).backward()
    assert leaf.grad.tolist() == [12.0, 12.0]


def test_the_error_names_both_lines():
    x = tnp.ones(2, requires_grad=True) * 1
    y = x * x  # saves
    x += 1  # changes
    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    text = str(caught.value)
    assert "Mul saved" in text
    assert "y = x * x  # saves" in text
    assert "x += 1  # changes" in text
    assert "out of place" in text


@BOTH
def test_refused_changes_leave_the_data_alone(lib):
    leaf = lib.ones(2, requires_grad=True)
    view = leaf[:1]
    for call, text in [
        (lambda: leaf.add_(1), "a leaf Variable that requires grad is being used in an in-place"),
        (lambda: view.add_(1), "a view of a leaf Variable that requires grad is being used"),
        (lambda: leaf.__setitem__(0, 5.0), "leaf Variable that requires grad"),
        (lambda: lib.zeros(2).expand(3, 2).add_(1), "single memory location"),
        (lambda: lib.zeros(2).add_(lib.zeros(3, 2)), "doesn't match the broadcast shape"),
        (lambda: lib.arange(2).add_(1.5), "can't be cast to the desired output type"),
    ]:
        with pytest.raises(RuntimeError, match=text):
            call()
    assert leaf.tolist() == [1.0, 1.0]
    with lib.no_grad():
        leaf.add_(1)
    assert leaf.tolist() == [2.0, 2.0]


@BOTH
def test_views_share_memory(lib):
    x = lib.arange(6.0).view(2, 3)
    x.t()[0].fill_(9)
    x.unsqueeze(0).squeeze(0).transpose(0, 1).permute(1, 0).reshape(6)[5:].add_(1)
    x.data[0, 1] = -1
    x.detach()[0, 2] = -2
    assert x.tolist() == [[9.0, -1.0, -2.0], [9.0, 4.0, 6.0]]


@BOTH
def test_versions_count_changes(lib):
    x = lib.zeros(3)
    view = x[1:]
    view.add_(1)
    x[0] = 2
    x += 1
    assert x._version == view._version == 3
    assert (x + 1)._version == 0


def test_long_chains_of_views_need_no_recursion():
    x = tnp.ones(4, requires_grad=True)
    y = v = x * 1
    for _ in range(2000):
        v = v.view(4)
    v *= 3
    (y + v).sum().backward()
    assert x.grad.tolist() == [6.0] * 4


def test_setitem_errors_name_the_shapes():
    with pytest.raises(RuntimeError, match=r"(?s)SetItem: .*\n  v: float32 \(2,\)"):
        tnp.zeros(3)[:] = tnp.ones(2)


OVERLAPS = {
    "slice": lambda lib, x: x.__setitem__(slice(1, None), x[:-1]),
    "copy": lambda lib, x: x[1:].copy_(x[:-1]),
    "add": lambda lib, x: x[1:].add_(x[:-1]),
    "one": lambda lib, x: x.sub_(x[0]),
    "keyword": lambda lib, x: x[1:].clamp_(min=x[:-1]),
    "indices": lambda lib, x: x.__setitem__([1, 2], x[:2]),
    "mask": lambda lib, x: x.__setitem__(x > 13, x[:2]),
    "transposed": lambda lib, x: x.view(4, 4).mul_(x.view(4, 4).t()),
    "same": lambda lib, x: x.mul_(x[:]),
    "apart": lambda lib, x: x[:3].mul_(x[3:6]),
    "interleaved": lambda lib, x: x[::2].copy_(x[1::2]),
    "spread": lambda lib, x: x.__setitem__(slice(None), x[0]),
    "other dtype": lambda lib, x: x.__setitem__(slice(1, None), x[:-1].long()),
    "gaps": lambda lib, x: x.view(4, 4)[:, 1:3].copy_(x.view(4, 4)[:, 3:]),
}


@pytest.mark.parametrize("case", OVERLAPS)
def test_memory_that_is_read_and_written(case):
    results = []
    for lib in (tnp, torch):
        x = lib.arange(16.0)
        try:
            OVERLAPS[case](lib, x)
            results.append(x.tolist())
        except RuntimeError as error:
            assert x.tolist() == list(range(16))
            results.append(str(error))
    assert results[0] == results[1]


PARTS = {
    "unbind": lambda y: y.unbind(),
    "iteration": tuple,
    "split": lambda y: y.split(1),
    "chunk": lambda y: y.chunk(2),
    "sections": lambda y: y.split_with_sizes([1, 2]),
    "tensor_split": lambda y: y.tensor_split(2),
    "view of part": lambda y: [part[0] for part in y.unbind()],
    "detached": lambda y: y.detach().unbind(),
}


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("change", ["part", "base"])
def test_one_of_several_views_gets_no_new_history(parts, change):
    results = []
    for lib in (tnp, torch):
        leaf = lib.ones(3, 2, requires_grad=True)
        y = leaf * 2
        part = PARTS[parts](y)[1]
        try:
            (y if change == "base" else part).mul_(3)
            results.append((part * 2).tolist())
        except RuntimeError as error:
            assert change == "base" or y.tolist() == [[2.0, 2.0]] * 3  # nothing is changed
            results.append(str(error))
    assert results[0] == results[1]


def test_a_view_of_a_changed_base_can_be_printed():
    for lib in (tnp, torch):
        y = lib.ones(2, 2, requires_grad=True) * 2
        part = y.unbind()[0]
        y.mul_(3)
        assert repr(part) == "tensor([6., 6.], grad_fn=<Invalid>)"


VIEWS_OF_ONE = {
    "unsqueeze": lambda z: z.unsqueeze(0),
    "None": lambda z: z[None],
    "view": lambda z: z.view(1),
    "view of a view": lambda z: z.view(1).view(1, 1),
}


@pytest.mark.parametrize("name", VIEWS_OF_ONE)
@pytest.mark.parametrize("t", [tnp, torch], ids=["ours", "torch"])
def test_a_view_of_a_single_number_changes_it(t, name):
    x = t.tensor(3.0, requires_grad=True)
    z = x * 1
    VIEWS_OF_ONE[name](z).mul_(2)
    assert z.shape == ()
    assert z.item() == 6
    z.backward()
    assert x.grad.item() == 2
