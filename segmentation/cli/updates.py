"""The command that changes the live run without making it again: `update`."""

from typing import Annotated, Any

import typer

from segmentation.cli.options import (
    DEFAULT_STORE,
    Config,
    Events,
    Json,
    StorePath,
    answer,
    clock,
)
from segmentation.cli.pipeline import given, outcome_facts, settings_of
from segmentation.config import TABLES
from segmentation.progress import reporter


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(update)


def update(
    events: Events = None,
    config: Config = None,
    store: StorePath = DEFAULT_STORE,
    no_publish: Annotated[bool, typer.Option("--no-publish", help="Keep it unseen.")] = False,
    as_json: Json = False,
) -> None:
    """Fold new events into the live run: whom they touch is placed anew, nothing is refitted."""
    from segmentation.run import RunRequest
    from segmentation.update import update as fold_in

    settings, base = settings_of(config, given(dict.fromkeys(TABLES) | {"events": events}))
    request = RunRequest(
        config=settings, base=base, store=store, now=clock(), publish=not no_publish
    )
    outcome = fold_in(request, reporter(quiet=as_json))
    facts = outcome_facts(outcome)
    answer(facts, as_json, lambda: typer.echo(sentence(facts)))


def sentence(facts: dict[str, Any]) -> str:
    """What an update did, for people."""
    update, rows = facts["update"], facts["ingest"]["rows_in"]
    placed = sum(update["placed_anew"].values())
    return (
        f"Run {facts['run_id']}{' (live)' if facts['published'] else ''}: {rows:,} events folded "
        f"into {update['of']}; {placed:,} people placed anew, {update['new_people']:,} of them new."
    )
