"""Going live, behind the publish gate, and going back; the ledger of tiers follows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segmentation.database import open_database
from segmentation.decisions import remember_policy
from segmentation.errors import StoreError, UsageError
from segmentation.ledger import record_run
from segmentation.livemarks import last_run
from segmentation.store import Store


class GateClosed(StoreError):
    """The run may not be published as it is."""


def go_live(
    store: Store,
    run_id: str,
    *,
    force: bool,
    reason: str,
    now: datetime,
    author: str = "run",
    database_url: str | None = None,
) -> None:
    """Make a finished run live; past a blocking finding only by force and with a reason.

    The ledger of tiers names the author.
    """
    if force and not reason.strip():
        raise UsageError("`--force` publishes past a failed gate: say why with `--reason TEXT`.")
    against = blocking(store.report(run_id))
    if against and not force:
        messages = " ".join(finding["message"] for finding in against)
        raise GateClosed(
            f"{run_id} is kept but not published. {messages} "
            f"`coterie publish {run_id} --force --reason TEXT` publishes it all the same."
        )
    store.verify(run_id)
    store.publish(run_id, now=now, reason=reason, forced=bool(against))
    follow(store, database_url, author=author, now=now)


def go_back(
    store: Store,
    run_id: str | None = None,
    *,
    now: datetime,
    author: str = "run",
    reason: str = "",
    database_url: str | None = None,
) -> str:
    """Make an earlier run live again and return its id; without one named, the one live before.

    A run that never was live did not pass the gate and cannot slip past it this way.
    """
    if run_id is not None and not was_live(store, run_id):
        store.folder(run_id)
        raise UsageError(
            f"{run_id} was never live, so there is no going back to it. "
            f"`coterie publish {run_id}` makes it live."
        )
    live = store.rollback(run_id, now=now, reason=reason)
    follow(store, database_url, author=author, now=now)
    return live


def was_live(store: Store, run_id: str) -> bool:
    """Whether a run has been published at any time."""
    return any(
        entry.run_id == run_id and entry.action == "publish" for entry in store.history.entries()
    )


def blocking(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a run found that keeps it from being published."""
    return [finding for finding in report["findings"] if finding["blocks"]]


def follow(store: Store, database_url: str | None, *, author: str, now: datetime) -> None:
    """Write the live run's tiers into the ledger, unless they were written last."""
    database = open_database(store.path, database_url)
    try:
        live = store.current()
        if live is not None and last_run(database) != live:
            with store.snapshot(live) as snapshot:
                remember_policy(database, snapshot, author=author, now=now)
                record_run(database, snapshot, now=now, author=author)
    finally:
        database.dispose()
