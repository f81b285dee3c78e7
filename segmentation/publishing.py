"""Going live and going back, behind the publish gate and the store's lock."""

from datetime import datetime
from pathlib import Path

from segmentation.errors import StoreError, UsageError
from segmentation.lock import StoreLock
from segmentation.store import Store


class GateClosed(StoreError):
    """The run may not be published as it is."""


def publish_run(folder: Path, run_id: str, *, force: bool, reason: str, now: datetime) -> None:
    """Make a finished run live; past a blocking finding only by force and with a reason."""
    with StoreLock(folder):
        go_live(Store(folder), run_id, force=force, reason=reason, now=now)


def go_live(store: Store, run_id: str, *, force: bool, reason: str, now: datetime) -> None:
    """Publish under a lock already held."""
    if force and not reason:
        raise UsageError("`--force` publishes past a failed gate: say why with `--reason TEXT`.")
    blocking = [
        finding["message"] for finding in store.manifest(run_id)["findings"] if finding["blocks"]
    ]
    if blocking and not force:
        raise GateClosed(
            f"{run_id} is kept but not published. {' '.join(blocking)} "
            f"`coterie publish {run_id} --force --reason TEXT` publishes it all the same."
        )
    store.verify(run_id)
    store.publish(run_id, now=now, reason=reason, forced=bool(blocking))


def roll_back(folder: Path, run_id: str | None, *, now: datetime) -> str:
    """Make an earlier run live again; by default the one live before."""
    with StoreLock(folder):
        return Store(folder).rollback(run_id, now=now)
