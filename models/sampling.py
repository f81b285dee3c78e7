"""The people circles are learned from: landmarks in the tag space and a sample for the mixture."""

from dataclasses import dataclass

import numpy as np

from models.foretelling import HeldBack
from models.landmarks import Canon, draw
from models.mixture import crowd_shares
from models.rows import FloatArray, IntArray, Rows
from models.tagspace import Single, TagSpace, tag_space

SPACE_PEOPLE, LANDMARKS = 200_000, 12_000
MOST_ACTIVE = 60.0
"""Tags beyond which a person makes no better landmark."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Some people and where they lie in the tag space, on the unit sphere."""

    rows: Rows
    points: Single


@dataclass(frozen=True, eq=False)
class Sample:
    """The people circles are learned from, their tags as observations.

    Attributes
    ----------
    people : Rows
        Those the mixture learns from.
    active : Landmarks
        The more active half, among whom dense groups stand out.
    broad : Landmarks
        Those cut into round groups: everyone when there are few.
    crowd : ndarray of shape (n_tags,)
        Share of each tag among everyone.
    """

    people: Rows
    active: Landmarks
    broad: Landmarks
    crowd: FloatArray


def draw_sample(
    rows: Rows, canon: Canon, learners: IntArray, held_back: HeldBack, *, seed: int
) -> Sample:
    """Take the learners, less what is held back, and place the landmarks in the tag space."""
    space = tag_space(held_back.left(rows, draw(canon, SPACE_PEOPLE, seed=seed)))
    activity = np.minimum(rows.counts, MOST_ACTIVE) ** 1.5
    half = min(LANDMARKS, max(2000, rows.n_rows // 2))
    active = draw(canon, half, seed=seed + 1, weights=activity)
    broad = draw(canon, LANDMARKS, seed=seed + 1, weights=activity)
    return Sample(
        people=held_back.left(rows, learners),
        active=placed(held_back.left(rows, active), space),
        broad=placed(held_back.left(rows, broad), space),
        crowd=crowd_shares(rows),
    )


def placed(rows: Rows, space: TagSpace) -> Landmarks:
    """Place people in the tag space: the direction of the sum of their tags."""
    points = np.asarray(rows.to_csr() @ space.vectors.astype(np.float64))
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return Landmarks(rows, (points / np.maximum(length, 1e-9)).astype(np.float32))
