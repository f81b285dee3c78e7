"""Commands about campaigns: `lift measure` and `lift plan`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer
from segmentation.errors import NotFound

lift = typer.Typer(help="What a campaign added, and whether one can tell.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(lift, name="lift")


@lift.command("measure")
def measure(
    outcomes: Annotated[
        Path, typer.Option("--outcomes", metavar="FILE", help="user_id, treated, outcome, before.")
    ],
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Compare treated people with those held out: lift, interval, by circle where it is known."""
    from segmentation.outcomes import lift_of

    facts = lift_of(outcomes, circles=circles_of(store))
    answer(facts, as_json, lambda: show(facts))


@lift.command("plan")
def plan(
    people: Annotated[int, typer.Option("--people", min=4, help="People in both arms.")],
    deviation: Annotated[float, typer.Option("--deviation", help="Of the outcome.")],
    effect: Annotated[float, typer.Option("--effect", help="The lift hoped for.")],
    holdout: Annotated[float, typer.Option("--holdout", min=0.001, max=0.999, help="Its share.")],
    as_json: Json = False,
) -> None:
    """Say whether a campaign can tell the lift it hopes for; one that cannot is refused."""
    from segmentation.outcomes import plan as check

    facts = check(people=people, deviation=deviation, effect=effect, holdout_share=holdout)
    answer(facts, as_json, lambda: typer.echo(f"Power {facts['power']:.2f}: enough people."))


def circles_of(store: Path) -> dict[str, str]:
    """Everyone's primary interest circle in the live run; nobody's where there is none."""
    from segmentation.store import Store

    try:
        users = Store(store).table(Store(store).live_folder().name, "users")
    except NotFound:
        return {}
    homes = zip(users["user_id"].to_pylist(), users["interest_circle"].to_pylist(), strict=True)
    return {user: circle for user, circle in homes if circle is not None}


def show(facts: dict[str, Any]) -> None:
    """Draw the lift overall and by circle."""
    table = Table("", "lift", "from", "to", "p", "treated", "held out", box=None)
    for name, row in {"everyone": facts["overall"], **facts["circles"]}.items():
        table.add_row(
            name, f"{row['lift']:.3f}", f"{row['low']:.3f}", f"{row['high']:.3f}",
            f"{row['p_value']:.3f}", f"{row['treated']:,}", f"{row['held_out']:,}",
        )  # fmt: skip
    Console().print(table)
