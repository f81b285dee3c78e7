"""`coterie worker` as a process of its own, beside a real receiver."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from segmentation import jobs, outbox, webhooks
from segmentation.database import open_database
from segmentation.overrides import set_tier
from segmentation.simulator import TABLE_FILES
from segmentation.store import Store
from tests.receivers import receiving
from tests.service.stores import RUNS, fill

PROGRAM = "from segmentation.cli import main; main()"
PATIENCE = 60
BEFORE_A_POST_GIVES_UP = 6


@pytest.fixture
def store(tmp_path):
    """A store with a live run of forty people."""
    return Store(fill(tmp_path / "store", RUNS[:1], users=40, has_ledger=False))


@pytest.fixture
def database(store):
    """Its database."""
    opened = open_database(store.path)
    yield opened
    opened.dispose()


@pytest.fixture
def receiver():
    """Somebody who listens."""
    with receiving() as listening:
        yield listening


@pytest.fixture
def give(store, database):
    """Set somebody's tier by hand; one entry of the ledger."""
    with store.snapshot() as snapshot:
        everyone = [held.user_id for held in snapshot.standings()]
        willing = iter([user for user in everyone if "*" not in snapshot.user(user)["refuses"]])

    def give():
        user, now = next(willing), datetime.now(UTC)
        until = now + timedelta(days=9)
        with store.snapshot() as snapshot:
            set_tier(database, snapshot, user, tier="platinum", until=until, reason="so",
                     author="Ada", now=now)  # fmt: skip
        return user

    return give


@pytest.fixture
def config(population, tmp_path):
    """A file of settings that reads the planted population."""
    lines = [f'{table} = ["{population / file}"]' for table, file in TABLE_FILES.items()]
    path = tmp_path / "coterie.toml"
    path.write_text("\n".join(["[input]", *lines, "[circles]", "resamples = 2"]))
    return path


@contextmanager
def command(store, *words):
    """A `coterie` command in a process of its own, until the block ends."""
    line = [sys.executable, "-c", PROGRAM, *words, "--store", str(store.path)]
    process = subprocess.Popen(line, env=os.environ | {"COTERIE_WEBHOOK_LOOPBACK": "true"})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def eventually(is_so):
    """Wait until something is so; bounded."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def take_on(database, receiver):
    """Tell a receiver of every change from now on."""
    return webhooks.register(
        database, receiver.url, by="Ada", now=datetime.now(UTC), loopback=True
    ).endpoint_id


def test_a_tier_is_told_while_a_run_is_made_and_the_run_s_own_after_it(
    store, database, receiver, give, config
):
    """One worker does both; nothing else runs, and each change is told once."""
    endpoint = take_on(database, receiver)
    job = jobs.enqueue(database, {"publish": True}, by="ann", now=datetime.now(UTC))
    with command(store, "worker", "--config", str(config)):
        eventually(lambda: jobs.find(database, job.job_id).progress > 0)
        user = give()
        eventually(lambda: receiver.told)
        meanwhile = jobs.find(database, job.job_id)
        eventually(lambda: jobs.find(database, job.job_id).is_over)
        eventually(lambda: len(receiver.told) > 1)
        eventually(lambda: outbox.counts(database, endpoint)["pending"] == 0)

    done = jobs.find(database, job.job_id)
    assert (meanwhile.state, done.state) == ("running", "succeeded"), done
    assert receiver.told[0]["user_id"] == user
    assert {row["run_id"] for row in receiver.told[1:]} == {done.run_id}
    assert len({row["seq"] for row in receiver.told}) == len(receiver.told)


def test_beside_a_worker_the_command_sends_nothing_twice(store, database, receiver, give, config):
    """Both look into one queue; each message goes out once."""
    endpoint = take_on(database, receiver)
    with (
        command(store, "worker", "--config", str(config)) as worker,
        command(store, "webhooks", "deliver") as other,
    ):
        users = [give() for _ in range(20)]
        eventually(lambda: len(receiver.told) >= len(users))
        eventually(lambda: outbox.counts(database, endpoint)["pending"] == 0)
        ended = worker.poll(), other.poll()

    assert ended == (None, None)
    assert sorted(row["user_id"] for row in receiver.told) == sorted(users)


def test_a_worker_that_is_told_to_end_does_not_wait_for_anybody(
    store, database, receiver, give, config
):
    """Neither for a run under way nor for a receiver that does not answer."""
    receiver.gate.clear()
    take_on(database, receiver)
    job = jobs.enqueue(database, {}, by="ann", now=datetime.now(UTC))
    with command(store, "worker", "--config", str(config)) as worker:
        eventually(lambda: jobs.find(database, job.job_id).progress > 0)
        give()
        eventually(lambda: receiver.posts)
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(BEFORE_A_POST_GIVES_UP)

    assert code == 128 + signal.SIGTERM
    assert jobs.find(database, job.job_id).state == "running"


def test_once_sends_what_is_due_and_ends(store, database, receiver, give, config):
    """As a timer would have it."""
    take_on(database, receiver)
    user = give()
    with command(store, "worker", "--config", str(config), "--once") as worker:
        code = worker.wait(PATIENCE)

    assert code == 0
    assert [row["user_id"] for row in receiver.told] == [user]
