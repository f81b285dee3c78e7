"""What people decide between runs on its way into the answers of a worker: consent, and tiers."""

from collections.abc import Callable
from datetime import UTC, datetime

from segmentation import consents, handset
from segmentation.consents import Decision
from segmentation.database import Database
from segmentation.index import Snapshot
from segmentation.overlay import HandSets
from segmentation.overrides import end_due
from service.live import LiveSnapshots


class DecisionBook:
    """What people decided between runs, as this worker knows it; looked up again and again.

    Consent reaches every run that is held. Tiers set by hand are laid over the live run alone, up
    to an entry of the ledger; pages and campaigns that began with an earlier one go on with that.
    """

    def __init__(self, database: Callable[[], Database], live: LiveSnapshots) -> None:
        self._database = database
        self._live = live
        self._seen = (0, 0)
        self._hand_seen = (0, 0)
        self._consents: list[Decision] = []
        self._hand = HandSets(0, {})
        live.book = self

    def refresh(self) -> None:
        """Take over what was decided since the last look, also by other workers."""
        database = self._database()
        if (mark := consents.mark(database)) != self._seen:
            self._consents, self._seen = list(consents.decisions(database)), mark
            for snapshot in self._live.held():
                self.amend(snapshot)
        if self._live.run_id is not None:
            end_due(database, self._live.current().as_published, now=datetime.now(UTC))
        if (mark := handset.mark(database)) != self._hand_seen:
            self._hand, self._hand_seen = self._read(None), mark
            self._live.show_again()

    def amend(self, snapshot: Snapshot) -> None:
        """Let a snapshot know what people decided about purposes."""
        snapshot.audiences.amend(
            (each.user_id, each.purpose, each.granted) for each in self._consents
        )

    def seen(self, snapshot: Snapshot) -> Snapshot:
        """A run with all that was set by hand until now."""
        return snapshot.seen_with(self._hand)

    def seen_through(self, snapshot: Snapshot, seq: int) -> Snapshot:
        """A run with what was set by hand up to an entry of the ledger."""
        return snapshot.seen_with(self._hand if seq == self._hand.seq else self._read(seq))

    def _read(self, through: int | None) -> HandSets:
        with self._database().connect() as connection:
            return handset.read(connection, through=through)
