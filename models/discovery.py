"""Discovery: from people's tags to a set of circle profiles, the number of them included.

Two ways to begin are tried, dense groups and round ones, both in the tag space; each is refined
by the mixture, and the one that describes the people better stays.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from models.condense import dense_groups
from models.expectation import expect
from models.landmarks import Hash, draw
from models.levels import ladder
from models.mixture import crowd_shares, dense, refine, seeded, settle, tag_sums, with_signatures
from models.profiles import TagProfiles, assign_observed
from models.rows import FloatArray, IntArray, Rows
from models.tagspace import Single, TagSpace, tag_space

SPACE_PEOPLE, LANDMARKS, EM_PEOPLE = 200_000, 12_000, 30_000
GROUP_SHARE, MIN_GROUP = 0.0015, 12
SAME = 0.8
"""Signatures whose cosine passes this are one circle."""
ANYONE = 1e3
"""An offset that places whoever shares a tag with a circle."""


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


def discover(
    rows: Rows, hashes: Hash, *, n_circles: int | None, min_share: float, seed: int
) -> TagProfiles:
    """Find the circles of people in canonical order; none when there is no structure."""
    sample = draw_sample(rows, hashes, seed=seed)
    nothing = seeded(rows, np.full(rows.n_rows, -1), crowd=sample.crowd)
    if sample.active.points.shape[1] == 0:
        return nothing
    fine = from_dense_groups(sample, min_share) or nothing
    wanted = n_circles or fine.n_circles
    if wanted < 1:
        return nothing
    groups = round_groups(sample.broad.points, wanted, seed)
    found = [learned(groups, sample.broad, sample, min_share)]
    if fine.n_circles > wanted:
        found.append(merged(fine, sample, wanted, min_share))
    elif fine.n_circles == wanted:
        found.append(fine)
    return max(found, key=lambda profiles: merit(profiles, sample.people))


def draw_sample(rows: Rows, hashes: Hash, *, seed: int) -> Sample:
    """Draw the people to learn from and place the landmarks in the tag space."""
    space = tag_space(rows.take(draw(hashes, SPACE_PEOPLE, seed=seed)))
    activity = np.minimum(rows.counts, 60.0) ** 1.5
    half = min(LANDMARKS, max(2000, rows.n_rows // 2))
    active = draw(hashes, half, seed=seed + 1, weights=activity)
    broad = draw(hashes, LANDMARKS, seed=seed + 1, weights=activity)
    return Sample(
        people=rows.take(draw(hashes, EM_PEOPLE, seed=seed + 2)),
        active=placed(rows.take(active), space),
        broad=placed(rows.take(broad), space),
        crowd=crowd_shares(rows),
    )


def placed(rows: Rows, space: TagSpace) -> Landmarks:
    """Place people in the tag space: the direction of the sum of their tags."""
    points = np.asarray(rows.to_csr() @ space.vectors.astype(np.float64))
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return Landmarks(rows, (points / np.maximum(length, 1e-9)).astype(np.float32))


def from_dense_groups(sample: Sample, min_share: float) -> TagProfiles | None:
    """Learn profiles from dense groups of active people; None when there are none."""
    points = sample.active.points
    groups = dense_groups(points, min_size=max(MIN_GROUP, int(GROUP_SHARE * len(points))))
    if groups.max(initial=-1) < 0:
        return None
    return learned(groups, sample.active, sample, min_share)


def round_groups(points: Single, count: int, seed: int) -> IntArray:
    """Cut the landmarks into `count` round groups by k-means."""
    count = min(count, len(points))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than groups
        model = KMeans(count, n_init=3, random_state=seed).fit(points)
    return np.asarray(model.labels_.astype(np.int64))


def learned(
    groups: IntArray, landmarks: Landmarks, sample: Sample, min_share: float
) -> TagProfiles:
    """Refine groups of landmarks into profiles; join the alike, drop the small."""
    profiles = seeded(landmarks.rows, groups, crowd=sample.crowd)
    profiles = joined_alike(refine(profiles, sample.people))
    return settle(large_enough(profiles, min_share), sample.people)


def merged(fine: TagProfiles, sample: Sample, count: int, min_share: float) -> TagProfiles:
    """Merge circles upward until `count` are left, then refine at that level."""
    answer = assign_observed(replace(fine, offset=ANYONE), sample.people)
    labels = answer.labels.astype(np.int64)
    groups = ladder(tag_sums(sample.people, labels, count=fine.n_circles)).groups(count)
    coarse = np.where(labels >= 0, groups[labels], -1)
    profiles = refine(seeded(sample.people, coarse, crowd=sample.crowd), sample.people)
    return settle(large_enough(profiles, min_share), sample.people)


def joined_alike(profiles: TagProfiles) -> TagProfiles:
    """Make one circle of those whose signatures are nearly the same."""
    table = dense(profiles)
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    alike = sparse.csr_array(unit @ unit.T > SAME)
    count, group = connected_components(alike, directed=False)
    member = np.zeros((count, profiles.n_circles))
    member[group, np.arange(profiles.n_circles)] = profiles.sizes
    sizes = member.sum(axis=1)
    return with_signatures(profiles, member @ table / sizes[:, None], sizes)


def large_enough(profiles: TagProfiles, min_share: float) -> TagProfiles:
    """Drop circles of less than `min_share` of the people or fewer than two tags."""
    share = profiles.sizes * (1.0 - profiles.noise)
    kept = (share >= min_share) & (profiles.signatures.counts >= 2)
    return only(profiles, np.flatnonzero(kept))


def only(profiles: TagProfiles, circles: IntArray) -> TagProfiles:
    """Return the profiles of the named circles in the named order."""
    sizes = profiles.sizes[circles]
    return with_signatures(profiles, dense(profiles)[circles], sizes / max(sizes.sum(), 1e-12))


def merit(profiles: TagProfiles, people: Rows) -> float:
    """Log-likelihood of the people less half a log for each signature tag (Schwarz 1978)."""
    price = 0.5 * len(profiles.tags) * np.log(max(people.n_rows, 2))
    return float(expect(profiles, people).log_likelihood - price)
