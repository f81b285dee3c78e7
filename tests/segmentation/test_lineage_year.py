"""Twelve months of planted drift, told by the rules of lineage alone: the true circles given."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from models.lineage import match_circles
from segmentation.simulator.circles import found_circles
from segmentation.simulator.difficulty import DIFFICULTIES
from segmentation.simulator.drift import first_state, next_state
from segmentation.simulator.population import place_members
from segmentation.simulator.randomness import stream
from segmentation.simulator.vocabulary import load_vocabulary

PEOPLE, MONTHS = 3000, 12
MEDIUM = DIFFICULTIES["medium"]


def year(seed):
    """The states of forty circles over twelve months of births, deaths, splits and mergers."""
    vocabulary = load_vocabulary()
    circles = found_circles(vocabulary, PEOPLE, MEDIUM, stream(seed, "circles"))
    states = [first_state(circles, place_members(PEOPLE, circles, stream(seed, "members")))]
    for month in range(MONTHS):
        states.append(next_state(states, vocabulary, MEDIUM, stream(seed, "drift", month)))
    return states


def lineage_of(before, after):
    """What is told of two states."""
    return match_circles(
        before.members[:, 0],
        after.members[:, 0],
        profiles_before=sparse.csr_array(before.circles.signatures),
        profiles_after=sparse.csr_array(after.circles.signatures),
    )


def is_told(change, events):
    """Whether a planted event is among those told.

    Of a split the part that happens to end up smaller is the new one, under whichever name.
    """
    if change.event == "split":
        return any(event.event == "split" and event.origins == change.sources for event in events)
    if change.event == "merged":
        told = (set(event.origins) for event in events if event.event == "merged")
        return set(change.sources) in told
    if change.event == "retired":
        return any(event.event == "retired" and event.origins == (change.circle,)
                   for event in events)  # fmt: skip
    return any(event.event == change.event and event.circle == change.circle for event in events)


@pytest.fixture(scope="module")
def fifty_years():
    """Pairs of neighbouring states with their lineage, of fifty random sequences."""
    return [
        [(before, after, lineage_of(before, after))
         for before, after in pairwise(states)]
        for states in map(year, range(50))
    ]  # fmt: skip


def test_every_planted_event_is_told_as_what_it_was(fifty_years):
    """Born, continued, grown, shrunk, split, merged, retired: all of them in their own month.

    Once in hundreds, chance leads most people of a dying circle into one that is said to have
    merged with it; nothing else is told otherwise.
    """
    planted, told = Counter(), Counter()
    for months in fifty_years:
        for _, after, lineage in months:
            for change in after.changes:
                planted[change.event] += 1
                told[change.event] += is_told(change, lineage.events)

    assert set(planted) == {"born", "continued", "grown", "shrunk", "split", "merged", "retired"}
    assert {event: told[event] for event in ("born", "split", "merged", "retired")} == {
        event: planted[event] for event in ("born", "split", "merged", "retired")
    }
    assert sum(told.values()) >= 0.9995 * sum(planted.values())


def test_ids_hold_what_free_rematching_could_reach(fifty_years):
    """At least 99 % of the people an assignment of any ids, made with hindsight, would keep."""
    kept = reached = 0
    for months in fifty_years:
        for before, after, lineage in months:
            shape = (len(before.circles.names), len(after.circles.names))
            shared = np.zeros(shape)
            rows = (before.members[:, 0] >= 0) & (after.members[:, 0] >= 0)
            np.add.at(shared, (before.members[rows, 0], after.members[rows, 0]), 1)
            goes_on = np.flatnonzero(lineage.origins >= 0)
            kept += shared[lineage.origins[goes_on], goes_on].sum()
            reached += shared[linear_sum_assignment(-shared)].sum()

    assert kept >= 0.99 * reached


def test_an_id_never_returns(fifty_years):
    """Over each year: no id twice at a time, none after its circle was retired."""
    for months in fifty_years:
        ids = np.arange(len(months[0][0].circles.names))
        following, dead = len(ids), set()
        for _, after, lineage in months:
            fresh = lineage.origins < 0
            now = np.where(fresh, following + np.cumsum(fresh) - 1, ids[lineage.origins])
            following += int(fresh.sum())
            living = now[after.circles.is_alive].tolist()
            dead |= set(ids.tolist()) - set(now.tolist())

            assert len(set(living)) == len(living)
            assert not set(living) & dead
            ids = now
