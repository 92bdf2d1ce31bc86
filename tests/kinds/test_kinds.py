"""Kinds document their columns, and travel by name."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from multisynth.errors import BadInput
from multisynth.kinds import COMMON, KINDS, Column, Kind, kind


def test_a_kind_keeps_off_the_columns_that_every_sample_has():
    with pytest.raises(ValueError, match="`meta`"):
        Kind("mine", {"meta": Column(pa.int32(), "mine")})


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
