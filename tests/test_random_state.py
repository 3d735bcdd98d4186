"""Seeds and states, alone and exchanged with PyTorch; what is built on them; error messages."""

import copy
import pickle
import re

import numpy as np
import pytest
import torch

from tinygrad_np import dtypes, random
from tinygrad_np.random import Generator

F64 = np.float64
P = np.array([0.1, 0.2, 0.3, 0.4], np.float32)


def seeded(seed=2024):
    return Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [0, 1, -1, -(2**63), 2**31, 2**32, 2**32 + 1, 2**64 - 1])
def test_seeds(seed):
    theirs = torch.Generator().manual_seed(seed)
    ours = seeded(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    np.testing.assert_array_equal(ours.rand(3), torch.rand(3, generator=theirs).numpy())


def test_a_fresh_generator_is_torch_s():
    ours, theirs = Generator(), torch.Generator()
    assert ours.initial_seed() == theirs.initial_seed()
    np.testing.assert_array_equal(ours.rand(3), torch.rand(3, generator=theirs).numpy())
    assert repr(ours.device) == repr(theirs.device)
    assert Generator("cpu").initial_seed() == Generator(device=theirs.device).initial_seed()


def test_seeding_forgets_the_waiting_normal():
    g = seeded()
    first = g.randn(1)
    assert g.manual_seed(2024).randn(1) == first


def test_seed_is_fresh():
    g = Generator()
    assert g.seed() == g.initial_seed() != g.seed()


def test_module_functions_are_the_default_generator():
    before = random.get_rng_state()
    try:
        assert random.manual_seed(5.9) is random.default_generator
        assert random.initial_seed() == 5
        state = random.get_rng_state()
        drawn = random.default_generator.rand(4)
        np.testing.assert_array_equal(drawn, seeded(5).rand(4))
        random.set_rng_state(state)
        np.testing.assert_array_equal(random.default_generator.rand(4), drawn)
        assert random.seed() == random.initial_seed()
    finally:
        random.set_rng_state(before)


def numbers(g):
    return np.concatenate([g.randn(2, F64), g.rand(700), g.randn(17), g.randperm(5)])


@pytest.mark.parametrize("words", [0, 1, 3, 623, 624, 625, 1248, 2000])
@pytest.mark.parametrize("normals", [0, 1])
def test_states_resume_exactly(words, normals):
    g = seeded()
    g.rand(words)
    g.randn(normals)
    state = g.get_state()
    copies = [copy.deepcopy(g), pickle.loads(pickle.dumps(g)), Generator().set_state(state)]
    expected = numbers(g)
    for other in (*copies, g.set_state(state)):
        assert other.initial_seed() == 2024
        np.testing.assert_array_equal(numbers(other), expected)


@pytest.mark.parametrize("words", [0, 1, 623, 624, 625])
@pytest.mark.parametrize("normals", [0, 1])
def test_states_are_exchanged_with_torch(words, normals):
    theirs = torch.Generator().manual_seed(-3)
    torch.rand(words, generator=theirs)
    torch.randn(normals, generator=theirs)
    ours = Generator().set_state(theirs.get_state().numpy())
    assert ours.initial_seed() == theirs.initial_seed()
    theirs = torch.Generator()
    theirs.set_state(torch.from_numpy(ours.get_state().numpy()))
    waiting = torch.randn(2, dtype=torch.float64, generator=theirs).numpy()
    np.testing.assert_allclose(ours.randn(2, F64), waiting, rtol=0, atol=2.0**-50)  # the last bit
    np.testing.assert_array_equal(ours.rand(700), torch.rand(700, generator=theirs).numpy())


def test_default_dtype():
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert (
            seeded().rand(2).dtype == seeded().bernoulli(2).dtype == seeded().randn(2).dtype == F64
        )
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_dropout_mask():
    torch.manual_seed(10)
    want = torch.nn.functional.dropout(torch.ones(64, 500), 0.2).numpy()
    np.testing.assert_array_equal(
        seeded(10).bernoulli((64, 500), 1 - 0.2) / np.float32(1 - 0.2), want
    )


def test_default_initialisation():
    torch.manual_seed(11)
    conv, linear = torch.nn.Conv2d(3, 8, 5), torch.nn.Linear(64, 10)
    g = seeded(11)
    for layer, fan_in in ((conv, 75), (linear, 64)):
        for parameter in (layer.weight, layer.bias):
            want = parameter.detach().numpy()
            np.testing.assert_array_equal(
                g.uniform(want.shape, -(fan_in**-0.5), fan_in**-0.5), want
            )


def test_order_of_a_data_loader():
    data = torch.utils.data.TensorDataset(torch.arange(1000))
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    torch.manual_seed(12)
    g = seeded(12)
    for _ in range(2):
        g.random64()  # the loader's base seed, which only its workers use
        order = seeded(g.random64()).randperm(1000)
        np.testing.assert_array_equal(order, torch.cat([batch for (batch,) in loader]).numpy())


INF = float("inf")
LONG = "Overflow when unpacking long long: expected -2**63 <= number < 2**"
ERRORS = [
    (lambda g: g.manual_seed(2.5), RuntimeError, "manual_seed expected a long, but got float"),
    (lambda g: g.manual_seed(True), RuntimeError, "manual_seed expected a long, but got bool"),
    (lambda g: g.manual_seed(None), RuntimeError, "manual_seed expected a long, but got NoneType"),
    (lambda g: g.manual_seed(2**64), ValueError, f"{LONG}64, got {2**64}"),
    (lambda g: g.manual_seed(-(2**63) - 1), ValueError, f"{LONG}64, got {-(2**63) - 1}"),
    (lambda g: Generator("cuda"), RuntimeError, "Generator expected the device cpu, got cuda"),
    (lambda g: g.set_state([1]), TypeError, "RNG state must be a uint8 array, got list"),
    (
        lambda g: g.set_state(np.zeros(5056)),
        TypeError,
        "RNG state must be a uint8 array, got float64",
    ),
    (
        lambda g: g.set_state(np.zeros(10, np.uint8)),
        RuntimeError,
        "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 10",
    ),
    (lambda g: g.set_state(np.zeros(5056, np.uint8)), RuntimeError, "Invalid mt19937 state"),
    (
        lambda g: g.rand((2, -1)),
        RuntimeError,
        "Trying to create tensor with negative dimension -1: [2, -1]",
    ),
    (
        lambda g: g.randperm(-1),
        RuntimeError,
        "Trying to create tensor with negative dimension -1: [-1]",
    ),
    (lambda g: g.randperm(2.5), TypeError, "'float' object cannot be interpreted as an integer"),
    (
        lambda g: g.randn(3, np.int64),
        RuntimeError,
        "random numbers expected a floating-point dtype, but got int64",
    ),
    (
        lambda g: g.uniform(3, 2, 1),
        RuntimeError,
        "uniform_ expects to return a [from, to) range, but found from=2 > to=1",
    ),
    (
        lambda g: g.uniform(3, -3e38, 3e38),
        RuntimeError,
        "uniform_ expects to-from <= 3.40282e+38, the largest float32, "
        "but found to=3e+38 and from=-3e+38",
    ),
    (lambda g: g.normal(3, 0, -1), RuntimeError, "normal expects std >= 0.0, but found std -1"),
    (
        lambda g: g.exponential(3, -1),
        RuntimeError,
        "exponential_ expects lambda > 0.0, but found lambda=-1",
    ),
    (
        lambda g: g.bernoulli(3, 1.5),
        RuntimeError,
        "bernoulli_ expects p to be in [0, 1], but got p=1.5",
    ),
    (
        lambda g: g.bernoulli(1, np.array([np.nan])),
        RuntimeError,
        "bernoulli_ expects p to be in [0, 1], but got p=[nan]",
    ),
    (
        lambda g: g.randint(5, 3, 2),
        RuntimeError,
        "random_ expects 'from' to be less than 'to', but got from=5 >= to=3",
    ),
    (lambda g: g.randint(0, 2**63, 2), ValueError, f"{LONG}63, got {2**63}"),
    (
        lambda g: g.randint(0, 300, 2, np.uint8),
        RuntimeError,
        "to - 1 is out of bounds for uint8, got 299",
    ),
    (
        lambda g: g.randint(-1, 2, 2, np.uint8),
        RuntimeError,
        "from is out of bounds for uint8, got -1",
    ),
    (
        lambda g: g.multinomial(np.ones((2, 2, 2)), 1),
        RuntimeError,
        "prob_dist must be 1 or 2 dim, got shape (2, 2, 2)",
    ),
    (
        lambda g: g.multinomial(np.ones(3, np.int64), 1),
        RuntimeError,
        "multinomial only supports floating-point dtypes for input, got: Long",
    ),
    (lambda g: g.multinomial(P, 0), RuntimeError, "cannot sample n_sample <= 0 samples, got 0"),
    (
        lambda g: g.multinomial(P, 5),
        RuntimeError,
        "cannot sample n_sample > prob_dist.size(-1) samples without replacement, got 5 > 4",
    ),
    (
        lambda g: g.multinomial(np.array([1.0, INF]), 1),
        RuntimeError,
        "probability tensor contains either `inf`, `nan` or element < 0",
    ),
    (
        lambda g: g.multinomial(np.array([[1.0, 1.0], [0.0, 0.0]]), 2, True),
        RuntimeError,
        "invalid multinomial distribution (sum of probabilities <= 0)",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), ERRORS, ids=[text for *_, text in ERRORS])
def test_errors(call, error, text):
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        call(Generator())
