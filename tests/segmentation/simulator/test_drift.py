"""Circles change between periods as the lineage says."""

import pytest


def events_of(lineage, period, event):
    """The rows of one kind of event in a period."""
    return lineage[(lineage.period == period) & (lineage.event == event)]


def test_every_later_period_has_each_kind_of_event_once(lineage):
    """One circle is born, one dies, one splits in two, two become one."""
    for period in (2, 3):
        counts = lineage[lineage.period == period].event.value_counts()

        assert counts[["born", "retired", "merged", "split"]].to_list() == [1, 1, 1, 2]


def test_a_born_circle_was_not_there_before(history, lineage):
    """A newborn has members now and had none."""
    newborn = events_of(lineage, 2, "born").circle.item()

    assert newborn not in set(history.table("truth", 1).circle)
    assert newborn in set(history.table("truth", 2).circle)


def test_a_retired_circle_has_nobody_left(history, lineage):
    """All members are gone by the end of the period."""
    dead = events_of(lineage, 2, "retired").circle.item()

    assert dead in set(history.table("truth", 1).circle)
    assert dead not in set(history.table("truth", 2).circle)


def test_both_parts_of_a_split_come_from_the_parent(history, lineage):
    """Nearly all members of each part were members of the circle that split."""
    before, after = history.primary(1), history.primary(2)

    for row in events_of(lineage, 2, "split").itertuples():
        members = after.index[after == row.circle].intersection(before.index)
        assert (before[members] == row.from_circles[0]).mean() > 0.85
        assert len(members) > 0.3 * (before == row.from_circles[0]).sum()


def test_a_merged_circle_has_the_members_of_both(history, lineage):
    """Nearly everyone of the two circles is in the one that remains, unless moved elsewhere."""
    before, after = history.primary(1), history.primary(2)
    merged = events_of(lineage, 2, "merged").iloc[0]

    for source in merged.from_circles:
        members = before.index[before == source].intersection(after.index)
        assert (after[members] == merged.circle).mean() > 0.85


def test_about_a_twentieth_leaves_a_circle_that_continues(history, lineage):
    """Besides the newborn's recruits, one member in twenty moves on."""
    continued = set(events_of(lineage, 2, "continued").circle)
    before, after = history.primary(1), history.primary(2)
    both = before.index.intersection(after.index)
    both = both[before[both].isin(continued)]

    moved = before[both] != after[both]

    assert moved.mean() == pytest.approx(0.065, abs=0.02)


def test_names_are_never_used_again(lineage):
    """A circle is born or split off at most once, and never comes back from the dead."""
    born = lineage[lineage.event == "born"].circle
    dead = lineage[lineage.event == "retired"].set_index("circle").period

    assert born.is_unique
    later = lineage[lineage.circle.isin(dead.index)]
    assert (later.period <= later.circle.map(dead)).all()


@pytest.mark.parametrize("table", ["events", "exposures"])
def test_each_period_holds_its_own_rows_alone(history, table):
    """Nothing lies after a period's end or before the one before ended."""
    ends = history.report.ends

    for period in (2, 3):
        times = history.table(table, period).ts
        assert times.min().to_pydatetime() >= ends[period - 2]
        assert times.max().to_pydatetime() < ends[period - 1]


@pytest.mark.parametrize(
    ("table", "key"),
    [("labels", ["user_id", "namespace"]), ("content", ["content_id", "tag"])],
)
def test_later_periods_repeat_nothing(history, table, key):
    """Facts are told once, in the period in which they became true."""
    assert not history.all(table).duplicated(key).any()


def test_a_share_made_after_the_end_of_a_period_comes_in_the_next(history):
    """Exposures of the first period lead to shares in the second."""
    seen = history.table("exposures", 1)[["user_id", "content_id"]].drop_duplicates()
    later = history.table("events", 2)

    shares = later[later.channel == "share"].merge(seen, on=["user_id", "content_id"])

    assert len(shares) > 0


def test_people_who_come_later_are_not_in_the_truth_before(history):
    """The truth of a period knows those who had joined by its end, and whoever acted had."""
    known = set(history.table("truth_users", 1).user_id)

    assert set(history.table("events", 1).user_id) == known
    assert known < set(history.table("truth_users", 3).user_id)
