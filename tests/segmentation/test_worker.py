"""A worker makes what is queued, stops what is cancelled, and goes on where a dead one was."""

import multiprocessing
import os
import signal
import time

import pytest

from segmentation import jobs
from segmentation.database import open_database
from segmentation.store import Store
from segmentation.worker import Bench, work_forever
from tests.segmentation.conftest import settings_for
from tests.service.stores import NOW

PATIENCE = 60


@pytest.fixture
def bench(population, tmp_path):
    """A worker's bench over the planted population."""
    return Bench(config=settings_for(population), base=population, store=tmp_path / "store")


def working(bench):
    """A worker in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=work_forever, args=(bench,))
    process.start()
    return process


def until(database, job_id, is_so):
    """Look at a job until something is so of it; bounded."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        job = jobs.find(database, job_id)
        if is_so(job):
            return job
        time.sleep(0.02)
    pytest.fail(f"the job stayed {job}")


def test_what_is_queued_is_made_and_goes_live(bench):
    """The job names the run; its circles are those of a run made by hand."""
    database = open_database(bench.store)
    job = jobs.enqueue(database, {"seed": 5, "publish": True}, by="ann", now=NOW)

    assert work_forever(bench, once=True) == 1

    done = jobs.find(database, job.job_id)
    assert (done.state, done.published, done.progress) == ("succeeded", True, 1.0), done
    assert Store(bench.store).current() == done.run_id


def test_a_cancelled_run_leaves_what_is_live(bench):
    """The worker lets go of it and takes the next."""
    database = open_database(bench.store)
    first = jobs.enqueue(database, {}, by="ann", now=NOW)
    worker = working(bench)
    try:
        until(database, first.job_id, lambda job: job.progress > 0)
        jobs.cancel(database, first.job_id, now=NOW)
        stopped = until(database, first.job_id, lambda job: job.is_over)
    finally:
        worker.kill()
        worker.join()

    assert stopped.state == "cancelled"
    assert Store(bench.store).current() is None
    assert Store(bench.store).runs() == []


def test_a_worker_waits_a_minute_for_other_writers(bench):
    """As long as the first tiers of millions take to be written down."""
    with bench.database().connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 60_000


def test_a_run_that_cannot_be_made_says_why(bench):
    """Its message is the job's."""
    database = open_database(bench.store)
    empty = Bench(config=type(bench.config)(), base=bench.base, store=bench.store)
    job = jobs.enqueue(database, {}, by="ann", now=NOW)

    work_forever(empty, once=True)

    failed = jobs.find(database, job.job_id)
    assert failed.state == "failed"
    assert "events" in failed.detail


@pytest.mark.slow
def test_a_killed_worker_s_job_is_resumed_by_the_next(bench, monkeypatch):
    """The run under way ends with its worker, and the next one comes to the same result."""
    database = open_database(bench.store)
    job = jobs.enqueue(database, {"publish": True}, by="ann", now=NOW)
    worker = working(bench)
    until(database, job.job_id, lambda job: job.progress > 0.2)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()

    monkeypatch.setattr(jobs, "SILENT", jobs.SILENT / 15)
    deadline = time.monotonic() + PATIENCE
    while work_forever(bench, once=True) == 0 and time.monotonic() < deadline:
        time.sleep(0.2)

    done = until(database, job.job_id, lambda job: job.is_over)
    assert (done.state, done.published) == ("succeeded", True), done
    assert done.turn == 2
