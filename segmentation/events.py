"""What each input table must hold, and what makes a row bad: as data."""

from dataclasses import dataclass
from typing import Literal

from segmentation.config import TABLES

Kind = Literal["id", "text", "time", "number", "flag", "truth"]

ID_BYTES = 256
TEXT_BYTES = 1024
EARLIEST = "1990-01-01"

TYPES: dict[Kind, str] = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "number": "DOUBLE",
    "flag": "TINYINT",
    "truth": "BOOLEAN",
}

REASONS = {
    "malformed": "the record is torn: wrong number of fields, an open quote or broken JSON",
    "bad_encoding": "the line is not UTF-8",
    "wrong_type": "a value cannot be read as its column's type",
    "no_user": "there is no user id",
    "no_tag": "there is no tag",
    "no_channel": "there is no channel",
    "no_content": "there is no content id",
    "no_namespace": "the label has no namespace",
    "no_label": "there is no label",
    "no_time": "an exposure has no time",
    "no_outcome": "an exposure does not say whether it was shared",
    "no_purpose": "a consent has no purpose",
    "no_grant": "a consent does not say whether it is granted",
    "too_long": f"an id is over {ID_BYTES} bytes, or a text over {TEXT_BYTES}",
    "bad_value": "the value is NaN or infinite",
    "negative_value": "the value is negative outside the money channels",
    "future": "the time is after `as_of`",
    "too_old": "the time is before 1990",
}


@dataclass(frozen=True)
class Column:
    """One column of a table: its kind, why a row without it is bad, what stands in for nothing.

    `absent` is the reason code of a row that has no value; None means that it may have none.
    `default` is SQL.
    """

    name: str
    kind: Kind
    absent: str | None = None
    default: str = "NULL"

    @property
    def sql_type(self) -> str:
        """The column's type in the valid table."""
        return TYPES[self.kind]


@dataclass(frozen=True)
class Rule:
    """A reason code and the SQL condition, over a table's typed columns, that earns it.

    `{money}` stands for the list of money channels, `{latest}` for the last time allowed.
    """

    reason: str
    broken: str


@dataclass(frozen=True)
class Contract:
    """One input table: its columns in order, and its rules in the order they are tried.

    Valid rows are sorted, so that files and batches cannot change them; those of an `ordered`
    table stay in the order of the files and their rows.
    """

    table: str
    columns: tuple[Column, ...]
    extra: tuple[Rule, ...] = ()
    ordered: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns a source cannot do without."""
        return tuple(column.name for column in self.columns if column.absent)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the table; the first that a row breaks is its reason."""
        absent = (
            Rule(column.absent, f"{column.name} IS NULL")
            for column in self.columns
            if column.absent
        )
        lengths = (rule for column in self.columns if (rule := _length(column)))
        times = (rule for column in self.columns if column.kind == "time" for rule in _time(column))
        return (*absent, *lengths, *self.extra, *times)


def _length(column: Column) -> Rule | None:
    limit = {"id": ID_BYTES, "text": TEXT_BYTES}.get(column.kind)
    return Rule("too_long", f"BIT_LENGTH({column.name}) > {8 * limit}") if limit else None


def _time(column: Column) -> tuple[Rule, Rule]:
    return (
        Rule("future", f"{column.name} > {{latest}}"),
        Rule("too_old", f"{column.name} < CAST('{EARLIEST}' AS TIMESTAMP)"),
    )


USER = Column("user_id", "id", absent="no_user")
TIME = Column("ts", "time")

CONTRACTS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract(
            "events",
            (
                USER,
                TIME,
                Column("channel", "text", absent="no_channel"),
                Column("tag", "text", absent="no_tag"),
                Column("value", "number", default="1.0"),
                Column("content_id", "id"),
            ),
            extra=(
                Rule("bad_value", "ISNAN(value) OR ABS(value) > 1.7976931348623157e308"),
                Rule("negative_value", "value < 0 AND channel NOT IN ({money})"),
            ),
        ),
        Contract(
            "labels",
            (
                USER,
                Column("namespace", "text", absent="no_namespace"),
                Column("label", "text", absent="no_label"),
            ),
        ),
        Contract(
            "edges",
            (
                Column("src", "id", absent="no_user"),
                Column("dst", "id", absent="no_user"),
                TIME,
            ),
        ),
        Contract(
            "exposures",
            (
                USER,
                Column("content_id", "id", absent="no_content"),
                Column("ts", "time", absent="no_time"),
                Column("shared", "flag", absent="no_outcome"),
            ),
        ),
        Contract(
            "content",
            (
                Column("content_id", "id", absent="no_content"),
                Column("tag", "text", absent="no_tag"),
                Column("author", "id"),
                TIME,
            ),
        ),
        Contract(
            "consent",
            (
                USER,
                Column("purpose", "text", absent="no_purpose"),
                Column("granted", "truth", absent="no_grant"),
            ),
        ),
    )
}

if tuple(CONTRACTS) != TABLES:
    raise TypeError("Every table of the settings needs a contract, in the same order.")
