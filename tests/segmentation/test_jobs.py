"""A queued run goes through its states and never back, whoever works and dies."""

from datetime import timedelta

import pytest

from segmentation import jobs
from segmentation.errors import NotFound
from segmentation.turns import take_turn
from tests.service.stores import NOW


def later(seconds):
    """A moment after the queue was opened."""
    return NOW + timedelta(seconds=seconds)


def queued(database, *, seconds=0):
    """A job in the queue."""
    return jobs.enqueue(database, {"seed": 3}, by="ann", now=later(seconds)).job_id


def state(database, job_id):
    """Where a job stands."""
    return jobs.find(database, job_id).state


def test_the_job_that_waits_longest_is_taken_first_and_once(database):
    """Two workers take two, and then there is none."""
    second, first = queued(database, seconds=5), queued(database, seconds=1)

    taken = [jobs.claim(database, now=later(6)) for _ in range(3)]

    assert [job and job.job_id for job in taken] == [first, second, None]
    assert taken[0].asked == {"seed": 3}
    assert state(database, first) == "running"


def test_progress_never_goes_back(database):
    """Whatever is reported."""
    job_id = queued(database)
    jobs.claim(database, now=later(1))

    seen = []
    for progress in (0.2, 0.1, 0.6, 0.0, 1.7):
        jobs.report(database, job_id, now=later(2), progress=progress, detail="circles")
        seen.append(jobs.find(database, job_id).progress)

    assert seen == [0.2, 0.2, 0.6, 0.6, 1.0]
    assert jobs.find(database, job_id).detail == "circles"


def test_a_waiting_job_is_cancelled_at_once(database):
    """No worker takes it any more."""
    job_id = queued(database)

    assert jobs.cancel(database, job_id, now=later(1)).state == "cancelled"
    assert jobs.claim(database, now=later(2)) is None


def test_a_job_at_work_is_cancelled_by_its_worker(database):
    """Who hears of it with the next report."""
    job_id = queued(database)
    jobs.claim(database, now=later(1))

    assert jobs.cancel(database, job_id, now=later(2)).state == "cancelling"
    assert jobs.report(database, job_id, now=later(3)) == "cancelling"
    jobs.cancelled(database, job_id, now=later(4))
    assert state(database, job_id) == "cancelled"


def test_what_is_over_stays_as_it_is(database):
    """A job that succeeded cannot fail, be reported on or be cancelled."""
    job_id = queued(database)
    jobs.claim(database, now=later(1))
    jobs.succeed(database, job_id, run_id="r", published=True, now=later(2))

    jobs.fail(database, job_id, why="too late", now=later(3))
    jobs.report(database, job_id, now=later(3), progress=0.1)

    with pytest.raises(jobs.JobEnded):
        jobs.cancel(database, job_id, now=later(3))
    job = jobs.find(database, job_id)
    assert (job.state, job.progress, job.run_id, job.published) == ("succeeded", 1.0, "r", True)


def test_what_a_dead_worker_left_is_taken_again_a_few_times(database):
    """Then it fails; a worker that lives keeps its job."""
    job_id = queued(database)
    for turn in range(1, jobs.MOST_RESUMED + 1):
        job = jobs.claim(database, now=later(100 * turn))
        assert (job.job_id, job.turn) == (job_id, turn)
        assert jobs.claim(database, now=later(100 * turn + 5)) is None

    assert jobs.claim(database, now=later(1000)) is None
    assert state(database, job_id) == "failed"


def test_what_a_dead_worker_was_cancelling_is_cancelled(database):
    """Nobody waits for it in vain."""
    job_id = queued(database)
    jobs.claim(database, now=later(1))
    jobs.cancel(database, job_id, now=later(2))

    jobs.claim(database, now=later(100))

    assert state(database, job_id) == "cancelled"


def test_an_unknown_job_is_not_found(database):
    """Whatever is asked of it."""
    with pytest.raises(NotFound, match="There is no job `job-x`"):
        jobs.cancel(database, "job-x", now=NOW)


def test_looking_for_work_waits_for_no_writer(database):
    """A worker looks several times a second; while there is none it writes nothing."""
    with database.begin() as connection:
        take_turn(connection)

        assert jobs.claim(database, now=NOW) is None
