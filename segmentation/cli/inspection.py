"""Inputs looked at before a run: rows, reasons and the bad rows themselves, for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from segmentation.cli.summary import how_many

if TYPE_CHECKING:
    from segmentation.validation import Verdict

LISTED = 10
BEGINNING = 100


def show_verdict(verdict: "Verdict") -> None:
    """Print what each table holds, the first bad rows, and what is known after reading."""
    console = Console(highlight=False)
    console.print(rows_table(verdict))
    for line in bad_lines(verdict):
        # Text of a stranger: brackets in it are no mark-up.
        console.print(line, markup=False, soft_wrap=True)
    if verdict.bad > LISTED:
        console.print(f"{verdict.bad - LISTED:,} bad rows more; `--json` shows 100 of them.")
    report = verdict.report
    until = f"{report.as_of:%Y-%m-%d %H:%M} UTC" if report.as_of else "no known time"
    console.print(f"{how_many(report.users)}, up to {until}.")


def rows_table(verdict: "Verdict") -> Table:
    """Rows in, valid and bad for each table, and why."""
    table = Table("table", "rows", "valid", "bad", "why", box=None)
    for name, rows in verdict.report.tables.items():
        why = ", ".join(f"{reason} {count:,}" for reason, count in rows.reasons.items())
        table.add_row(name, f"{rows.rows_in:,}", f"{rows.valid:,}", f"{rows.bad:,}", why)
    return table


def bad_lines(verdict: "Verdict") -> Iterator[str]:
    """Where the first bad rows are, why they are bad, and how they begin."""
    for row in verdict.quarantine[:LISTED]:
        yield f" {row['source']} row {row['row']}: {row['reason']}"
        yield f"   {row['raw'][:BEGINNING]}{'…' if len(row['raw']) > BEGINNING else ''}"
