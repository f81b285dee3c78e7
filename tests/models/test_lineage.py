"""Circles of two runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.circles import CircleClusterer
from models.lineage import UNKNOWN, Presence, match_circles


def circles(*sizes):
    """Labels 0, 1, 2, ... so many times each."""
    return np.repeat(np.arange(len(sizes)), sizes)


def lineage(before, after, **how):
    """Match circles that all have tags of their own, so that people decide alone."""
    n_before, n_after = int(max(before, default=-1)) + 1, int(max(after, default=-1)) + 1
    apart = np.eye(n_before + n_after)
    return match_circles(
        np.asarray(before),
        np.asarray(after),
        profiles_before=sparse.csr_array(apart[:n_before]),
        profiles_after=sparse.csr_array(apart[n_before:]),
        **how,
    )


def events(found):
    """What happened, by the new circle's number (-1: gone) and the earlier ones."""
    return {(event.event, event.circle, event.origins) for event in found.events}


def test_renumbered_circles_keep_their_ids():
    """Five in a hundred people move; nobody's circle changes its name."""
    before = circles(100, 80, 60)
    after = np.array([2, 0, 1])[before]
    after[::20] = 0

    found = lineage(before, after)

    assert found.origins.tolist() == [1, 2, 0]
    assert {event.event for event in found.events} == {"continued"}


def test_the_larger_child_of_a_split_keeps_the_id():
    """The smaller one says where it came from."""
    found = lineage(circles(100, 50), circles(60, 40, 50))

    assert found.origins.tolist() == [0, -1, 1]
    assert ("split", 1, (0,)) in events(found)


def test_a_merged_circle_keeps_the_id_of_its_larger_part():
    """And the smaller part is retired."""
    found = lineage(circles(100, 60, 50), np.repeat([0, 1], [160, 50]))

    assert found.origins.tolist() == [0, 2]
    assert ("merged", 0, (0, 1)) in events(found)
    assert ("retired", -1, (1,)) in events(found)


def test_a_circle_ended_by_hand_lends_its_id_to_no_remnant():
    """What is left of it beside the circle it joined is a new one, part of the old."""
    before = circles(100, 50)
    after = np.repeat([0, 1], [125, 25])

    assert lineage(before, after).origins.tolist() == [0, 1]

    found = lineage(before, after, ended=[1])

    assert found.origins.tolist() == [0, -1]
    assert {("split", 1, (1,)), ("retired", -1, (1,))} <= events(found)


def test_a_circle_went_into_one_other_when_most_of_those_placed_are_there():
    """Sixty of a hundred are in no circle, the rest in one: where those are is what is known."""
    before = circles(100, 80)
    after = np.repeat([-1, 0, 0], [60, 40, 80])

    assert ("merged", 0, (1, 0)) in events(lineage(before, after))


def test_a_circle_whose_people_scatter_has_not_merged():
    """Half are in no circle, the rest in three: it is retired, and nobody merged with it."""
    before = circles(100, 80, 80, 80)
    after = np.repeat([-1, 0, 1, 2, 0, 1, 2], [50, 20, 15, 15, 80, 80, 80])

    told = events(lineage(before, after))

    assert ("retired", -1, (0,)) in told
    assert "merged" not in {event for event, _, _ in told}


def test_births_and_deaths_are_told_apart_from_moves():
    """People from nowhere make a new circle; people gone nowhere end one."""
    before = np.concatenate([circles(50, 40), np.full(30, -1)])
    after = np.concatenate([np.repeat([0, -1], [50, 40]), np.full(30, 1)])

    found = lineage(before, after)

    assert found.origins.tolist() == [0, -1]
    assert {("born", 1, ()), ("retired", -1, (1,))} <= events(found)


def test_births_from_people_known_before_are_births():
    """A circle of people who were in none is born; one with a few from another still is."""
    before = np.concatenate([circles(100), np.full(40, -1)])
    after = np.concatenate([np.repeat([0, 1], [90, 10]), np.full(40, 1)])

    assert ("born", 1, ()) in events(lineage(before, after))


def test_every_way_a_split_goes_the_largest_part_keeps_the_id():
    """Also when five parts are each too small to be the same circle."""
    found = lineage(circles(100), circles(19, 19, 24, 19, 19))

    assert found.origins.tolist() == [-1, -1, 0, -1, -1]
    assert {("split", child, (0,)) for child in (0, 1, 3, 4)} <= events(found)


def test_the_larger_child_keeps_the_id_though_another_could_save_one():
    """The larger child swallowed a small circle; giving the parent's id away would keep both."""
    before = circles(100, 30)
    after = np.repeat([0, 1, 0], [60, 40, 30])

    found = lineage(before, after)

    assert found.origins.tolist() == [0, -1]
    assert {("merged", 0, (0, 1)), ("split", 1, (0,)), ("retired", -1, (1,))} == events(found)


def test_a_mixture_of_many_circles_is_none_of_them():
    """It gets an id of its own and says whom it was made of."""
    found = lineage(circles(22, 20, 20, 20, 20), np.zeros(102, dtype=int))

    assert found.origins.tolist() == [-1]
    assert ("merged", 0, (0, 1, 2, 3, 4)) in events(found)


def test_a_circle_that_goes_on_elsewhere_is_not_merged():
    """Sixty of its people left for another circle, the rest go on as a new one of their own."""
    before = circles(100, 100)
    after = np.repeat([0, 0, 1], [100, 55, 45])

    found = lineage(before, after)

    assert found.origins.tolist() == [0, 1]
    assert {event.event for event in found.events} == {"grown", "shrunk"}


def test_people_one_run_did_not_know_do_not_weaken_an_overlap():
    """Nine in ten members are new; the tenth known to both are all still there."""
    before = np.concatenate([circles(20, 20), np.full(360, UNKNOWN), circles(50, 50)])
    after = np.concatenate([circles(20, 20), circles(180, 180), np.full(100, UNKNOWN)])

    found = lineage(before, after)

    assert found.origins.tolist() == [0, 1]
    assert {(event.event, event.overlap) for event in found.events} == {("grown", 1.0)}


def test_strangers_go_by_their_tags():
    """No user id is known to both runs: circles with the same tags are the same."""
    profiles = sparse.csr_array(np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]))

    found = match_circles(
        np.repeat([0, 1, UNKNOWN], [30, 20, 60]),
        np.repeat([UNKNOWN, 0, 1], [50, 25, 35]),
        profiles_before=profiles,
        profiles_after=sparse.csr_array(np.array([[0.0, 0.1, 0.9], [0.1, 0.9, 0.0]])),
    )

    assert found.origins.tolist() == [1, -1]


def shuffled_world(seed):
    """Twelve circles of 60 to 400 people that go on, but for a split, a merger, a death, a birth.

    A fifth of the people of every circle are clustered otherwise the second time.
    """
    rng = np.random.default_rng(seed)
    before = np.repeat(np.arange(12), rng.integers(60, 400, 12))
    before = np.concatenate([before, np.full(1000, -1)])
    after = before.copy()
    halves = np.flatnonzero(before == 0)
    after[halves[: int(len(halves) * rng.uniform(0.25, 0.4))]] = 12
    after[before == 2] = 1
    after[before == 3] = -1
    after[-rng.integers(60, 400) :] = 13
    moved = rng.random(len(after)) < 0.2
    after[moved] = np.where(rng.random(moved.sum()) < 0.6, -1, rng.choice(after, moved.sum()))
    after = np.array([0, 1, -9, -9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1])[after]
    return before, after


@pytest.mark.parametrize("seed", range(20))
def test_planted_events_are_told_under_noise(seed):
    """Each of them, of twenty random worlds, and nothing else happens to anyone's id."""
    before, after = shuffled_world(seed)

    found = lineage(before, after)

    assert found.origins[[0, *range(2, 10)]].tolist() == [0, *range(4, 12)]
    assert found.origins[1] in (1, 2)
    told = {(event.event, event.circle) for event in found.events}
    assert {("split", 10), ("born", 11), ("merged", 1), ("retired", -1)} <= told
    assert sum(event.event == "retired" for event in found.events) == 2


def redrawn(planted, again, rng):
    """Five per cent of the people get another's tags; of everyone's tags a tenth are redrawn."""
    X, fresh = planted.X.tocoo(), again.X.tocoo()
    counts = X.data.astype(int)
    people, tags = np.repeat(X.coords[0], counts), np.repeat(X.coords[1], counts)
    changed = rng.random(len(tags)) < 0.1
    tags[changed] = rng.choice(fresh.coords[1], changed.sum())
    swapped = np.arange(X.shape[0])
    leave = rng.choice(X.shape[0], X.shape[0] // 20, replace=False)
    swapped[leave] = rng.permutation(leave)
    return sparse.csr_array((np.ones(len(tags)), (swapped[people], tags)), shape=X.shape)


def test_small_changes_keep_every_id(four_circles, planted):
    """Circles found again after 5 % of the members and 10 % of the events changed."""
    changed = redrawn(four_circles, planted(seed=1), np.random.default_rng(0))
    first = CircleClusterer(random_state=0).fit(four_circles.X)
    second = CircleClusterer(random_state=1).fit(changed)

    found = match_circles(
        first.labels_,
        second.labels_,
        profiles_before=first.profiles_,
        profiles_after=second.profiles_,
    )

    assert first.n_circles_ == second.n_circles_ == 4
    assert sorted(found.origins.tolist()) == [0, 1, 2, 3]
    assert {event.event for event in found.events} == {"continued"}


@pytest.mark.parametrize(("size", "word"), [(150, "grown"), (60, "shrunk"), (105, "continued")])
def test_growth_is_named(size, word):
    """A quarter more or a fifth less."""
    before = np.concatenate([np.zeros(100, dtype=int), np.full(100, -1)])
    after = np.where(np.arange(200) < size, 0, -1)

    (event,) = lineage(before, after).events

    assert event.event == word


def test_ties_go_to_the_closer_tags():
    """A circle split in equal halves: its id follows its tags."""
    before, after = circles(100), circles(50, 50)
    profiles = sparse.csr_array(np.array([[0.9, 0.1], [0.2, 0.8]]))

    found = match_circles(
        before,
        after,
        profiles_before=sparse.csr_array(np.array([[0.1, 0.9]])),
        profiles_after=profiles,
    )

    assert found.origins.tolist() == [-1, 0]


def test_a_first_run_is_all_births():
    """There is nobody to go on from."""
    found = lineage(np.full(7, -1), circles(3, 4))

    assert found.origins.tolist() == [-1, -1]
    assert {event.event for event in found.events} == {"born"}


@given(st.lists(st.integers(-1, 4), min_size=40, max_size=40), st.integers(0, 2**16))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_no_id_is_given_twice(before, seed):
    """Whatever the two runs, each earlier circle goes on at most once, and all are told of."""
    after = np.random.default_rng(seed).integers(-1, 5, 40)

    found = lineage(before, after)

    kept = found.origins[found.origins >= 0]
    assert len(set(kept.tolist())) == len(kept)
    told = {event.circle for event in found.events if event.circle >= 0}
    assert told == set(range(len(found.origins)))
    gone = {event.origins[0] for event in found.events if event.event == "retired"}
    assert gone | set(kept.tolist()) == set(range(max(before) + 1))


def about(before, after):
    """Who was about before each of two segmentations."""
    return Presence(np.asarray(before, dtype=bool), np.asarray(after, dtype=bool))


def words_of(before, after, there):
    """What is said of each circle."""
    apart = np.eye(2 * int(max(before) + 1))
    half = len(apart) // 2
    found = match_circles(
        before,
        after,
        profiles_before=sparse.csr_array(apart[:half]),
        profiles_after=sparse.csr_array(apart[half:]),
        about=there,
    )
    return [event.event for event in found.events]


def test_a_circle_shrinks_when_those_about_leave_it():
    """Two fifths of its active people went; the silent, who stay, do not hide it."""
    before = circles(100, 100)
    after = before.copy()
    active = np.tile([True, False], 100)
    after[np.flatnonzero(active & (before == 0))[:19]] = -1

    assert words_of(before, after, about(active, active)) == ["shrunk", "continued"]
    assert words_of(before, after, None) == ["continued", "continued"]


def test_a_quiet_season_makes_no_circle_smaller():
    """Everybody is about half as much; nobody left."""
    before = circles(200, 100)
    there = about(np.ones(300), np.tile([1, 0], 150))

    assert words_of(before, before, there) == ["continued", "continued"]


def test_chance_makes_no_circle_grow():
    """Two more people of six are a third more, and say nothing."""
    before, after = circles(12, 400), circles(12, 400)
    then, now = np.ones(412), np.ones(412)
    then[6:12], now[8:12] = 0, 0

    assert words_of(before, after, about(then, now)) == ["continued", "continued"]


def test_where_nobody_is_about_everybody_counts_as_unchanged():
    """An empty month is no death."""
    before = circles(50, 60)

    assert words_of(before, before, about(np.zeros(110), np.zeros(110))) == ["continued"] * 2
