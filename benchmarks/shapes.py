"""Planted populations of other people's making: shapes the circle engine was not designed for.

Every shape is a function of the number of people and a seed, and returns a `Population`: users x
tags, the truth, and the labels of an oracle who knows what was planted. `SHAPES` holds them all.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import sparse
from scipy.special import logsumexp, softmax

from benchmarks.planting import (
    FloatArray,
    Labels,
    Population,
    activity,
    blocks,
    counted,
    draw,
    draw_mixed,
    known_mixture,
    marked,
    members,
    mixture,
    popularity,
    population,
    uneven_sizes,
)

Shape = Callable[[int, int], Population]
TASTES_TRIED = 128
MOST_EVENTS = 2_000


def taste_blobs(users: int, seed: int, *, circles: int = 16, tags: int = 2_000) -> Population:
    """People scatter around the centre of their circle in 8 hidden dimensions of taste.

    A tag's log-odds is its popularity plus the product of person and tag: no tag belongs to a
    circle, as in the latent factors of recommenders (Koren, Bell & Volinsky 2009).
    """
    rng = np.random.default_rng([seed, 1])
    hidden, spread = 8, 0.35
    centres = rng.normal(size=(circles, hidden))
    directions = rng.normal(size=(hidden, tags)) * 0.45
    loved = np.log(popularity(tags))
    sizes = uneven_sizes(rng, circles)
    truth = members(rng, users, sizes, noise=0.0)
    tastes = centres[truth] + spread * rng.normal(size=(users, hidden))
    amount = activity(rng, users, median=25, spread=0.7)
    pieces = [
        _drawn_by_taste(rng, tastes[piece] @ directions + loved, amount[piece])
        for piece in blocks(users)
    ]
    X = sparse.csr_array(sparse.vstack(pieces))
    tried = spread * rng.normal(size=(TASTES_TRIED, hidden))
    oracle = _known_tastes(X, centres, tried, directions, loved) + np.log(sizes)
    name = f"taste blobs {circles}"
    return population(name, X, truth, oracle.argmax(axis=1), circles=circles)


def nested_topics(users: int, seed: int, *, broad: int = 21, narrow: int = 5) -> Population:
    """Broad topics with narrow ones inside: each has words of its own, none of them exclusive.

    As in a tree of topics (Blei, Griffiths & Jordan 2010); `coarse` is the broad topic.
    """
    rng = np.random.default_rng([seed, 2])
    tags, signal, noise = 4_000, 0.6, 0.1
    crowd = popularity(tags)
    outer = rng.dirichlet(crowd * 100, broad)
    inner = rng.dirichlet(crowd * 100, broad * narrow)
    profiles = 0.5 * np.repeat(outer, narrow, axis=0) + 0.5 * inner
    sizes = uneven_sizes(rng, len(profiles))
    planted = mixture(
        rng, "nested topics", profiles, crowd, users=users, sizes=sizes, signal=signal, noise=noise
    )
    coarse = np.where(planted.truth >= 0, planted.truth // narrow, -1)
    return population(
        planted.name,
        planted.X,
        planted.truth,
        planted.oracle,
        circles=len(profiles),
        coarse=coarse,
    )


def power_law(users: int, seed: int, *, circles: int = 24) -> Population:
    """Most people do two or three things, a few do thousands (Clauset, Shalizi & Newman 2009)."""
    rng = np.random.default_rng([seed, 3])
    crowd = popularity(3_000, exponent=1.0)
    profiles = marked(rng, crowd, circles, marks=60)
    amount = np.minimum(3 * (1 + rng.pareto(0.9, users)), MOST_EVENTS).astype(np.int64)
    return mixture(
        rng,
        "power-law activity",
        profiles,
        crowd,
        users=users,
        sizes=uneven_sizes(rng, circles),
        signal=0.5,
        noise=0.15,
        amount=amount,
    )


def bundled_tags(users: int, seed: int, *, circles: int = 20) -> Population:
    """Tags come in bundles of five, as brand, model and system do: most ties say nothing.

    People pick bundles by circle, then show each tag of a bundle with probability 0.6.
    """
    rng = np.random.default_rng([seed, 4])
    bundles, width, signal, noise = 600, 5, 0.5, 0.15
    crowd = popularity(bundles)
    profiles = marked(rng, crowd, circles, marks=20)
    sizes = uneven_sizes(rng, circles)
    truth = members(rng, users, sizes, noise)
    amount = activity(rng, users, median=14, spread=0.6)
    picked = draw_mixed(rng, profiles, crowd, truth[:, None], amount=amount, signal=signal)
    who, bundle = picked.nonzero()
    shown = rng.random((len(who), width)) < 0.6
    shown[np.arange(len(who)), rng.integers(0, width, len(who))] = True
    event, place = np.nonzero(shown)
    tag = bundle[event] * width + place
    X = counted(who[event].astype(np.int64), tag, (users, bundles * width))
    oracle = known_mixture(picked, profiles, crowd, sizes=sizes, noise=noise, signal=signal)
    return population("bundled tags", X, truth, oracle, circles=circles)


def long_tail(users: int, seed: int, *, circles: int = 120) -> Population:
    """20,000 tags, most of them rare, and 120 circles."""
    rng = np.random.default_rng([seed, 5])
    crowd = popularity(20_000, exponent=0.9)
    return mixture(
        rng,
        "long tail",
        marked(rng, crowd, circles, marks=120),
        crowd,
        users=users,
        sizes=uneven_sizes(rng, circles),
        signal=0.3,
        noise=0.1,
    )


def topics(users: int, seed: int, *, circles: int = 8) -> Population:
    """The generator of topic models: each circle a Dirichlet draw over all tags (Blei 2003)."""
    rng = np.random.default_rng([seed, 6, circles])
    crowd = popularity(1_500)
    return mixture(
        rng,
        f"{circles} topics",
        rng.dirichlet(crowd * 150, circles),
        crowd,
        users=users,
        sizes=uneven_sizes(rng, circles),
        signal=0.35,
        noise=0.1,
    )


def overlapping(users: int, seed: int, *, circles: int = 16) -> Population:
    """One, two or three circles a person, with equal parts of what they do; the first is random.

    The oracle names the single most probable circle, so its agreement with the first is low.
    """
    rng = np.random.default_rng([seed, 7])
    crowd, signal = popularity(2_000), 0.6
    profiles = marked(rng, crowd, circles, marks=60)
    sizes = uneven_sizes(rng, circles)
    order = rng.gumbel(size=(users, circles)) + np.log(sizes)
    first = np.argsort(-order, axis=1)[:, :3].astype(np.int64)
    many = rng.choice([1, 2, 3], users, p=[0.5, 0.35, 0.15])
    places = np.take_along_axis(first, np.arange(6)[None] % many[:, None], axis=1)
    amount = activity(rng, users, median=35, spread=0.6)
    X = draw_mixed(rng, profiles, crowd, places, amount=amount, signal=signal)
    inside = np.zeros((users, circles))
    np.put_along_axis(inside, places, 1.0, axis=1)
    oracle = known_mixture(X, profiles, crowd, sizes=sizes, noise=0.0, signal=signal)
    return Population("overlapping", X, first[:, 0], oracle, sparse.csr_array(inside))


def no_structure(users: int, seed: int, *, tags: int = 1_000) -> Population:
    """Independent tags: there is nothing to find, and nobody belongs to anything."""
    rng = np.random.default_rng([seed, 8])
    nobody = np.full(users, -1, dtype=np.int64)
    amount = activity(rng, users, median=20, spread=0.7)
    who = np.repeat(np.arange(users), amount)
    tag = draw(rng, popularity(tags)[None], np.zeros(len(who), dtype=np.int64))
    X = counted(who, tag, (users, tags))
    return population("no structure", X, nobody, nobody, circles=0)


SHAPES: dict[str, Shape] = {
    "taste_blobs": taste_blobs,
    "nested_topics": nested_topics,
    "power_law": power_law,
    "bundled_tags": bundled_tags,
    "long_tail": long_tail,
    "topics_4": partial(topics, circles=4),
    "topics_8": partial(topics, circles=8),
    "topics_16": partial(topics, circles=16),
    "topics_32": partial(topics, circles=32),
    "overlapping": overlapping,
    "no_structure": no_structure,
}


def _drawn_by_taste(rng: np.random.Generator, odds: FloatArray, amount: Labels) -> sparse.csr_array:
    who = np.repeat(np.arange(len(amount)), amount)
    return counted(who, draw(rng, softmax(odds, axis=1), who), odds.shape)


def _known_tastes(
    X: sparse.csr_array,
    centres: FloatArray,
    tried: FloatArray,
    directions: FloatArray,
    loved: FloatArray,
) -> FloatArray:
    """Return the log-likelihood of each person's tags by circle, tastes averaged out."""
    scores = []
    for centre in centres:
        odds = (centre + tried) @ directions + loved
        shares = odds - logsumexp(odds, axis=1, keepdims=True)
        scores.append(logsumexp(X @ shares.T, axis=1))
    return np.array(scores).T
