"""How circles change from one period to the next, and the record of it."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.circles import Circles, signature
from segmentation.simulator.difficulty import Difficulty
from segmentation.simulator.population import NONE, affinity
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw
from segmentation.simulator.vocabulary import Vocabulary

SWITCH_SHARE = 0.05
NEWBORN_SHARE = 0.02
LEAVING_SHARE = 0.45
FAINT = 0.12
FEWEST_FOR_EVENTS = 6


@dataclass(frozen=True)
class Change:
    """One event in the life of a circle: `born continued split merged retired`."""

    event: str
    circle: int
    sources: tuple[int, ...] = ()


@dataclass(frozen=True)
class State:
    """The circles and who is in them during one period, and what brought them about."""

    circles: Circles
    members: IntArray
    changes: tuple[Change, ...] = ()


def first_state(circles: Circles, members: IntArray) -> State:
    """Return the state of the first period, in which every circle is born."""
    return State(circles, members, tuple(Change("born", int(c)) for c in circles.living()))


def next_state(
    before: State, vocabulary: Vocabulary, difficulty: Difficulty, rng: np.random.Generator
) -> State:
    """Merge, split, retire and found one circle each, then let some people move."""
    state = State(before.circles, before.members)
    if len(state.circles.living()) >= FEWEST_FOR_EVENTS:
        state = split_largest(state, rng)
        state = merge_closest(state)
        state = retire_smallest(state, rng)
        state = found_one(state, vocabulary, difficulty, rng)
    touched = {change.circle for change in state.changes}
    unchanged = (int(c) for c in state.circles.living() if c not in touched)
    lasting = tuple(Change("continued", circle, (circle,)) for circle in unchanged)
    members = let_some_switch(state, rng)
    return State(state.circles, members, state.changes + lasting)


def sizes(state: State) -> IntArray:
    """Return the number of people who have each circle as their primary one."""
    primary = state.members[:, 0]
    return np.bincount(primary[primary != NONE], minlength=len(state.circles.names))


def untouched(state: State) -> IntArray:
    """Return the living circles to which nothing has happened yet."""
    touched = [change.circle for change in state.changes]
    return np.setdiff1d(state.circles.living(), touched)


def split_largest(state: State, rng: np.random.Generator) -> State:
    """Let the largest circle fall into two that share tags but not favourites."""
    parent = int(np.argmax(sizes(state)))
    child = len(state.circles.names)
    whole = state.circles.signatures[parent]
    ranked = np.argsort(-whole, kind="stable")
    name = f"{state.circles.names[parent]} II"
    theme = int(state.circles.themes[parent])
    circles = state.circles.with_signature(parent, without_favourites(whole, ranked[1::2]))
    circles = circles.with_circle(name, theme, without_favourites(whole, ranked[0::2]))
    members = state.members.copy()
    leaves = rng.random(len(members)) < LEAVING_SHARE
    members[(members == parent) & leaves[:, None]] = child
    changes = (Change("split", parent, (parent,)), Change("split", child, (parent,)))
    return State(circles, members, state.changes + changes)


def without_favourites(whole: FloatArray, dimmed: IntArray) -> FloatArray:
    """Return a signature in which the tags given have become faint."""
    row = whole.copy()
    row[dimmed] *= FAINT
    return np.asarray(row / row.sum())


def merge_closest(state: State) -> State:
    """Let the two most alike circles become one, which keeps the larger one's number."""
    free = untouched(state)
    alike = affinity(state.circles)[np.ix_(free, free)]
    pair = free[list(np.unravel_index(np.argmax(alike), alike.shape))]
    count = sizes(state)
    small, large = (int(circle) for circle in pair[np.argsort(count[pair], kind="stable")])
    weights = count[[small, large]] / max(count[[small, large]].sum(), 1)
    blend = (weights[:, None] * state.circles.signatures[[small, large]]).sum(axis=0)
    circles = state.circles.without(small).with_signature(large, blend)
    members = np.where(state.members == small, large, state.members)
    change = Change("merged", large, (small, large))
    return State(circles, closed_up(members), (*state.changes, change))


def retire_smallest(state: State, rng: np.random.Generator) -> State:
    """Let the smallest circle die out; half of its people find another one."""
    free = untouched(state)
    dying = int(free[np.argmin(sizes(state)[free])])
    circles = state.circles.without(dying)
    members = closed_up(np.where(state.members == dying, NONE, state.members))
    homeless = np.flatnonzero((state.members[:, 0] == dying) & (members[:, 0] == NONE))
    moving = homeless[rng.random(len(homeless)) < 0.5]
    members[moving, 0] = draw_by_size(state, circles, len(moving), rng)
    return State(circles, members, (*state.changes, Change("retired", dying)))


def found_one(
    state: State, vocabulary: Vocabulary, difficulty: Difficulty, rng: np.random.Generator
) -> State:
    """Found a circle on a theme nobody gathered around yet, with people from everywhere."""
    unused = np.setdiff1d(np.arange(len(vocabulary.themes)), state.circles.themes)
    if len(unused) == 0:
        return state
    theme = int(rng.choice(unused))
    newborn = len(state.circles.names)
    row = signature(vocabulary, theme, difficulty, rng)
    circles = state.circles.with_circle(vocabulary.themes[theme], theme, row)
    members = state.members.copy()
    count = max(round(NEWBORN_SHARE * len(members)), 1)
    joining = np.sort(rng.choice(len(members), count, replace=False))
    members[joining, 1:] = members[joining, :-1]
    members[joining, 0] = newborn
    return State(circles, members, (*state.changes, Change("born", newborn)))


def let_some_switch(state: State, rng: np.random.Generator) -> IntArray:
    """Let a twentieth of the members change their primary circle."""
    placed = np.flatnonzero(state.members[:, 0] != NONE)
    count = round(SWITCH_SHARE * len(placed))
    moving = np.sort(rng.choice(placed, count, replace=False))
    target = draw_by_size(state, state.circles, count, rng)
    is_new = (state.members[moving] != target[:, None]).all(axis=1)
    members = state.members.copy()
    members[moving[is_new], 0] = target[is_new]
    return members


def draw_by_size(state: State, circles: Circles, count: int, rng: np.random.Generator) -> IntArray:
    """Draw living circles, larger ones more often."""
    weights = np.asarray((sizes(state) + 1.0) * circles.is_alive)
    return draw(cumulative(weights[None]), np.zeros(count, dtype=np.int64), rng, len(weights))


def closed_up(members: IntArray) -> IntArray:
    """Return memberships without doubles and without gaps before the last one."""
    closed = members.copy()
    for rank in range(1, closed.shape[1]):
        is_double = (closed[:, :rank] == closed[:, [rank]]).any(axis=1)
        closed[is_double, rank] = NONE
    order = np.argsort(closed == NONE, axis=1, kind="stable")
    return np.take_along_axis(closed, order, axis=1)
