"""Commands about sharing: `score`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from segmentation.cli.options import DEFAULT_STORE, Config, Json, StorePath, answer

Asked = Annotated[
    list[str],
    typer.Option("--exposures", metavar="PATH", help="Files of user_id, content_id, ts."),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(score)


def score(
    exposures: Asked,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the answers.")],
    config: Config = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Say how likely each user shares each content at each time, from what was known before."""
    from segmentation.cli.pipeline import optional_settings
    from segmentation.export import format_of, write_file
    from segmentation.scoring import score_exposures
    from segmentation.store import Store

    chosen, settings = format_of(out), optional_settings(config)
    scored = score_exposures(
        Store(store).live_folder(), exposures, base=Path.cwd(), config=settings
    )
    write_file(scored.table, out, format=chosen)
    facts = scored.to_dict() | {"out": str(out)}
    answer(facts, as_json, lambda: show(facts))


def show(facts: dict[str, Any]) -> None:
    """Say what was scored, on what basis, and what could not be read."""
    typer.echo(f"{facts['scored']:,} exposures scored in {facts['out']}.")
    for basis, rows in facts["answers"].items():
        typer.echo(f"  {rows:,} by {basis}")
    if facts["bad"]:
        reasons = ", ".join(f"{count:,} {name}" for name, count in facts["reasons"].items())
        typer.echo(f"  {facts['bad']:,} rows could not be read: {reasons}")
