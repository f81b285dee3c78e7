"""How hard the planted circles are to find."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["easy", "medium", "hard"]


@dataclass(frozen=True)
class Difficulty:
    """What blurs the circles.

    `signal` is the mean share of a member's tags that come from their circles, `spread` how
    tightly members keep to it (the sum of the Beta distribution's two parameters), `borrowed` the
    share of a signature taken from related themes, `steepness` the power law of its weights.
    """

    signal: float
    spread: float
    borrowed: float
    steepness: float


DIFFICULTIES: dict[Level, Difficulty] = {
    "easy": Difficulty(signal=0.62, spread=12.0, borrowed=0.12, steepness=0.7),
    "medium": Difficulty(signal=0.40, spread=8.0, borrowed=0.25, steepness=0.7),
    "hard": Difficulty(signal=0.32, spread=8.0, borrowed=0.40, steepness=0.7),
}
