"""From groups of landmarks, or from other circles, to tag profiles."""

import warnings
from dataclasses import replace

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from models.condense import dense_groups
from models.levels import ladder
from models.mixture import counted, maximised, refine, seeded, settle, tag_sums, whole
from models.profiles import TagProfiles, assign_observed
from models.rows import IntArray, Rows
from models.sampling import Landmarks, Sample
from models.tagspace import Single
from models.trimming import joined_alike, large_enough, without_composites

GROUP_SHARE, MIN_GROUP = 0.0015, 12
STEPS, STEPS_AGAIN = 6, 3
MOST_ENTRIES = 1_000_000
"""Circles times tags up to which profiles may hold every tag."""
FEW, MANY_STARTS = 12, 10  # k-means to few groups depends most on its start
ANYONE = 1e3
"""An offset that places whoever shares a tag with a circle."""


def from_dense_groups(
    sample: Sample, min_share: float, *, steps: int = STEPS
) -> TagProfiles | None:
    """Learn profiles from dense groups of active people; None when there are none."""
    points = sample.active.points
    groups = dense_groups(points, min_size=max(MIN_GROUP, int(GROUP_SHARE * len(points))))
    if groups.max(initial=-1) < 0:
        return None
    return learned(begun(groups, sample.active, sample), sample, min_share, steps=steps)


def round_groups(points: Single, count: int, seed: int) -> IntArray:
    """Cut the landmarks into `count` round groups by k-means."""
    count = min(count, len(points))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than groups
        if count > FEW:
            model = KMeans(count, init=scattered(points, count, seed), n_init=1)
        else:
            model = KMeans(count, n_init=MANY_STARTS, random_state=seed)
        labels = model.fit(points).labels_
    return np.asarray(labels.astype(np.int64))


def scattered(points: Single, count: int, seed: int) -> Single:
    """Choose landmarks far apart, as k-means++ does.

    Each is the best of a few drawn by their squared distance to those before (Arthur &
    Vassilvitskii 2007).
    """
    rng, tries = np.random.default_rng(seed), 2 + int(np.log(count))
    chosen = [int(rng.integers(len(points)))]
    apart = distances(points, points[chosen])[0]
    while len(chosen) < count:
        total = np.cumsum(apart, dtype=np.float64)
        drawn = np.searchsorted(total, rng.random(tries) * total[-1]).clip(max=len(points) - 1)
        nearer = np.minimum(apart, distances(points, points[drawn]))
        best = int(nearer.sum(axis=1, dtype=np.float64).argmin())
        chosen.append(int(drawn[best]))
        apart = nearer[best]
    return points[chosen]


def distances(points: Single, others: Single) -> Single:
    """Return squared distances between points on the unit sphere, others x points."""
    return np.asarray(np.maximum(2.0 - 2.0 * (others @ points.T), 0.0))


def begun(groups: IntArray, landmarks: Landmarks, sample: Sample) -> TagProfiles:
    """Take the first step from groups of landmarks to profiles."""
    return further(seeded(landmarks.rows, groups, crowd=sample.crowd), sample)


def further(profiles: TagProfiles, sample: Sample) -> TagProfiles:
    """Take another step, which may take up new tags as all but the last may."""
    return maximised(profiles, sample.people, grow=True)


def learned(
    profiles: TagProfiles, sample: Sample, min_share: float, *, taken: int = 1, steps: int = STEPS
) -> TagProfiles:
    """Go on from the steps taken; join the alike, drop mixtures and the small."""
    profiles = refine(profiles, sample.people, steps=steps - taken)
    profiles = without_composites(joined_alike(profiles))
    return settle(large_enough(profiles, min_share), sample.people)


def merged(fine: TagProfiles, sample: Sample, count: int, min_share: float) -> TagProfiles:
    """Merge circles upward until `count` are left, then learn anew at that level."""
    answer = assign_observed(replace(fine, offset=ANYONE), sample.people, max_circles=0)
    labels = answer.labels.astype(np.int64)
    groups = ladder(tag_sums(sample.people, labels, count=fine.n_circles)).groups(count)
    coarse = np.where(labels >= 0, groups[labels], -1)
    if fine.crowd_prior > 0.0:
        profiles = whole(sample.people, coarse, crowd=fine.background, vouches=fine.vouches)
    else:
        profiles = refine(seeded(sample.people, coarse, crowd=sample.crowd), sample.people)
    return settle(large_enough(profiles, min_share), sample.people)


def recounted(profiles: TagProfiles, sample: Sample, min_share: float) -> TagProfiles:
    """Count signatures anew from the circles' people, all of them, and learn on from there.

    A tag is taken up on the way only where it stands out by itself; a small circle has too few
    people to show many such tags, and keeps to those its landmarks gave it.
    """
    everywhere = replace(profiles, offset=ANYONE)
    labels = assign_observed(everywhere, sample.people, max_circles=0).labels.astype(np.int64)
    found = seeded(sample.people, labels, crowd=sample.crowd)
    found = refine(found, sample.people, steps=STEPS_AGAIN)
    return settle(large_enough(found, min_share), sample.people)


def finished(profiles: TagProfiles, people: Rows, min_share: float) -> TagProfiles:
    """Learn once more with the tags that had been held back."""
    return settle(large_enough(refine(profiles, people, steps=3), min_share), people)


def whole_of(
    profiles: TagProfiles, people: Rows, min_share: float, *, vouches: bool, steps: int = 3
) -> TagProfiles | None:
    """Turn signatures into profiles of all tags; None where there are none or too many."""
    first = counted_whole(profiles, people)
    if first is None:
        return None
    return learned_whole(replace(first, vouches=vouches), people, min_share, steps=steps)


def counted_whole(profiles: TagProfiles, people: Rows) -> TagProfiles | None:
    """Count profiles of all tags from the people of signatures; None as in `whole_of`."""
    if not 0 < profiles.n_circles * profiles.n_tags <= MOST_ENTRIES:
        return None
    answer = assign_observed(replace(profiles, offset=ANYONE), people, max_circles=0)
    return counted(people, answer.labels.astype(np.int64), crowd=profiles.background)


def learned_whole(
    profiles: TagProfiles, people: Rows, min_share: float, *, steps: int
) -> TagProfiles:
    """Refine profiles of all tags that were counted; drop the small."""
    found = refine(profiles, people, steps=steps)
    return settle(large_enough(found, min_share), people, steps=steps)
