"""Rows of files by pieces: together the pieces are the rows."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation import slices
from segmentation.engine import DuckEngine
from segmentation.slices import Rows, pieces


@pytest.fixture
def rows(tmp_path, monkeypatch) -> Rows:
    """Two files of 1,000 and 10 rows in row groups of 300, a piece holding 500 or a few more."""
    monkeypatch.setattr(slices, "PIECE", 500)
    paths = []
    for name, count in (("it's one", 1000), ("two", 10)):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table({"n": range(count)}), path, row_group_size=300)
        paths.append(str(path))
    return Rows("numbers", "n, file_row_number AS row, __path AS file", tuple(paths))


def test_pieces_end_where_row_groups_do(rows):
    """A piece is as many row groups as it takes, the last of a file what is left of it."""
    found = [(piece.first, piece.last) for piece in pieces(rows)]

    assert found == [(0, 599), (600, 999), (0, 9)]


def test_pieces_together_are_all_rows(rows):
    """Row numbers and files are those of the whole."""
    with DuckEngine("500MB", threads=1) as engine:
        whole = engine.rows(f"{rows.sql()} ORDER BY ALL")
        cut = [row for piece in pieces(rows) for row in engine.rows(rows.sql(piece))]

    assert len(whole) == 1010
    assert sorted(cut) == whole
