"""How a content resonates: what each circle would share of it, and why, tag by tag.

The log-odds that somebody of circle c shares a content of k tags are

    base(c) + k^-power * sum over its tags of [effect(t) + own(c, t)]

with `effect` what a tag is worth to everybody and `own` what the circle adds to it, and beside them
what tells contents of the same tags apart, of which only the variance is known beforehand. Each
number comes with the variance its evidence left; what was never seen keeps the variance it began
with. Numpy alone is needed to answer; `models.resonating` learns the numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Draws = NDArray[np.float32]
LEVEL = 0.8
LEAST_PART = 0.1
"""Draws are few: what parts take from each other's variance never leaves less than this of it."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What each circle would share of one content.

    Attributes
    ----------
    rate, low, high : ndarray of shape (n_circles,)
        Expected share rate, and the bounds that hold it eight times in ten.
        Contents of the same tags differ: the rate is the mean over them, the bounds are of one.
    lift, lift_low, lift_high : ndarray of shape (n_circles,)
        The rate over what the circle shares of the contents everybody is shown; below 1 the
        content puts them off.
    base : ndarray of shape (n_circles,)
        Log-odds before any tag.
    parts, part_errors : ndarray of shape (n_circles, n_tags)
        Log-odds each tag adds, with standard errors; base and parts sum to the rate's log-odds.
    """

    rate: FloatArray
    low: FloatArray
    high: FloatArray
    lift: FloatArray
    lift_low: FloatArray
    lift_high: FloatArray
    base: FloatArray
    parts: FloatArray
    part_errors: FloatArray


@dataclass(frozen=True, eq=False)
class Resonance:
    """The fitted numbers; pairs of a circle and a tag lie by tag, then by circle.

    Attributes
    ----------
    base, base_variance, usual : ndarray of shape (n_circles,)
        Log-odds of a circle, and the rate at which it shares what everybody is shown.
    effect, effect_variance : ndarray of shape (n_tags,)
    pair_starts : ndarray of shape (n_tags + 1,), pair_circle : ndarray of shape (n_pairs,)
    own, own_variance : ndarray of shape (n_pairs,)
        What a circle adds to the effect of a tag, and to its variance: below 0 where the two are
        better known together than the effect alone. Of a pair that is not listed nothing is known:
        0, with the variance `unknown[1]`.
    pair_exposures, pair_shares : ndarray of shape (n_pairs,)
        How often the circle was shown the tag, and shared it.
    unknown : ndarray of shape (3,)
        Variances of effects of tags, of circles' own and of single contents, before data speak. The
        last is missing, that is 0, in what was learned before contents were told apart.
    power : ndarray of shape (1,)
        0 when tags add up, 1 when their mean counts.
    base_draws : ndarray of shape (n_circles, n_draws), effect_draws : ndarray of (n_tags, n_draws)
        Departures that belong together: what is unsure of one is unsure of the others. None, that
        is of width 0, in what was learned before they were kept.
    """

    base: FloatArray
    base_variance: FloatArray
    usual: FloatArray
    effect: FloatArray
    effect_variance: FloatArray
    pair_starts: IntArray
    pair_circle: IntArray
    own: FloatArray
    own_variance: FloatArray
    pair_exposures: FloatArray
    pair_shares: FloatArray
    unknown: FloatArray
    power: FloatArray
    base_draws: Draws
    effect_draws: Draws

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read back what `to_arrays` gave."""
        none = {f"{of}_draws": np.zeros((len(arrays[of]), 0)) for of in ("base", "effect")}
        known = none | dict(arrays)
        return cls(**{field.name: known[field.name] for field in fields(cls)})

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything under its name, fit to be kept without pickle."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def n_circles(self) -> int:
        """How many circles there are."""
        return len(self.base)

    @property
    def n_tags(self) -> int:
        """How many tags are known."""
        return len(self.effect)

    @property
    def between(self) -> float:
        """Variance of the log-odds of contents with the same tags."""
        return float(self.unknown[2:].sum())

    @property
    def expected_base(self) -> FloatArray:
        """Log-odds of circles in the mean over contents, not for the middle one of them."""
        return self.base + self.between * (0.5 - expit(self.base))

    def answer(self, tags: Sequence[int], *, level: float = LEVEL, is_one: bool = True) -> Answer:
        """Say what each circle would share of a content with these tags, -1 for an unknown one.

        Bounds are of one content, or else of the mean over all with these tags.
        """
        weight = max(len(tags), 1) ** -float(self.power[0])
        parts = np.zeros((self.n_circles, len(tags)))
        variances = np.zeros((self.n_circles, len(tags)))
        for column, tag in enumerate(tags):
            parts[:, column], variances[:, column] = self.tag(tag)
        parts, variances = weight * parts, weight**2 * variances
        of_all, of_tags = self.doubts(tags, weight, variances.sum(axis=1)) + is_one * self.between
        base = self.expected_base
        log_odds = base + parts.sum(axis=1)
        middle = log_odds + is_one * (self.base - base)
        reach = NormalDist().inv_cdf((1 + level) / 2)
        error = reach * np.sqrt(of_all)
        rate = expit(log_odds)
        lift, doubt = rate / self.usual, reach * np.sqrt(of_tags) * (1 - rate)
        off = np.exp((middle - log_odds) * (1 - rate))
        return Answer(
            rate=rate,
            low=expit(middle - error),
            high=expit(middle + error),
            lift=lift,
            lift_low=lift * off * np.exp(-doubt),
            lift_high=lift * off * np.exp(doubt),
            base=base,
            parts=parts,
            part_errors=np.sqrt(variances),
        )

    def doubts(self, tags: Sequence[int], weight: float, apart: FloatArray) -> FloatArray:
        """Return the variance of base and tags, and of tags: (2, circles).

        `apart` is what the tags' variances add up to, did they not hang together.
        """
        draws = weight * self.effect_draws[[tag for tag in tags if tag >= 0]].astype(np.float64)
        total, n_draws = draws.sum(axis=0), max(draws.shape[1], 1)
        of_tags = apart + (total @ total - np.sum(draws**2)) / n_draws
        alone = self.base_variance + apart
        of_all = self.base_variance + of_tags + 2 * (self.base_draws @ total) / n_draws
        return np.maximum([of_all, of_tags], LEAST_PART * np.array([alone, apart]))

    def tag(self, tag: int) -> FloatArray:
        """Return what a tag adds to the log-odds of each circle, and its variance: (2, circles)."""
        of_tag, own = self.unknown[:2]
        told = np.zeros((2, self.n_circles))
        told[1] = own
        if tag < 0:
            told[1] += of_tag
            return told
        pairs = slice(self.pair_starts[tag], self.pair_starts[tag + 1])
        told[0, self.pair_circle[pairs]] = self.own[pairs]
        told[1, self.pair_circle[pairs]] = self.own_variance[pairs]
        told[0] += self.effect[tag]
        told[1] += self.effect_variance[tag]
        return told


@dataclass(frozen=True, eq=False)
class Gaps:
    """Tags that circles would share and are hardly shown, the most promising first.

    Every array has an entry a gap. `expected` is how often the circle would have been shown the
    tag, had everybody been shown the same; `exposures` is how often it was.
    """

    circle: IntArray
    tag: IntArray
    rate: FloatArray
    low: FloatArray
    high: FloatArray
    lift: FloatArray
    exposures: FloatArray
    expected: FloatArray


def gaps(found: Resonance, *, most: int = 5, served: float = 0.5) -> Gaps:
    """Find, for each circle, tags it would surely share more than usual but is hardly shown.

    Parameters
    ----------
    found : Resonance
    most : int, default=5
        Gaps told of each circle.
    served : float, default=0.5
        A tag shown at least this share of what is expected is no gap.
    """
    shown = np.zeros((found.n_circles, found.n_tags))
    of_pair = np.repeat(np.arange(found.n_tags), np.diff(found.pair_starts))
    shown[found.pair_circle, of_pair] = found.pair_exposures
    total = shown.sum()
    expected = np.outer(shown.sum(axis=1), shown.sum(axis=0)) / max(total, 1.0)
    entries = []
    for tag in range(found.n_tags):
        told = found.answer([tag], is_one=False)
        is_gap = (told.lift_low > 1) & (shown[:, tag] < served * expected[:, tag])
        entries += [
            (circle, tag, told.rate[circle], told.low[circle], told.high[circle],
             told.lift[circle], shown[circle, tag], expected[circle, tag])
            for circle in np.flatnonzero(is_gap)
        ]  # fmt: skip
    return best_of(entries, most)


def best_of(entries: list[tuple[Any, ...]], most: int) -> Gaps:
    """Keep the surest gaps of each circle, by circle."""
    kept: list[tuple[Any, ...]] = []
    counted: dict[int, int] = {}
    for entry in sorted(entries, key=lambda row: (row[0], -row[3], row[1])):
        counted[entry[0]] = counted.get(entry[0], 0) + 1
        if counted[entry[0]] <= most:
            kept.append(entry)
    circle, tag, *figures = list(zip(*kept, strict=True)) or [()] * len(fields(Gaps))
    return Gaps(
        np.array(circle, np.int64),
        np.array(tag, np.int64),
        *(np.array(column, np.float64) for column in figures),
    )


def expit(x: FloatArray) -> FloatArray:
    """Return probabilities from log-odds, without overflow."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + small), small / (1 + small)), dtype=np.float64)
