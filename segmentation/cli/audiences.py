"""The command that asks for people by a filter: `audience`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segmentation.cli.options import (
    DEFAULT_STORE,
    Json,
    StorePath,
    answer,
    clock,
    database_of,
    has_database,
)
from segmentation.errors import FilterError, UsageError

if TYPE_CHECKING:
    from segmentation.audience import Audience
    from segmentation.index import Snapshot
    from segmentation.store import Store


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(audience)


def audience(
    expr: Annotated[str, typer.Argument(metavar="EXPR", help="A filter; empty means everyone.")],
    count: Annotated[bool, typer.Option("--count", help="Say only how many.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write their user ids.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", metavar="NAME", help="Leave out who refused this.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Default: the live run.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Ask who fulfils a filter such as `circle = "interest-17" AND tier >= "gold"`.

    The live run tells tiers set by hand since; a run named with `--run` is asked as it was.
    """
    from segmentation.store import Store

    snapshot = snapshot_of(Store(store), run)
    asked = found(snapshot, expr, purpose)
    facts: dict[str, Any] = {"run_id": snapshot.run_id, "filter": expr, "count": len(asked)}
    if out is not None:
        facts["out"] = str(out)
        write_ids(asked, out)
        answer(facts, as_json, lambda: typer.echo(f"{len(asked):,} people in {out}."))
    elif count:
        answer(facts, as_json, lambda: typer.echo(str(len(asked))))
    else:
        facts["explanation"] = asked.explain()
        answer(facts, as_json, lambda: show_parts(facts["explanation"]))


def snapshot_of(store: "Store", run: str | None) -> "Snapshot":
    """A run with what people decided since: consent, and on the live run tiers set by hand."""
    from segmentation.consents import decisions
    from segmentation.decisions import in_force_on

    snapshot = store.snapshot(run)
    if not has_database(store.path):
        return snapshot
    with database_of(store.path) as database:
        made = decisions(database)
        snapshot.audiences.amend((each.user_id, each.purpose, each.granted) for each in made)
        return in_force_on(snapshot, database, now=clock()) if run is None else snapshot


def found(snapshot: "Snapshot", expr: str, purpose: str | None) -> "Audience":
    """Those of whom the filter is true; an error shows the place in it."""
    from segmentation.bitmaps import NOBODY

    hidden = NOBODY if purpose is None else snapshot.audiences.refusing(purpose)
    try:
        return snapshot.audience(expr, hidden=hidden)
    except FilterError as error:
        raise UsageError(f"{error}\n  {expr}\n  {' ' * (error.position - 1)}^") from error


def write_ids(asked: "Audience", out: Path) -> None:
    """Write the user ids of an audience as a table of one column."""
    import pyarrow as pa

    from segmentation.export import format_of, write_file

    chosen = format_of(out)
    write_file(pa.table({"user_id": pa.array(asked.ids(), pa.string())}), out, format=chosen)


def show_parts(explanation: dict[str, Any]) -> None:
    """Draw each part of a filter with how many people it holds by itself."""
    table = Table("people", "filter", box=None)
    for depth, part in parts_of(explanation, 0):
        words = Text("  " * depth + (part["text"] or "everyone"))
        table.add_row(f"{part['count']:,}", words)
    Console().print(table)


def parts_of(part: dict[str, Any], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Go through a part and the parts in it, each with its depth."""
    yield depth, part
    for below in part["parts"]:
        yield from parts_of(below, depth + 1)
