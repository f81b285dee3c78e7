"""Events sent over HTTP: judged one by one as files are, kept in SQL for the runs to come.

A snapshot says up to which number it has read them, so that an update folds in those after it, a
rollback brings them back, and a run of everything reads all. Once read they lie in batches
(`segmentation/batches.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import sqlalchemy as sa

from segmentation.database import Database
from segmentation.events import EARLIEST, ID_BYTES, TEXT_BYTES
from segmentation.sqltables import sent_batches
from segmentation.sqltables import sent_events as table
from segmentation.turns import take_turn

FILE = "sent.parquet"
COLUMNS = ("user_id", "ts", "channel", "tag", "value", "content_id")
LONGEST = {"user_id": ID_BYTES, "channel": TEXT_BYTES, "tag": TEXT_BYTES, "content_id": ID_BYTES}
NEEDED = {"user_id": "no_user", "channel": "no_channel", "tag": "no_tag"}
FIRST = datetime.fromisoformat(EARLIEST).replace(tzinfo=UTC)


class Unreadable(ValueError):
    """A value cannot be read; its text is the reason code."""


@dataclass(frozen=True)
class Judged:
    """Which events of a call can be used, and the reason of each that cannot, by its row."""

    valid: list[dict[str, Any]]
    bad: dict[int, str]


def judge(events: Sequence[Mapping[str, Any]], *, money: Iterable[str], now: datetime) -> Judged:
    """Read events by the rules of files; rows are counted from 1."""
    valid, bad, channels = [], {}, frozenset(money)
    for row, event in enumerate(events, start=1):
        try:
            found = read(event)
        except Unreadable as error:
            bad[row] = str(error)
            continue
        reason = fault(found, money=channels, now=now)
        if reason is None:
            valid.append(found)
        else:
            bad[row] = reason
    return Judged(valid, bad)


def keep(database: Database, events: Sequence[Mapping[str, Any]], *, by: str, now: datetime) -> int:
    """Keep valid events; return the number of the last one ever kept."""
    with database.begin() as connection:
        take_turn(connection)  # so that none with a lower number shows up later
        if events:
            rows = [{**event, "by": by, "at": now} for event in events]
            connection.execute(sa.insert(table), rows)
        return newest(connection)


def last(database: Database) -> int:
    """The number of the last event kept; 0 when there is none."""
    with database.connect() as connection:
        return newest(connection)


def newest(connection: sa.Connection) -> int:
    """The number of the last event, in a batch or not yet."""
    found = [
        connection.execute(sa.select(sa.func.max(column))).scalar()
        for column in (table.c.number, sent_batches.c.last)
    ]
    return max(int(number or 0) for number in found)


def read(event: Mapping[str, Any]) -> dict[str, Any]:
    """Read the values of an event; raises `Unreadable` with the reason."""
    texts = {name: text_of(event.get(name)) for name in LONGEST}
    return {**texts, "ts": time_of(event.get("ts")), "value": number_of(event.get("value"))}


def fault(event: Mapping[str, Any], *, money: frozenset[str], now: datetime) -> str | None:
    """The first rule an event breaks, in the order files are judged; None when it is sound."""
    moment, value = event["ts"], event["value"]
    broken: Iterator[tuple[bool, str]] = iter(
        (
            *((event[name] is None, reason) for name, reason in NEEDED.items()),
            *((size(event[name]) > most, "too_long") for name, most in LONGEST.items()),
            (not isfinite(value), "bad_value"),
            (value < 0 and event["channel"] not in money, "negative_value"),
            (moment is not None and moment > now, "future"),
            (moment is not None and moment < FIRST, "too_old"),
        )
    )
    return next((reason for is_broken, reason in broken if is_broken), None)


def text_of(value: object) -> str | None:
    """Read text; a whole number is its digits, blanks are nothing."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable("wrong_type")
    text = str(value)
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unreadable("bad_encoding")
    return text if text.strip(" \t\r\n") else None


def time_of(value: object) -> datetime | None:
    """Read a time; one without a zone is UTC, a bare number is no time."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        raise Unreadable("wrong_type")
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("wrong_type") from error


def number_of(value: object) -> float:
    """Read a number; nothing is 1, as in files."""
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("wrong_type")
    try:
        return float(value) or 0.0  # no negative zero
    except OverflowError as error:
        raise Unreadable("bad_value") from error


def size(text: str | None) -> int:
    """How many bytes a text has."""
    return len(text.encode()) if text else 0
