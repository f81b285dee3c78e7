"""The search: from people's observations to a set of circle profiles, the number of them included.

Two ways to begin are tried, dense groups and round ones, both in the tag space; each is refined
by the mixture, and what foretells tags held back from learning better stays.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from models.beginnings import (
    begun,
    counted_whole,
    finished,
    from_dense_groups,
    further,
    learned,
    learned_whole,
    merged,
    recounted,
    round_groups,
    whole_of,
)
from models.excerpts import taken
from models.foretelling import HeldBack, is_better
from models.judging import SHORT, Found, Judge, clearer
from models.landmarks import Canon, draw
from models.mixture import refine, seeded, settle
from models.profiles import TagProfiles, assign_observed
from models.rows import IntArray, Rows
from models.sampling import Sample, draw_sample
from models.trimming import crowd_only, only

EM_PEOPLE, SEARCH_PEOPLE = 30_000, 20_000
"""People the chosen circles are learned from, and those all proposed ones are."""
STEP = 1.5
"""How many times as many circles are tried next."""
FEWEST_TRIED, MOST_TRIED, MISSES_AT_FIRST = 2, 400, 3
FEW_PEOPLE = 400
"""People a circle has on average where signatures are worth counting anew."""
GLANCE_STEPS = 2
"""Further steps of settling for profiles of all tags that are glanced at."""
FAR_AT_FIRST, FAR = 20.0, 10.0
"""Standard errors behind which a step of learning, and then settling, bring nothing back."""
GLANCED = 4
"""Every so-manieth of the judged shows whether profiles of all tags are far behind."""
LARGEST = 0.59
"""Share of the people with enough tags above which a circle is the crowd once more."""


@dataclass(frozen=True, eq=False)
class Climbed:
    """The best set of a climb, and the finer one that foretold no more; None if not learned."""

    best: Found
    beyond: TagProfiles | None


Learning = Callable[[int, Found], TagProfiles | None]


@dataclass(frozen=True, eq=False)
class Search:
    """Ways to a set of circles, judged by how well they foretell what was held back.

    `everything` are the people learned from, with what is held back of them.
    """

    sample: Sample
    everything: Rows
    min_share: float
    seed: int
    judge: Judge

    @classmethod
    def among(
        cls,
        rows: Rows,
        canon: Canon,
        learners: IntArray,
        held_back: HeldBack,
        min_share: float,
        seed: int,
        *,
        was_whole: bool,
    ) -> Self:
        """Draw those of the learners whom the search is made among."""
        some = draw(canon, SEARCH_PEOPLE, seed=seed + 2)
        sample = draw_sample(rows, canon, some, held_back, seed=seed)
        trial = held_back.trial(rows, learners, crowd=sample.crowd)
        return cls(sample, taken(rows, learners), min_share, seed, Judge(trial, was_whole))

    def found(self, n_circles: int | None) -> TagProfiles:
        """Return the circles of these people, about so many or as many as there are."""
        nothing = crowd_only(
            seeded(self.sample.people, nowhere(self.sample.people), crowd=self.sample.crowd)
        )
        if self.sample.active.points.shape[1] == 0:
            return nothing
        return self.unasked(nothing) if n_circles is None else self.about(n_circles)

    def unasked(self, nothing: TagProfiles) -> TagProfiles:
        """Return the set whose number of circles comes from the data.

        Whole profiles place nearly everyone; where that makes one circle the crowd once more,
        the circles marked by a few tags stay.
        """
        judge = self.judge
        first = judge.better(judge.hear(nothing), self.dense())
        climbed = self.climbed(first, self.rounded_beyond)
        best = climbed.best
        glanced = judge.turned(best, self.glance(best))
        if glanced is not best:
            whole = judge.better(
                glanced, self.whole(best.profiles, vouches=glanced.profiles.vouches)
            )
            done = self.done(self.needed(self.climb(whole, self.rounded_whole)))
            if not is_lopsided(done, self.everything):
                return done
        return self.done(self.needed(self.recounted(climbed)))

    def climb(self, best: Found, learn: Learning) -> Found:
        """Try more and more circles until that foretells nothing more."""
        return self.climbed(best, learn).best

    def climbed(self, best: Found, learn: Learning) -> Climbed:
        """Climb, and keep the last set tried with the best."""
        last: TagProfiles | None = None
        count, missed = max(best.profiles.n_circles, FEWEST_TRIED - 1), 0
        most = 1 if best.profiles.n_circles else MISSES_AT_FIRST
        while missed < most and count < MOST_TRIED:
            count = math.ceil(STEP * count)
            last = learn(count, best)
            tried = self.judge.better(best, last)
            missed = missed + 1 if tried is best else 0
            most = 1 if tried.profiles.n_circles else most
            best = tried
        return Climbed(best, last if missed else None)

    def recounted(self, climbed: Climbed) -> Found:
        """Count small circles anew, those of the best set and those of the finer one after it.

        Round groups show a small circle by too few people, so that the climb may end where the
        same finer circles, counted from all their people, foretell clearly more.
        """
        anew = self.anew(climbed.best.profiles)
        best = self.judge.better(climbed.best, anew)
        if anew is None or climbed.beyond is None:
            return best
        return clearer(best, self.judge.better(climbed.best, self.anew(climbed.beyond)))

    def about(self, count: int) -> TagProfiles:
        """Return the best set of about `count` circles, the plainest way first.

        Round groups miss circles and join others; of half as many again few are missing, and
        what is dropped for being least missed is what was cut in two or is no circle at all.
        """
        judge = self.judge
        best = judge.hear(self.rounded(count))
        fine = judge.hear(self.rounded(math.ceil(STEP * count)))
        finer = judge.likelier(fine, self.anew(fine.profiles)).profiles
        best = judge.likelier(best, self.fewer(count, finer))
        best = judge.likelier(best, self.joined(count, finer))
        best = judge.likelier(best, self.joined(count, self.dense()))
        best = judge.likelier(best, self.anew(best.profiles))
        glance = self.glance(best)
        if glance is None:
            return self.done(best)
        whole = self.whole(best.profiles, vouches=glance.vouches)
        best = judge.turned(best, glance, short=SHORT)
        best = judge.turned(best, whole, short=SHORT)
        finer_whole = self.whole(finer, vouches=glance.vouches)
        return self.done(judge.better(best, self.joined(count, finer_whole), short=SHORT))

    def done(self, found: Found) -> TagProfiles:
        """Learn once more with the tags that had been held back."""
        return finished(found.profiles, self.everything, self.min_share)

    def dense(self) -> TagProfiles | None:
        """Learn from dense groups, as many as there are."""
        return from_dense_groups(self.sample, self.min_share)

    def rounded(self, count: int) -> TagProfiles:
        """Learn from round groups."""
        return learned(self.begun(count), self.sample, self.min_share)

    def rounded_beyond(self, count: int, best: Found) -> TagProfiles | None:
        """Learn from round groups; None where two steps of six leave them far behind the best."""
        first = self.begun(count)
        second = further(first, self.sample)
        if self.judge.gives_up(first, second, best):
            return None
        return learned(second, self.sample, self.min_share, taken=2)

    def anew(self, profiles: TagProfiles) -> TagProfiles | None:
        """Count the signatures of small circles anew; None where circles are large."""
        if not profiles.n_circles * FEW_PEOPLE > self.sample.people.n_rows:
            return None
        return recounted(profiles, self.sample, self.min_share)

    def begun(self, count: int) -> TagProfiles:
        """Take the first step from round groups."""
        groups = round_groups(self.sample.broad.points, count, self.seed)
        return begun(groups, self.sample.broad, self.sample)

    def joined(self, count: int, fine: TagProfiles | None) -> TagProfiles | None:
        """Merge circles upward until at most `count` are left."""
        if fine is None or fine.n_circles <= count:
            return fine
        return merged(fine, self.sample, count, self.min_share)

    def fewer(self, count: int, fine: TagProfiles) -> TagProfiles:
        """Drop the circles least missed, half of those too many at a time."""
        while fine.n_circles > count:
            many = math.ceil((fine.n_circles - count) / 2)
            gone = self.judge.idle(fine, missed=math.inf)[:many]
            kept = np.setdiff1d(np.arange(fine.n_circles), gone)
            fine = refine(only(fine, kept), self.sample.people, steps=1)
        return settle(fine, self.sample.people)

    def whole(
        self, profiles: TagProfiles, *, vouches: bool = False, steps: int = 3
    ) -> TagProfiles | None:
        """Learn profiles of all tags from the circles' people; None where that is too much."""
        people = self.sample.people
        return whole_of(profiles, people, self.min_share, vouches=vouches, steps=steps)

    def glance(self, best: Found) -> TagProfiles | None:
        """Learn profiles of all tags in one step and settle them; None if they are far behind.

        Sizes and noise still on their way cost what all tags tell: which kind of profiles stays
        would then hang on the seed. Those too far behind before the step are spared it. Tags vouch
        for themselves only where that tells clearly more of people by the circle they are placed
        in: learned so, circles may be no more than a tag and its holders.
        """
        first = counted_whole(best.profiles, self.sample.people)
        if first is None or self.judge.is_behind(first, best, by=FAR_AT_FIRST, step=GLANCED):
            return None
        alone = self.glanced(first, best)
        vouching = self.glanced(replace(first, vouches=True), best)
        rivals = [best.profiles, *([] if alone is None else [alone])]
        return self.judge.placing_best(vouching, rivals) or alone

    def glanced(self, first: TagProfiles, best: Found) -> TagProfiles | None:
        """Take one step from profiles of all tags and settle them; None if they are far behind."""
        one = learned_whole(first, self.sample.people, self.min_share, steps=1)
        if self.judge.is_behind(one, best, by=FAR):
            return None
        return settle(one, self.sample.people, steps=GLANCE_STEPS)

    def rounded_whole(self, count: int, best: Found) -> TagProfiles | None:
        """Learn profiles of all tags from round groups."""
        return self.whole(self.rounded(count), vouches=best.profiles.vouches)

    def needed(self, best: Found) -> Found:
        """Drop circles that nobody misses, those apart from each other at once.

        Where those who go are missed together, the less missed half of them goes alone.
        """
        gains, most = best.gains, best.profiles.n_circles
        while most and best.profiles.n_circles > 1:
            idle = self.judge.idle(best.profiles)[:most]
            if not len(idle):
                return best
            kept = np.setdiff1d(np.arange(best.profiles.n_circles), idle)
            fewer = refine(only(best.profiles, kept), self.sample.people, steps=1)
            found = self.judge.hear(fewer)
            if is_better(gains, found.gains):
                most = len(idle) // 2
            else:
                best = found
        return best


def is_lopsided(profiles: TagProfiles, people: Rows) -> bool:
    """Whether one of several circles holds so many people that it says what the crowd says."""
    if profiles.n_circles < 2:
        return False
    labels = assign_observed(profiles, people, max_circles=0).labels
    largest = np.bincount(labels + 1, minlength=2)[1:].max()
    return bool(largest > LARGEST * (people.counts >= profiles.min_tags).sum())


def nowhere(people: Rows) -> IntArray:
    """Return labels of people who are in no group."""
    return np.full(people.n_rows, -1)
