"""Sends what is in the outbox, again and again, until it was taken.

`coterie worker` does so beside its runs, `coterie webhooks deliver` alone; however many do, each
message is sent by the one who claimed it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import ThreadPool  # its threads keep no process from ending

from segmentation import consents, outbox, webhooks
from segmentation.database import Database
from segmentation.index import Snapshot
from segmentation.layout import NONE
from segmentation.outbox import Message
from segmentation.posting import post
from segmentation.refusals import ANY_PURPOSE
from segmentation.signing import signed_headers
from segmentation.store import Store

AGENT = "Coterie-Webhooks/1"
AT_ONCE = 64
THREADS = 8
LOOK_SECONDS = 0.5
LONGEST_SEND = timedelta(seconds=30)
STOP_SECONDS = 0.3
AFTER_FAILURE_SECONDS = 5.0
log = logging.getLogger(__name__)


class Dispatcher:
    """Sends the messages of one store's ledger.

    Parameters
    ----------
    loopback : bool
        Whether receivers on this machine are sent to.
    clock : callable, optional
        Gives the time; of a test, not the wall's.
    """

    def __init__(
        self,
        store: Store,
        database: Database,
        *,
        loopback: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._loopback = loopback
        self._clock = clock
        self._will = Will(store, database)
        self._down: set[str] = set()
        self._stopped = threading.Event()

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Send in a thread of its own as long as the block lasts; no failure leaves the thread."""
        thread = threading.Thread(target=self._endure, name="webhooks", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join(STOP_SECONDS)

    def deliver_forever(self, *, once: bool = False) -> int:
        """Send until stopped, or until nothing is due; return how many messages were sent."""
        sent = 0
        while not self._stopped.is_set():
            step = self.deliver()
            sent += step
            if step == 0 and once:
                break
            if step == 0:
                self._stopped.wait(LOOK_SECONDS)
        return sent

    def deliver(self) -> int:
        """Send what is due now, many at a time; return how many messages were sent."""
        endpoints = webhooks.list_endpoints(self._database)
        if not endpoints:
            return 0
        self._down.clear()
        outbox.fill(self._database, now=self._clock())
        if self._will.refresh():
            self._drop_unwilling()
        found = [
            message
            for endpoint in endpoints
            for message in outbox.claim(self._database, endpoint, now=self._clock(), limit=AT_ONCE)
        ]
        if not found:
            return 0
        with ThreadPool(THREADS) as threads:
            return sum(threads.imap_unordered(self._send, found))

    def _endure(self) -> None:
        while not self._stopped.is_set():
            try:
                self.deliver_forever()
            except Exception as error:  # whatever it is, runs go on and it is tried again
                log.warning("deliveries_failed error=%s", type(error).__name__)
                self._stopped.wait(AFTER_FAILURE_SECONDS)

    def _send(self, message: Message) -> bool:
        endpoint, user_id = message.endpoint, message.change.user_id
        if self._will.refuses(user_id, endpoint.purpose):
            outbox.drop(self._database, endpoint.endpoint_id, [user_id])
            return False
        now, body = self._clock(), message.body
        is_late = now > message.until - LONGEST_SEND
        if is_late or endpoint.endpoint_id in self._down or self._stopped.is_set():
            return False  # it is claimed again when its time is over
        headers = signed_headers(message.message_id, body, secrets=endpoint.secrets(now), now=now)
        headers |= {"content-type": "application/json", "user-agent": AGENT}
        reply = post(endpoint.url, body, headers, loopback=self._loopback)
        if reply.status is None:
            self._down.add(endpoint.endpoint_id)
        outbox.settle(self._database, message, reply, now=self._clock())
        return True

    def _drop_unwilling(self) -> None:
        people = outbox.people_in(self._database)
        for endpoint in webhooks.list_endpoints(self._database):
            unwilling = [each for each in people if self._will.refuses(each, endpoint.purpose)]
            outbox.drop(self._database, endpoint.endpoint_id, unwilling)


class Will:
    """What people refuse, by the live run and by what they decided since."""

    def __init__(self, store: Store, database: Database) -> None:
        self._store = store
        self._database = database
        self._seen: object = None
        self._snapshot: Snapshot | None = None
        self._decided: dict[tuple[str, str], bool] = {}

    def refresh(self) -> bool:
        """Look again; say whether anything is new."""
        run_id, mark = self._store.current(), consents.mark(self._database)
        if self._seen == (run_id, mark):
            return False
        made = consents.decisions(self._database)
        self._decided = {(each.user_id, each.purpose): each.granted for each in made}
        self._snapshot = self._store.snapshot(run_id) if run_id is not None else None
        if self._snapshot is not None:
            facts = ((user, purpose, yes) for (user, purpose), yes in self._decided.items())
            self._snapshot.audiences.amend(facts)
        self._seen = run_id, mark
        return True

    def refuses(self, user_id: str, purpose: str | None) -> bool:
        """Whether a person refuses a purpose, or every one; None asks for the latter alone."""
        asked = purpose or ANY_PURPOSE
        if self._snapshot is not None:
            index = self._snapshot.audiences
            row = index.registry.find(user_id)
            if row != NONE:
                return int(index.places[row]) in index.refusing(asked)
        said = self._decided.get((user_id, asked), self._decided.get((user_id, ANY_PURPOSE)))
        return said is False
