"""CSV records and their lines: nothing lost, nothing judged by its neighbours."""

import io
from pathlib import Path

import pytest

from segmentation import lines
from segmentation.delimited import is_plain, read_header, read_records
from segmentation.errors import InputError
from segmentation.sources import Source

SOURCE = Source(Path("some.csv"), "some.csv", "csv")
ODD = (
    b"a,b,c\n"
    b"1,2,3\n"
    b"\n"
    b'4,"5\n5",6\r\n'
    b"7,8\n"
    b'9,"x"y",1\n'
    b'"q,1,2\n'
    b"\xff,1,2\n"
    b'5" pipe,2,3\n'
    b'"a""b",2,3\n'
    b'1,2,"open\n'
)


def read(data: bytes):
    """Return the good records by line, and the torn lines with their reason and text."""
    file = io.BytesIO(data)
    header = read_header(file, SOURCE)
    good, torn = {}, {}
    for records in read_records(file, header):
        fields = zip(*(column.to_pylist() for column in records.columns), strict=True)
        good |= dict(zip(records.rows.to_pylist(), fields, strict=True))
        torn |= {reject.row: (reject.reason, reject.text) for reject in records.rejects}
    return good, torn


def test_each_record_keeps_the_line_it_begins_on():
    """Quoted line ends and blank lines do not shift the numbers of later lines."""
    good, torn = read(ODD)

    assert good == {
        2: ("1", "2", "3"),
        4: ("4", "5\n5", "6"),
        10: ('5" pipe', "2", "3"),
        11: ('a"b', "2", "3"),
    }
    assert sorted(torn) == [6, 7, 8, 9, 12]


def test_a_torn_line_is_kept_as_it_stands():
    """What could not be read is shown as the file has it, odd bytes written out."""
    _, torn = read(ODD)

    assert torn[6] == ("malformed", "7,8")
    assert torn[8] == ("malformed", '"q,1,2')
    assert torn[9] == ("bad_encoding", "\\xff,1,2")


@pytest.mark.parametrize("size", [1, 3, 7, 16, 40])
def test_where_blocks_end_does_not_matter(size, monkeypatch):
    """A file read in blocks of any size gives the same records and the same torn lines."""
    whole = read(ODD)
    monkeypatch.setattr(lines, "BLOCK", size)

    assert read(ODD) == whole


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (b"1,2\n3,4\n", True),
        (b'"1","2"\r\n"","4"\r\n', True),
        (b'"1,5",2\n', True),
        (b'1,"2\n3",4\n', False),
        (b'"a""b",2\n', False),
        (b"1,2\n\n3,4\n", False),
        (b"1,\xff\n", False),
        (b"1,2\r3,4\n", False),
        (b"\xef\xbb\xbf1,2\n", False),
    ],
)
def test_only_plain_lines_go_the_fast_way(data, plain):
    """Anything that two parsers could read differently is read record by record."""
    assert is_plain(data, ",") is plain


@pytest.mark.parametrize("size", [2, 1_000])
@pytest.mark.parametrize("last", [b"", b"\n", b"1,2\n"])
def test_a_mark_of_byte_order_behind_the_header_is_text(size, last, monkeypatch):
    """Wherever a block begins: files put one behind the other have such marks inside."""
    monkeypatch.setattr(lines, "BLOCK", size)

    good, torn = read(b"a,b\n3,4\n\xef\xbb\xbf" + last)

    assert good == {2: ("3", "4")} | ({3: ("\ufeff1", "2")} if b"1" in last else {})
    assert torn == ({} if b"1" in last else {3: ("malformed", "\ufeff")})


def test_ragged_lines_among_plain_ones_have_their_numbers():
    """The fast way names the same lines as the careful one."""
    good, torn = read(b"a,b\n1,2\n3\n4,5\n6,7,8\n9,0\n")

    assert sorted(good) == [2, 4, 6]
    assert torn == {3: ("malformed", "3"), 5: ("malformed", "6,7,8")}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_shows_the_delimiter(delimiter):
    """Columns may be divided by any of the usual characters, behind a byte order mark too."""
    data = f"\ufeffuser{delimiter}tag\nu1{delimiter}yoga\n".encode()

    good, _ = read(data)

    assert good == {2: ("u1", "yoga")}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\xff\xfea\x00,\x00b\x00\n", "is not UTF-8 text"),
        (b"a,a\n1,2\n", "columns without a name or with the same one: `a`"),
        (b"a,,c\n1,2,3\n", "columns without a name"),
    ],
)
def test_a_header_that_cannot_serve_is_an_error(data, says):
    """The message names the file and what is wrong with its first line."""
    with pytest.raises(InputError, match=says):
        read(data)
