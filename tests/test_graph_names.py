"""What users print of a graph, next to PyTorch: names of nodes, leaves, losses of one node."""

import math
import re

import numpy as np
import pytest
import torch

import nn
import tinygrad_np as tnp

LIBRARIES = ((tnp, nn), (torch, torch.nn))
BOTH = pytest.mark.parametrize("lib", [tnp, torch], ids=["ours", "torch"])

EXPRESSIONS = """
F.cross_entropy(x, y); F.cross_entropy(x, y, reduction="sum"); F.cross_entropy(x, y, w);
F.cross_entropy(x, y, ignore_index=0); F.cross_entropy(x[0], y[0]); F.nll_loss(x, y);
F.nll_loss(x, y, reduction="none"); F.nll_loss(x, y, reduction="none", ignore_index=0);
F.cross_entropy(x, y, label_smoothing=0.1); F.nll_loss(z, z[:, 0].long());
F.mse_loss(x, p); F.mse_loss(x, p, reduction="sum"); F.mse_loss(x, p, reduction="none");
F.l1_loss(x, p); F.smooth_l1_loss(x, p); F.huber_loss(x, p); F.kl_div(x, p, reduction="sum");
F.binary_cross_entropy(x.sigmoid(), p); F.binary_cross_entropy(x.sigmoid(), p, weight=p);
F.binary_cross_entropy_with_logits(x, p); F.binary_cross_entropy_with_logits(x, p, weight=p);
F.batch_norm(x, None, None, training=True); F.batch_norm(x, w - 1, w); F.layer_norm(x, (3,));
F.group_norm(x, 3 - 2); F.gelu(x); F.gelu(x, approximate="tanh"); F.silu(x); F.mish(x);
F.softplus(x); F.logsigmoid(x); F.glu(z, 0); F.relu(x);
x.max(); x.min(); x.max(0).values; x.min(1, keepdim=True).values; x.sort().values;
x.topk(2).values; z.squeeze(); z.squeeze(1); z.squeeze((1,)); x.unsqueeze(0); x.unbind()[0];
x.split(2)[0]; x.split([1, 3])[1]; x.chunk(2)[0]; x.tensor_split(2)[0];
x.t(); x.transpose(0, 1); x.permute(1, 0); x.tril(); x.triu(1); x.masked_fill(x > 0, 1.0);
F.pad(x, (1, 1)); F.linear(x, x, w.sum().reshape(1).expand(4))
"""


@pytest.mark.parametrize("expression", [e.strip() for e in EXPRESSIONS.split(";")])
def test_names_are_pytorchs(expression):
    names = []
    for t, n in LIBRARIES:
        x = t.linspace(-1, 2, 12).reshape(4, 3).detach().requires_grad_()
        scope = {"x": x, "F": n.functional, "y": t.tensor([0, 1, 2, 0]), "w": t.ones(3)}
        scope |= {"p": t.ones(4, 3) / 2, "z": t.zeros(2, 1, 3, requires_grad=True)}
        result = eval(expression, scope)
        names.append((result.grad_fn.name(), repr(result).split("grad_fn=")[1]))
    assert names[0] == names[1]


def walk(node):
    while node is not None:
        yield node.name(), re.sub("0x[0-9a-f]+", "0x", repr(node))
        node = node.next_functions[0][0] if node.next_functions else None


def test_the_chain_of_the_blitz():
    chains = []
    for t, n in LIBRARIES:
        x = t.ones(2, 3, requires_grad=True)
        chains.append(
            list(walk(n.functional.mse_loss(n.functional.relu(x), t.zeros(2, 3)).grad_fn))
        )
        chains.append(list(walk(n.functional.cross_entropy(x, t.tensor([0, 1])).grad_fn)))
    assert chains[:2] == chains[2:]
    assert chains[0][-1] == ("torch::autograd::AccumulateGrad", "<AccumulateGrad object at 0x>")


@BOTH
def test_leaves_are_nodes(lib):
    x, constant = lib.ones(2, requires_grad=True), lib.ones(2)
    (leaf, number), nothing = (x * constant).grad_fn.next_functions
    assert leaf.variable is x
    assert (number, nothing, leaf.next_functions) == (0, (None, 0), ())
    again, other = ((v * 1).grad_fn.next_functions[0][0] for v in (x, constant.requires_grad_()))
    assert len({leaf, again, other}) == 2
    assert leaf == again != other
    assert (leaf == x) is False


def test_named_leaves_what_has_no_graph():
    x = tnp.ones(2)
    assert tnp.named(x, "Any") is x
    assert x.grad_fn is None


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 1), (4,)), ((), ()), ((0, 2), (0, 2))])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_mse_and_its_two_derivatives(reduction, shapes):
    rng, found = np.random.default_rng(0), []
    values = [rng.normal(size=shape) for shape in shapes]
    for t, n in LIBRARIES:
        x, y = (t.tensor(v, requires_grad=True) for v in values)
        loss = n.functional.mse_loss(x, y, reduction=reduction)
        first = t.autograd.grad(loss.sum(), [x, y], create_graph=True)
        second = t.autograd.grad((first[0] ** 3).sum(), [x, y])
        found.append([v.detach().numpy() for v in (loss, *first, *second)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [-100, 1, 7])
@pytest.mark.parametrize("labels", [[0, 2, 1], [7, 7, 7], []])
def test_nll_with_weights_and_ignored_labels(reduction, weighted, ignored, labels):
    if 7 in labels and ignored != 7:
        with pytest.raises(IndexError, match="Target 7 is out of bounds"):
            tnp.nll(tnp.ones(3, 3), np.array(labels), 1)
        return
    found = []
    values = np.random.default_rng(0).normal(size=(len(labels), 3))
    values[labels == np.array(ignored)] = -np.inf
    for t, n in LIBRARIES:
        x, target = t.tensor(values, requires_grad=True), t.tensor(labels, dtype=t.int64)
        weight = t.tensor([0.5, 2.0, 3.0], dtype=t.float64) if weighted else None
        loss = n.functional.nll_loss(x, target, weight, ignore_index=ignored, reduction=reduction)
        loss.sum().backward()
        found.append([loss.detach().numpy(), x.grad.numpy()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.parametrize("x", [[math.nan, 1, 2], [math.nan, math.nan, 1], [2, 2, 1]])
@pytest.mark.parametrize("function", ["relu", "max", "min", "amax", "amin", "max0", "min0"])
def test_gradients_at_nan(x, function):
    found = []
    for t in (tnp, torch):
        leaf = t.tensor(x, dtype=t.float64, requires_grad=True)
        name, along = function.rstrip("0"), function.endswith("0")
        result = getattr(leaf, name)(0).values if along else getattr(leaf, name)()
        result.sum().backward()
        found.append(leaf.grad.numpy())
    np.testing.assert_array_equal(*found)


SECOND = """
e[t.tensor([0, 1])]; e[[0, 1]]; e[e > 0]; e[0]; e[:2]; e.reshape(3, 1); e.gather(0, i);
e.index_select(0, i); F.nll_loss(e, i[0]); F.mse_loss(e, e.detach()); e + 1; e.sum()
"""


@pytest.mark.parametrize("expression", [e.strip() for e in SECOND.split(";")])
def test_what_a_second_backward_allows(expression):
    outcomes = []
    for t, n in LIBRARIES:
        e = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
        scope = {"t": t, "e": e, "i": t.tensor([0]), "F": n.functional}
        shared = eval(expression, scope)
        shared.sum().backward()
        try:
            shared.mean().backward()
            outcomes.append("runs")
        except RuntimeError as error:
            outcomes.append(str(error)[:60])
    assert outcomes[0] == outcomes[1]


@BOTH
def test_plus_detach_in_place_and_own_grad(lib):
    x = lib.tensor([1.0, -2.0], requires_grad=True)
    assert +x is x
    assert lib.positive(x) is x
    with pytest.raises(RuntimeError, match=r"The `\+` operator, on a bool tensor is not supported"):
        (x > 0).__pos__()
    with pytest.raises(RuntimeError, match="can't assign Variable as its own grad"):
        x.grad = x
    y = x * 2
    assert y.detach_() is y
    assert (y.requires_grad, y.grad_fn, y.is_leaf) == (False, None, True)
    with pytest.raises(RuntimeError, match=r"Can't detach views in-place\. Use detach\(\) instead"):
        (x * 2)[:1].detach_()
    assert x.detach_().requires_grad is False


@BOTH
def test_hooks_after_accumulation(lib):
    x, seen = lib.ones(2, requires_grad=True), []
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.tolist())))
    (x * 2).sum().backward()
    lib.autograd.grad((x * 2).sum(), x)
    (x * 2).sum().backward(inputs=[x])
    handle.remove()
    (x * 2).sum().backward()
    assert seen == [(True, [2.0, 2.0]), (True, [4.0, 4.0])]
    with pytest.raises(RuntimeError, match="post accumulate grad hooks cannot be registered on no"):
        (x * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't requi"):
        lib.ones(1).register_post_accumulate_grad_hook(print)


@BOTH
def test_hooks_keep_type_and_size(lib):
    x = lib.ones(2, requires_grad=True)
    for hook, error, text in [
        (lambda g: g.double(), RuntimeError, r"has changed the type of value \(was .*FloatTensor "),
        (lambda g: lib.ones(3), RuntimeError, "hook '<lambda>' has changed the size of value"),
        (lambda g: 5, TypeError, "expected Variable, but hook returned 'int'"),
    ]:
        for tensor in (x, x * 1):
            handle = tensor.register_hook(hook)
            with pytest.raises(error, match=text):
                (tensor * 2).sum().backward()
            handle.remove()
    assert x.grad is None
