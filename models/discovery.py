"""Discovery: from people's tags to a set of circle profiles, the number of them included.

Two ways to begin are tried, dense groups and round ones, both in the tag space; each is refined
by the mixture, and the one that describes the people better stays.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from models.condense import dense_groups
from models.landmarks import Canon, draw
from models.levels import ladder
from models.mixture import crowd_shares, refine, seeded, settle, tag_sums
from models.profiles import TagProfiles, assign_observed
from models.rows import FloatArray, IntArray, Rows
from models.tagspace import Single, TagSpace, tag_space
from models.trimming import crowd_only, joined_alike, large_enough, merit, without_composites

SPACE_PEOPLE, LANDMARKS, EM_PEOPLE = 200_000, 12_000, 30_000
GROUP_SHARE, MIN_GROUP = 0.0015, 12
TRIED = (2, 3, 4, 6, 8, 12, 16, 24, 32)
TRIAL_PEOPLE = 10_000
FEW, MANY_STARTS, FEW_STARTS = 12, 10, 3  # k-means to few groups depends most on its start
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
    rows: Rows, canon: Canon, *, n_circles: int | None, min_share: float, seed: int
) -> TagProfiles:
    """Find the circles of people; none when there is no structure."""
    sample = draw_sample(rows, canon, seed=seed)
    nothing = crowd_only(seeded(rows, np.full(rows.n_rows, -1), crowd=sample.crowd))
    if sample.active.points.shape[1] == 0:
        return nothing
    fine = from_dense_groups(sample, min_share)
    search = Search(sample, min_share, seed)
    if n_circles is not None:
        found = search.about(n_circles, fine)
    else:
        found = [nothing, *search.unasked(fine)]
    return max(found, key=lambda profiles: merit(profiles, sample.people))


@dataclass(frozen=True, eq=False)
class Search:
    """Ways to a set of circles, to be judged by how well they describe the people."""

    sample: Sample
    min_share: float
    seed: int

    def about(self, count: int, fine: TagProfiles | None) -> list[TagProfiles]:
        """Sets of about `count` circles: round ones, and dense ones where density is trusted."""
        found = [self.rounded(count)]
        if fine is None or fine.n_circles < count or self.rival(fine) is not None:
            return found
        if fine.n_circles == count:
            return [*found, fine]
        return [*found, merged(fine, self.sample, count, self.min_share)]

    def unasked(self, fine: TagProfiles | None) -> list[TagProfiles]:
        """Sets whose number of circles comes from the data.

        Density counts where its circles describe people better than as many round ones. Where
        they do not, the worth of each number decides; without a best one groups shade into each
        other, and the bend of the curve gives a number people can work with.
        """
        rival = self.rival(fine)
        if fine is not None and rival is None:
            return [fine]
        worth = self.worth()
        best = self.rounded(TRIED[peak_or_knee(np.log(TRIED), worth)])
        if np.argmax(worth) == len(TRIED) - 1:
            return [best]
        return [profiles for profiles in (best, fine, rival) if profiles is not None]

    def rival(self, fine: TagProfiles | None) -> TagProfiles | None:
        """Return as many round circles as dense ones if they describe people better."""
        if fine is None:
            return None
        rival = self.rounded(max(fine.n_circles, 1))
        people = self.sample.people
        return rival if merit(rival, people) > merit(fine, people) else None

    def rounded(self, count: int) -> TagProfiles:
        """Learn from round groups."""
        groups = round_groups(self.sample.broad.points, count, self.seed)
        return learned(groups, self.sample.broad, self.sample, self.min_share)

    def worth(self) -> FloatArray:
        """Try some numbers of circles on fewer people; return the merit of each."""
        some = self.sample.people.part(0, min(TRIAL_PEOPLE, self.sample.people.n_rows))
        trial = replace(self, sample=replace(self.sample, people=some))
        return np.array([merit(trial.rounded(count), some) for count in TRIED])


def peak_or_knee(x: FloatArray, y: FloatArray) -> int:
    """Return where `y` is largest; if that is its end, where it bends most below that.

    The knee lies farthest above the straight line between the ends (Satopaa et al. 2011).
    """
    peak = int(np.argmax(y))
    if peak < len(y) - 1:
        return peak
    line = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    return int(np.argmax(y - line))


def draw_sample(rows: Rows, canon: Canon, *, seed: int) -> Sample:
    """Draw the people to learn from and place the landmarks in the tag space."""
    space = tag_space(rows.take(draw(canon, SPACE_PEOPLE, seed=seed)))
    activity = np.minimum(rows.counts, 60.0) ** 1.5
    half = min(LANDMARKS, max(2000, rows.n_rows // 2))
    active = draw(canon, half, seed=seed + 1, weights=activity)
    broad = draw(canon, LANDMARKS, seed=seed + 1, weights=activity)
    return Sample(
        people=rows.take(draw(canon, EM_PEOPLE, seed=seed + 2)),
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
        starts = FEW_STARTS if count > FEW else MANY_STARTS
        model = KMeans(count, n_init=starts, random_state=seed).fit(points)
    return np.asarray(model.labels_.astype(np.int64))


def learned(
    groups: IntArray, landmarks: Landmarks, sample: Sample, min_share: float
) -> TagProfiles:
    """Refine groups of landmarks into profiles; join the alike, drop mixtures and the small."""
    profiles = seeded(landmarks.rows, groups, crowd=sample.crowd)
    profiles = without_composites(joined_alike(refine(profiles, sample.people)))
    return settle(large_enough(profiles, min_share), sample.people)


def merged(fine: TagProfiles, sample: Sample, count: int, min_share: float) -> TagProfiles:
    """Merge circles upward until `count` are left, then refine at that level."""
    answer = assign_observed(replace(fine, offset=ANYONE), sample.people, max_circles=0)
    labels = answer.labels.astype(np.int64)
    groups = ladder(tag_sums(sample.people, labels, count=fine.n_circles)).groups(count)
    coarse = np.where(labels >= 0, groups[labels], -1)
    profiles = refine(seeded(sample.people, coarse, crowd=sample.crowd), sample.people)
    return settle(large_enough(profiles, min_share), sample.people)
