"""The command that shows circles over time: `history`."""

from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer

HEADS = {
    "run_id": "run",
    "as_of": "as of",
    "circle_id": "circle",
    "name": "name",
    "label": "label",
    "size": "people",
    "members": "people",
    "share_of_users": "share",
    "share_propensity": "will share",
}
"""What is shown of a row, and what it is called."""
NARROW = ("run_id", "as_of", "circle_id")
"""What is cut by no line."""


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(history)


def history(
    circle: Annotated[
        str | None, typer.Argument(metavar="[CIRCLE]", help="One circle; default: all.")
    ] = None,
    facet: Annotated[
        Literal["interest", "lifestyle"] | None,
        typer.Option("--facet", help="Circles of this facet alone."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAMESPACE", help="Members by this label.")
    ] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Show circles over the runs kept: size, share of people, sharing; when one rose or fell."""
    from segmentation.series import circle_series, class_series, turns
    from segmentation.store import Store

    opened = Store(store)
    if by is not None:
        rows = class_series(opened, by, circle=circle, facet=facet)
        answer({"namespace": by, "classes": rows}, as_json, lambda: show(rows))
        return
    rows = circle_series(opened, circle=circle, facet=facet)
    turned = turns(rows)
    facts = {"series": rows, "turns": turned}
    answer(facts, as_json, lambda: show_series(rows, turned))


def show_series(rows: list[dict[str, Any]], turned: list[dict[str, Any]]) -> None:
    """Draw the series, then the turns in words."""
    show(rows)
    for row in turned:
        word = "rose" if row["after"] > row["before"] else "fell"
        typer.echo(
            f"{row['name']} ({row['circle_id']}) {word} from {row['before']:.2%} to "
            f"{row['after']:.2%} of all people in {row['run_id']}."
        )


def show(rows: list[dict[str, Any]]) -> None:
    """Draw rows as a table."""
    if not rows:
        typer.echo("No circle in the runs kept.")
        return
    hidden = "run_id" if is_dated(rows) else "as_of"
    shown = [name for name in HEADS if name in rows[0] and name != hidden]
    table = Table(box=None)
    for name in shown:
        table.add_column(HEADS[name], no_wrap=name in NARROW)
    for row in rows:
        table.add_row(*(said(name, row[name]) for name in shown))
    Console().print(table)


def is_dated(rows: list[dict[str, Any]]) -> bool:
    """Whether the moments that runs describe tell them apart, so that their ids need no room."""
    runs = {row["run_id"]: said("as_of", row["as_of"]) for row in rows}
    return len(set(runs.values())) == len(runs) and all(runs.values())


def said(name: str, value: Any) -> str:  # noqa: ANN401 - a cell of any column
    """A cell for people."""
    if value is None:
        return "without" if name == "label" else ""
    if name == "as_of":
        return str(value)[: len("2026-11-01")]
    if isinstance(value, float):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else str(value)
