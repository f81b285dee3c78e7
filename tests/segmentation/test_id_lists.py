"""Ids of any make are written as themselves, however fast."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation import id_lists
from segmentation.id_lists import CSV, NDJSON, lines_of
from segmentation.registry import Strings, save_strings

ODD = ['a"b', "c,d", "e\nf", "g\\h", "\r", "用户", "\x01", " i "]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(ODD)
IDS = st.lists(TEXTS, min_size=1, max_size=40)


def saved(folder, ids):
    """Ids as a snapshot maps them."""
    save_strings(folder, "user", ids)
    return Strings.open(folder, "user")


@settings(deadline=None)
@given(ids=IDS, data=st.data())
def test_every_line_is_an_object_with_the_id(tmp_path_factory, ids, data):
    """In the order of the rows asked for."""
    rows = data.draw(st.lists(st.integers(0, len(ids) - 1), max_size=40))
    strings = saved(tmp_path_factory.mktemp("ids"), ids)

    text = b"".join(lines_of(strings, np.array(rows, np.int32), NDJSON))

    lines = text.split(b"\n")[:-1]
    assert [json.loads(line) for line in lines] == [{"user_id": ids[row]} for row in rows]


@settings(deadline=None)
@given(ids=IDS)
def test_every_line_of_csv_is_the_id(tmp_path_factory, ids):
    """Quoted where it must be."""
    strings = saved(tmp_path_factory.mktemp("ids"), ids)

    text = b"".join(lines_of(strings, np.arange(len(ids), dtype=np.int32), CSV)).decode()

    assert [row[0] if row else "" for row in csv.reader(io.StringIO(text, newline=""))] == ids


@pytest.mark.parametrize("frame", [NDJSON, CSV])
def test_a_list_comes_in_pieces_of_a_bounded_size(tmp_path, monkeypatch, frame):
    """So that it needs no more memory for a million than for a thousand."""
    monkeypatch.setattr(id_lists, "AT_ONCE", 100)
    ids = [f"user-{number}" for number in range(950)]

    pieces = list(lines_of(saved(tmp_path, ids), np.arange(950, dtype=np.int32), frame))

    assert len(pieces) == 10
    assert max(map(len, pieces)) < 100 * 32
