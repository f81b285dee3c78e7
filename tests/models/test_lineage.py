"""Circles of two runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.lineage import match_circles


def circles(*sizes):
    """Labels 0, 1, 2, ... so many times each."""
    return np.repeat(np.arange(len(sizes)), sizes)


def lineage(before, after):
    """Match circles that all have tags of their own, so that people decide alone."""
    n_before, n_after = int(max(before, default=-1)) + 1, int(max(after, default=-1)) + 1
    apart = np.eye(n_before + n_after)
    return match_circles(
        np.asarray(before),
        np.asarray(after),
        profiles_before=sparse.csr_array(apart[:n_before]),
        profiles_after=sparse.csr_array(apart[n_before:]),
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


def test_births_and_deaths_are_told_apart_from_moves():
    """People from nowhere make a new circle; people gone nowhere end one."""
    before = np.concatenate([circles(50, 40), np.full(30, -1)])
    after = np.concatenate([np.repeat([0, -1], [50, 40]), np.full(30, 1)])

    found = lineage(before, after)

    assert found.origins.tolist() == [0, -1]
    assert {("born", 1, ()), ("retired", -1, (1,))} <= events(found)


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
