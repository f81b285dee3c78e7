"""Circles in what the circles found leave over: tags people have that none of their circles holds.

A circle is seen among everybody by the people it holds firmly. One that is new takes up a part of
people's tags while the rest still speaks for where they were, so that no one is firmly in it; but
what nothing explains of those people's tags lies together, and stands out once the rest is taken
away.
"""

import numpy as np
from scipy import sparse

from models.beginnings import from_dense_groups
from models.excerpts import taken
from models.foretelling import HeldBack
from models.landmarks import Canon
from models.mixture import dense
from models.profiles import TagProfiles, assign_observed
from models.rows import FloatArray, Rows
from models.sampling import draw_sample
from models.trimming import merit
from models.warmth import learned, started

FEWEST_LEFT = 3
"""Tags left over of a person that can lie together with others'."""
FEWEST_PEOPLE = 50
MOST_CIRCLES = 3
"""Circles of a person whose tags count as explained."""
MOST_LOOKS = 3


def with_leftovers(
    profiles: TagProfiles, people: Rows, *, min_share: float, seed: int
) -> TagProfiles:
    """Add circles found in what is left over, as long as that describes the people better."""
    for _ in range(MOST_LOOKS):
        fresh = hidden_circles(profiles, people, min_share=min_share, seed=seed)
        if not len(fresh):
            break
        more = learned(started(profiles, np.vstack([dense(profiles), fresh])), people, min_share)
        if merit(more, people) <= merit(profiles, people):
            break
        profiles = more
    return profiles


def hidden_circles(
    profiles: TagProfiles, people: Rows, *, min_share: float, seed: int
) -> FloatArray:
    """Return the signatures of circles among the tags left over, (n_circles, n_tags)."""
    rest = left_over(profiles, people)
    rest = taken(rest, np.flatnonzero(rest.counts >= FEWEST_LEFT))
    nothing = np.zeros((0, people.n_columns))
    if rest.n_rows < FEWEST_PEOPLE:
        return nothing
    everyone = np.arange(rest.n_rows)
    sample = draw_sample(rest, Canon.of(rest), everyone, HeldBack.nothing(), seed=seed)
    if sample.active.points.shape[1] == 0:
        return nothing
    found = from_dense_groups(sample, min_share * people.n_rows / rest.n_rows)
    return nothing if found is None else dense(found)


def left_over(profiles: TagProfiles, people: Rows) -> Rows:
    """Return people's rows without the tags that a circle of theirs holds."""
    members = assign_observed(profiles, people, max_circles=MOST_CIRCLES).strengths
    holds = sparse.csr_array(dense(profiles) > 0.0, dtype=np.float64)
    explained = sparse.csr_array(members @ holds)
    explained.data[:] = 1.0
    rows = people.to_csr()
    rest = sparse.csr_array(rows - rows.multiply(explained))
    rest.eliminate_zeros()
    return Rows.of(rest)
