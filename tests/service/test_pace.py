"""Nobody calls more often than their pace allows."""

import pytest

from service.errors import TooOften
from service.pace import Pace


class Clock:
    """A clock that moves when told to."""

    now = 0.0

    def __call__(self):
        """Tell the time."""
        return self.now


def test_a_burst_passes_and_then_the_pace_holds():
    """The refusal says after how long the next call passes, and then it does."""
    clock = Clock()
    pace = Pace(2.0, burst=5, clock=clock)
    for _ in range(5):
        pace.spend("ann")

    with pytest.raises(TooOften) as refused:
        pace.spend("ann")

    assert refused.value.after_seconds == pytest.approx(0.5)
    clock.now += refused.value.after_seconds
    pace.spend("ann")
    with pytest.raises(TooOften):
        pace.spend("ann")


def test_each_caller_has_a_bucket_of_their_own():
    """One who calls too often keeps nobody else out."""
    pace = Pace(1.0, burst=1, clock=Clock())
    pace.spend("ann")

    pace.spend("bob")

    with pytest.raises(TooOften):
        pace.spend("ann")


def test_a_pace_of_nothing_lets_everyone_pass():
    """The owner may switch it off."""
    pace = Pace(0, burst=0, clock=Clock())

    for _ in range(1000):
        pace.spend("ann")


def test_a_bucket_holds_no_more_than_the_burst():
    """However long nobody called."""
    clock = Clock()
    pace = Pace(1.0, burst=3, clock=clock)
    clock.now = 1e9
    for _ in range(3):
        pace.spend("ann")

    with pytest.raises(TooOften):
        pace.spend("ann")
