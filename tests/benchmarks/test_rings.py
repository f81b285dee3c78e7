"""Promises of rings: when they are kept, and how they are summed up."""

from benchmarks.rings import Promise, show
from models.rings import Forecast


def test_a_promise_is_kept_within_its_band():
    """The ends belong to it."""
    told = Forecast(joins=4.0, low=2.0, high=6.0, contacts_per_join=10.0)

    kept = [Promise("interest", 40, told, came).is_kept for came in (1, 2, 6, 7)]

    assert kept == [False, True, True, False]


def test_rings_are_summed_up_over_circles(capsys):
    """What was foretold, what came, how often the band held, and what each one cost."""
    told = Forecast(joins=4.0, low=2.0, high=6.0, contacts_per_join=10.0)
    found = [Promise("interest", 40, told, 3), Promise("interest", 60, told, 7),
             Promise("broad", 500, told, 5)]  # fmt: skip

    show(found)

    interest, broad = capsys.readouterr().out.splitlines()
    assert "2 circles,     100 people:      8.0 joins foretold,     10 came, 50%" in interest
    assert interest.endswith("10.0 contacts for each who came")
    assert "500 people:      4.0 joins foretold,      5 came, 100%" in broad
