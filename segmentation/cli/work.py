"""The command that makes queued runs: `worker`."""

from typing import Annotated

import typer

from segmentation.cli.options import DEFAULT_STORE, Config, Json, StorePath, answer, database_url
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
    as_json: Json = False,
) -> None:
    """Make the runs queued over HTTP, one at a time, each in a process of its own."""
    from segmentation.worker import Bench, work_forever

    settings, base = settings_of(config, {})
    bench = Bench(
        config=settings, base=base.resolve(), store=store.resolve(), database_url=database_url()
    )
    done = work_forever(bench, once=once)
    answer({"done": done}, as_json, lambda: typer.echo(f"{done} done."))
