"""Commands for those who serve the live run: `keys`, `serve`."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any

import typer

from segmentation.cli.options import (
    DEFAULT_STORE,
    Json,
    StorePath,
    answer,
    clock,
    database_of,
    new_database_of,
    read_database_of,
)
from segmentation.errors import UsageError

keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(serve)
    app.add_typer(keys, name="keys")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option("--name", help="Whose key it is.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="read (the default) members export tiers runs admin; may repeat."
        ),
    ] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Expires after.")] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Make a key; its secret is shown once and never again."""
    from segmentation import keys as api_keys

    now = clock()
    with new_database_of(store) as database:
        record, secret = api_keys.create(
            database,
            name=name,
            scopes=scope or ["read"],
            expires=now + timedelta(days=days) if days else None,
            now=now,
        )
    facts = record.to_dict() | {"secret": secret}
    answer(facts, as_json, lambda: typer.echo(f"{secret}\nKeep it: it is not shown again."))


@keys.command("list")
def list_keys(store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """List the keys: names, scopes, expiry; never a secret."""
    from segmentation import keys as api_keys

    with read_database_of(store) as database:
        rows = [key.to_dict() for key in api_keys.list_keys(database)]
    answer({"keys": rows}, as_json, lambda: show_keys(rows))


def show_keys(rows: list[dict[str, Any]]) -> None:
    """Draw the keys as a table."""
    from rich.console import Console

    from segmentation.cli.tables import day_and_time, table_by_id

    ids = [row["key_id"] for row in rows]
    table = table_by_id("key", ids, "name", "scopes", "expires", "revoked")
    for row in rows:
        table.add_row(
            row["key_id"], row["name"], " ".join(row["scopes"]),
            day_and_time(row["expires"]) or "never", day_and_time(row["revoked"]),
        )  # fmt: skip
    Console().print(table if rows else "No key yet. `coterie keys create --name NAME` makes one.")


@keys.command("rotate")
def rotate_key(
    key: str,
    hours: Annotated[
        float, typer.Option("--hours", min=0, help="How long the old secret still works.")
    ] = 24.0,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Make a new key in the place of one; both work until the holder has changed over."""
    from segmentation import keys as api_keys

    with database_of(store) as database:
        record, secret = api_keys.rotate(database, key, now=clock(), overlap=timedelta(hours=hours))
    facts = record.to_dict() | {"secret": secret}
    answer(facts, as_json, lambda: typer.echo(f"{secret}\nKeep it: it is not shown again."))


@keys.command("revoke")
def revoke_key(key: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """End a key now."""
    from segmentation import keys as api_keys

    with database_of(store) as database:
        api_keys.revoke(database, key, now=clock())
    answer({"revoked": key}, as_json, lambda: typer.echo(f"{key} opens nothing any more."))


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")
    ] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    store: StorePath = DEFAULT_STORE,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Ask for no key; on a loopback address only.")
    ] = False,
) -> None:
    """Answer over HTTP from the live run; a new run is picked up without a restart."""
    if no_auth and not is_loopback(host):
        raise UsageError(f"`--no-auth` is for loopback addresses only, got `--host {host}`.")
    with uncollected():
        from segmentation.serving import serve_forever

        serve_forever(store, host=host, port=port, workers=workers, no_auth=no_auth, now=clock())


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage while a server begins: what it loads stays, and looking takes .1 s.

    The application looks again as soon as it is built.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
