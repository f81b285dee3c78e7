"""Tables on a terminal."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table


def table_by_id(name: str, ids: Iterable[str], *others: str) -> Table:
    """Begin a table whose first column is an id, which is never cut short: one copies it."""
    table = Table(box=None)
    table.add_column(name, no_wrap=True, min_width=max(map(len, ids), default=0))
    for other in others:
        table.add_column(other, overflow="fold")
    return table


def day_and_time(moment: datetime | str | None) -> str:
    """A moment as it is kept, to the minute, in UTC; nothing where there is none."""
    return "" if moment is None else str(moment)[:16].replace("T", " ")
