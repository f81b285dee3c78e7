"""Methods run in processes of their own, under a limit, and say why they did not finish."""

import numpy as np
import pytest

from benchmarks import sets
from benchmarks.methods import METHODS, Method
from benchmarks.trials import OK, oracle, trials

PEOPLE = 400
ALWAYS_THERE = [name for name, method in METHODS.items() if not method.needs]
EXTRA = [name for name, method in METHODS.items() if method.needs]
data = sets.agreed(PEOPLE, 1)


def run(name, *, limit=60.0):
    """Run a method told six."""
    return list(trials(data, name, [6], seed=1, limit=limit, threads=1))


def test_a_method_runs_in_a_fresh_process_and_is_judged():
    """Figures, both clocks, the peak and the start are all there."""
    (trial,) = run("k-means")

    assert trial.status == OK
    assert trial.asked == trial.planted == 6
    assert trial.figures["ami"] == pytest.approx(1.0)
    assert trial.cpu > 0.0
    assert trial.wall > 0.0
    assert trial.peak_mib > 20


def test_coterie_is_asked_and_unasked():
    """Its own choice comes first."""
    unasked, asked = run("Coterie")

    assert (unasked.asked, asked.asked) == (None, 6)
    assert unasked.figures["ami"] == asked.figures["ami"] == pytest.approx(1.0)


def test_memory_of_the_parent_does_not_count():
    """A parent of half a gigabyte more leaves the peak of its child alone."""
    (before,) = run("k-means")
    held = np.ones(64_000_000)

    (after,) = run("k-means")

    assert held.nbytes > 500_000_000
    assert after.peak_mib == pytest.approx(before.peak_mib, rel=0.1)


def test_a_method_over_its_limit_is_reported_as_such(monkeypatch):
    """The limit is of CPU seconds, so a busy machine does not count against a method."""
    busy = "from benchmarks.attempt import allow\nallow(1.0)\nwhile True: pass"
    monkeypatch.setattr("benchmarks.trials.ATTEMPT", ["-c", busy])

    (trial,) = run("k-means", limit=1.0)

    assert trial.status == "over 1 CPU s"
    assert trial.figures == {}


def test_a_method_that_fails_says_how(monkeypatch):
    """The last line of its error."""
    monkeypatch.setattr("benchmarks.trials.ATTEMPT", ["-c", "raise ValueError('no way')"])

    (trial,) = run("k-means")

    assert trial.status == "failed: ValueError: no way"


def test_a_method_that_is_not_installed_is_named(monkeypatch):
    """And nothing is run."""
    absent = Method(METHODS["k-means"].prepare, METHODS["k-means"].place, needs=("nowhere",))
    monkeypatch.setitem(METHODS, "absent", absent)

    (trial,) = run("absent")

    assert trial.status == "not installed: nowhere"


def test_the_oracle_is_judged_like_everyone():
    """It needs no process."""
    (trial,) = oracle(data, 1)

    assert trial.figures["ami"] == pytest.approx(1.0)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # NMF, 120 rounds
@pytest.mark.parametrize("name", ALWAYS_THERE)
def test_every_method_agrees_where_circles_share_no_tag(name):
    """Methods differ where data are hard, not because one of them is run wrongly."""
    method = METHODS[name]

    placed = method.place(method.prepare(data.X, 1), 6, 1)

    assert len(np.unique(data.truth * 100 + placed.labels)) == 6


@pytest.mark.slow
@pytest.mark.parametrize("name", EXTRA)
def test_every_installed_peer_runs_and_finds_something_plain(name):
    """Density may cut circles of one kind into several; it does not mix them up."""
    if METHODS[name].missing():
        pytest.skip(f"not installed, see `make bench-install`: {METHODS[name].missing()}")

    found = run(name)

    assert {trial.status for trial in found} == {OK}
    assert max(trial.figures["ami"] for trial in found) > 0.4
