"""Columns hold what is put into them."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multisynth.kinds import EPISODE, FRAME, Column, decode, encode, tensor


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=5), st.randoms(use_true_random=False)
)
@settings(max_examples=40, deadline=None)
def test_tensors_of_any_length_come_back(shapes, draws):
    rng = np.random.default_rng(draws.randrange(1 << 30))
    column = EPISODE.columns["poses"]
    arrays = [rng.normal(size=(t, max(b, 1) if t else b, 7)).astype(np.float32) for t, b in shapes]
    encoded = encode(column, arrays)
    assert encoded.type == column.type
    assert encoded.equals(pa.array([array.tolist() for array in arrays], column.type))
    for array, cell in zip(arrays, encoded, strict=True):
        back = decode(column, cell)
        assert back.dtype == np.float32 and back.size == array.size
        assert np.array_equal(back.ravel(), array.ravel()) and (array.size == 0 or back.shape == array.shape)


def test_a_slice_decodes_its_own_rows():
    column = EPISODE.columns["states"]
    arrays = [np.full((n + 1, 3), n, np.float32) for n in range(4)]
    part = encode(column, arrays).slice(2, 2)
    assert [decode(column, cell).tolist() for cell in part] == [array.tolist() for array in arrays[2:]]


@pytest.mark.parametrize("shape", [(2, 3), (3, 3, 3), (3, 2)])
def test_a_tensor_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="does not fit"):
        encode(FRAME.columns["intrinsics"], [np.zeros(shape)])


def test_a_list_and_an_array_encode_alike():
    column = Column(tensor(pa.float64(), "T", 2), "")
    rows = [[1.0, 2.0], [3.0, 4.0]]
    assert encode(column, [rows]).equals(encode(column, [np.array(rows)]))


INTEGERS = Column(tensor(pa.int32(), "N"), "")
FLOATS = Column(tensor(pa.float32(), "N"), "")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (INTEGERS, np.array([1.7])),
        (INTEGERS, np.array([1.0])),
        (INTEGERS, [1.7]),
        (INTEGERS, np.array([np.nan])),
        (INTEGERS, np.array([2**40])),
        (INTEGERS, [2**80]),
        (Column(tensor(pa.uint8(), "N"), ""), np.array([-1])),
        (FLOATS, np.array([1 + 2j])),
        (FLOATS, np.array(["1.5"])),
        (FLOATS, ["1.5"]),
        (FLOATS, np.array([1e300])),
        (FLOATS, [1.0, None]),
        (Column(pa.int32(), ""), 1.5),
        (Column(pa.int32(), ""), np.float32(1)),
        (Column(pa.int32(), ""), 2**40),
        (Column(pa.float32(), ""), 1e300),
        (Column(pa.float32(), ""), "1.5"),
        (Column(pa.string(), ""), 3),
        (Column(pa.large_binary(), ""), "text"),
    ],
)
@pytest.mark.parametrize("company", [[], [None]], ids=["alone", "beside a null"])
def test_what_would_have_to_be_cut_to_fit_is_refused(column, value, company):
    with pytest.raises(ValueError, match=re.escape(str(column.type).split("<")[0])):
        encode(column, [value, *company])


@pytest.mark.parametrize("company", [[], [None]], ids=["alone", "beside a null"])
def test_numbers_may_become_wider(company):
    assert encode(FLOATS, [np.array([1, 2]), *company])[0].as_py() == [1.0, 2.0]
    assert encode(INTEGERS, [np.array([7], np.uint8), *company])[0].as_py() == [7]
    assert encode(FLOATS, [np.array([np.inf, 0.1]), *company])[0].as_py() == [np.inf, float(np.float32(0.1))]
    assert encode(EPISODE.columns["poses"], [[], *company])[0].as_py() == []
