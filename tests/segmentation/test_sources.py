"""Which files an input names."""

import pytest

from segmentation.errors import InputError
from segmentation.sources import find, fingerprint


@pytest.fixture
def folder(tmp_path):
    """A folder of three files, one of them deeper, beside what another engine leaves."""
    (tmp_path / "days").mkdir()
    for name in ("days/1.csv", "days/2.csv", "3.ndjson.gz", "days/_SUCCESS"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["days/1.csv"], ["days/1.csv"]),
        (["days"], ["days/1.csv", "days/2.csv"]),
        (["."], ["3.ndjson.gz", "days/1.csv", "days/2.csv"]),
        (["days/*.csv", "days/2.csv", "./days/../days/1.csv"], ["days/1.csv", "days/2.csv"]),
        (["**/*.csv"], ["days/1.csv", "days/2.csv"]),
    ],
)
def test_files_folders_and_globs_name_each_file_once(folder, patterns, names):
    """However many patterns reach a file, it is read once."""
    found = find(patterns, base=folder)

    assert [source.path.resolve() for source in found] == [folder / name for name in names]


def test_a_pattern_that_names_nothing_is_an_error(folder):
    """A typing error must not look like an empty table."""
    with pytest.raises(InputError, match=f"`evnts` names no file under `{folder}`\\. Give"):
        find(["evnts"], base=folder)
    with pytest.raises(InputError, match=r"evnts` names no file\. Give"):
        find([str(folder / "evnts")], base=folder)


def test_an_unknown_kind_is_an_error_that_lists_the_known(folder):
    """A file that cannot be read is named, never passed over."""
    (folder / "days" / "4.xlsx").write_text("")

    with pytest.raises(InputError, match=r"4\.xlsx is of a kind that is not read.*\.parquet"):
        find(["days"], base=folder)


def test_a_fingerprint_follows_the_bytes(folder):
    """It stays while patterns change their order and changes with one byte of one file."""
    before = fingerprint(["days", "3.ndjson.gz"], base=folder)

    assert fingerprint(["3.ndjson.gz", "days"], base=folder) == before
    (folder / "days" / "1.csv").write_text("days/1.csw")
    assert fingerprint(["days", "3.ndjson.gz"], base=folder) != before
