"""How circles change from one period to the next, and the record of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from segmentation.simulator.circles import Circles, signature
from segmentation.simulator.difficulty import Difficulty
from segmentation.simulator.population import NONE, affinity
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw
from segmentation.simulator.vocabulary import Vocabulary

SWITCH_SHARE = 0.05
NEWBORN_SHARE = 0.02
LEAVING_SHARE = 0.45
GROWTH = 0.6
GREW, SHRANK = 1.25, 0.8
FAINT = 0.12
FEWEST_FOR_EVENTS = 6
PAUSE = 3
"""Periods a circle is left alone after something happened to it, if enough others are there."""
VISIBLE_SHARE = 0.015
"""The smallest circle, as a share of all people, whose fate anyone could notice."""


@dataclass(frozen=True)
class Change:
    """One event in a circle's life: `born continued grown shrunk split merged retired`."""

    event: str
    circle: int
    sources: tuple[int, ...] = ()


@dataclass(frozen=True)
class State:
    """The circles and who is in them during one period, and what brought them about.

    `tired` are the circles something happened to of late.
    """

    circles: Circles
    members: IntArray
    changes: tuple[Change, ...] = ()
    tired: frozenset[int] = frozenset()

    def then(self, circles: Circles, members: IntArray, *changes: Change) -> "State":
        """Return the state after something happened."""
        return replace(self, circles=circles, members=members, changes=(*self.changes, *changes))


def first_state(circles: Circles, members: IntArray) -> State:
    """Return the state of the first period, in which every circle is born."""
    return State(circles, members, tuple(Change("born", int(c)) for c in circles.living()))


def next_state(
    history: Sequence[State],
    vocabulary: Vocabulary,
    difficulty: Difficulty,
    rng: np.random.Generator,
) -> State:
    """Let something happen to some circles, one event of each kind, then let some people move."""
    before = history[-1]
    state = State(before.circles, before.members, tired=lately_touched(history))
    if len(state.circles.living()) >= FEWEST_FOR_EVENTS:
        state = split_largest(state, rng)
        state = merge_closest(state)
        state = retire_one(state, rng)
        state = grow_one(state, rng)
        state = shrink_one(state, rng)
        state = found_one(state, vocabulary, difficulty, rng)
    touched = {change.circle for change in state.changes}
    unchanged = (int(c) for c in state.circles.living() if c not in touched)
    lasting = tuple(Change("continued", circle, (circle,)) for circle in unchanged)
    after = State(state.circles, let_some_switch(state, rng))
    changes = (in_words(change, before, after) for change in state.changes + lasting)
    return State(after.circles, after.members, tuple(changes))


def in_words(change: Change, before: State, after: State) -> Change:
    """Return the event as it went: a circle that goes on grew or shrank by its people."""
    if change.event not in ("grown", "shrunk", "continued"):
        return change
    growth = sizes(after)[change.circle] / max(int(sizes(before)[change.circle]), 1)
    word = "grown" if growth >= GREW else "shrunk" if growth <= SHRANK else "continued"
    return replace(change, event=word)


def lately_touched(history: Sequence[State]) -> frozenset[int]:
    """Return the circles that changed in the last periods; that all were born first is no event."""
    return frozenset(
        change.circle
        for state in history[1:][-PAUSE:]
        for change in state.changes
        if change.event != "continued"
    )


def sizes(state: State) -> IntArray:
    """Return the number of people who have each circle as their primary one."""
    primary = state.members[:, 0]
    return np.bincount(primary[primary != NONE], minlength=len(state.circles.names))


def untouched(state: State, *, at_least: int = 1) -> IntArray:
    """Return the living circles free for an event: rested, of a visible size, if so many are."""
    touched = [change.circle for change in state.changes]
    free = np.setdiff1d(state.circles.living(), touched)
    rested = np.setdiff1d(free, sorted(state.tired))
    visible = rested[sizes(state)[rested] >= VISIBLE_SHARE * len(state.members)]
    return next((few for few in (visible, rested) if len(few) >= at_least), free)


def split_largest(state: State, rng: np.random.Generator) -> State:
    """Let the largest circle fall into two that share tags but not favourites."""
    free = untouched(state)
    parent = int(free[np.argmax(sizes(state)[free])])
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
    return state.then(circles, members, *changes)


def without_favourites(whole: FloatArray, dimmed: IntArray) -> FloatArray:
    """Return a signature in which the tags given have become faint."""
    row = whole.copy()
    row[dimmed] *= FAINT
    return np.asarray(row / row.sum())


def merge_closest(state: State) -> State:
    """Let the two most alike circles become one, which keeps the larger one's number."""
    free = untouched(state, at_least=2)
    alike = affinity(state.circles.signatures, state.circles.is_alive)[np.ix_(free, free)]
    pair = free[list(np.unravel_index(np.argmax(alike), alike.shape))]
    count = sizes(state)
    small, large = (int(circle) for circle in pair[np.argsort(count[pair], kind="stable")])
    weights = count[[small, large]] / max(count[[small, large]].sum(), 1)
    blend = (weights[:, None] * state.circles.signatures[[small, large]]).sum(axis=0)
    circles = state.circles.without(small).with_signature(large, blend)
    members = np.where(state.members == small, large, state.members)
    return state.then(circles, closed_up(members), Change("merged", large, (small, large)))


def retire_one(state: State, rng: np.random.Generator) -> State:
    """Let the smallest circle still visible die out; half of its people find another one."""
    free = untouched(state)
    dying = int(free[np.argmin(sizes(state)[free])])
    circles = state.circles.without(dying)
    members = closed_up(np.where(state.members == dying, NONE, state.members))
    homeless = np.flatnonzero((state.members[:, 0] == dying) & (members[:, 0] == NONE))
    moving = homeless[rng.random(len(homeless)) < 0.5]
    members[moving, 0] = draw_by_size(state, circles, len(moving), rng)
    return state.then(circles, members, Change("retired", dying))


def grow_one(state: State, rng: np.random.Generator) -> State:
    """Let a circle win people who were in none."""
    circle = drawn_of(untouched(state), rng)
    if circle is None:
        return state
    lonely = np.flatnonzero(state.members[:, 0] == NONE)
    count = min(round(GROWTH * int(sizes(state)[circle])), len(lonely))
    members = state.members.copy()
    members[rng.choice(lonely, count, replace=False), 0] = circle
    return state.then(state.circles, members, Change("grown", circle, (circle,)))


def shrink_one(state: State, rng: np.random.Generator) -> State:
    """Let a circle lose people, who keep their other circles if they have any."""
    circle = drawn_of(untouched(state), rng)
    if circle is None:
        return state
    leaves = rng.random(len(state.members)) < LEAVING_SHARE
    is_lost = (state.members == circle) & leaves[:, None]
    members = closed_up(np.where(is_lost, NONE, state.members))
    return state.then(state.circles, members, Change("shrunk", circle, (circle,)))


def drawn_of(circles: IntArray, rng: np.random.Generator) -> int | None:
    """Draw one circle; none of none."""
    return int(rng.choice(circles)) if len(circles) else None


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
    return state.then(circles, members, Change("born", newborn))


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
