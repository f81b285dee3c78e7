"""How hard the planted circles are to find."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["easy", "medium", "hard"]


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """What blurs the circles; every value but `spread` is a share.

    `signal` is the mean share of a member's tags that come from their circles, `spread` how
    tightly members keep to it (the sum of the Beta distribution's two parameters), `borrowed` the
    part of a signature that belongs to related themes, `loyalty` what people in two circles give
    to their primary one, `light` the people with five events or fewer.
    """

    signal: float
    spread: float
    borrowed: float
    loyalty: float
    light: float


DIFFICULTIES: dict[Level, Difficulty] = {
    "easy": Difficulty(signal=0.60, spread=20.0, borrowed=0.05, loyalty=0.75, light=0.03),
    "medium": Difficulty(signal=0.30, spread=20.0, borrowed=0.15, loyalty=0.65, light=0.11),
    "hard": Difficulty(signal=0.20, spread=12.0, borrowed=0.30, loyalty=0.62, light=0.16),
}
