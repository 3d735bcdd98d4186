"""The dtype objects and the promotion rules, against PyTorch over the full square of dtypes."""

import copy
import itertools
import pickle
import warnings

import numpy as np
import pytest
import torch

from tinygrad_np import dtypes, finfo, iinfo

NAMES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
SQUARE = list(itertools.product(NAMES, NAMES))
NUMBERS = [True, 3, 2.5]


def name(torch_dtype):
    return str(torch_dtype).removeprefix("torch.")


@pytest.fixture
def default_float64():
    dtypes.set_default_dtype(dtypes.float64)
    torch.set_default_dtype(torch.float64)
    yield
    dtypes.set_default_dtype(dtypes.float32)
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("each", NAMES)
def test_attributes_agree_with_torch(each):
    ours, theirs = getattr(dtypes, each), getattr(torch, each)
    for attribute in ("is_floating_point", "is_signed", "is_complex", "itemsize"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert repr(ours) == repr(theirs).replace("torch.", "tinygrad_np.")


@pytest.mark.parametrize("alias", ["half", "float", "double", "short", "int", "long"])
def test_aliases_are_the_same_object(alias):
    assert getattr(dtypes, alias).name == name(getattr(torch, alias))
    assert getattr(dtypes, alias) is getattr(dtypes, getattr(dtypes, alias).name)


@pytest.mark.parametrize("each", NAMES)
def test_numpy_takes_it_and_equals_it(each):
    ours = getattr(dtypes, each)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.dtype(ours) == np.zeros(1, ours).dtype == np.ones(1).astype(ours).dtype
    for same in (np.dtype(each), np.dtype(each).type, ours):
        assert ours == same
        assert same == ours
        assert dtypes.to_numpy(same) is np.dtype(each)
    assert hash(ours) == hash(np.dtype(each))
    others = [other for other in NAMES if other != each]
    for other in others:
        assert ours != getattr(dtypes, other)
        assert ours != np.dtype(other)
        assert ours != np.dtype(other).type
    assert ours not in (None, each, object, float, np.generic)


@pytest.mark.parametrize("each", NAMES)
def test_one_object_after_pickle_and_copy(each):
    ours = getattr(dtypes, each)
    assert pickle.loads(pickle.dumps(ours)) is ours
    assert copy.deepcopy([ours])[0] is copy.copy(ours) is ours


@pytest.mark.parametrize("python_type", [float, int, bool])
def test_python_types_mean_what_torch_means(python_type):
    theirs = torch.zeros(1, dtype=python_type).dtype
    assert dtypes.of(np.zeros(1, dtypes.to_numpy(python_type))).name == name(theirs)


def test_of_knows_both_64_bit_integers():
    assert dtypes.of(np.zeros(1, "q")) is dtypes.of(np.zeros(1, "l")) is dtypes.int64


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (np.complex64, "complex64"),
        (complex, "complex"),
        (np.dtype("U3"), "<U3"),
        (object, "object"),
        (np.dtype(object), "dtype('O')"),
        ("bfloat16", "'bfloat16'"),
        ("float32", "'float32'"),
        (np.dtype(">f4"), "dtype('>f4')"),
        (np.uint16, "uint16"),
        (None, "None"),
        (3, "3"),
        ([], "[]"),
    ],
)
def test_unsupported_types_are_named(bad, named):
    with pytest.raises(
        TypeError,
        match=r"^unsupported dtype .*: expected one of float16, float32,"
        r" float64, int8, int16, int32, int64, uint8, bool$",
    ) as error:
        dtypes.to_numpy(bad)
    assert named in str(error.value)


def test_of_and_common_type_refuse_unsupported_arrays():
    for call in (dtypes.of, dtypes.common_type, lambda x: dtypes.common_type(x, x)):
        with pytest.raises(TypeError, match=r"^unsupported dtype dtype\('complex128'\): expected"):
            call(np.zeros(2, complex))


@pytest.mark.parametrize("a", NAMES)
def test_promote_types_and_can_cast(a):
    for b in NAMES:
        theirs = torch.promote_types(getattr(torch, a), getattr(torch, b))
        assert dtypes.promote_types(getattr(dtypes, a), getattr(dtypes, b)).name == name(theirs)
        theirs = torch.can_cast(getattr(torch, a), getattr(torch, b))
        assert dtypes.can_cast(getattr(dtypes, a), getattr(dtypes, b)) == theirs


def agree(*shapes_and_types):
    """Our result_type and torch's, for (shape, name) operands and Python numbers."""
    ours, pairs, theirs = [], [], []
    for operand in shapes_and_types:
        if isinstance(operand, tuple):
            shape, each = operand
            ours.append(np.zeros(shape, each))
            pairs.append((np.dtype(each), len(shape)))
            theirs.append(torch.zeros(shape, dtype=getattr(torch, each)))
        else:
            for operands in (ours, pairs, theirs):
                operands.append(operand)
    expected = name(torch.result_type(*theirs))
    assert dtypes.result_type(*ours).name == dtypes.result_type(*pairs).name == expected
    assert dtypes.common_type(*ours) == np.dtype(expected)


@pytest.mark.parametrize("a_shape", [(), (2,), (2, 0)])
@pytest.mark.parametrize("b_shape", [(), (2,)])
def test_result_type_of_two_tensors(a_shape, b_shape):
    for a, b in SQUARE:
        agree((a_shape, a), (b_shape, b))


def check_numbers():
    for number in NUMBERS:
        for each, shape in itertools.product(NAMES, [(), (2,), (0,), (1, 1)]):
            agree((shape, each), number)
            agree(number, (shape, each))
        for other in NUMBERS:
            agree(number, other)


def test_result_type_with_numbers():
    check_numbers()


def test_result_type_with_numbers_when_the_default_is_float64(default_float64):
    check_numbers()


def test_result_type_of_three_operands_of_all_categories():
    from torch._prims_common import ELEMENTWISE_TYPE_PROMOTION_KIND, elementwise_dtypes

    categories = [((2,), n) for n in ("bool", "uint8", "int8", "int32", "float16", "float64")]
    categories += [((), n) for n in ("bool", "uint8", "int8", "int64", "float16", "float64")]
    for operands in itertools.product(categories, categories, [*categories, *NUMBERS]):
        ours = [np.zeros(*o) if isinstance(o, tuple) else o for o in operands]
        theirs = [
            torch.zeros(o[0], dtype=getattr(torch, o[1])) if isinstance(o, tuple) else o
            for o in operands
        ]
        kind = ELEMENTWISE_TYPE_PROMOTION_KIND.DEFAULT
        _, expected = elementwise_dtypes(*theirs, type_promotion_kind=kind)
        assert dtypes.result_type(*ours).name == name(expected), operands


@pytest.mark.parametrize("number", [np.float64(2), np.float16(2), np.int64(2), np.uint8(2)])
@pytest.mark.parametrize("each", ["float32", "int32"])
def test_numpy_scalars_are_python_numbers(number, each):
    theirs = (torch.ones(2, dtype=getattr(torch, each)) * number).dtype
    assert dtypes.result_type(np.ones(2, each), number).name == name(theirs)


def test_numpy_bool_is_a_python_bool():
    assert dtypes.common_type(np.ones(2, np.int8), np.bool_(True)) == np.int8


@pytest.mark.parametrize("bad", ["a", 1j, None, [1.0]])
def test_operands_that_are_no_numbers_are_named(bad):
    with pytest.raises(
        TypeError,
        match=r"^unsupported operand: expected an array or a real "
        r"number, got ",
    ) as error:
        dtypes.common_type(np.ones(2), bad)
    assert repr(bad) in str(error.value)


def test_default_dtype(default_float64):
    assert dtypes.get_default_dtype() is dtypes.float64
    dtypes.set_default_dtype(np.float32)
    assert dtypes.get_default_dtype() is dtypes.float32


@pytest.mark.parametrize("bad", [dtypes.int64, dtypes.bool, np.int8])
def test_default_dtype_must_be_floating(bad):
    message = "^only floating-point types are supported as the default type$"
    with pytest.raises(TypeError, match=message):
        dtypes.set_default_dtype(bad)


@pytest.mark.parametrize("each", ["float16", "float32", "float64"])
def test_finfo(each):
    ours, theirs = finfo(getattr(dtypes, each)), torch.finfo(getattr(torch, each))
    for limit in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(ours, limit) == getattr(theirs, limit)
    assert repr(ours) == repr(theirs)


def test_finfo_of_the_default_dtype(default_float64):
    assert finfo().dtype == "float64"


@pytest.mark.parametrize("each", ["int8", "int16", "int32", "int64", "uint8"])
def test_iinfo(each):
    ours, theirs = iinfo(getattr(dtypes, each)), torch.iinfo(getattr(torch, each))
    for limit in ("bits", "max", "min", "dtype"):
        assert getattr(ours, limit) == getattr(theirs, limit)
    assert repr(ours) == repr(theirs)


def test_limits_refuse_the_other_kind():
    with pytest.raises(
        TypeError,
        match=r"^finfo\(\) requires a floating point input type. Use "
        r"tinygrad_np.iinfo to handle 'tinygrad_np.int64'$",
    ):
        finfo(dtypes.int64)
    with pytest.raises(
        TypeError,
        match=r"^iinfo\(\) requires an integer input type. Use "
        r"tinygrad_np.finfo to handle 'tinygrad_np.float32'$",
    ):
        iinfo(dtypes.float32)
    with pytest.raises(TypeError, match=r"^tinygrad_np.bool is not supported by tinygrad_np.iinfo"):
        iinfo(dtypes.bool)
