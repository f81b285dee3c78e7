"""Decisions about consent on their way into every snapshot a worker holds."""

from collections.abc import Callable

from segmentation import consents
from segmentation.consents import Decision
from segmentation.database import Database
from segmentation.index import Snapshot
from service.live import LiveSnapshots


class ConsentBook:
    """What people decided between runs, as this worker knows it; looked up again and again."""

    def __init__(self, database: Callable[[], Database], live: LiveSnapshots) -> None:
        self._database = database
        self._live = live
        self._seen = (0, 0)
        self._decisions: list[Decision] = []
        live.prepare = self.amend

    def refresh(self) -> None:
        """Take over what was decided since the last look, also by other workers."""
        mark = consents.mark(self._database())
        if mark == self._seen:
            return
        self._decisions, self._seen = list(consents.decisions(self._database())), mark
        for snapshot in self._live.held():
            self.amend(snapshot)

    def amend(self, snapshot: Snapshot) -> None:
        """Let a snapshot know of the decisions."""
        snapshot.audiences.amend(
            (each.user_id, each.purpose, each.granted) for each in self._decisions
        )
