"""Going live, behind the publish gate."""

from datetime import datetime

from segmentation.errors import StoreError, UsageError
from segmentation.store import Store


class GateClosed(StoreError):
    """The run may not be published as it is."""


def go_live(store: Store, run_id: str, *, force: bool, reason: str, now: datetime) -> None:
    """Make a finished run live; past a blocking finding only by force and with a reason."""
    if force and not reason:
        raise UsageError("`--force` publishes past a failed gate: say why with `--reason TEXT`.")
    blocking = [
        finding["message"] for finding in store.report(run_id)["findings"] if finding["blocks"]
    ]
    if blocking and not force:
        raise GateClosed(
            f"{run_id} is kept but not published. {' '.join(blocking)} "
            f"`coterie publish {run_id} --force --reason TEXT` publishes it all the same."
        )
    store.verify(run_id)
    store.publish(run_id, now=now, reason=reason, forced=bool(blocking))
