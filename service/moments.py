"""Moments as callers write them: text with a date, never a number."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def written_out(moment: object) -> object:
    """Refuse a number, be it in text: nobody can tell seconds from milliseconds since 1970."""
    if not isinstance(moment, str | datetime | None) or is_number(moment):
        raise ValueError("a moment is written as in `2026-11-01T02:00:00Z`")
    return moment


def is_number(text: object) -> bool:
    """Whether a text is a number, its exponent included."""
    try:
        float(str(text))
    except ValueError:
        return False
    return True


def in_utc(moment: datetime) -> datetime:
    """Tell the moment in UTC, where the first and the last days of the calendar may have none."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies beyond the calendar in UTC") from error


Written = BeforeValidator(written_out)
Moment = Annotated[AwareDatetime, AfterValidator(in_utc), Written]
