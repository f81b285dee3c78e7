"""The command that makes queued runs and sends webhooks: `worker`."""

from typing import Annotated

import typer

from segmentation.cli.options import (
    DEFAULT_STORE,
    Config,
    Json,
    Loopback,
    StorePath,
    answer,
    database_url,
    ended_by_term,
)
from segmentation.cli.pipeline import settings_of


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(worker)


def worker(
    config: Config = None,
    store: StorePath = DEFAULT_STORE,
    once: Annotated[
        bool, typer.Option("--once", help="Do what is queued and stop, instead of waiting on.")
    ] = False,
    loopback: Loopback = False,
    as_json: Json = False,
) -> None:
    """Make the runs queued over HTTP, one at a time, and tell receivers of tier changes."""
    from segmentation.worker import Bench, work_forever

    settings, base = settings_of(config, {})
    bench = Bench(
        config=settings,
        base=base.resolve(),
        store=store.resolve(),
        database_url=database_url(),
        loopback=loopback,
    )
    with ended_by_term():
        done = work_forever(bench, once=once)
    answer({"done": done}, as_json, lambda: typer.echo(f"{done} done."))
