"""Modules side by side with torch's: signatures, texts, names, hooks and modes."""

import warnings

import pytest
import torch
from next_to_torch import BOTH, LIBS, block, same_error, told, translated

import nn
import tinygrad_np as tnp

# What torch.nn.Module has and ours leaves out, and why.
ABSENT = {
    *("ipu", "xpu", "mtia", "share_memory", "to_empty"),  # other devices
    *("get_extra_state", "set_extra_state"),  # register a buffer
    "register_backward_hook",  # deprecated: register_full_backward_hook
}


def notes(act):
    """What `act(t, n, log)` noted with ours, which must be what it noted with torch."""
    logs = []
    for t, n in LIBS:
        log = []
        act(t, n, log)
        logs.append([translated(str(entry)) for entry in log])
    assert logs[0] == logs[1]
    return logs[0]


def test_every_public_method_is_there():
    theirs = {name for name in dir(torch.nn.Module) if not name.startswith("_")}
    ours = set(dir(nn.Module))
    assert theirs - ours - {"T_destination", "call_super_init", "dump_patches"} == ABSENT


@pytest.mark.parametrize(
    "name",
    [
        *("add_module", "apply", "buffers", "children", "compile", "cpu", "cuda", "double", "eval"),
        *("extra_repr", "float", "get_buffer", "get_parameter", "get_submodule", "half"),
        *("load_state_dict", "modules", "named_buffers", "named_children", "named_modules"),
        *("named_parameters", "parameters", "register_buffer", "register_forward_hook"),
        *("register_forward_pre_hook", "register_full_backward_hook", "register_module"),
        *("register_full_backward_pre_hook", "register_load_state_dict_post_hook"),
        *("register_load_state_dict_pre_hook", "register_parameter", "requires_grad_"),
        *("register_state_dict_post_hook", "register_state_dict_pre_hook", "set_submodule"),
        *("to", "train", "type", "zero_grad"),
    ],
)
def test_signatures(name):
    assert told(getattr(nn.Module, name)) == told(getattr(torch.nn.Module, name))


@pytest.mark.parametrize("name", ["Parameter", "ParameterList", "ParameterDict", "ModuleDict"])
def test_signatures_of_classes(name):
    assert told(getattr(nn, name)) == told(getattr(torch.nn, name))


def nested(n):
    class Body(n.Module):
        def __init__(self):
            super().__init__()
            self.linears = n.ModuleList([n.Linear(2, 2) for _ in range(2)])
            self.tied = self.linears[0]
            self.heads = n.ModuleDict({"a": n.Linear(2, 1), "b": n.Sequential()})
            self.absent = n.Linear(1, 1)
            self.absent = None

        def extra_repr(self):
            return "depth=2"

    return n.Sequential(Body(), n.Sequential(n.Conv2d(1, 2, 3, padding=1), n.BatchNorm2d(2)))


def test_nested_models_look_and_count_the_same():
    def act(t, n, log):
        net = nested(n)
        log += [net, list(net.state_dict()), [type(m).__name__ for m in net.modules()]]
        for options in ({}, {"prefix": "p"}, {"recurse": False}, {"remove_duplicate": False}):
            log.append([name for name, _ in net.named_parameters(**options)])
            log.append([name for name, _ in net.named_buffers(**options)])
        log.append([name for name, _ in net.named_modules(remove_duplicate=False)])
        log.append(len(list(net.modules(remove_duplicate=False))))
        log.append([name for name, _ in net[0].named_children()])
        order = []
        net.apply(lambda m: order.append(type(m).__name__))
        log.append(order)
        log.append(sum(p.numel() for p in net.parameters() if p.requires_grad))

    notes(act)


def test_hooks_with_keyword_arguments():
    def act(t, n, log):
        class Scale(n.Module):
            def forward(self, x, by=2, more=0):
                return x * by + more

        m = Scale()
        m.register_forward_pre_hook(lambda m, args: log.append(("plain", args)))
        m.register_forward_pre_hook(
            lambda m, args, kwargs: ((args[0] + 1,), {**kwargs, "more": 5}), with_kwargs=True
        )
        m.register_forward_pre_hook(
            lambda m, args, kwargs: log.append((args, kwargs)), with_kwargs=True
        )
        m.register_forward_hook(
            lambda m, args, kwargs, out: log.append((args, kwargs, out)), with_kwargs=True
        )
        m.register_forward_hook(lambda m, args, kwargs, out: out * 100, with_kwargs=True)
        m.register_forward_hook(lambda m, args, out: log.append(("plain", args, out)))
        log += [m(1), m(1, by=3)]
        m.register_forward_pre_hook(lambda m, args: args[0] * 10, prepend=True)
        m.register_forward_hook(lambda m, args, out: log.append(("first", out)), prepend=True)
        log.append(m(1))

    assert notes(act)[-1] == "2700"


def test_hooks_that_are_always_called():
    def act(t, n, log):
        class Fails(n.Module):
            def forward(self, x):
                raise ValueError("no")

        def note(name):
            return lambda *what: log.append((name, *what[1:]))

        def fail(*what):
            raise KeyError("hook")

        m = Fails()
        m.register_forward_hook(note("skipped"))
        m.register_forward_hook(note("kwargs"), always_call=True, with_kwargs=True)
        m.register_forward_hook(fail, always_call=True)
        m.register_forward_hook(note("last"), always_call=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with pytest.raises(ValueError, match=r"^no$"):
                m(1)
        log.append([str(warning.message) for warning in caught])
        m = n.Identity()
        m.register_forward_hook(note("before"), always_call=True)
        m.register_forward_hook(fail)
        m.register_forward_hook(note("after"), always_call=True)
        with pytest.raises(KeyError, match="hook"):
            m(2)
        m = n.Identity()
        m.register_forward_hook(note("once"), always_call=True)
        m(3)

    log = notes(act)
    assert log[:2] == ["('kwargs', (1,), {}, None)", "('last', (1,), None)"]
    assert "silenced as another error was raised in forward: 'hook'" in log[2]


def test_hooks_of_saving_and_loading():
    def act(t, n, log):
        net = n.Sequential(n.Linear(1, 1), n.Linear(1, 1))
        inner = net[1]
        inner.register_state_dict_pre_hook(lambda m, prefix, keep: log.append((prefix, keep)))

        def rename(m, state, prefix, metadata):
            state[prefix + "scale"] = state.pop(prefix + "weight")

        def back(m, state, prefix, metadata, strict, missing, unexpected, errors):
            log.append((prefix, strict, missing, unexpected, errors))
            state[prefix + "weight"] = state.pop(prefix + "scale")
            state["elsewhere"] = state["weight"] = None  # not this module's

        removed = inner.register_state_dict_post_hook(rename)
        state = net.state_dict()
        log.append(list(state))
        loading = inner.register_load_state_dict_pre_hook(back)
        net.register_load_state_dict_post_hook(lambda m, keys: log.append(tuple(keys)))
        log.append(net.load_state_dict(state))
        loading.remove()
        removed.remove()
        inner.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
        inner.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.clear())
        log.append(net.load_state_dict(state))
        log.append(list(net.state_dict()))

    notes(act)


def test_error_texts():
    def with_hook(kind, hook, **options):
        def act(t, n):
            m = n.Identity()
            getattr(m, f"register_{kind}")(hook, **options)
            m.load_state_dict(m.state_dict())
            m(1)

        return act

    same_error(with_hook("forward_pre_hook", lambda m, a, k: 3, with_kwargs=True))
    same_error(with_hook("state_dict_post_hook", lambda m, state, prefix, metadata: state))
    same_error(with_hook("load_state_dict_post_hook", lambda m, keys: keys))
    for act in [
        lambda t, n: nested(n).set_submodule("", n.ReLU()),
        lambda t, n: nested(n).set_submodule("0", 3),
        lambda t, n: nested(n).set_submodule("9.a", n.ReLU()),
        lambda t, n: nested(n).set_submodule("0.new", n.ReLU(), strict=True),
        lambda t, n: nested(n).set_submodule("0.linears.0.weight", n.ReLU()),
    ]:
        same_error(act)
    with pytest.raises(RuntimeError, match="computes on device 'cpu' only, not on 'cuda'"):
        nn.Linear(1, 1).cuda()
    with pytest.raises(TypeError, match="bfloat16 is not part of tinygrad_np: use half"):
        nn.Linear(1, 1).bfloat16()


@BOTH
def test_set_submodule(lib):
    _, n = lib
    net = nested(n)
    net.set_submodule("0.linears.1", n.Tanh(), strict=True)
    net.set_submodule("0.more", n.ReLU())
    net.set_submodule("2", n.Sigmoid())
    assert isinstance(net[0].linears[1], n.Tanh)
    assert isinstance(net[0].more, n.ReLU)
    assert [type(m).__name__ for m in net] == ["Body", "Sequential", "Sigmoid"]


@BOTH
def test_type_converts_everything(lib):
    t, n = lib
    net = n.BatchNorm1d(2)
    assert net.type(t.float64) is net
    assert {x.dtype for x in (*net.parameters(), *net.buffers())} == {t.float64}


def test_compile_changes_nothing():
    net = nn.Identity()
    assert net.compile(mode="max-autotune") is None
    assert net(3) == 3


def test_modes_reach_every_child_and_layers_obey():
    def act(t, n, log):
        net = n.Sequential(n.Dropout(1.0), n.Sequential(n.BatchNorm1d(1, momentum=None)))
        x = t.tensor([[1.0], [3.0]])
        log += [net(x).tolist(), net.eval()(x).tolist(), [m.training for m in net.modules()]]
        net[1].train()
        log += [net(x).mean().item(), [m.training for m in net.modules()]]
        log.append({k: v.tolist() for k, v in net.state_dict().items()})

    notes(act)


def test_gradients_are_none_before_backward_and_after_zero_grad():
    def act(t, n, log):
        net = n.Linear(2, 1, bias=False)
        log.append(net.weight.grad)
        for _ in range(2):
            net(t.ones(1, 2)).sum().backward()
            log.append(net.weight.grad)  # they add up
        kept = net.weight.grad
        net.zero_grad(set_to_none=False)
        log += [net.weight.grad, kept, net.weight.grad is kept]
        net.zero_grad()
        log.append(net.weight.grad)
        net.requires_grad_(False)
        log.append(net(t.ones(1, 2)).requires_grad)
        net.zero_grad()

    notes(act)


def test_parameters_are_leaves_that_refuse_changes_in_place():
    def act(t, n, log):
        p = n.Parameter(t.ones(2) * 2)
        log += [
            p,
            p.is_leaf,
            p.grad_fn,
            isinstance(p, t.Tensor),
            isinstance(t.ones(1), n.Parameter),
        ]
        log += [n.Parameter(t.ones(1).int(), requires_grad=False), type(p.data).__name__]
        log += [type(p + 1).__name__, type(p[0]).__name__, type(p.detach()).__name__]
        made = n.Parameter(t.ones(1, requires_grad=True) * 2)
        log += [made.is_leaf, made.requires_grad]
        p.data = t.zeros(3)
        log.append(p)
        with pytest.raises(
            RuntimeError, match="a leaf Variable that requires grad is being used in"
        ):
            p += 1
        with t.no_grad():
            p += 1
        log += [p, type(p).__name__]

    notes(act)
    with pytest.raises(RuntimeError, match="Only Tensors of floating point dtype can require grad"):
        nn.Parameter(tnp.ones(1).int())


@BOTH
def test_a_lambda_or_a_plain_list_of_layers_is_not_registered(lib):
    t, n = lib

    class Net(n.Module):
        def __init__(self):
            super().__init__()
            self.layers = [n.Linear(1, 1)]
            self.scale = t.ones(1, requires_grad=True)

    assert list(Net().parameters()) == []
    assert list(Net().state_dict()) == []


def test_a_module_called_without_hooks_runs_nothing_but_forward():
    net = block(tnp, nn)
    net._between_hooks = None
    for module in net.modules():
        module._between_hooks = None
    assert net(tnp.ones(2, 2)).shape == (2, 3)


def test_metadata_of_a_state():
    found = []
    for _, n in LIBS:
        model = n.Sequential(n.Linear(2, 2), n.Sequential(n.BatchNorm2d(2), n.ReLU()))
        state = model.state_dict()
        found.append(state._metadata)
        assert type(model._forward_hooks).__name__ == "OrderedDict"
    assert found[0] == found[1]


def test_batch_norm_loads_a_state_from_before_batches_were_counted():
    for _, n in LIBS:
        model = n.Sequential(n.BatchNorm2d(2))
        state = model.state_dict()
        del state["0.num_batches_tracked"]
        assert model.load_state_dict(dict(state)).missing_keys == []  # no version
        with pytest.raises(RuntimeError, match=r'Missing key.* "0\.num_batches_tracked"'):
            model.load_state_dict(state)


def test_fans_by_the_name_that_copied_code_uses():
    for t, n in LIBS:
        assert n.init._calculate_fan_in_and_fan_out(t.ones(2, 3, 4)) == (12, 8)
