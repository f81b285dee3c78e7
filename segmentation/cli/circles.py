"""Commands by which people decide of circles: `circles rename`, `merge`, `split` and so on."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.curve import curve
from segmentation.cli.options import (
    DEFAULT_STORE,
    Json,
    StorePath,
    answer,
    clock,
    database_of,
    read_database_of,
)

if TYPE_CHECKING:
    from segmentation.rulings import Decision

circles = typer.Typer(
    help="Name, merge, split and retire circles by hand; see other numbers of them.",
    no_args_is_help=True,
)
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, kept with it.")]
CircleId = Annotated[str, typer.Argument(metavar="CIRCLE", help="Its id, such as interest-17.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    circles.command()(curve)
    app.add_typer(circles, name="circles")


@circles.command()
def rename(
    circle: CircleId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    reason: Reason = "",
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Give a circle a name, for this and every later run."""
    from segmentation import rulings
    from segmentation.store import Store

    with database_of(store) as database:
        made = rulings.rename(database, Store(store), circle, name, reason=reason, now=clock())
    tell(made, as_json, f"{circle} is called `{made.name}` from the next run on.")


@circles.command()
def merge(
    chosen: Annotated[
        list[str], typer.Argument(metavar="CIRCLE...", help="Their ids; the first one stays.")
    ],
    reason: Reason = "",
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Make one circle of several; the first keeps its id."""
    from segmentation import rulings
    from segmentation.store import Store

    with database_of(store) as database:
        made = rulings.merge(database, Store(store), chosen, reason=reason, now=clock())
    tell(made, as_json, f"{', '.join(chosen)} are {chosen[0]} from the next run on.")


@circles.command()
def split(
    circle: CircleId,
    reason: Reason = "",
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Cut a circle in two; the smaller half gets a new id, told now."""
    from segmentation import rulings
    from segmentation.store import Store

    with database_of(store) as database:
        made = rulings.split(database, Store(store), circle, reason=reason, now=clock())
    other = made.circles[1]
    tell(made, as_json, f"{circle} is cut from the next run on; the other half is {other}.")


@circles.command()
def retire(
    circle: CircleId,
    reason: Reason = "",
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """End a circle; its people go to their next best circle or to none."""
    from segmentation import rulings
    from segmentation.store import Store

    with database_of(store) as database:
        made = rulings.retire(database, Store(store), circle, reason=reason, now=clock())
    tell(made, as_json, f"{circle} is retired from the next run on.")


@circles.command()
def undo(store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Take the last decision back: later runs do as if it had never been made."""
    from segmentation import rulings
    from segmentation.store import Store

    with database_of(store) as database:
        gone = rulings.undo(database, Store(store))
    tell(gone, as_json, f"Taken back: {gone.says}.")


@circles.command()
def decided(store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """List the decisions in force, the earliest first."""
    from segmentation import rulings

    with read_database_of(store) as database:
        rows = [each.to_dict() for each in rulings.in_force(database)]
    answer({"decisions": rows}, as_json, lambda: show_decisions(rows))


def tell(decision: "Decision", as_json: bool, text: str) -> None:
    """Answer with a decision, in words or as JSON."""
    answer(decision.to_dict(), as_json, lambda: typer.echo(text))


def show_decisions(rows: list[dict[str, Any]]) -> None:
    """Draw the decisions as a table."""
    table = Table("", "what", "circles", "name", "why", "since run", box=None)
    for row in rows:
        table.add_row(
            str(row["number"]), row["kind"], " ".join(row["circles"]), row["name"] or "",
            row["reason"], row["run_id"],
        )  # fmt: skip
    Console().print(table if rows else "Nothing is decided by hand.")
