"""Where the loop of a snapshot leads, as it turns and if a rate were another."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from models.flows import Flows
from models.flywheel import MONTH_DAYS
from models.rotation import Wheel, fit_wheel, project_wheel
from models.whatif import altered, reweighted
from segmentation.errors import UsageError

Row = dict[str, Any]
LEVEL = 0.8
SCALED = ("friction", "speed", "persistence", "revival")
"""Rates that change how people move; the measured one is what they are scaled from."""
OWN = ("friction", "speed", "weight", "revival", "arrivals")
"""Rates the formula of four rates does not have."""
SHARES = (*SCALED, "weight")
RATES = (*SCALED, "weight", "arrivals", "referrals", "engaged")


def foresee(facts: Mapping[str, Any], asked: Mapping[str, float], *, rotations: int) -> Row:
    """Project the loop of a report with the rates asked for in the place of the measured ones.

    Raises
    ------
    UsageError
        When the report holds no moves, or a rate that was not measured should change.
    """
    if facts.get("wheel") is None:
        raise UsageError("The run measured no moves between windows: give all four rates.")
    wheel = wheel_of(facts)
    measured = measured_rates(facts, wheel)
    told = project_wheel(
        turned_with(wheel, facts, measured, asked), rotations=rotations, level=LEVEL
    )
    return {
        "rates": measured | dict(asked),
        "rotation_days": facts["basis"]["window_days"],
        "level": LEVEL,
        **{
            name: {bound: values.tolist() for bound, values in vars(course).items()}
            for name, course in told.items()
        },
    }


def wheel_of(facts: Mapping[str, Any]) -> Wheel:
    """Fit the wheel from the moves a report keeps; one of an earlier version knows no misses."""
    kept = facts["wheel"]
    reach = np.array(kept.get("reach", [1.0]), dtype=np.float64)
    moves, entered = (np.array(kept[name], dtype=np.int64) for name in ("moves", "entered"))
    flows = Flows(moves, entered, np.array(kept["referred"], dtype=np.float64))
    return replace(fit_wheel(flows), reach=reach)


def measured_rates(facts: Mapping[str, Any], wheel: Wheel) -> dict[str, float | None]:
    """Return the rates the loop turns with."""
    return {
        "friction": facts["friction"],
        "speed": facts["speed"],
        "persistence": facts["rates"]["persistence"],
        "revival": wheel.revival,
        "weight": facts["weight"],
        "arrivals": wheel.arrivals,
        "referrals": wheel.referrals,
        "engaged": facts["rates"]["engaged"],
    }


def turned_with(
    wheel: Wheel,
    facts: Mapping[str, Any],
    measured: Mapping[str, float | None],
    asked: Mapping[str, float],
) -> Wheel:
    """Return the wheel with other rates."""
    found = altered(
        wheel,
        {
            name: times(name, asked[name], measured[name], days=facts["basis"]["window_days"])
            for name in SCALED
            if name in asked
        },
    )
    start = found.start
    if "weight" in asked:
        value = np.array(facts["wheel"]["value"], dtype=np.float64)
        start = reweighted(start, value=value, weight=asked["weight"])
    if "engaged" in asked:
        start = start * times("engaged", asked["engaged"], measured["engaged"], days=MONTH_DAYS)
    return replace(
        found,
        start=start,
        arrivals=asked.get("arrivals", found.arrivals),
        referrals=asked.get("referrals", found.referrals),
    )


def times(name: str, asked: float, measured: float | None, *, days: float) -> float:
    """Return how many times the measured rate is asked for; speed is told for 30 days."""
    if not measured:
        raise UsageError(f"The run measured no `{name}` that could be another.")
    if name != "speed":
        return asked / measured
    part = days / MONTH_DAYS
    return float((1 - (1 - asked) ** part) / (1 - (1 - measured) ** part))
