"""The command that shows circles over time: `history`."""

from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer


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
    table = Table(*(name.replace("_", " ") for name in rows[0]), box=None)
    for row in rows:
        table.add_row(*("" if value is None else said(value) for value in row.values()))
    Console().print(table)


def said(value: object) -> str:
    """A value for people."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)
