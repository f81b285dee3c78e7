"""A large planted population in seconds: counts straight from the simulator's own circles.

The simulator writes events with times, channels and contents, which a million people make slow.
Here the same circles, memberships and tastes give users x tags directly, block by block.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segmentation.simulator.circles import crowd, found_circles
from segmentation.simulator.difficulty import DIFFICULTIES, Level
from segmentation.simulator.population import place_members
from segmentation.simulator.randomness import stream
from segmentation.simulator.tastes import Tastes
from segmentation.simulator.vocabulary import load_vocabulary

BLOCK = 100_000
TYPICAL_EVENTS = 22.0  # some 16 different tags a person
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Mass:
    """Users x tags counts in single precision, and each person's first circle (-1 for none)."""

    X: sparse.csr_array
    truth: Labels


@dataclass(frozen=True, eq=False)
class Counts:
    """How many tags each of some people has, then the tags and how often, person by person."""

    tags: Labels
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]


def planted(users: int, *, seed: int, difficulty: Level = "medium") -> Mass:
    """Plant people in the simulator's circles and let them act, times and channels left out."""
    level, vocabulary = DIFFICULTIES[difficulty], load_vocabulary()
    circles = found_circles(vocabulary, users, level, stream(seed, "circles"))
    members = place_members(users, circles, stream(seed, "members"))
    tastes = Tastes.of(members, circles, crowd(vocabulary, stream(seed, "crowd")), level.loyalty)
    blocks = [
        counted(tastes, np.arange(first, min(first + BLOCK, users)), level.light,
                (level.signal, level.spread), stream(seed, "acts", first))
        for first in range(0, users, BLOCK)
    ]  # fmt: skip
    return Mass(stacked(blocks, len(tastes.crowd)), members[:, 0])


def counted(
    tastes: Tastes,
    rows: Labels,
    light: float,
    signal: tuple[float, float],
    rng: np.random.Generator,
) -> Counts:
    """Draw what some people do and count it by person and tag."""
    width = len(tastes.crowd)
    mean, spread = signal
    busy = np.maximum(TYPICAL_EVENTS * rng.lognormal(-0.15, 0.75, len(rows)), 5.0)
    is_light = rng.random(len(rows)) < light
    events = rng.poisson(np.where(is_light, rng.uniform(1.0, 4.5, len(rows)), busy))
    own = rng.beta(mean * spread, (1 - mean) * spread, len(rows))
    who = np.repeat(np.arange(len(rows)), np.maximum(events, 1))
    tag = tastes.draw(rows[who], own[who], rng)
    key = np.sort(who * width + tag)
    first = np.flatnonzero(np.diff(key, prepend=-1))
    counts = np.bincount(key[first] // width, minlength=len(rows))
    values = np.diff(first, append=len(key)).astype(np.float32)
    return Counts(counts, (key[first] % width).astype(np.int32), values)


def stacked(blocks: list[Counts], width: int) -> sparse.csr_array:
    """Put the blocks below each other."""
    tags = np.concatenate([block.tags for block in blocks])
    starts = np.concatenate([[0], np.cumsum(tags)]).astype(np.int32)
    columns = np.concatenate([block.columns for block in blocks])
    values = np.concatenate([block.values for block in blocks])
    return sparse.csr_array((values, columns, starts), shape=(len(tags), width))
