"""Work in parts: the same results with any number of threads, and none where it does not pay."""

import contextlib
import gc
import itertools
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
import torch

import tinygrad_np as tnp
from tinygrad_np import blas, layout, threads
from tinygrad_np.blas import one_thread, openblas
from tinygrad_np.conv_algorithms import row_fused
from tinygrad_np.conv_algorithms.geometry import Geometry


@pytest.fixture(autouse=True)
def _as_before():
    before = tnp.get_num_threads()
    yield
    tnp.set_num_threads(before)


@pytest.fixture
def everything_pays(monkeypatch):
    monkeypatch.setattr(threads, "THRESHOLD", 0)


def names(part):
    return part, threading.current_thread().name


def convolved(x, w, g, geometry):
    y, hint = row_fused.forward(x, w, geometry)
    gw = row_fused.weight_grad(x, g, geometry, w.shape, hint)
    return y, row_fused.input_grad(g, w, geometry, x.shape), gw


STRIDES, DILATIONS, GROUPS = [(1, 1), (2, 3), (3, 1)], [(1, 1), (2, 1)], [1, 2]
KERNELS = [(1, 1), (3, 2), (5, 5)]


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("n", [0, 1, 3])
def test_convolutions_agree_with_any_number_of_threads(n):
    r = np.random.default_rng(0)
    grid = itertools.product(
        STRIDES, DILATIONS, GROUPS, KERNELS, [((0, 0), (0, 0)), ((2, 1), (1, 3))]
    )
    for stride, dilation, groups, kernel, padding in grid:
        geometry = Geometry(stride, padding, dilation, groups)
        x, w = r.standard_normal((n, 4, 9, 8)), r.standard_normal((6, 4 // groups, *kernel))
        g = r.standard_normal((n, 6, *geometry.output_size((9, 8), kernel)))
        tnp.set_num_threads(1)
        alone = convolved(x, w, g, geometry)
        for number in (2, 3):
            tnp.set_num_threads(number)
            for ours, same in zip(convolved(x, w, g, geometry), alone, strict=True):
                np.testing.assert_allclose(
                    ours, same, rtol=1e-12, atol=1e-12, err_msg=f"{geometry}"
                )


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_copies_into_another_order_agree(number):
    tnp.set_num_threads(number)
    x = np.arange(2.0 * 7 * 3 * 5).reshape(2, 7, 3, 5)
    np.testing.assert_array_equal(layout.internal(x), x)
    assert layout.is_internal(layout.internal(x))
    np.testing.assert_array_equal(layout.in_c_order(layout.internal(x)), x)
    np.testing.assert_array_equal(layout.internal(x[:, :0]), x[:, :0])


@pytest.mark.usefixtures("everything_pays")
def test_parts_make_up_the_whole():
    for number, count in itertools.product([1, 2, 3, 4], [0, 1, 2, 3, 7, 10]):
        tnp.set_num_threads(number)
        parts = threads.in_parts(lambda part: part, count, 1)
        assert [i for part in parts for i in range(part.start, part.stop)] == [*range(count)]
        assert len(parts) == max(1, min(number, count))


def test_nothing_is_split_below_the_threshold():
    tnp.set_num_threads(3)
    here = threading.current_thread().name
    assert threads.in_parts(names, 9, threads.THRESHOLD - 1) == [(slice(0, 9), here)]
    parts = threads.in_parts(names, 9, threads.THRESHOLD)
    assert [part for part, _ in parts] == [slice(0, 3), slice(3, 6), slice(6, 9)]
    assert parts[0][1] == here
    assert all(name.startswith("tinygrad_np") for _, name in parts[1:])


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("failing", [0, 1, 2])
def test_the_error_of_a_part_is_raised_when_all_have_ended(failing):
    tnp.set_num_threads(3)
    ended = []

    def work(part):
        if part.start == failing:
            raise RuntimeError(f"part {failing}")
        ended.append(part.start)

    with pytest.raises(RuntimeError, match=f"part {failing}"):
        threads.in_parts(work, 3, 1)
    assert sorted(ended) == [i for i in range(3) if i != failing]
    assert len(threads.in_parts(names, 3, 1)) == 3  # and it works again


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("name", ["give", "outcome"])
def test_who_still_works_after_ctrl_c_is_not_asked_again(monkeypatch, name):
    tnp.set_num_threads(2)
    threads.in_parts(names, 2, 1)
    (helper,) = threads._helpers
    act = getattr(helper, name)

    def interrupted(*work):
        if name == "give":
            act(*work)
        raise KeyboardInterrupt

    monkeypatch.setattr(helper, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        threads.in_parts(names, 2, 1)
    assert helper not in threads._helpers
    for _ in range(3):
        (_, here), (part, other) = threads.in_parts(names, 2, 1)
        assert (part, here != other) == (slice(1, 2), True)


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("failing", [0, 1])
def test_nothing_is_kept_of_what_failed(failing):
    class Made:
        pass

    made = []

    def work(part):
        thing = Made()
        made.append(weakref.ref(thing))
        if part.start == failing:
            raise RuntimeError("a part failed")
        return thing

    tnp.set_num_threads(3)
    gc.disable()
    try:
        with contextlib.suppress(RuntimeError):
            threads.in_parts(work, 3, 1)
        assert [thing() for thing in made] == [None] * 3
    finally:
        gc.enable()


@pytest.mark.usefixtures("everything_pays")
def test_a_part_is_not_split_again():
    tnp.set_num_threads(2)
    inner = threads.in_parts(lambda part: len(threads.in_parts(names, 4, 1)), 2, 1)
    assert inner == [1, 1]


@pytest.mark.usefixtures("everything_pays")
def test_blas_has_one_thread_meanwhile_and_its_own_number_afterwards():
    get, put = openblas()
    before = get()
    try:
        put(2)
        tnp.set_num_threads(2)
        assert threads.in_parts(lambda part: get(), 2, 1) == [1, 1]
        assert get() == 2
    finally:
        put(before)


@pytest.mark.usefixtures("everything_pays")
def test_a_part_may_set_the_number():
    tnp.set_num_threads(2)
    threads.in_parts(lambda part: tnp.set_num_threads(3 + part.start), 2, 1)
    assert tnp.get_num_threads() in (3, 4)
    assert len(threads.in_parts(names, 3, 1)) == 3
    tnp.set_num_threads(1)
    assert threads._helpers == []


def test_blocks_of_one_thread_may_overlap():
    get, put = openblas()
    before = get()
    try:
        put(2)
        first, second = contextlib.ExitStack(), contextlib.ExitStack()
        first.enter_context(one_thread())
        second.enter_context(one_thread())
        first.close()  # not in the order of a stack, as in two threads
        assert get() == 1
        second.close()
        assert get() == 2
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert get() == 2
    finally:
        put(before)


def test_what_an_interrupt_leaves_undone_the_next_block_does(monkeypatch):
    get, put = openblas()
    before = get()

    def interrupted(number):
        if number != 1:
            raise KeyboardInterrupt
        put(1)

    try:
        put(2)
        with monkeypatch.context() as patched:
            patched.setattr(blas, "openblas", lambda: (get, interrupted))
            with pytest.raises(KeyboardInterrupt), one_thread():
                pass
        assert get() == 1
        with one_thread():
            assert get() == 1
        assert get() == 2
        block = one_thread()
        block.__enter__()
        del block  # an interrupt between the start of a block and what stands in it
        with one_thread():
            assert get() == 1
        assert get() == 2
    finally:
        put(before)


@pytest.mark.parametrize("cost", [0, 1e4, 1e9])
@pytest.mark.parametrize("number", [1, 3])
def test_blas_has_one_thread_in_every_product(monkeypatch, cost, number):
    get, put = openblas()
    before, seen = get(), set()

    class Number:
        def __mul__(self, other):
            seen.add(get())
            return self

        def __add__(self, other):
            return self

    monkeypatch.setattr(threads, "ALONE", 0)
    monkeypatch.setattr(threads, "THRESHOLD", cost)
    tnp.set_num_threads(number)
    try:
        put(2)
        for shape in [(5, 5), (3, 4, 4), (1, 4, 4), (3, 1, 2, 2), (4,)]:
            a = np.full(shape, Number(), object)
            threads.product(a, a[0] if a.ndim == 4 else a)
        assert (seen, get()) == ({1}, 2)
    finally:
        put(before)


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_products_are_those_of_numpy(monkeypatch, number):
    monkeypatch.setattr(threads, "ALONE", 0)
    tnp.set_num_threads(number)
    r = np.random.default_rng(0)
    shapes = [
        ((5, 4), (4, 3)), ((2, 4), (4, 7)), ((1, 4), (4, 1)), ((0, 4), (4, 3)), ((3, 0), (0, 2)),
        ((6, 5, 4), (6, 4, 3)), ((1, 5, 4), (1, 4, 3)), ((2, 3, 5, 4), (2, 3, 4, 3)),
        ((6, 5, 4), (4, 3)), ((5, 4), (6, 4, 3)), ((2, 1, 5, 4), (3, 4, 3)), ((0, 5, 4), (0, 4, 3)),
        ((5, 4), (4,)), ((4,), (4, 3)), ((4,), (4,)), ((2, 30), (30, 3)), ((3, 2, 5, 4), (4,)),
        ((4, 1, 5, 4), (1, 3, 4, 2)), ((4,), (3, 4, 2)), ((2, 2, 9, 4), (2, 1, 4, 8)),
    ]  # fmt: skip
    for a_shape, b_shape in shapes:
        for dtype in (np.float16, np.float32, np.float64, np.int64, np.int32, bool):
            a, b = ((9 * r.standard_normal(s)).astype(dtype) for s in (a_shape, b_shape))
            transposed = a.T.copy().T if a.ndim == 2 else a
            for threshold in (0, 100, 1e9):
                monkeypatch.setattr(threads, "THRESHOLD", threshold)
                for x in (a, transposed):
                    y = threads.product(x, b)
                    assert (y.shape, y.dtype) == ((x @ b).shape, dtype)
                    if dtype not in (np.float16, np.float32, np.float64):
                        np.testing.assert_array_equal(y, x @ b)
                        continue
                    x64, b64 = x.astype(np.float64), b.astype(np.float64)
                    bound = a_shape[-1] * np.finfo(dtype).eps * (np.abs(x64) @ np.abs(b64))
                    assert np.all(np.abs(y - x64 @ b64) <= bound)


@pytest.mark.usefixtures("everything_pays")
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 4, 5), (1, 4, 5), (7, 4, 5), (5, 4, 7), (7, 40, 5)])
def test_each_part_of_a_product_gets_its_bias(number, dtype, shape):
    tnp.set_num_threads(number)
    (m, k, n), r = shape, np.random.default_rng(0)
    a, b = (r.standard_normal(s).astype(dtype) for s in ((m, k), (k, n)))
    for bias in (r.standard_normal(n).astype(dtype), dtype([3])):
        y = threads.affine(a, b, bias)
        assert y.dtype == dtype
        np.testing.assert_allclose(y, a @ b + bias, rtol=0, atol=40 * np.finfo(dtype).eps)


@pytest.mark.usefixtures("everything_pays")
def test_without_openblas_nothing_is_split(monkeypatch):
    monkeypatch.setattr(threads, "openblas", lambda: None)
    tnp.set_num_threads(2)
    assert len(threads.in_parts(names, 4, 1)) == 1


@pytest.mark.usefixtures("everything_pays")
def test_parts_are_as_quiet_as_their_caller():
    tnp.set_num_threads(2)
    with np.errstate(all="raise"):
        states = threads.in_parts(lambda part: np.geterr()["divide"], 2, 1)
    assert states == ["raise", "raise"]


@pytest.mark.parametrize(
    ("environment", "number"),
    [
        ({"TINYGRAD_NP_NUM_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3),
        ({"OMP_NUM_THREADS": "5"}, 5),
        ({"TINYGRAD_NP_NUM_THREADS": "0"}, 1),
    ],
)
def test_the_number_comes_from_the_environment(monkeypatch, environment, number):
    for name in ("TINYGRAD_NP_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert threads._default() == number


def test_the_number_is_checked_as_by_torch():
    for wrong in (0, -1, 1.5, "2"):
        kind = type(wrong).__name__
        text = "expects a positive integer" if kind == "int" else f"expects an int, but got {kind}"
        for library in (tnp, torch):
            with pytest.raises(RuntimeError, match=f"set_num_threads {text}"):
                library.set_num_threads(wrong)


CHILD = """
import os, numpy as np, tinygrad_np as tnp
from tinygrad_np import threads
from tinygrad_np.blas import one_thread, openblas
tnp.set_num_threads(2)
twice = lambda: len(threads.in_parts(lambda part: np.ones(9).sum(), 2, 1e9))
assert twice() == 2
get, put = openblas()
put(2)
with one_thread():
    child = os.fork()
if child == 0:
    inside = []
    for _ in range(2):
        assert (twice(), get()) == (2, 2)
        with one_thread():
            inside.append(get())
    os._exit(0 if inside == [1, 1] else 1)
assert get() == 2
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_fork_and_the_end_of_the_interpreter_are_survived():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_nan_from_infinities_comes_without_a_warning():
    x = tnp.ones(64, 64)
    x[0, :2] = tnp.tensor([np.inf, -np.inf])
    w = tnp.ones(64, 64, requires_grad=True)
    for f in (
        lambda: x @ x, lambda: x @ x[0], lambda: x[:2, :2].sum(), lambda: x.sum(1),
        lambda: tnp.addmm(x, x, x), lambda: tnp.einsum("ij,jk->ik", x, x),
        lambda: tnp.conv2d(x[None, None], tnp.zeros(1, 1, 3, 3)),
    ):  # fmt: skip
        assert f().isnan().any()
    tnp.nn.functional.linear(x, w).backward(x)
    assert w.grad.isinf().any()
