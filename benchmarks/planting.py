"""Plant a population: people draw tags from known distributions, and an oracle who knows them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Labels = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
NOBODY = -1
BLOCK = 2_000


@dataclass(frozen=True, eq=False)
class Population:
    """People with planted circles, what each did, and how well anyone could know.

    `X` is users x tags, counts of events. `truth` is each person's (first) circle, -1 for none;
    `oracle` the most probable circle under the planted distributions and sizes. `coarse` is the
    circle one level up where circles are nested, `memberships` users x circles of 0 and 1.
    """

    name: str
    X: sparse.csr_array
    truth: Labels
    oracle: Labels
    memberships: sparse.csr_array
    coarse: Labels | None = None

    @property
    def planted(self) -> int:
        """How many circles there are to find."""
        return self.memberships.shape[1]


def population(
    name: str,
    X: sparse.csr_array,
    truth: Labels,
    oracle: Labels,
    *,
    circles: int,
    coarse: Labels | None = None,
) -> Population:
    """Make a population of people in one circle at most."""
    members = np.flatnonzero(truth >= 0)
    cells = (np.ones(len(members)), (members, truth[members]))
    in_circle = sparse.csr_array(cells, shape=(len(truth), circles))
    return Population(name, X, truth, oracle, in_circle, coarse)


def uneven_sizes(rng: np.random.Generator, circles: int) -> FloatArray:
    """Return shares of circles, adding up to 1; the largest is some five times the smallest."""
    shares = np.exp(rng.uniform(0.0, np.log(5.0), circles))
    return shares / shares.sum()


def members(rng: np.random.Generator, users: int, sizes: FloatArray, noise: float) -> Labels:
    """Draw each person's circle; a share of `noise` is in none."""
    labels = rng.choice(len(sizes), users, p=sizes)
    labels[rng.random(users) < noise] = NOBODY
    return labels.astype(np.int64)


def activity(rng: np.random.Generator, users: int, *, median: float, spread: float) -> Labels:
    """Draw how much each person does: log-normal, at least 2."""
    return np.maximum(np.exp(rng.normal(np.log(median), spread, users)), 2).astype(np.int64)


def popularity(tags: int, exponent: float = 0.8) -> FloatArray:
    """Return shares of the tags in the crowd, falling by Zipf's law."""
    shares = (np.arange(tags) + 3.0) ** -exponent
    return shares / shares.sum()


def draw(rng: np.random.Generator, shares: FloatArray, source: Labels) -> Labels:
    """Draw one tag for each entry of `source`, a row of `shares` (sources x tags)."""
    steps = np.cumsum(shares, axis=1)
    steps /= steps[:, -1:]
    ladder = (steps + np.arange(len(steps))[:, None]).ravel()
    at = np.searchsorted(ladder, source + rng.random(len(source)), side="right")
    first = source * shares.shape[1]
    return np.clip(at, first, first + shares.shape[1] - 1) - first


def draw_mixed(
    rng: np.random.Generator,
    profiles: FloatArray,
    crowd: FloatArray,
    person_circles: Labels,
    *,
    amount: Labels,
    signal: float,
) -> sparse.csr_array:
    """Let each person draw `amount` tags, a share of `signal` of them from their circles.

    `person_circles` is users x places; each draw takes one place at random, and -1 is the crowd.
    """
    who = np.repeat(np.arange(len(amount)), amount)
    place = rng.integers(0, person_circles.shape[1], len(who))
    source = np.where(rng.random(len(who)) < signal, person_circles[who, place], NOBODY)
    tag = draw(rng, np.vstack([profiles, crowd]), source % (len(profiles) + 1))
    return counted(who, tag, (len(amount), len(crowd)))


def counted(who: Labels, tag: Labels, shape: tuple[int, int]) -> sparse.csr_array:
    """Count events as users x tags."""
    X = sparse.csr_array((np.ones(len(who)), (who, tag)), shape=shape)
    X.sum_duplicates()
    return X


def known_mixture(
    X: sparse.csr_array,
    profiles: FloatArray,
    crowd: FloatArray,
    *,
    sizes: FloatArray,
    noise: float,
    signal: float,
) -> Labels:
    """Return each person's most probable circle given all that was planted, -1 for none."""
    mixed = signal * profiles + (1.0 - signal) * crowd
    scores = X @ np.log(mixed).T + np.log((1.0 - noise) * sizes)
    if noise > 0.0:
        nobody = X @ np.log(crowd) + np.log(noise)
        scores = np.hstack([scores, nobody[:, None]])
    best = scores.argmax(axis=1).astype(np.int64)
    return np.where(best == len(profiles), NOBODY, best)


def mixture(
    rng: np.random.Generator,
    name: str,
    profiles: FloatArray,
    crowd: FloatArray,
    *,
    users: int,
    sizes: FloatArray,
    signal: float,
    noise: float,
    amount: Labels | None = None,
) -> Population:
    """People of one circle, who draw from it and from the crowd."""
    truth = members(rng, users, sizes, noise)
    if amount is None:
        amount = activity(rng, users, median=25, spread=0.7)
    X = draw_mixed(rng, profiles, crowd, truth[:, None], amount=amount, signal=signal)
    oracle = known_mixture(X, profiles, crowd, sizes=sizes, noise=noise, signal=signal)
    return population(name, X, truth, oracle, circles=len(profiles))


def marked(rng: np.random.Generator, crowd: FloatArray, circles: int, marks: int) -> FloatArray:
    """Return profiles over `marks` tags each, drawn and weighed by the root of popularity."""
    profiles = np.zeros((circles, len(crowd)))
    appeal = np.sqrt(crowd) / np.sqrt(crowd).sum()
    for profile in profiles:
        chosen = rng.choice(len(crowd), marks, replace=False, p=appeal)
        profile[chosen] = rng.dirichlet(appeal[chosen] / appeal[chosen].mean())
    return profiles


def blocks(rows: int) -> Iterator[slice]:
    """Cut rows into pieces that fit memory."""
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))
