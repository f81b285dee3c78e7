"""The planted interest circles: which tags make each one, and how large it is."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segmentation.simulator.difficulty import Difficulty
from segmentation.simulator.randomness import FloatArray, IntArray
from segmentation.simulator.vocabulary import GENERAL, Vocabulary

MOST_CIRCLES = 40
USERS_A_CIRCLE = 50
SIGNATURE_SIZE = (24, 40)
BORROWED_TAGS = 10
STEEPNESS = 0.1
EVERYDAY_LIFT = 20.0
PROJECTED_SHARE = 0.35


@dataclass(frozen=True)
class Circles:
    """Every circle there ever was; a number is never used twice.

    `signatures` holds one tag distribution a circle, `projected` marks the tags its members like
    to be seen with, `themes` its theme's number, `is_alive` whether it still has members.
    """

    names: tuple[str, ...]
    themes: IntArray
    signatures: FloatArray
    projected: NDArray[np.bool_]
    is_alive: NDArray[np.bool_]

    def living(self) -> IntArray:
        """Return the numbers of the circles that have members."""
        return np.flatnonzero(self.is_alive)

    def with_circle(self, name: str, theme: int, signature: FloatArray) -> "Circles":
        """Return these circles and a new one, which gets the next number."""
        return Circles(
            names=(*self.names, name),
            themes=np.append(self.themes, theme),
            signatures=np.vstack([self.signatures, signature]),
            projected=np.vstack([self.projected, projected_tags(signature)]),
            is_alive=np.append(self.is_alive, True),
        )

    def without(self, circle: int) -> "Circles":
        """Return these circles with one of them dead."""
        is_alive = self.is_alive.copy()
        is_alive[circle] = False
        return replace(self, is_alive=is_alive)

    def with_signature(self, circle: int, signature: FloatArray) -> "Circles":
        """Return these circles with one signature changed."""
        signatures, projected = self.signatures.copy(), self.projected.copy()
        signatures[circle], projected[circle] = signature, projected_tags(signature)
        return replace(self, signatures=signatures, projected=projected)


def found_circles(
    vocabulary: Vocabulary, users: int, difficulty: Difficulty, rng: np.random.Generator
) -> Circles:
    """Found the first circles, one a theme, related themes beside each other."""
    count = min(MOST_CIRCLES, max(3, users // USERS_A_CIRCLE))
    themes = np.sort(rng.permutation(len(vocabulary.themes))[:count])
    signatures = np.array([signature(vocabulary, theme, difficulty, rng) for theme in themes])
    return Circles(
        names=tuple(vocabulary.themes[theme] for theme in themes),
        themes=themes,
        signatures=signatures,
        projected=np.array([projected_tags(row) for row in signatures]),
        is_alive=np.ones(count, dtype=bool),
    )


def signature(
    vocabulary: Vocabulary, theme: int, difficulty: Difficulty, rng: np.random.Generator
) -> FloatArray:
    """Return a theme's tag distribution: its own tags, and some of its relatives'."""
    size = int(rng.integers(SIGNATURE_SIZE[0], SIGNATURE_SIZE[1] + 1))
    own = vocabulary.of_theme(theme)
    own = np.append(own[:1], rng.permutation(own[1:])[: size - 1])
    row = np.zeros(len(vocabulary.tags))
    row[own] = (1.0 - difficulty.borrowed) * falling(len(own))
    lent = rng.permutation(related_tags(vocabulary, theme))[:BORROWED_TAGS]
    row[lent] += difficulty.borrowed * falling(len(lent))
    return row


def related_tags(vocabulary: Vocabulary, theme: int) -> IntArray:
    """Return the tags of the other themes in a theme's family."""
    family = vocabulary.family_of[theme]
    relatives = np.flatnonzero(vocabulary.family_of == family)
    return np.flatnonzero(np.isin(vocabulary.theme_of, relatives[relatives != theme]))


def falling(count: int) -> FloatArray:
    """Return weights of a power law that sum to 1; a theme's tags are about equally popular."""
    weights = (np.arange(count) + 1.5) ** -STEEPNESS
    return np.asarray(weights / weights.sum())


def projected_tags(signature: FloatArray) -> NDArray[np.bool_]:
    """Mark every third tag or so of a signature, spread evenly over strong and weak ones."""
    ranked = np.argsort(-signature, kind="stable")[: np.count_nonzero(signature)]
    marked = np.zeros(len(signature), dtype=bool)
    marked[ranked[:: round(1 / PROJECTED_SHARE)]] = True
    return marked


def circle_shares(count: int) -> FloatArray:
    """Return each circle's share of the members: of forty, the first 19 %, the last 0.6 %."""
    weights = (np.arange(count) + 1.6) ** -1.05
    return np.asarray(weights / weights.sum())


def crowd(vocabulary: Vocabulary, rng: np.random.Generator) -> FloatArray:
    """Return how popular each tag is with everyone: a long tail, everyday tags above themes."""
    ranks = rng.permutation(len(vocabulary.tags)) + 3.0
    weights = ranks**-1.3 * np.where(vocabulary.theme_of == GENERAL, EVERYDAY_LIFT, 1.0)
    return np.asarray(weights / weights.sum())
