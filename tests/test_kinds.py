"""Columns hold what is put into them."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multisynth.errors import BadInput
from multisynth.kinds import COMMON, EPISODE, FRAME, KINDS, Column, decode, encode, kind, tensor


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


@pytest.mark.parametrize("each", KINDS.values(), ids=lambda k: k.name)
def test_every_kind_documents_its_columns_and_pickles(each):
    assert pickle.loads(pickle.dumps(each)) is each
    assert all(column.doc for column in each.columns.values())
    assert not set(each.columns) & set(COMMON)
    for name in filter(None, (each.text, each.image)):
        assert name in each.columns


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(BadInput, match="did you mean `episode`"):
        kind("episodes")
