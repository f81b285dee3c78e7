"""The outbox: a message for each entry of the ledger and each receiver, until it was taken.

Messages about one person go out one after the other, those about others beside them. Whoever
claims a message has it for a while; when nothing is heard of it, it is sent again, so each is
sent at least once. After `MOST_ATTEMPTS` it is dead and the next about that person goes out; it
stays here to be sent again on request. Who was erased is in no message.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
import sqlalchemy as sa

from segmentation import webhooks
from segmentation.database import Database
from segmentation.ledger import Change, change_of
from segmentation.livemarks import last_seq
from segmentation.posting import Reply
from segmentation.sqltables import tier_ledger, webhook_endpoints
from segmentation.sqltables import webhook_messages as table
from segmentation.turns import take_turn
from segmentation.webhooks import Endpoint

CHUNK = 5_000
LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 10
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=12)
LONGEST_PAUSE = timedelta(minutes=5)
GROWTH, SPREAD = 4, 0.2
PENDING, DEAD = "pending", "dead"
GONE, TOO_MANY = 410, 429
TYPE = "tier.changed"


@dataclass(frozen=True)
class Message:
    """A change on its way to a receiver, sent so many times, this one included.

    It is its claimer's alone until a time.
    """

    endpoint: Endpoint
    change: Change
    attempts: int
    until: datetime

    @property
    def message_id(self) -> str:
        """The same however often it is sent, so that a receiver can tell."""
        return f"msg_{self.endpoint.endpoint_id.removeprefix(webhooks.PREFIX)}_{self.change.seq}"

    @property
    def body(self) -> bytes:
        """What is sent."""
        facts, told = self.change, ("seq", "user_id", "before", "after", "reason_codes",
                                    "policy_version", "run_id", "at")  # fmt: skip
        data = {name: getattr(facts, name) for name in told}
        return orjson.dumps({"type": TYPE, "timestamp": facts.at, "data": data})


def fill(database: Database, *, now: datetime) -> int:
    """Write messages for what the ledger tells and receivers do not know; return how many."""
    with database.connect() as connection:
        newest = last_seq(connection)
    return sum(
        fill_for(database, endpoint.endpoint_id, now=now)
        for endpoint in webhooks.list_endpoints(database)
        if endpoint.ended is None and endpoint.seq < newest
    )


def fill_for(database: Database, endpoint_id: str, *, now: datetime) -> int:
    """Write a receiver's next messages, unless many wait already."""
    mine = webhook_endpoints.c.endpoint_id == endpoint_id
    with database.begin() as connection:
        take_turn(connection)
        reached = connection.execute(sa.select(webhook_endpoints.c.seq).where(mine)).scalar()
        if reached is None or waiting(connection, endpoint_id) >= CHUNK:
            return 0
        query = (
            sa.select(tier_ledger.c.seq, tier_ledger.c.user_id)
            .where(tier_ledger.c.seq > reached)
            .order_by(tier_ledger.c.seq)
            .limit(CHUNK)
        )
        found = {row.seq: row.user_id for row in connection.execute(query)}
        if not found:
            return 0
        known = sa.select(table.c.seq).where(
            table.c.endpoint_id == endpoint_id, table.c.seq.between(min(found), max(found))
        )
        there = set(connection.execute(known).scalars())
        facts = {"endpoint_id": endpoint_id, "state": PENDING, "attempts": 0, "next_try": now}
        rows = [
            facts | {"seq": seq, "user_id": user_id, "detail": ""}
            for seq, user_id in found.items()
            if seq not in there
        ]
        if rows:
            connection.execute(sa.insert(table), rows)
        connection.execute(sa.update(webhook_endpoints).where(mine).values(seq=max(found)))
    return len(rows)


def claim(database: Database, endpoint: Endpoint, *, now: datetime, limit: int) -> list[Message]:
    """Take a receiver's messages that are due: of each person the first; no two take one.

    One that failed the last time is asked with a single message first.
    """
    if endpoint.ended or (endpoint.retry_at and endpoint.retry_at > now):
        return []
    earlier = table.alias()
    is_first = ~sa.exists().where(
        earlier.c.endpoint_id == table.c.endpoint_id,
        earlier.c.user_id == table.c.user_id,
        earlier.c.state == PENDING,
        earlier.c.seq < table.c.seq,
    )
    mine = table.c.endpoint_id == endpoint.endpoint_id
    query = (
        sa.select(table.c.attempts, tier_ledger)
        .join(tier_ledger, tier_ledger.c.seq == table.c.seq)
        .where(mine, table.c.state == PENDING, table.c.next_try <= now, is_first)
        .order_by(table.c.next_try, table.c.seq)
        .limit(1 if endpoint.failures else limit)
    )
    with database.begin() as connection:
        take_turn(connection)
        rows = [dict(row._mapping) for row in connection.execute(query)]
        taken = sa.update(table).where(mine, table.c.seq.in_([row["seq"] for row in rows]))
        connection.execute(taken.values(next_try=now + LEASE))
    return [
        Message(
            endpoint, attempts=row.pop("attempts") + 1, change=change_of(row), until=now + LEASE
        )
        for row in rows
    ]


def settle(database: Database, message: Message, reply: Reply, *, now: datetime) -> None:
    """Note how sending a message went: taken, to be sent again, or dead."""
    here = (table.c.endpoint_id == message.endpoint.endpoint_id) & (
        table.c.seq == message.change.seq
    )
    with database.begin() as connection:
        if reply.is_taken:
            connection.execute(sa.delete(table).where(here))
        else:
            fate = fate_of(message, reply, now=now)
            connection.execute(sa.update(table).where(here).values(fate))
        mine = webhook_endpoints.c.endpoint_id == message.endpoint.endpoint_id
        facts = health(reply, now=now, failures=message.endpoint.failures)
        connection.execute(sa.update(webhook_endpoints).where(mine).values(facts))


def fate_of(message: Message, reply: Reply, *, now: datetime) -> dict[str, Any]:
    """What becomes of a message that was not taken."""
    is_dead = message.attempts >= MOST_ATTEMPTS
    wait = wait_of(message.message_id, message.attempts)
    return {
        "attempts": message.attempts,
        "status": reply.status,
        "detail": reply.detail[:500],
        "state": DEAD if is_dead else PENDING,
        "next_try": now + wait,
    }


def health(reply: Reply, *, now: datetime, failures: int) -> dict[str, Any]:
    """What a reply says of the receiver: it lives, shall be left alone for a while, or is gone."""
    if reply.is_taken:
        return {"failures": 0, "retry_at": None, "delivered": webhook_endpoints.c.delivered + 1}
    if reply.status == GONE:
        return {"ended": now}
    is_down = reply.status is None or reply.status == TOO_MANY or reply.status >= 500
    if not is_down:  # it refuses this message and may take others
        return {"failures": 0, "retry_at": None}
    asked = timedelta(seconds=reply.retry_after or 0)
    pause = min(max(FIRST_WAIT * 2 ** min(failures, 10), asked), LONGEST_PAUSE)
    return {"failures": failures + 1, "retry_at": now + pause}


def wait_of(message_id: str, attempts: int) -> timedelta:
    """How long to wait after so many attempts: four times longer each time, not all at once."""
    wait: timedelta = min(FIRST_WAIT * GROWTH ** (attempts - 1), LONGEST_WAIT)
    draw = int.from_bytes(blake2b(f"{message_id} {attempts}".encode(), digest_size=4).digest())
    return wait * (1 - SPREAD + 2 * SPREAD * draw / 2**32)


def waiting(connection: sa.Connection, endpoint_id: str, state: str = PENDING) -> int:
    """How many messages to a receiver are in a state."""
    mine = (table.c.endpoint_id == endpoint_id) & (table.c.state == state)
    counted = sa.select(sa.func.count()).select_from(table).where(mine)
    return int(connection.execute(counted).scalar() or 0)


def counts(database: Database, endpoint_id: str) -> dict[str, int]:
    """How many messages to a receiver wait, and how many are dead."""
    with database.connect() as connection:
        return {state: waiting(connection, endpoint_id, state) for state in (PENDING, DEAD)}


def list_messages(
    database: Database, endpoint_id: str, *, state: str = DEAD, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """A receiver's messages in a state, by their entry in the ledger, those after one."""
    webhooks.find(database, endpoint_id)
    query = (
        sa.select(table)
        .where(table.c.endpoint_id == endpoint_id, table.c.state == state, table.c.seq > after)
        .order_by(table.c.seq)
        .limit(limit)
    )
    with database.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def redeliver(
    database: Database, endpoint_id: str, *, now: datetime, after: int | None = None
) -> int:
    """Send again what is dead, and everything after an entry where one is given.

    A receiver that was gone is asked again. Returns how many dead messages were revived.
    """
    webhooks.find(database, endpoint_id)
    dead = (table.c.endpoint_id == endpoint_id) & (table.c.state == DEAD)
    fresh: dict[str, Any] = {"failures": 0, "retry_at": None, "ended": None}
    with database.begin() as connection:
        take_turn(connection)
        again = {"state": PENDING, "attempts": 0, "next_try": now}
        revived = connection.execute(sa.update(table).where(dead).values(again)).rowcount
        mine = sa.update(webhook_endpoints).where(webhook_endpoints.c.endpoint_id == endpoint_id)
        connection.execute(mine.values(fresh | ({"seq": after} if after is not None else {})))
    return revived


def people_in(database: Database) -> set[str]:
    """Everyone a message is about."""
    with database.connect() as connection:
        return set(connection.execute(sa.select(table.c.user_id).distinct()).scalars())


def drop(database: Database, endpoint_id: str, user_ids: Iterable[str]) -> int:
    """Take the messages about some people out of what is on its way to a receiver."""
    dropped = 0
    with database.begin() as connection:
        for user_id in user_ids:
            theirs = (table.c.endpoint_id == endpoint_id) & (table.c.user_id == user_id)
            dropped += connection.execute(sa.delete(table).where(theirs)).rowcount
    return dropped
