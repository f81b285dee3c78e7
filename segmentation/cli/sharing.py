"""The command about what circles would share: `resonance`."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer
from segmentation.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(resonance)


def resonance(
    tags: Annotated[
        str, typer.Option("--tags", metavar="A,B,C", help="What the content is about.")
    ] = "",
    gaps: Annotated[
        bool, typer.Option("--gaps", help="List what circles would share and are hardly shown.")
    ] = False,
    run: Annotated[str | None, typer.Option("--run", help="Default: the live run.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Say what each circle would share of a content, why, and whom it puts off."""
    from segmentation.store import Store

    named = [tag.strip() for tag in tags.split(",") if tag.strip()]
    if gaps == bool(named):
        raise UsageError("Give either `--tags A,B,C` or `--gaps`.")
    snapshot = Store(store).snapshot(run)
    told = snapshot.resonance
    found = {"gaps": told.gaps()} if gaps else told.answer(named)
    facts = {"run_id": snapshot.run_id, **found}
    answer(facts, as_json, lambda: show_gaps(facts) if gaps else show_resonance(facts))


def show_resonance(facts: dict[str, Any]) -> None:
    """Draw the best circles with their reasons, and those put off."""
    if facts["basis"] == "none":
        typer.echo("The run saw nothing shared, so no circle can be told.")
        return
    if facts["unknown_tags"]:
        typer.echo(f"Not known to the run: {', '.join(facts['unknown_tags'])}.")
    rows = {row["circle_id"]: row for row in facts["circles"]}
    Console().print(drawn("best circles", [rows[one] for one in facts["best_circles"]]))
    if facts["offended_circles"]:
        Console().print(drawn("put off", [rows[one] for one in facts["offended_circles"]]))


def drawn(title: str, rows: list[dict[str, Any]]) -> Table:
    """A table of circles with expected rates and shares, and what each tag does."""
    table = Table("circle", "rate", "from", "to", "shares", "usual", "why", title=title, box=None,
                  title_justify="left")  # fmt: skip
    for row in rows:
        rate, parts = row["expected_share_rate"], row["contributions"]
        why = ", ".join(f"{part['tag']} {part['log_odds']:+.2f}" for part in parts)
        table.add_row(
            row["name"], *(f"{rate[name]:.2%}" for name in ("estimate", "low", "high")),
            f"{row['expected_shares']['estimate']:,.0f}", f"{row['usual_share_rate']:.2%}", why,
        )  # fmt: skip
    return table


def show_gaps(facts: dict[str, Any]) -> None:
    """Draw the gaps of every circle."""
    table = Table("circle", "would share", "rate", "times usual", "shown", "expected", box=None)
    for row in facts["gaps"]:
        table.add_row(
            row["name"], row["tag"], f"{row['expected_share_rate']['estimate']:.2%}",
            f"{row['lift']:.1f}", f"{row['exposures']:,}", f"{row['expected_exposures']:,.0f}",
        )  # fmt: skip
    Console().print(table if facts["gaps"] else "No circle surely misses anything.")
