"""Dtypes of results over all pairs of dtypes, kinds of operand and operations: PyTorch's."""

import itertools
import operator
import warnings

import numpy as np
import pytest
import torch
from next_to_torch import LIBS

import tinygrad_np as tnp

torch.set_num_threads(1)

NAMES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
NUMBERS = [True, 3, -2, 2.5]
VALUES = {"b": [True, False, True], "u": [1, 2, 5], "i": [-3, 2, 5], "f": [-1.5, 2.0, 0.5]}
OPERATORS = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv},
    **{"//": operator.floordiv, "%": operator.mod, "**": operator.pow},
    **{"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le},
    **{">": operator.gt, ">=": operator.ge, "&": operator.and_, "|": operator.or_},
    **{"^": operator.xor, "<<": operator.lshift, ">>": operator.rshift},
}


def operand(lib, what):
    """A tensor of one dtype with three elements or none, or a number."""
    if not isinstance(what, tuple):
        return what
    name, ndim = what
    values = VALUES[np.dtype(name).kind]
    return lib.tensor(values if ndim else values[-1], dtype=getattr(lib, name))


def outcome(lib, call):
    """The dtype and the values, or the type and the text of the error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch tells that the variance of one number is nan
            y = call(lib)
    except Exception as error:
        kinds = (RuntimeError, TypeError, IndexError, ValueError)
        return next(kind for kind in kinds if isinstance(error, kind)), str(error)
    return str(y.dtype).split(".")[1], y.tolist()


def agree(call, what):
    ours, theirs = (outcome(lib, call) for lib, _ in LIBS)
    if isinstance(theirs[0], type):
        assert ours[0] is theirs[0], (what, ours, theirs)
    else:
        assert ours[0] == theirs[0], (what, ours, theirs)
        tolerance = 2e-3 if ours[0] == "float16" else 1e-6
        np.testing.assert_allclose(ours[1], theirs[1], rtol=tolerance, err_msg=str(what))
    return theirs


TENSORS = list(itertools.product(NAMES, [0, 1]))


@pytest.mark.parametrize("symbol", OPERATORS)
def test_operators_on_all_pairs(symbol):
    function = OPERATORS[symbol]
    pairs = [(a, b) for a in TENSORS for b in [*TENSORS, *NUMBERS]]
    pairs += [(a, b) for a in NUMBERS for b in TENSORS]
    for a, b in pairs:
        agree(lambda lib, a=a, b=b: function(operand(lib, a), operand(lib, b)), (a, symbol, b))


FUNCTIONS = {
    **{
        name: lambda lib, x, name=name: getattr(lib, name)(x)
        for name in (
            *("sum", "prod", "mean", "std", "var", "median", "max", "amin", "argmax", "any", "all"),
            *("sqrt", "exp", "log", "sin", "atan", "sigmoid", "tanh", "erf", "log1p", "expm1"),
            *("reciprocal", "rsqrt", "exp2", "log2", "log10", "square", "relu", "sign", "neg"),
            *("floor", "ceil", "trunc", "round", "frac", "isnan", "isfinite", "logical_not"),
            *("count_nonzero", "norm", "nan_to_num", "bitwise_not", "isposinf"),
        )
    },
    "abs": lambda lib, x: lib.abs(x),
    "cumsum": lambda lib, x: lib.cumsum(x.reshape(-1), 0),
    "softmax": lambda lib, x: lib.softmax(x, 0),
    "log_softmax": lambda lib, x: lib.log_softmax(x, 0),
    "logsumexp": lambda lib, x: lib.logsumexp(x, 0),
    "softmax of dtype": lambda lib, x: lib.softmax(x, 0, dtype=lib.float64),
    "sum of dtype": lambda lib, x: lib.sum(x, dtype=lib.int32),
    "mean of dtype": lambda lib, x: lib.mean(x, dtype=lib.float64),
    "mean of int": lambda lib, x: lib.mean(x, dtype=lib.int64),
    "prod of dtype": lambda lib, x: lib.prod(x, dtype=lib.float64),
    "clamp": lambda lib, x: lib.clamp(x, 0, 3),
    "clamp floats": lambda lib, x: lib.clamp(x, 0.5),
    "std_mean": lambda lib, x: lib.std_mean(x)[0],
    "ones_like": lambda lib, x: lib.ones_like(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_every_dtype(name):
    for what in TENSORS:
        agree(lambda lib, what=what: FUNCTIONS[name](lib, operand(lib, what)), (name, what))


PAIRS = {
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False, True]), a, b),
    "max": lambda lib, a, b: lib.maximum(a, b),
    "fmin": lambda lib, a, b: lib.fmin(a, b),
    "atan2": lambda lib, a, b: lib.atan2(a, b),
    "fmod": lambda lib, a, b: lib.fmod(a, b),
    "div trunc": lambda lib, a, b: lib.div(a, b, rounding_mode="trunc"),
    "div floor": lambda lib, a, b: lib.div(a, b, rounding_mode="floor"),
    "logical_and": lambda lib, a, b: lib.logical_and(a, b),
    "add alpha": lambda lib, a, b: lib.add(a, b, alpha=2),
    "add alpha 0.5": lambda lib, a, b: lib.add(a, b, alpha=0.5),
    "result_type": lambda lib, a, b: lib.zeros(1, dtype=lib.result_type(a, b)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_functions_of_pairs(name):
    for a, b in itertools.product(TENSORS, TENSORS):
        if name == "add alpha" and a[0] == b[0] == "bool":
            continue  # True + 2 * True is True in PyTorch, and the whole number 3 here
        agree(lambda lib, a=a, b=b: PAIRS[name](lib, operand(lib, a), operand(lib, b)), (a, b))


@pytest.mark.parametrize("name", ["cat", "stack"])
def test_joining_all_pairs(name):
    for a, b in itertools.product(NAMES, NAMES):
        agree(
            lambda lib, a=a, b=b: getattr(lib, name)([operand(lib, (a, 1)), operand(lib, (b, 1))]),
            (a, b),
        )


@pytest.mark.parametrize("symbol", ["+=", "-=", "*=", "/=", "//=", "%=", "&=", "<<="])
def test_changes_in_place_keep_the_dtype_or_refuse(symbol):
    change = getattr(operator, "i" + OPERATORS[symbol[:-1]].__name__.strip("_"))
    for a, b in itertools.product(TENSORS[1::2], [*TENSORS, 3, 2.5]):
        agree(lambda lib, a=a, b=b: change(operand(lib, a), operand(lib, b)), (a, symbol, b))


def test_the_text_where_a_result_does_not_fit_in_place():
    for lib, _ in LIBS:
        with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired"):
            lib.tensor([1]).add_(1.5)


def test_integers_wrap_round():
    def wrapped(lib):
        x = lib.tensor([250, 3], dtype=lib.uint8)
        results = x + 10, x + 300, x * 1000, x - 4, x == 256, x > -1, x // 7, -x
        return [y.tolist() for y in results]

    assert wrapped(tnp) == wrapped(torch)


def test_integer_powers_and_division_by_zero():
    def powers(lib):
        return (lib.tensor([5, 2, -1, 0, 1, -1]) ** lib.tensor([-1, -2, -3, 3, -5, -2])).tolist()

    assert powers(tnp) == powers(torch) == [0, 0, -1, 0, 1, 1]
    for lib, _ in LIBS:
        for call in (lib.floor_divide, lib.remainder, lib.fmod):
            with pytest.raises(RuntimeError, match="ZeroDivisionError"):
                call(lib.tensor([1, 2]), 0)
        assert str((lib.tensor([1.0, -1.0, 0.0]) // 0).tolist()) == "[inf, -inf, nan]"
        with pytest.raises(RuntimeError, match="Integers to negative integer powers are not"):
            lib.tensor([1, 2]) ** -1
