"""Whether a campaign could tell what it hopes for: asked before anybody is held out."""

from typing import Any

from models.lift import people_needed, power_of
from segmentation.errors import UsageError

LEAST_POWER = 0.8


def plan(*, people: int, deviation: float, effect: float, holdout_share: float) -> dict[str, Any]:
    """Say whether a campaign can tell the effect it hopes for; refuse one that cannot.

    Raises
    ------
    UsageError
        Says how many people are needed.
    """
    asked = {"deviation": deviation, "effect": effect, "holdout_share": holdout_share}
    power = power_of(people, **asked) if people else 0.0
    needed = people_needed(**asked)
    if power < LEAST_POWER:
        raise UsageError(
            f"With {people:,} people the power is {power:.2f}, less than {LEAST_POWER:g}: "
            f"{needed:,} are needed, or a larger effect or holdout."
        )
    return {"people": people, "power": power, "people_needed": needed}
