"""Circles as people want them: grown from seeds, joined, kept apart, frozen or let go.

The profiles nobody spoke of stay as they were found; only those spoken of are changed, and then
the sizes of all are estimated anew. What cannot be done is said, not done half.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.division import parted
from models.mixture import dense, refine, seeded, settle, with_signatures
from models.profiles import TagProfiles, assign_observed
from models.rows import BoolArray, FloatArray, Rows
from models.trimming import SAME, only

ALIKE = 0.5
"""Least cosine of tags for a circle found to be one spoken of."""
SEED_STEPS = 4


@dataclass(frozen=True, eq=False)
class Wish:
    """One thing asked for; `says` names it in an answer.

    `rows` are signatures over the tags of the fit: of a circle those it is remembered by, of a
    tag 1 in its column. `keys` name the circles that come of it, '' for one without a name.
    """

    kind: str
    says: str
    rows: FloatArray
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Guided:
    """Profiles as asked for, the keys of their circles ('' for most), and what was impossible."""

    profiles: TagProfiles
    keys: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Draft:
    """Profiles being changed: signatures circles x tags, shares of people, keys."""

    table: FloatArray
    sizes: FloatArray
    keys: tuple[str, ...]

    def without(self, gone: BoolArray) -> "Draft":
        """Leave some circles out."""
        keys = tuple(key for key, is_gone in zip(self.keys, gone, strict=True) if not is_gone)
        return Draft(self.table[~gone], self.sizes[~gone], keys)

    def plus(self, table: FloatArray, sizes: FloatArray, keys: Sequence[str]) -> "Draft":
        """Add circles at the end."""
        return Draft(
            np.vstack([self.table, table]),
            np.concatenate([self.sizes, sizes]),
            (*self.keys, *keys),
        )


@dataclass(frozen=True, eq=False)
class Ground:
    """What wishes are carried out on: the fit, its people, what is remembered, what is enough."""

    profiles: TagProfiles
    people: Rows
    known: FloatArray
    fewest: float

    def of(self, draft: Draft) -> TagProfiles:
        """The fit with the signatures of a draft."""
        sizes = draft.sizes / max(draft.sizes.sum(), 1e-12)
        return with_signatures(self.profiles, draft.table, sizes)


class Conflict(ValueError):
    """A wish that cannot be granted; the message says why."""


def guided(
    profiles: TagProfiles,
    people: Rows,
    wishes: Sequence[Wish],
    *,
    known: FloatArray,
    fewest: float,
) -> Guided:
    """Change profiles as wished, one wish after the other in the order of `STEPS`.

    Parameters
    ----------
    profiles : TagProfiles
        As found.
    people : Rows
        Observations the profiles were learned from.
    known : ndarray of shape (n_known, n_tags)
        Signatures of all circles of the run before: a circle found is the one spoken of when no
        other known one is more like it.
    fewest : float
        People among `people` a circle must hold.
    """
    if not wishes:
        return Guided(profiles, ("",) * profiles.n_circles, ())
    ground = Ground(profiles, people, known, fewest)
    draft = Draft(dense(profiles), profiles.sizes, ("",) * profiles.n_circles)
    conflicts = []
    for kind, step in STEPS.items():
        for wish in (wish for wish in wishes if wish.kind == kind):
            try:
                draft = step(draft, wish, ground)
            except Conflict as conflict:
                conflicts.append(f"{wish.says}: {conflict}")
    return Guided(settle(ground.of(draft), people), draft.keys, tuple(conflicts))


def let_go(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """Drop the circles that are the one retired."""
    return draft.without(are(draft, wish.rows, ground.known))


def join(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """Make one circle of all that are one of those named."""
    chosen = are(draft, wish.rows, ground.known)
    if not chosen.any():
        raise Conflict("none of them was found among these people.")
    sizes = draft.sizes[chosen]
    blend = (sizes @ draft.table[chosen] / max(sizes.sum(), 1e-12))[None]
    return draft.without(chosen).plus(blend, sizes.sum(keepdims=True), wish.keys[:1] or ("",))


def halve(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """Cut a circle in two by what varies most among its people; the larger half is the first.

    Once cut, its halves are remembered and kept apart.
    """
    if len(wish.rows) == 2:
        return as_two(draft, wish, ground)
    chosen = are(draft, wish.rows, ground.known)
    if not chosen.any():
        raise Conflict("the circle was not found among these people.")
    circle = int(np.argmax(np.where(chosen, draft.sizes, -1.0)))
    labels = assign_observed(ground.of(draft), ground.people, max_circles=0).labels
    members = ground.people.take(np.flatnonzero(labels == circle))
    two = parted(only(ground.of(draft), np.array([circle])), members)
    if two is None:
        raise Conflict(f"its {members.n_rows} people have nothing that would tell halves apart.")
    return in_place(draft, circle, dense(two)[np.argsort(-two.sizes)], wish.keys)


def keep_apart(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """See to it that no circle holds two tags, or is two circles, that do not go together."""
    if is_tag(wish.rows[0]) and is_tag(wish.rows[1]):
        return tags_apart(draft, wish.rows)
    return as_two(draft, wish, ground)


def as_two(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """Keep two remembered circles two: as they were found, else as they were remembered."""
    each = [are(draft, row[None], ground.known) for row in wish.rows]
    if all(found.any() for found in each):
        likeness = cosines(draft.table, wish.rows)
        places = [
            int(np.argmax(np.where(found, likeness[:, n], -1))) for n, found in enumerate(each)
        ]
        named = dict(zip(places, wish.keys, strict=False))
        keys = tuple(named.get(circle, key) for circle, key in enumerate(draft.keys))
        if len(named) == 2:
            return replace(draft, keys=keys)
    either = each[0] | each[1]
    if not either.any():
        raise Conflict("neither of them was found among these people.")
    return in_place(
        draft, int(np.argmax(np.where(either, draft.sizes, -1.0))), wish.rows, wish.keys
    )


def tags_apart(draft: Draft, rows: FloatArray) -> Draft:
    """Leave each circle the one of two tags that it has more of."""
    one, other = (int(np.argmax(row)) for row in rows)
    table = draft.table.copy()
    both = (table[:, one] > 0) & (table[:, other] > 0)
    less = np.where(table[:, one] < table[:, other], one, other)
    table[np.flatnonzero(both), less[both]] = 0.0
    table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    return replace(draft, table=table)


def grow(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """Add a circle around seed tags, refined on the people while the others stand still."""
    start = wish.rows[:1]
    begun = draft.plus(gathered(start, ground), sizes_like(draft), ("",))
    trial = refine(ground.of(begun), ground.people, steps=SEED_STEPS)
    grown = dense(trial)[-1:]
    holds_most = np.count_nonzero(grown[0, start[0] > 0]) * 2 > np.count_nonzero(start)
    row = grown if holds_most else start
    twins = cosines(draft.table, row)[:, 0] > SAME
    size = max(float(draft.sizes[twins].sum()), float(trial.sizes[-1]), 1e-6)
    after = draft.without(twins).plus(row, np.array([size]), wish.keys[:1] or ("",))
    labels = assign_observed(settle(ground.of(after), ground.people), ground.people,
                             max_circles=0).labels  # fmt: skip
    people = int(np.count_nonzero(labels == len(after.keys) - 1))
    if people < ground.fewest:
        raise Conflict(f"{people} people gather around these tags, {ground.fewest:.0f} are needed.")
    return after


def gathered(seed: FloatArray, ground: Ground) -> FloatArray:
    """Return what people with two or more seed tags have more than the crowd, beside the seeds."""
    tags = np.flatnonzero(seed[0])
    has = np.asarray((ground.people.to_csr()[:, tags] > 0).sum(axis=1)).ravel()
    group = np.where(has >= min(2, len(tags)), 0, -1)
    if group.max(initial=-1) < 0:
        return seed
    around = dense(seeded(ground.people, group, crowd=ground.profiles.background))
    return np.asarray((around + seed) / (around + seed).sum())


def freeze(draft: Draft, wish: Wish, ground: Ground) -> Draft:
    """Put a remembered circle back exactly as it was, in place of whatever became of it."""
    chosen = are(draft, wish.rows, ground.known)
    named = {key for key, is_it in zip(draft.keys, chosen, strict=True) if is_it and key}
    if named - set(wish.keys):
        raise Conflict(f"{', '.join(sorted(named))} would have to change it.")
    sizes = draft.sizes[chosen].sum(keepdims=True) if chosen.any() else sizes_like(draft)
    return draft.without(chosen).plus(wish.rows, sizes, wish.keys)


STEPS: dict[str, Callable[[Draft, Wish, Ground], Draft]] = {
    "retire": let_go,
    "together": join,
    "split": halve,
    "apart": keep_apart,
    "seed": grow,
    "frozen": freeze,
}
"""Kinds of wishes, in the order in which they are granted."""


def in_place(draft: Draft, circle: int, rows: FloatArray, keys: Sequence[str]) -> Draft:
    """Put two circles in the place of one."""
    gone = np.arange(len(draft.keys)) == circle
    sizes = np.full(len(rows), draft.sizes[circle] / len(rows))
    return draft.without(gone).plus(rows, sizes, keys or ("",) * len(rows))


def sizes_like(draft: Draft) -> FloatArray:
    """The size of a circle nothing is known of: that of the middle one."""
    return np.array([np.median(draft.sizes) if len(draft.sizes) else 1.0])


def are(draft: Draft, rows: FloatArray, known: FloatArray) -> BoolArray:
    """Which circles of a draft are one of those spoken of.

    A tag speaks of the circle that has most of it. A signature speaks of the circles that are
    alike to it and to no other remembered one more.
    """
    chosen = np.zeros(len(draft.keys), dtype=bool)
    tags = np.array([is_tag(row) for row in rows], dtype=bool)
    for column in np.argmax(rows[tags], axis=1) if tags.any() else []:
        if draft.table[:, column].any():
            chosen[int(np.argmax(draft.table[:, column]))] = True
    spoken = cosines(draft.table, rows[~tags]).max(axis=1, initial=0.0)
    other = cosines(draft.table, known).max(axis=1, initial=0.0)
    return np.asarray(chosen | ((spoken >= ALIKE) & (spoken >= other - 1e-9)))


def is_tag(row: FloatArray) -> bool:
    """Whether a row speaks of one tag."""
    return int(np.count_nonzero(row)) == 1


def cosines(table: FloatArray, rows: FloatArray) -> FloatArray:
    """Cosines of every circle with every row, shape (n_circles, n_rows)."""
    lengths = [np.linalg.norm(each, axis=1) for each in (table, rows)]
    return np.asarray((table @ rows.T) / np.maximum(np.outer(*lengths), 1e-12))
