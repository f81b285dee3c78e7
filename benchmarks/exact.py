"""What Bayes' rule tells of simulated people's circles when it is told how they were drawn.

    python -m benchmarks.exact [--users 20000] [--levels medium hard] [--seeds 11 12 13]

It knows the planted profiles and sizes, the crowd, how the signal varies, what people give to each
of their circles and which circles go together, and weighs every circle, every pair, and every three
of the likeliest. Only what makes people look at a content is not in it. Beside it stand our
circles, told nothing. Both see every row of the events as an act, and then the rows of one look at
a content as one act that its tags share. A run also heeds how much of a thing people do and when:
that says nothing of simulated people, and the last row shows what heeding it costs.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.stats import beta

from benchmarks.bounds import everywhere, memberships
from benchmarks.judges import overlap_f1
from benchmarks.sets import matrix
from benchmarks.simulator import Planted, agreement, found, read, tagged
from models.circles import CircleClusterer
from segmentation.config import FacetConfig
from segmentation.simulator import simulate
from segmentation.simulator.circles import crowd
from segmentation.simulator.difficulty import DIFFICULTIES, Difficulty, Level
from segmentation.simulator.population import (
    THREE_CIRCLES_SHARE,
    TWO_CIRCLES_SHARE,
    affinity,
)
from segmentation.simulator.randomness import stream
from segmentation.simulator.tastes import loyalties
from segmentation.simulator.vocabulary import load_vocabulary

Array = npt.NDArray[np.float64]
LIKELIEST = 8
"""Circles of which all threes are weighed."""
SIGNALS = 5
"""Quantiles of the signal that stand for all."""
LEAST = (0.2, 0.3, 0.4, 0.5)
"""Probabilities from which on Bayes tells a circle; the best F1 is shown."""
HEAD = "difficulty  seed  an act is   Bayes AMI  found  overlap F1  circles AMI  found  overlap F1"
ROW = "{:10} {:5}  {:9} {:11.3f} {:6} {:11.3f} {:12.3f} {:6} {:11.3f}"
HALF_LIFE_DAYS = FacetConfig(sources=()).half_life_days
ACT = ["user_id", "content_id", "channel", "ts"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """How people's tags were drawn, circles by tags.

    `sizes` starts with those in no circle, `signals` are its values, equally likely, `loyalty` is
    what people in one, two and three circles give to each, `joined` how likely members of a circle
    are to join each other one.
    """

    profiles: Array
    crowd: Array
    sizes: Array
    signals: Array
    loyalty: Array
    joined: Array


def main() -> None:
    """Print a row for each difficulty and seed."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--levels", nargs="+", default=["medium", "hard"], choices=list(DIFFICULTIES))
    ask.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13])
    args = ask.parse_args()
    print(HEAD)
    for level in args.levels:
        for seed in args.seeds:
            for name, figures in measured(level, args.users, seed):
                print(ROW.format(level, seed, name, *figures), flush=True)


def measured(level: Level, users: int, seed: int) -> Iterator[tuple[str, list[float]]]:
    """Yield what an act is and the figures, in the order of the head."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(users, folder, seed=seed, difficulty=level)
        planted = read(folder)
        inside, events = memberships(folder, planted), tagged(folder)
    how, acts = drawn(planted, seed, DIFFICULTIES[level]), shares(events)
    looks, heeded = (
        matrix(events.assign(weight=weight), pd.Index(events.user_id.unique()), planted.tags)
        for weight in (acts, acts * amounts(events))
    )
    yield (
        "a row",
        [*told(planted, planted.counts, inside, how), *ours(planted, planted.counts, inside)],
    )
    bayes = told(planted, looks, inside, how)
    yield "a look", [*bayes, *ours(planted, looks, inside)]
    yield "in a run", [*bayes, *ours(planted, heeded, inside)]


def shares(events: pd.DataFrame) -> pd.Series:
    """Return the part of an act each row is: the tags of one look at a content share it."""
    rows = events.groupby(ACT, dropna=False).tag.transform("size")
    return (1 / rows).where(events.content_id.notna(), 1.0)


def amounts(events: pd.DataFrame) -> pd.Series:
    """Return what a run makes of how much was done and when, with its settings as they come."""
    usual = events.groupby("channel").value.transform("median")
    age = events.groupby("user_id").ts.transform("max") - events.ts
    return (events.value / usual) ** 0.25 * 0.5 ** (age / pd.Timedelta(days=HALF_LIFE_DAYS))


def ours(planted: Planted, weights: sparse.csr_array, inside: sparse.csr_array) -> list[float]:
    """Find circles told nothing, and judge them."""
    model = CircleClusterer().fit(weights)
    overlap = overlap_f1(inside, everywhere(model.model_)(weights))
    return [*agreed(planted, model.labels_), overlap]


def told(
    planted: Planted, counts: sparse.csr_array, inside: sparse.csr_array, how: Drawn
) -> list[float]:
    """Judge Bayes' rule."""
    first, belongs = posterior(counts, how)
    overlaps = [overlap_f1(inside, sparse.csr_array((belongs > p).astype(float))) for p in LEAST]
    return [*agreed(planted, first.argmax(axis=1) - 1), max(overlaps)]


def agreed(planted: Planted, labels: npt.NDArray[np.int64]) -> list[float]:
    """Return the agreement of primary circles, and how many of the planted ones are found."""
    return [agreement(planted, labels), found(planted, labels)]


def drawn(planted: Planted, seed: int, level: Difficulty) -> Drawn:
    """Gather what the simulator drew with this seed."""
    profiles = planted.profiles / planted.profiles.sum(axis=1, keepdims=True)
    vocabulary = load_vocabulary()
    popularity = pd.Series(crowd(vocabulary, stream(seed, "crowd")), vocabulary.tags)
    sizes = np.bincount(planted.primary + 1, minlength=len(profiles) + 1) / len(planted.primary)
    shape = np.array([level.signal, 1 - level.signal]) * level.spread
    joined = affinity(profiles, np.ones(len(profiles), dtype=bool))
    return Drawn(
        profiles=profiles,
        crowd=popularity.reindex(planted.tags).to_numpy(),
        sizes=sizes,
        signals=beta.ppf((np.arange(SIGNALS) + 0.5) / SIGNALS, *shape),
        loyalty=loyalties(level.loyalty),
        joined=joined / joined.sum(axis=1, keepdims=True),
    )


def posterior(counts: sparse.csr_array, how: Drawn) -> tuple[Array, Array]:
    """Return how likely each circle is one's primary one, none before them, and one of one's."""
    circles = len(how.profiles)
    first, belongs = np.empty((counts.shape[0], circles + 1)), np.empty((counts.shape[0], circles))
    for at, (start, end) in enumerate(zip(counts.indptr[:-1], counts.indptr[1:], strict=True)):
        tags, times = counts.indices[start:end], counts.data[start:end]
        first[at], belongs[at] = of_one(how.profiles[:, tags] / how.crowd[tags], times, how)
    return first, belongs


def of_one(ratios: Array, times: Array, how: Drawn) -> tuple[Array, Array]:
    """Weigh all sets of circles for one person; `ratios` are circles by tags, over the crowd's."""
    one, two, three = how.loyalty
    sizes = how.sizes[1:]
    two_share, three_share = TWO_CIRCLES_SHARE, THREE_CIRCLES_SHARE
    most = max(0.0, (times @ np.log1p(how.signals[-1] * (ratios.T - 1))).max())
    likelihood = partial(likelihoods, times=times, signals=how.signals, most=most)
    alone = (1 - two_share - three_share) * sizes * likelihood(one[0] * ratios)
    mixed = two[0] * ratios[:, None] + two[1] * ratios[None]
    pairs = two_share * sizes[:, None] * how.joined * likelihood(mixed)
    likeliest = np.argsort(-(alone + pairs.sum(axis=1) + pairs.sum(axis=0)))[:LIKELIEST]
    a, b, c = threes(likeliest)
    mixed = three[0] * ratios[a] + three[1] * ratios[b] + three[2] * ratios[c]
    prior = three_share * sizes[a] * how.joined[a, b] * how.joined[a, c]
    triples = prior * likelihood(mixed)
    first = alone + pairs.sum(axis=1) + np.bincount(a, triples, minlength=len(sizes))
    later = sum(np.bincount(each, triples, minlength=len(sizes)) for each in (b, c))
    primary = np.append(how.sizes[0] * np.exp(-most), first)
    return primary / primary.sum(), (first + pairs.sum(axis=0) + later) / primary.sum()


def threes(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return all ordered threes of different numbers, three by how many."""
    every = np.stack(np.meshgrid(numbers, numbers, numbers, indexing="ij")).reshape(3, -1)
    a, b, c = every
    return every[:, (a != b) & (a != c) & (b != c)]


def likelihoods(mixed: Array, *, times: Array, signals: Array, most: float) -> Array:
    """Return how likely the tags are over the crowd's chance of them, the mean over the signal.

    All are divided by the exponential of `most`, so that none is too large to be written.
    """
    logs = (np.log1p(signal * (mixed - 1)) @ times - most for signal in signals)
    return np.asarray(sum(map(np.exp, logs)) / len(signals))


if __name__ == "__main__":
    main()
