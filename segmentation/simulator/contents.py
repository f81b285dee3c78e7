"""Contents: what each is about, who made it, when it came out, and how shareable its tags are."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.circles import Circles
from segmentation.simulator.population import NONE
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw
from segmentation.simulator.timeline import DAY, Period

MOST_TAGS = 4
TAG_COUNTS = np.array([[0.25, 0.40, 0.25, 0.10]])
EVERYDAY_SHARE = 0.25
LEAD_DAYS = 30
FRESH = 40
AUTHORS_A_POOL = 12


@dataclass(frozen=True)
class Currency:
    """Per tag, in log-odds: `shared` pushes sharing, `appetite` pushes clicking.

    Tags to show off with are shared more than they are consumed; guilty pleasures the reverse.
    """

    shared: FloatArray
    appetite: FloatArray


@dataclass(frozen=True)
class Contents:
    """One row a content, ordered by pool and time; tags are -1 past the last.

    A pool is a circle's number plus one; pool 0 holds what is for everyone. `key` orders contents
    by pool and time in one number; `number` is what their ids are made of and tells nothing.
    """

    number: IntArray
    tags: IntArray
    author: IntArray
    ts: IntArray
    pool: IntArray
    key: IntArray
    starts: IntArray
    origin: int


def mint_currency(tags: int, rng: np.random.Generator) -> Currency:
    """Draw each tag's currency: an eighth shines, an eighth is a guilty pleasure."""
    kind = rng.permutation(np.arange(tags) % 8)
    shines, hides = kind == 0, kind == 1
    shared = rng.normal(0.0, 0.3, tags) + 1.6 * shines - 2.2 * hides
    return Currency(shared, rng.normal(0.0, 0.2, tags) - 0.3 * shines + 0.9 * hides)


def publish_contents(
    users: int, circles: Circles, crowd: FloatArray, periods: tuple[Period, ...],
    rng: np.random.Generator,
) -> Contents:  # fmt: skip
    """Publish contents for everyone and for each circle there ever is, over the whole time."""
    pools = len(circles.names) + 1
    count = min(max(8 * pools, users // 10, 200), 50_000)
    pool = np.concatenate([np.arange(pools), pools_of(count - pools, pools, rng)])
    origin, end = periods[0].start - LEAD_DAYS * DAY, periods[-1].end
    ts = origin + (rng.random(count) * (end - origin)).astype(np.int64)
    ts[:pools] = origin  # every pool has something from the beginning
    order = np.lexsort((ts, pool))
    pool, ts = pool[order], ts[order]
    weights = np.vstack([crowd, circles.signatures])
    return Contents(
        number=rng.permutation(count),
        tags=topics(pool, cumulative(weights), len(crowd), rng),
        author=authors(pool, pools, rng),
        ts=ts,
        pool=pool,
        key=sort_key(pool, ts - origin),
        starts=np.searchsorted(pool, np.arange(pools)),
        origin=origin,
    )


def pools_of(count: int, pools: int, rng: np.random.Generator) -> IntArray:
    """Deal contents to pools: a quarter for everyone, the rest evenly over the circles."""
    circle = rng.integers(1, pools, count)
    return np.where(rng.random(count) < EVERYDAY_SHARE, 0, circle)


def authors(pool: IntArray, pools: int, rng: np.random.Generator) -> IntArray:
    """Give each content one of its pool's authors, some of whom write much more than others."""
    rank = np.minimum(rng.geometric(0.25, len(pool)) - 1, AUTHORS_A_POOL - 1)
    return np.asarray(rng.permutation(pools * AUTHORS_A_POOL)[pool * AUTHORS_A_POOL + rank])


def topics(pool: IntArray, ladder: FloatArray, tags: int, rng: np.random.Generator) -> IntArray:
    """Draw one to four different tags a content from its pool's distribution."""
    drawn = np.column_stack([draw(ladder, pool, rng, tags) for _ in range(MOST_TAGS)])
    wanted = draw(cumulative(TAG_COUNTS), np.zeros_like(pool), rng, MOST_TAGS) + 1
    drawn[np.arange(MOST_TAGS) >= wanted[:, None]] = NONE
    for column in range(1, MOST_TAGS):
        is_double = (drawn[:, :column] == drawn[:, [column]]).any(axis=1)
        drawn[is_double, column] = NONE
    return drawn


def sort_key(pool: IntArray, elapsed: IntArray) -> IntArray:
    """Return one number that sorts by pool, then by microseconds since the origin."""
    return (pool << 48) + elapsed


def recent(contents: Contents, pool: IntArray, ts: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw for each moment one of the latest contents of a pool, fresher ones more often."""
    newest = np.searchsorted(contents.key, sort_key(pool, ts - contents.origin), side="right")
    room = np.minimum(newest - contents.starts[pool], FRESH)
    return np.asarray(newest - 1 - (rng.random(len(pool)) ** 2 * room).astype(np.int64))


def tag_mean(contents: Contents, weights: FloatArray) -> FloatArray:
    """Return the mean weight of each content's tags."""
    has_tag = contents.tags != NONE
    return np.asarray(
        np.where(has_tag, weights[contents.tags], 0.0).sum(axis=1) / has_tag.sum(axis=1)
    )
