"""The command about social currency: `currency`."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer
from segmentation.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(currency)


def currency(
    circle: Annotated[
        str | None, typer.Option("--circle", metavar="ID", help="Its projected and private self.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="ID", help="Their score, lever by lever.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Tags on either side.")] = 10,
    run: Annotated[str | None, typer.Option("--run", help="Default: the live run.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Say which tags people show off and which they keep; of everybody, a circle or a user."""
    from segmentation.selfimage import SelfImage
    from segmentation.store import Store

    if circle and user:
        raise UsageError("Give either `--circle` or `--user`.")
    opened = Store(store)
    told = SelfImage(opened.live_folder() if run is None else opened.folder(run))
    if user:
        facts = told.user(user)
        answer(facts, as_json, lambda: show_user(facts))
        return
    facts = told.circle(circle, limit) if circle else told.everybody(limit)
    answer(facts, as_json, lambda: show_sides(facts))


def show_sides(facts: dict[str, Any]) -> None:
    """Draw each side of the image as a table."""
    for side, rows in facts.items():
        if not isinstance(rows, list):
            continue
        table = Table("tag", "log-odds", "z", "shared", "consumed", title=side.replace("_", " "),
                      box=None, title_justify="left")  # fmt: skip
        for row in rows:
            table.add_row(row["tag"], f"{row['log_odds']:+.2f}", f"{row['z']:+.1f}",
                          f"{row['shared']:,}", f"{row['consumed']:,}")  # fmt: skip
        Console().print(table)


def show_user(facts: dict[str, Any]) -> None:
    """Draw the levers of a user; they sum to the score."""
    table = Table("lever", "adds", "count", "of", box=None,
                  title=f"social currency {facts['social_currency']:.3f}")  # fmt: skip
    for row in facts["levers"]:
        table.add_row(row["lever"], f"{row['adds']:.3f}", f"{row['count']:,.0f}", row["events"])
    Console().print(table)
