"""`coterie circles curve`: how other numbers of circles would do, and which one stayed."""

from typing import Annotated, Any, Literal, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer

FacetName: TypeAlias = Literal["interest", "lifestyle"]


def curve(
    facet: Annotated[FacetName, typer.Option("--facet", help="Which facet.")] = "interest",
    run: Annotated[str | None, typer.Option("--run", help="Default: the live run.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Show how other numbers of circles would do: what they tell, whom they hold, how firm."""
    from segmentation.store import Store

    opened = Store(store)
    report = opened.report(opened.live_folder().name if run is None else run)
    told = report["facets"][facet]
    facts = {name: told.get(name) for name in ("circles", "found", "stability")}
    levels: list[dict[str, Any]] = told.get("curve", [])
    answer({"facet": facet, **facts, "curve": levels}, as_json, lambda: show(facts, levels))


def show(facts: dict[str, Any], levels: list[dict[str, Any]]) -> None:
    """Draw the curve as a table, a bar for what each number tells."""
    if not levels:
        typer.echo("No circle was found or tested in this facet, so there is no curve.")
        return
    table = Table("circles", "told, bits a tag", "", "in one", "largest", "stability", box=None)
    most = max(level["told"] for level in levels)
    for level in levels:
        table.add_row(
            str(level["circles"]), f"{level['told']:.3f}", bar(level["told"], most),
            f"{level['coverage']:.0%}", f"{level['largest_share']:.0%}",
            "" if level["stability"] is None else f"{level['stability']:.2f}",
        )  # fmt: skip
    Console().print(table)
    firm = "" if facts["stability"] is None else f", mean stability {facts['stability']:.2f}"
    typer.echo(f"Found {facts['found']}, kept {facts['circles']}{firm}.")


def bar(value: float, most: float) -> str:
    """A bar of up to twenty blocks."""
    return "█" * round(20 * max(value, 0.0) / most) if most > 0 else ""
