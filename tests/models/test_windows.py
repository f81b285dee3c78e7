"""Weights forgotten by halves: by hand, and the same whatever the order and the split."""

import numpy as np
import pytest

from models.kernels.windows import NO_TIME
from models.weights import UNIT
from models.windows import DAY, Forgetting, Placed, Sums

NOW = 1_793_577_600_000_000  # 2026-11-02
HABIT = Placed.timeless(np.array([UNIT]))


def sums_of(placed: Placed, tags: list[int]) -> Sums:
    """The sums of one person's events, added up one by one."""
    found: dict[tuple[int, int], int] = {}
    for tag, window, amount in zip(tags, placed.windows, placed.amounts, strict=True):
        found[tag, int(window)] = found.get((tag, int(window)), 0) + int(amount)
    keys = sorted(found)
    return Sums(
        np.array([0, len(keys)]),
        np.array([tag for tag, _ in keys], np.int32),
        np.array([window for _, window in keys], np.uint16),
        np.array([found[key] for key in keys], np.uint32),
    )


def weights_of(days_ago: list[float], ratios: list[float], *, half_life: float = 30.0) -> float:
    """What one person's events of one tag weigh together."""
    forgetting = Forgetting(half_life, clip=10.0)
    at = np.array([NOW - round(ago * DAY) for ago in days_ago])
    sums = sums_of(forgetting.place(at, np.array(ratios)), [0] * len(at))
    return forgetting.weigh(sums, np.array([at.max()])).weights[0]


def test_a_half_life_halves():
    """Three events, one half-life apart each, weigh one, a half and a quarter."""
    assert weights_of([0.0, 30.0, 60.0], [1.0, 1.0, 1.0]) == pytest.approx(1.75, abs=2e-6)


@pytest.mark.parametrize("half_life", [0.5, 7.0, 30.0, 1e6])
def test_any_age_weighs_by_the_formula(half_life):
    """Windows show nowhere: weights follow 2^(-age / half-life) at every age."""
    ages = np.linspace(0.0, 20.0 * min(half_life, 60.0), 57)
    expected = (2.0 ** (-ages / half_life)).sum()

    weight = weights_of(ages.tolist(), [1.0] * len(ages), half_life=half_life)

    assert weight == pytest.approx(expected, abs=57 / UNIT)


def test_the_latest_event_weighs_its_ratio():
    """No rounding shows on what happened last."""
    assert [weights_of([0.0], [ratio]) for ratio in (1.0, 2.5, 10.0)] == [1.0, 2.5, 10.0]


def test_a_ratio_is_clipped_on_both_sides():
    """No event outweighs the clip, and none is lost below a tenth."""
    assert weights_of([0.0], [1e9]) == 10.0
    assert weights_of([0.0], [0.0]) == pytest.approx(0.1, abs=1e-6)


def test_what_has_no_time_is_never_forgotten():
    """A timeless weight stands beside a taste decades old, which rounds to nothing."""
    forgetting = Forgetting(30.0, clip=10.0)
    placed = forgetting.place(np.array([NO_TIME, NOW - 7000 * DAY]), np.ones(2))

    weighed = forgetting.weigh(sums_of(placed, [0, 1]), np.array([NOW]))

    assert weighed.tags.tolist() == [0]
    assert weighed.weights.tolist() == [1.0]


def test_a_person_without_any_time_has_habits_alone():
    """Nobody's latest event is needed to weigh what has no time."""
    weighed = Forgetting(30.0, clip=10.0).weigh(sums_of(HABIT, [3]), np.array([NO_TIME]))

    assert weighed.tags.tolist() == [3]
    assert weighed.weights.tolist() == [1.0]


def test_renumbering_keeps_the_order_and_drops_what_has_no_number():
    """Tags below 0 go; rows that lose all become empty."""
    forgetting = Forgetting(30.0, clip=10.0)
    first = sums_of(Placed.timeless(np.array([1, 2, 3]) * UNIT), [0, 1, 2])
    sums = Sums(
        np.array([0, 3, 4]),
        np.append(first.tags, np.int32(1)),
        np.append(first.windows, first.windows[:1]),
        np.append(first.amounts, np.uint32(UNIT)),
    )

    weighed = forgetting.weigh(sums, np.full(2, NO_TIME)).renumbered(np.array([0, -1, 1], np.int32))

    assert weighed.starts.tolist() == [0, 2, 2]
    assert weighed.tags.tolist() == [0, 1]
    assert weighed.weights.tolist() == [1.0, 3.0]


@pytest.mark.parametrize("days_ago", [14_000.0, -25_000.0])
def test_a_time_without_a_window_is_an_error(days_ago):
    """Before 1990 there is no window, nor after the last."""
    with pytest.raises(ValueError, match="`at` must lie between 1990 and 65,535 half-lives"):
        weights_of([days_ago], [1.0], half_life=0.5)


@pytest.mark.parametrize(
    ("half_life", "clip", "named"),
    [(0.1, 10.0, "half_life_days"), (float("nan"), 10.0, "half_life_days"), (30.0, 0.0, "clip"),
     (30.0, 5000.0, "clip")],
)  # fmt: skip
def test_what_cannot_be_held_is_named(half_life, clip, named):
    """The message names the setting and the value it was given."""
    with pytest.raises(ValueError, match=rf"`{named}` must be .* got"):
        Forgetting(half_life, clip)
