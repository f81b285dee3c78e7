"""Commands about webhooks: `add`, `list`, `rotate`, `remove`, `dead`, `redeliver`, `deliver`."""

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import (
    DEFAULT_STORE,
    Json,
    Loopback,
    StorePath,
    answer,
    clock,
    database_of,
    ended_by_term,
    read_database_of,
)
from segmentation.cli.tables import table_by_id

ONCE = "Keep the secret: it is not shown again."
webhooks = typer.Typer(help="Tell other systems when a tier changes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(webhooks, name="webhooks")


@webhooks.command("add")
def add(
    url: str,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="Leave out who refused this purpose.")
    ] = None,
    loopback: Loopback = False,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Tell a receiver of every change of a tier from now on; its secret is shown once."""
    from segmentation.webhooks import register as take_on

    with database_of(store) as database:
        made = take_on(
            database, url, by="command line", now=clock(), purpose=purpose, loopback=loopback
        )
    facts = made.to_dict() | {"secret": made.secret}
    answer(facts, as_json, lambda: typer.echo(f"{made.endpoint_id}\n{made.secret}\n{ONCE}"))


@webhooks.command("list")
def show(store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """List the receivers: how much they took, what waits for them, what is dead."""
    from segmentation import outbox
    from segmentation.webhooks import list_endpoints

    with read_database_of(store) as database:
        rows = [
            each.to_dict() | outbox.counts(database, each.endpoint_id)
            for each in list_endpoints(database)
        ]
    answer({"webhooks": rows}, as_json, lambda: show_endpoints(rows))


@webhooks.command("rotate")
def rotate(
    webhook: str,
    hours: Annotated[
        float, typer.Option("--hours", min=0, help="How long both secrets sign.")
    ] = 24.0,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Give a receiver a new secret; for a while messages are signed by both."""
    from segmentation import webhooks as endpoints

    with database_of(store) as database:
        made = endpoints.rotate(database, webhook, now=clock(), overlap=timedelta(hours=hours))
    facts = made.to_dict() | {"secret": made.secret}
    answer(facts, as_json, lambda: typer.echo(f"{made.secret}\n{ONCE}"))


@webhooks.command("remove")
def remove(webhook: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Tell a receiver no more; what is on its way is dropped."""
    from segmentation import webhooks as endpoints

    with database_of(store) as database:
        endpoints.remove(database, webhook)
    answer({"removed": webhook}, as_json, lambda: typer.echo(f"{webhook} is told no more."))


@webhooks.command("dead")
def dead(
    webhook: str,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """List the messages a receiver did not take however often they were sent, and why."""
    from segmentation.outbox import list_messages

    with read_database_of(store) as database:
        rows = list_messages(database, webhook, limit=limit)
    answer({"messages": rows}, as_json, lambda: show_messages(rows))


@webhooks.command("redeliver")
def redeliver(
    webhook: str,
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="Also all after this ledger entry.")
    ] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Send again what is dead, and everything after an entry of the ledger where one is given."""
    from segmentation.outbox import redeliver as send_again

    with database_of(store) as database:
        revived = send_again(database, webhook, now=clock(), after=after)
    facts = {"webhook": webhook, "revived": revived}
    answer(facts, as_json, lambda: typer.echo(f"{revived:,} messages are sent again."))


@webhooks.command("deliver")
def deliver(
    once: Annotated[
        bool, typer.Option("--once", help="Send what is due and stop, instead of waiting on.")
    ] = False,
    loopback: Loopback = False,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Send what tiers changed to every receiver, until it was taken, as `coterie worker` does."""
    from segmentation.dispatch import Dispatcher
    from segmentation.store import Store

    with ended_by_term(), database_of(store) as database:
        sent = Dispatcher(Store(store), database, loopback=loopback).deliver_forever(once=once)
    answer({"sent": sent}, as_json, lambda: typer.echo(f"{sent:,} messages sent."))


def show_endpoints(rows: list[dict[str, Any]]) -> None:
    """Draw the receivers as a table."""
    ids = [row["endpoint_id"] for row in rows]
    table = table_by_id("webhook", ids, "url", "purpose", "taken", "waiting", "dead", "state")
    for row in rows:
        state = "gone" if row["ended"] else "failing" if row["failures"] else "well"
        table.add_row(
            row["endpoint_id"], row["url"], row["purpose"] or "", f"{row['delivered']:,}",
            f"{row['pending']:,}", f"{row['dead']:,}", state,
        )  # fmt: skip
    Console().print(table if rows else "No receiver yet. `coterie webhooks add URL` takes one on.")


def show_messages(rows: list[dict[str, Any]]) -> None:
    """Draw messages as a table."""
    table = Table("entry", "user", "attempts", "status", "why", box=None)
    for row in rows:
        status = str(row["status"] or "")
        table.add_row(str(row["seq"]), row["user_id"], str(row["attempts"]), status, row["detail"])
    Console().print(table if rows else "Nothing is dead.")
