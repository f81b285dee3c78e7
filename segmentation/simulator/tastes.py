"""Where people's tags come from: their circles' signatures, else the crowd's."""

from dataclasses import dataclass

import numpy as np

from segmentation.simulator.circles import Circles
from segmentation.simulator.population import NONE
from segmentation.simulator.randomness import FloatArray, IntArray, cumulative, draw


@dataclass(frozen=True)
class Tastes:
    """The distributions laid out for drawing; `loyalty` for those in one, two, three circles."""

    members: IntArray
    signatures: FloatArray
    crowd: FloatArray
    loyalty: FloatArray

    @classmethod
    def of(cls, members: IntArray, circles: Circles, crowd: FloatArray, loyalty: float) -> "Tastes":
        """Lay out who belongs where, what circles and crowd like, and how loyal people are."""
        return cls(
            members=members,
            signatures=cumulative(circles.signatures),
            crowd=cumulative(crowd[None]),
            loyalty=cumulative(loyalties(loyalty)),
        )

    def draw(self, user: IntArray, signal: FloatArray, rng: np.random.Generator) -> IntArray:
        """Draw a tag for each user number."""
        tag = draw(self.crowd, np.zeros_like(user), rng, len(self.crowd))
        circle = self.draw_circle(user, rng)
        of_circle = np.flatnonzero((circle != NONE) & (rng.random(len(user)) < signal))
        tag[of_circle] = draw(self.signatures, circle[of_circle], rng, len(self.crowd))
        return tag

    def draw_circle(self, user: IntArray, rng: np.random.Generator) -> IntArray:
        """Draw one of each user's circles, the primary most often; -1 for those in none."""
        own = self.members[user]
        number = np.maximum((own != NONE).sum(axis=1), 1)
        rank = draw(self.loyalty, number - 1, rng, own.shape[1])
        return np.asarray(own[np.arange(len(user)), rank])


def loyalties(loyalty: float) -> FloatArray:
    """Return what people in one, two and three circles give to each of them."""
    divided = 0.78 * loyalty
    rest = 1 - divided
    return np.array(
        [[1.0, 0.0, 0.0], [loyalty, 1 - loyalty, 0.0], [divided, 0.6 * rest, 0.4 * rest]]
    )
