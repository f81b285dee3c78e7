"""Tables take one exact form before they are written."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from segmentation.errors import NotFound, StoreDamaged, StoreError
from segmentation.tables import SCHEMAS, conform, empty, read_table, table_path, write_table
from tests.snapshots import build_tables


def lifecycle(**columns):
    """A lifecycle table of two users with some columns changed."""
    good = {
        "user_id": ["b", "a"],
        "stage": ["retain", "engage"],
        "previous_stage": [None, "engage"],
        "since": [datetime(2026, 1, 2), None],
    }
    return pa.table(good | columns)


def test_rows_are_sorted_and_types_made_exact():
    """Dictionaries become strings, naive times UTC, columns stand in their order."""
    given = lifecycle(stage=pa.array(["retain", "engage"]).dictionary_encode())

    table = conform(given.select(["since", "stage", "user_id", "previous_stage"]), "lifecycle")

    assert table.schema == SCHEMAS["lifecycle"]
    assert table["user_id"].to_pylist() == ["a", "b"]
    assert table["since"].to_pylist()[1].isoformat() == "2026-01-02T00:00:00+00:00"


def test_user_ids_sort_by_their_bytes():
    """As every array aligned to users does."""
    ids = ["é", "z", "Z", "😀", "用"]

    table = conform(pa.table({"user_id": ids, "stage": ids, "previous_stage": ids,
                              "since": pa.nulls(5, pa.timestamp("us"))}), "lifecycle")  # fmt: skip

    assert table["user_id"].to_pylist() == sorted(ids, key=str.encode)


def test_nan_is_nothing_known():
    """There is one way of saying so."""
    users = build_tables(users=3).users
    place = users.schema.get_field_index("value")
    given = users.set_column(place, "value", pa.array(np.array([1.0, np.nan, 2.0])))

    assert conform(given, "users")["value"].null_count == 1


def test_a_missing_column_is_named():
    """The message lists what there must be and what there is."""
    with pytest.raises(StoreError, match="must have the columns user_id, stage"):
        conform(lifecycle().drop_columns(["since"]), "lifecycle")


@pytest.mark.parametrize(
    "columns", [{"stage": [None, "engage"]}, {"since": ["yesterday", "today"]}]
)
def test_a_wrong_value_is_refused(columns):
    """No null where one must know, no text where a time belongs."""
    with pytest.raises(StoreError, match="The lifecycle table is not what it must be"):
        conform(lifecycle(**columns), "lifecycle")


@pytest.mark.parametrize("what", SCHEMAS)
def test_a_table_comes_back_as_it_was_written(tmp_path, what):
    """Types, order, nulls and lists; empty ones too."""
    table = build_tables(users=30).canonical()[what]

    write_table(tmp_path, what, table)
    assert read_table(tmp_path, what).equals(table)

    write_table(tmp_path, what, empty(what))
    assert read_table(tmp_path, what).equals(empty(what))


def test_an_unknown_table_is_not_found(tmp_path):
    """The message lists those there are."""
    with pytest.raises(NotFound, match=r"no table `people`\. Ask for one of members, "):
        table_path(tmp_path, "people")


def test_a_table_that_is_no_parquet_is_damaged(tmp_path):
    """The file is named."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/users.parquet").write_bytes(b"not parquet at all")

    with pytest.raises(StoreDamaged, match=r"users\.parquet` cannot be read"):
        read_table(tmp_path, "users")
