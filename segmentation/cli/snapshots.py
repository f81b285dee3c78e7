"""Commands over finished runs: `runs`, `compare`, `publish`, `rollback`, `export`."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import (
    AUTHOR,
    DEFAULT_STORE,
    Json,
    StorePath,
    answer,
    clock,
    database_of,
    database_url,
    has_database,
)
from segmentation.cli.tables import day_and_time, table_by_id

What = Literal[
    "members",
    "circles",
    "users",
    "tiers",
    "tier-changes",
    "ambassadors",
    "creators",
    "referrals",
    "lineage",
    "crosstab",
    "quarantine",
    "lifecycle",
]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (runs, compare, publish, rollback, export):
        app.command()(command)


def runs(store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """List the finished runs, newest first; the live one is marked."""
    from segmentation.publishing import blocking
    from segmentation.store import Store

    opened = Store(store)
    live = opened.current()
    rows = [
        {"run_id": facts["run_id"], "live": facts["run_id"] == live, "as_of": facts["as_of"],
         "users": facts["rows"]["users"], "circles": facts["rows"]["circles"],
         "gate": sorted({found["name"] for found in blocking(opened.report(facts["run_id"]))})}
        for facts in opened.runs()
    ]  # fmt: skip
    answer({"live": live, "runs": rows}, as_json, lambda: show_runs(rows))


def show_runs(rows: list[dict[str, Any]]) -> None:
    """Draw the runs as a table; what the gate has against one stands at its end."""
    ids = [row["run_id"] for row in rows]
    table = table_by_id("run", ids, "live", "as of", "people", "circles", "gate")
    for row in rows:
        table.add_row(
            row["run_id"], "live" if row["live"] else "", day_and_time(row["as_of"]),
            f"{row['users']:,}", str(row["circles"]), ", ".join(row["gate"]),
        )  # fmt: skip
    Console().print(table if rows else "No run yet. `coterie run --events PATH` makes one.")


def compare(a: str, b: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Say what changed from run A to run B: circles, people who moved, tiers."""
    from segmentation.compare import compare_runs
    from segmentation.store import Store

    facts = compare_runs(Store(store), a, b)
    answer(facts, as_json, lambda: show_comparison(facts))


def show_comparison(facts: dict[str, Any]) -> None:
    """Draw a comparison as two columns, and what shifted in sentences."""
    from segmentation.drifting import Drift

    table = Table("", "", box=None, show_header=False)
    for name, value in facts.items():
        if name != "drift":
            table.add_row(name.replace("_", " "), str(value))
    Console().print(table)
    drifts = [Drift(**drift) for drift in facts["drift"].values()]
    for drift in drifts:
        for finding in drift.findings():
            typer.echo(f"{finding.message} ({drift.facet})")


def publish(
    run: str,
    store: StorePath = DEFAULT_STORE,
    force: Annotated[bool, typer.Option("--force", help="Publish past a failed gate.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, kept in the history.")] = "",
    as_json: Json = False,
) -> None:
    """Make a finished run the live one."""
    from segmentation.publishing import go_live
    from segmentation.store import Store

    go_live(
        Store(store), run, force=force, reason=reason, now=clock(), author=AUTHOR,
        database_url=database_url(),
    )  # fmt: skip
    answer({"live": run}, as_json, lambda: typer.echo(f"{run} is live."))


def rollback(
    run: Annotated[str | None, typer.Argument(help="Default: the one live before.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Go back to an earlier run."""
    from segmentation.publishing import go_back
    from segmentation.store import Store

    live = go_back(Store(store), run, now=clock(), author=AUTHOR, database_url=database_url())
    answer({"live": live}, as_json, lambda: typer.echo(f"{live} is live again."))


def export(
    what: Annotated[What, typer.Argument(help="Which table.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")],
    file_format: Annotated[
        Literal["parquet", "csv", "ndjson"] | None,
        typer.Option("--format", help="Default: by the file's ending."),
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Default: the live run.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Write one table of a run as Parquet, CSV or NDJSON.

    Of the live run, `tiers` and `users` tell what is in force: tiers set by hand since as well.
    """
    from segmentation.decisions import held_otherwise
    from segmentation.export import export_table
    from segmentation.store import Store

    opened, held = Store(store), {}
    if run is None and what in ("tiers", "users") and has_database(store):
        with database_of(store) as database:
            held = held_otherwise(opened, database, now=clock())
    rows = export_table(opened, what, out, run=run, format=file_format, held=held)
    facts = {"table": what, "rows": rows, "out": str(out)}
    answer(facts, as_json, lambda: typer.echo(f"{rows:,} rows of {what} in {out}."))
