"""Mathematical functions, reductions and linear algebra over grids of arguments: PyTorch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from next_to_torch import BOTH, LIBS, same_error
from test_functions import same

import tinygrad_np as tnp

torch.set_num_threads(1)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))
POSITIVE = RNG.uniform(0.1, 0.9, (3, 4))
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, 3.5, -2.5, 1e-30, 700.0]

UNARY = (
    *("sin", "cos", "tan", "asin", "arcsin", "acos", "arccos", "atan", "arctan", "sinh", "cosh"),
    *("log10", "log2", "log1p", "expm1", "exp2", "rsqrt", "reciprocal", "erf", "round", "floor"),
    *("ceil", "trunc", "fix", "frac", "sign", "nan_to_num", "square"),
)


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name):
    same(lambda lib, x: getattr(lib, name)(x), POSITIVE)
    same(lambda lib, x: getattr(x.t(), name)(), POSITIVE)
    for dtype, accuracy in (("float64", 2e-15), ("float32", 2e-6), ("float16", 2e-3)):
        with np.errstate(over="ignore"):
            numbers = np.array(SPECIAL, dtype)
        ours = getattr(tnp, name)(tnp.from_numpy(numbers.copy())).numpy()
        theirs = getattr(torch, name)(torch.from_numpy(numbers.copy())).numpy()
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=accuracy, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize("name", [name for name in UNARY if name != "arcsin"])
def test_forms_in_place(name):
    def change(lib, x):
        y = x * 1
        assert getattr(y, f"{name}_")() is y
        return y

    same(change, POSITIVE)


def test_erf_to_the_last_digits():
    import math

    x = np.concatenate([np.linspace(-7, 7, 4001), [1e-300, -1e-9, 5.93, 1e300, np.inf, -np.inf]])
    expected = np.array([math.erf(v) for v in x])
    np.testing.assert_allclose(tnp.erf(tnp.from_numpy(x)).numpy(), expected, rtol=2e-15)
    with np.errstate(over="ignore"):
        narrow = tnp.erf(tnp.from_numpy(x.astype(np.float32))).numpy()
    np.testing.assert_allclose(narrow, expected, rtol=1e-6, atol=1e-45)
    assert np.isnan(tnp.erf(tnp.tensor(float("nan"))).item())
    assert abs(tnp.erf(tnp.tensor([6.0, -6.0]))).tolist() == [1.0, 1.0]


CALLS = {
    "round": lambda lib, x: lib.round(x * 100, decimals=1) + lib.round(x * 100, decimals=-1),
    "fmod": lambda lib, x: lib.fmod(x, 0.7) + x.fmod(-0.7) + lib.fmod(x, x[0] + 3),
    "remainder": lambda lib, x: lib.remainder(x, 0.7) + lib.remainder(x, x[0] + 3),
    "atan2": lambda lib, x: lib.atan2(x, x[0] + 3) + x.arctan2(x.new_zeros(()) - 1.0),
    "lerp": lambda lib, x: lib.lerp(x, x * x, 0.3) + x.lerp(x[0], 0.7) + lib.lerp(x, x[0], x[1]),
    "addcmul": lambda lib, x: lib.addcmul(x, x[0], x[1], value=0.5) + x.addcmul(x, x),
    "addcdiv": lambda lib, x: lib.addcdiv(x, x[0], x[1] + 9, value=0.5),
    "fmax": lambda lib, x: lib.fmax(x, x[0]) + lib.fmin(x[0], x),
    "clamp by tensors": lambda lib, x: lib.clamp(x, x[0] - 0.1, x[1]) + x.clip(max=0.2),
    "nan_to_num": lambda lib, x: lib.nan_to_num(x / (x > 0), nan=2.0, posinf=5.0, neginf=-5.0),
    "isclose": lambda lib, x: lib.isclose(x, x + 1e-7) & x.isfinite() | x.isinf(),
    "logical": lambda lib, x: lib.logical_xor(x > 0, x < 1) | lib.logical_and(x, x > 2),
    "std_mean": lambda lib, x: lib.std_mean(x, 1) + lib.var_mean(x, (0, 2), keepdim=True),
    "std_mean of all": lambda lib, x: lib.std_mean(x, unbiased=False) + lib.var_mean(x),
    "std_mean correction": lambda lib, x: lib.std_mean(x, 2, correction=0, keepdim=True),
    "count_nonzero": lambda lib, x: lib.count_nonzero(x > 0, dim=1) + (x > 1).count_nonzero(),
    "count_nonzero 2": lambda lib, x: lib.count_nonzero(x > 0, dim=(0, 2)),
    "aminmax": lambda lib, x: tuple(lib.aminmax(x)) + tuple(x.aminmax(dim=1, keepdim=True)),
    "median": lambda lib, x: x.median() + lib.median(x, 1, keepdim=True).values,
    "median of ties": lambda lib, x: lib.median((x * 0 + 1).reshape(-1)) * x.median(),
    "dist": lambda lib, x: lib.dist(x, x[0] * 2) + x.dist(x * x, 3) + lib.dist(x, -x, 1),
    "addmm": lambda lib, x: lib.addmm(x[0, 0, :3], x[0], x[1].t(), beta=0.5, alpha=2),
    "addmm beta 0": lambda lib, x: x[0, :, :3].addmm(x[0], x[1].t(), beta=0),
    "baddbmm": lambda lib, x: lib.baddbmm(x[:, :, :3], x, x.mT, beta=2, alpha=0.5),
    "addmv": lambda lib, x: lib.addmv(x[0, :, 0], x[0], x[1, 0], beta=3, alpha=0.5),
    "mv": lambda lib, x: lib.mv(x[0], x[1, 0]) + x[0].mv(x[1, 1]),
    "outer": lambda lib, x: lib.outer(x[0, 0], x[1, 0]) + lib.ger(x[0, 0], x[0, 1]),
    "matrix products": lambda lib, x: lib.mm(x[0], x[1].t()) + lib.bmm(x, x.mT).sum(0),
    "tensordot": lambda lib, x: lib.tensordot(x, x, dims=([0, 2], [0, 2])),
    "tensordot of all": lambda lib, x: lib.tensordot(x, x, 3) + lib.tensordot(x[0], x[0], 2),
    "tensordot of none": lambda lib, x: lib.tensordot(x[0], x[1], 0),
    "int matrices": lambda lib, x: lib.addmm(x[0, :, :3].long(), x[0].long(), x[1].t().long()),
    "in place": lambda lib, x: (x * 1).addcmul_(x, x).addcdiv_(x, x + 9).lerp_(x, 0.2).fmod_(0.9),
    "addmm_": lambda lib, x: (x[0, :, :3] * 1).addmm_(x[0], x[1].t()),
    "shifts": lambda lib, x: (x * 9).long().abs() << 2 | (x * 99).long() >> 1 | 1 << x.long().abs(),
    "prod of zeros": lambda lib, x: lib.prod(x * (x > 0), 1) + x.prod(0).sum() + lib.prod(x * 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    same(CALLS[name], X)


@BOTH
def test_lerp_is_exact_at_both_ends(lib):
    a, b = lib[0].tensor([1e8, 0.1]), lib[0].tensor([1.0, 0.7])
    assert lib[0].lerp(a, b, 1.0).tolist() == b.tolist()
    assert lib[0].lerp(a, b, 0.0).tolist() == a.tolist()


@pytest.mark.parametrize("p", [2, 1, 3, 0.5, 1.5, 0, np.inf, -np.inf, "fro"])
@pytest.mark.parametrize(
    ("dim", "keepdim"), [(None, False), (1, True), ((0, 2), False), (-1, True)]
)
def test_norms(p, dim, keepdim):
    same(lambda lib, x: lib.norm(x, p, dim, keepdim), X)
    if p != "fro":
        same(lambda lib, x: lib.linalg.vector_norm(x, p, dim=dim, keepdim=keepdim), X)
        same(lambda lib, x: x[0].norm(p=p) + lib.linalg.norm(x[0, 0], p), X)


def test_norm_of_zeros_and_of_matrices():
    for p in (1, 2, 3):
        same(lambda lib, x, p=p: lib.norm(x, p, 1), np.zeros((2, 3)))
    for p in (0.5, 1, 1.5, 2, 3):
        same(lambda lib, x, p=p: lib.norm(x * (x > 0), p, 1), X)
    same(lambda lib, x: lib.linalg.norm(x) + lib.linalg.matrix_norm(x), X)
    same(lambda lib, x: lib.linalg.norm(x, "fro", (0, 1)), X)
    same(lambda lib, x: lib.linalg.norm(x[0], "fro", keepdim=True), X)
    for call in (lambda x: tnp.linalg.norm(x, 2), lambda x: tnp.linalg.matrix_norm(x, "nuc")):
        with pytest.raises(RuntimeError, match="computes ord='fro' only, not"):
            call(tnp.ones(2, 2))


EQUATIONS = [
    *["ij,jk->ik", "ij,jk", "ii", "ii->i", "iii->i", "ij->ji", "ij->", "ij->i", "bij,bjk->bik"],
    *["...ij,...jk->...ik", "i,j->ij", "i,i", "bhqd,bhkd->bhqk", "a,b,c->abc", "ij,jk,kl->il"],
    *["...ii->...i", "i...->...i", "ij,ij->ij", "->", "i,->i", "bn,anm,bm->ba", "bA", "..."],
    *["iij,jk->ik", "ik,jkl,il->ij", "...i,...j->ij", "ijk,ilm,njm,nlk,abc->", " i j , j k -> k i"],
]


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum(equation):
    sizes = {letter: 2 + n % 3 for n, letter in enumerate("abcijklmnhqdA")}
    inputs = equation.replace(" ", "").split("->")[0].split(",")
    for ones in (False, True):
        arrays = []
        for number, text in enumerate(inputs):
            hidden = [(), (3,), (4, 3)][number + 1] if "..." in text else ()
            letters = text.replace("...", "")
            at = text.find("...")
            shape = [1 if ones and number and letters.count(x) == 1 else sizes[x] for x in letters]
            shape[max(at, 0) : max(at, 0)] = hidden
            arrays.append(RNG.normal(size=shape))
        same(lambda lib, *xs: lib.einsum(equation, *xs), *arrays)


def test_einsum_by_lists_of_numbers():
    same(lambda lib, x: lib.einsum(x[0], [0, 1], x[1], [0, 2], [2, 1]), X)
    same(lambda lib, x: lib.einsum(x, [..., 30, 1], x[0], [3, 1]), X)
    same(lambda lib, x: lib.einsum("ij,kj", [x[0], x[1]]), X)


def test_einsum_to_second_order():
    a, b = (tnp.from_numpy(RNG.normal(size=s)).requires_grad_() for s in ((2, 3), (3, 3)))
    assert tnp.gradgradcheck(lambda a, b: tnp.einsum("ij,jj,ik->k", a, b, a), (a, b))


@pytest.mark.parametrize(
    "call",
    [
        lambda t, n: t.einsum("ij,jk", t.ones(1, 1), t.ones(1)),
        lambda t, n: t.einsum("i...j", t.ones(1)),
        lambda t, n: t.einsum("ii->i", t.ones(2, 3)),
        lambda t, n: t.einsum("i->ij", t.ones(2)),
        lambda t, n: t.einsum("ij->jj", t.ones(2, 2)),
        lambda t, n: t.einsum("ij,jk->ik", t.ones(2, 3), t.ones(4, 5)),
        lambda t, n: t.einsum("i", t.ones(2), t.ones(2)),
        lambda t, n: t.einsum("i,j", t.ones(2)),
        lambda t, n: t.einsum("i"),
        lambda t, n: t.einsum(t.ones(2, 3), [0, 77]),
        lambda t, n: t.tensordot(t.ones(2, 3), t.ones(4, 5), 1),
        lambda t, n: t.tensordot(t.ones(2, 3), t.ones(4, 5), ([0], [1, 0])),
        lambda t, n: t.tensordot(t.ones(2, 3), t.ones(4, 5), -1),
        lambda t, n: t.tensordot(t.ones(2, 3), t.ones(4, 5), 3),
        lambda t, n: t.linalg.matrix_norm(t.ones(2)),
        lambda t, n: t.norm(t.tensor([1])),
        lambda t, n: t.mean(t.tensor([1]), dtype=t.int64),
        lambda t, n: t.mean(t.tensor([True])),
        lambda t, n: t.median(t.ones(2, 0), 1),
        lambda t, n: t.aminmax(t.ones(0)),
        lambda t, n: t.round(t.tensor([1]), decimals=1),
        lambda t, n: t.softmax(t.tensor([[1, 2]]), 1),
        lambda t, n: t.softmax(t.tensor([[1, 2]]), 0),
        lambda t, n: t.tensor([1]).isclose(t.tensor([1.0])),
        lambda t, n: t.tensor([1.0]).type("LongTensor"),
    ],
)
def test_errors_are_pytorchs(call):
    same_error(call)


@settings(max_examples=40, deadline=None, print_blob=True)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_products_of_drawn_zeros(shape, data):
    array = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-2, 3, shape) * 1.0
    dim = data.draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    keepdim = data.draw(st.booleans())
    same(lambda lib, x: lib.prod(x) if dim is None else x.prod(dim, keepdim=keepdim), array)


@pytest.mark.parametrize("dim", [None, 0, 1])
def test_second_derivative_of_a_product_with_zeros(dim):
    x = tnp.tensor([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]], dtype=tnp.float64, requires_grad=True)
    assert tnp.gradgradcheck(lambda x: x.prod() if dim is None else x.prod(dim), (x,))


@BOTH
def test_types_and_constructors(lib):
    t, _ = lib
    assert [x.type() for x in (t.ones(1), t.zeros(1).long(), t.ones(1).bool())] == [
        "torch.FloatTensor", "torch.LongTensor", "torch.BoolTensor",
    ]  # fmt: skip
    assert t.LongTensor([1.5, 2]).tolist() == [1, 2]
    assert t.FloatTensor(2, 3).shape == (2, 3)
    assert t.DoubleTensor([1]).dtype is t.float64
    assert isinstance(t.ones(1), t.FloatTensor)
    assert not isinstance(t.ones(1), t.LongTensor)
    x = t.tensor([1.7])
    for kind in ("torch.IntTensor", t.IntTensor, t.int32):
        assert (x.type(kind).dtype, x.type(kind).tolist()) == (t.int32, [1])
    assert x.type_as(t.ones(1).long()).dtype is t.int64


@BOTH
def test_forms_of_to(lib):
    t, _ = lib
    x = t.tensor([1.5])
    for unchanged in (
        x.to(),
        x.to("cpu"),
        x.to(t.float32),
        x.to(device="cpu"),
        x.to(t.ones(1)),
        x.cpu(),
    ):
        assert unchanged is x
    for new in (
        x.to("cpu", t.float32, False, True),
        x.to(t.float32, False, True),
        x.to(x, copy=True),
    ):
        assert new is not x
    for wide in (x.to("cpu", t.float64), x.to(t.float64, True), x.to(dtype=float), x.to(float)):
        assert wide.dtype is t.float64
    assert x.to(t.tensor([1]), True).tolist() == [1]


def test_what_is_not_here_is_refused_by_name():
    for call in (lambda: tnp.ones(1).cuda(), lambda: tnp.ones(1).to("cuda:0")):
        with pytest.raises(RuntimeError, match="computes on device 'cpu' only, not on 'cuda"):
            call()
    assert {"bfloat16": tnp.bfloat16, "c": tnp.complex64}["bfloat16"] is not tnp.float16
    assert isinstance(tnp.bfloat16, tnp.dtype)
    assert (repr(tnp.bfloat16), tnp.bfloat16.itemsize) == ("tinygrad_np.bfloat16", 2)
    assert tnp.complex128.is_complex
    for dtype, text in ((tnp.bfloat16, "use float32, or float16"), (tnp.complex64, "two real")):
        for call in (tnp.ones(1).to, lambda dtype: tnp.zeros(1, dtype=dtype)):
            with pytest.raises(TypeError, match=f"{dtype.name} is not supported: NumPy .*{text}"):
                call(dtype=dtype)
        with pytest.raises(TypeError, match="is not supported"):
            tnp.set_default_dtype(dtype)


def test_autocast_and_compile_change_nothing():
    @tnp.compile(fullgraph=True)
    @tnp.autocast("cpu", dtype=tnp.bfloat16)
    def f(x):
        return x @ x

    assert tnp.compile(f) is f
    assert f(tnp.ones(2, 2)).dtype is tnp.float32


@BOTH
def test_inference_mode(lib):
    t, _ = lib
    x = t.ones(2, requires_grad=True)

    @t.inference_mode()
    def inside(y):
        return y * 2

    @t.inference_mode
    def bare(y):
        return y * 2

    with t.inference_mode():
        assert not (x * 2).requires_grad
        assert not t.is_grad_enabled()
    with t.no_grad(), t.inference_mode(False):
        assert (x * 2).requires_grad
    assert not inside(x).requires_grad
    assert not bare(x).requires_grad
    assert (x * 2).requires_grad


def drawn(act):
    """What `act` draws with both libraries after the same seed."""
    results = []
    for lib, _ in LIBS:
        lib.manual_seed(3)
        results.append([x.tolist() for x in act(lib)])
    return results


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "int32", "int64", "uint8"]
)
def test_random_whole_numbers_in_place(dtype):
    def act(lib):
        x = lib.zeros(2, 3, dtype=getattr(lib, dtype))
        return x.random_().clone(), x.random_(7).clone(), x.random_(2, 5)

    ours, theirs = drawn(act)
    assert ours == theirs


def test_random_numbers_are_pytorchs():
    def act(lib):
        p = lib.tensor([[0.1, 0.5, 0.9], [0.2, 0.2, 0.6]])
        yield lib.bernoulli(p)
        yield p.bernoulli()
        yield lib.bernoulli(p, 0.3)
        yield p.clone().bernoulli_(0.3)
        yield p.clone().bernoulli_(p)
        yield lib.zeros(4).long().bernoulli_()
        yield lib.multinomial(p, 2)
        yield p.multinomial(5, replacement=True)
        yield lib.multinomial(p[0], 1, generator=lib.Generator().manual_seed(5))
        yield lib.randint_like(p, 3, 9)
        yield lib.randint_like(p, 3)
        yield lib.rand_like(p, dtype=lib.float64)
        yield lib.randint(0, 5, (3,), dtype=lib.int32)

    ours, theirs = drawn(act)
    assert ours == theirs


def test_normal_numbers_are_pytorchs():
    def act(lib):
        p = lib.tensor([[0.1, 0.5, 0.9], [0.2, 0.2, 0.6]])
        yield lib.normal(1.0, 2.0, (3,))
        yield lib.normal(1.0, 2.0, size=(3,), dtype=lib.float64)
        yield lib.normal(p, p[0])
        yield lib.normal(p, 2.0)
        yield lib.normal(1.0, p)
        yield lib.randn_like(p)
        yield p.clone().exponential_(0.5)
        yield p.clone().normal_(1, 2)
        yield p.clone().uniform_(1, 2)

    ours, theirs = drawn(act)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, n: t.bernoulli(t.tensor([1, 0])),
        lambda t, n: t.normal(t.tensor([1, 0]), 1.0),
        lambda t, n: t.normal(0.0, -1.0, (2,)),
        lambda t, n: t.normal(t.ones(2), t.tensor([-1.0])),
        lambda t, n: t.ones(2).random_(5, 3),
        lambda t, n: t.ones(2).random_(0),
        lambda t, n: t.multinomial(t.tensor([1, 0]), 1),
    ],
)
def test_errors_of_random_numbers(call):
    same_error(call)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0,), (2, 0, 3)])
def test_softmax_of_nothing(name, shape):
    for dim in range(len(shape)):
        same(lambda lib, x, dim=dim: getattr(lib, name)(x, dim), np.zeros(shape))


def test_logsumexp_of_nothing_along_several():
    same(lambda lib, x: lib.logsumexp(x, (0, 1)), np.zeros((2, 0)))


@BOTH
@pytest.mark.parametrize("dim", [True, 1.0, "a"])
@pytest.mark.parametrize(
    "name",
    [
        *("sum", "mean", "prod", "softmax", "log_softmax", "logsumexp", "argmax", "sort"),
        *("argsort", "cumsum", "cumprod", "unsqueeze", "squeeze", "max", "amax", "any", "all"),
        *("median", "unbind", "count_nonzero", "flip"),
    ],
)
def test_dims_are_ints(lib, name, dim):
    with pytest.raises(TypeError):
        getattr(lib[0].ones(2, 3), name)(dim)


def test_the_text_for_a_wrong_dim():
    with pytest.raises(TypeError, match=r"^argument 'dim' must be int, not bool$"):
        tnp.ones(2, 3).sum(True)
    for name in ("var", "std", "var_mean", "std_mean"):
        with pytest.raises(TypeError, match=r"^argument 'dim' must be int, not float$"):
            getattr(tnp, name)(tnp.ones(2), 1.0)
    assert tnp.ones(2, 3).sum(np.int64(1)).tolist() == [3.0, 3.0]


@pytest.mark.parametrize("name", ["any", "all"])
@pytest.mark.parametrize("dim", [(), [], None, (0, 1)])
def test_any_and_all_along_no_dims(name, dim):
    mask = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 1.0]])
    for keepdim in (False, True):
        results = [
            getattr(lib, name)(lib.from_numpy(mask), dim, keepdim).tolist() for lib in (tnp, torch)
        ]
        assert results[0] == results[1]


@pytest.mark.parametrize(
    "name",
    ["maximum", "minimum", "fmax", "fmin", "logical_and", "logical_or", "logical_xor"],
)
def test_functions_of_two_tensors_take_no_number(name):
    same_error(lambda t, n: getattr(t, name)(t.ones(2), 2))
    same_error(lambda t, n: getattr(t, name)(2.0, t.ones(2)))
    assert getattr(np, name)(tnp.ones(2), 2).tolist() == getattr(np, name)(np.ones(2), 2).tolist()


@pytest.mark.parametrize("dtype", ["int64", "int16", "float32"])
def test_the_median_of_nothing_keeps_its_dtype(dtype):
    found = [lib.median(lib.zeros(0, dtype=getattr(lib, dtype))) for lib in (tnp, torch)]
    assert str(found[0].dtype).split(".")[1] == str(found[1].dtype).split(".")[1]
    np.testing.assert_array_equal(found[0].numpy(), found[1].numpy())


@pytest.mark.parametrize("p", [-3, -0.5, float("inf"), float("-inf")])
@pytest.mark.parametrize("dim", [None, 0])
def test_a_norm_of_nothing_that_has_none(p, dim):
    texts = []
    for lib in (tnp, torch):
        with pytest.raises(RuntimeError, match="does not have an identity") as caught:
            lib.norm(lib.zeros(0, 3), p, dim)
        texts.append(str(caught.value).replace("0because", "0 because"))  # PyTorch's slip
    assert texts[0] == texts[1]
    assert tnp.norm(tnp.zeros(0, 3), p, 1).shape == (0,)


def test_norms_of_zeros_with_negative_powers_do_not_warn():
    rows = [[0.0, 1.0], [2.0, 1.0]]
    found = [lib.norm(lib.tensor(rows), -3, 1).tolist() for lib in (tnp, torch)]
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize("eps", [1e-8, 2.0, 10.0])
def test_cosine_similarity_limits_lengths_without_gradient(eps):
    same(
        lambda lib, x, y: lib.cosine_similarity(x, y, eps=eps),
        *(X[:, :, 0], X[:, :, 1]),
    )


@BOTH
def test_inference_mode_is_stronger_than_enable_grad(lib):
    t, _ = lib
    x = t.ones(2, requires_grad=True)

    @t.inference_mode()
    def inside():
        with t.enable_grad():
            return t.is_inference_mode_enabled(), (x * 2).requires_grad

    assert not t.is_inference_mode_enabled()
    assert inside() == (True, False)
    with t.inference_mode():
        with t.set_grad_enabled(True):
            assert not (x * 2).requires_grad
        with t.inference_mode(False):
            assert not t.is_inference_mode_enabled()
            assert (x * 2).requires_grad
        assert t.is_inference_mode_enabled()
        assert not (x * 2).requires_grad
    assert not t.is_inference_mode_enabled()
    assert (x * 2).requires_grad
    assert not x.is_inference()
