"""An audience on its way to a destination: all of it, what changed since a run, or a mirror."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from segmentation.audience import Audience
from segmentation.bitmaps import array_of
from segmentation.errors import UsageError
from segmentation.id_lists import CSV, HEADER, NDJSON, Rows, hashed, lines_of, pieces, written

Form: TypeAlias = Literal["csv", "ndjson", "parquet"]
DestinationName: TypeAlias = Literal["google-display", "meta", "google-search", "email"]
Mode: TypeAlias = Literal["full", "delta", "mirror"]
Change: TypeAlias = tuple[str, str]

ADD, REMOVE = "add", "remove"


@dataclass(frozen=True)
class Destination:
    """Where lists go: how many people it takes at least, whether hashed, for which purpose."""

    name: DestinationName
    minimum: int
    hashed: bool
    purpose: str


DESTINATIONS: dict[str, Destination] = {
    each.name: each
    for each in (
        Destination("google-display", 100, True, "ads"),
        Destination("meta", 100, True, "ads"),
        Destination("google-search", 1000, True, "ads"),
        Destination("email", 1, False, "email"),
    )
}


class TooFew(UsageError):
    """The audience is smaller than its destination takes."""


def require_enough(audience: Audience, destination: Destination) -> None:
    """Refuse a list a destination would not take: it could single people out."""
    if len(audience) < destination.minimum:
        raise TooFew(
            f"The destination `{destination.name}` takes {destination.minimum} people or more; "
            "this audience is smaller. Widen the filter."
        )


def listed(audience: Audience, form: Form, *, hash_ids: bool) -> Iterator[bytes]:
    """Write everyone in an audience by primary circle, the likeliest to share first."""
    rows = rows_of(audience)
    if form == "parquet":
        ids = audience.ids()
        return as_parquet(zip(hashed(ids) if hash_ids else ids), ["user_id"])
    if hash_ids:
        return written(zip(hashed(audience.ids())), ["user_id"], form)
    ids_text = audience.index.registry.ids
    if form == "csv":
        return with_header(lines_of(ids_text, rows, CSV))
    return lines_of(ids_text, rows, NDJSON)


def changes_listed(
    before: Audience, after: Audience, form: Form, *, hash_ids: bool
) -> Iterator[bytes]:
    """Write who came into an audience since an earlier run, and who left it."""
    columns = ["operation", "user_id"]
    changes: Iterable[Change] = changes_of(before, after)
    if hash_ids:
        changes = ((what, next(hashed([user_id]))) for what, user_id in changes)
    return as_parquet(changes, columns) if form == "parquet" else written(changes, columns, form)


def changes_of(before: Audience, after: Audience) -> Iterator[Change]:
    """Merge two audiences, which may be of two runs, by user id."""
    old, new = by_id(before), by_id(after)
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if left == right:
            left, right = next(old, None), next(new, None)
        elif right is None or (left is not None and left < right):
            yield REMOVE, text_of(left)
            left = next(old, None)
        else:
            yield ADD, text_of(right)
            right = next(new, None)


def text_of(user_id: bytes | None) -> str:
    """An id as text."""
    return (user_id or b"").decode()


def by_id(audience: Audience) -> Iterator[bytes]:
    """The ids of an audience in bytewise order."""
    ids = audience.index.registry.ids
    rows = np.sort(rows_of(audience))
    return (bytes(ids.text[ids.ends[row] : ids.ends[row + 1]]) for row in rows)


def rows_of(audience: Audience) -> Rows:
    """The rows of an audience, in the order of places."""
    rows: Rows = audience.index.rows[array_of(audience.places)]
    return rows


def with_header(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Begin a list of ids in CSV with the name of its column."""
    yield HEADER
    yield from lines


def as_parquet(rows: Iterable[tuple[str, ...]], columns: list[str]) -> Iterator[bytes]:
    """Write rows of text as Parquet, a row group at a time."""
    import pyarrow as pa  # on the read side for this alone
    import pyarrow.parquet as pq

    schema = pa.schema([pa.field(name, pa.string(), nullable=False) for name in columns])
    sink = Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for piece in pieces(rows):
            arrays = [pa.array(column, pa.string()) for column in zip(*piece, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


class Sink:
    """A file that gives away what was written since it was last asked."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take a piece."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is in memory."""

    def close(self) -> None:
        """Say that no more comes."""
        self.closed = True

    def taken(self) -> bytes:
        """Give away what is here."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
