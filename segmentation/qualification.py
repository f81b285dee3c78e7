"""What people reached of what a policy asks, tier by tier and way by way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.parity import NO_BOUND, ParityBound
from models.qualification import Qualification, qualify, reached
from models.shares import share_interval
from models.tiers import Merits, TierAssignment
from segmentation.errors import ConfigError
from segmentation.merits import People
from segmentation.policy import Policy, Tier

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Qualified:
    """Who reached what one tier asks to enter and to stay, and by which of its ways they stay."""

    enters: BoolArray
    stays: BoolArray
    ways: Mapping[str, BoolArray]


def score(policy: Policy, people: People, known: Sequence[str]) -> Qualification:
    """Put everyone in order, among all or among those of their circle."""
    stack = np.column_stack([people.measures[name] for name in known])
    weights = np.array([getattr(policy.weights, name) for name in known], dtype=np.float64)
    among = None if policy.among == "everyone" else people.company(policy.among)
    return qualify(stack, weights=weights, among=among)


def qualifications(policy: Policy, people: People, score: FloatArray) -> list[Qualified]:
    """Look at what every tier asks, the lowest tier first."""
    measures = measures_of(policy, people) | {"score": score}
    return [qualified(policy, tier, people, measures) for tier in policy.tiers]


def measures_of(policy: Policy, people: People) -> dict[str, FloatArray]:
    """Return every measure the ways may ask for, by its name in the policy.

    Raises
    ------
    ConfigError
        When the run that is looked at has not counted one of them.
    """
    found = dict(people.measures)
    for measure in policy.measures:
        key = measure.key(policy.points)
        if key not in found:
            raise ConfigError(
                f"The run has not counted `{measure.name}` ({key}). Name the policy in the "
                "settings (`policy` under [rights]), run again (nobody moves by that), and then "
                "try it."
            )
        found[measure.name] = found[key]
    return found


def qualified(
    policy: Policy, tier: Tier, people: People, measures: Mapping[str, FloatArray]
) -> Qualified:
    """Compare everyone with what one tier asks; a ladder asks other scores of its circle."""
    enter, stay = ([dict(ask) for ask in asks] for asks in zip(*asked(tier), strict=True))
    for ladder in policy.ladders:
        inside = people.in_circle(ladder.circle)
        for ways, scores in ((enter, ladder.enter), (stay, ladder.stay)):
            if tier.name in scores:
                ways[0]["score"] = np.where(inside, scores[tier.name], ways[0]["score"])
    return Qualified(
        enters=reached(measures, enter),
        stays=reached(measures, stay),
        ways={way.name: reached(measures, [way.stay]) for way in tier.ways},
    )


def asked(tier: Tier) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return what each way asks to enter and to stay."""
    return [(way.enter, way.stay) for way in tier.every_way]


def unreached(policy: Policy, qualified: Sequence[Qualified]) -> list[str]:
    """Name the tiers whose entry nobody reaches."""
    pairs = zip(policy.names, qualified, strict=True)
    return [name for name, tier in pairs if not tier.enters.any()]


def merits_of(qualified: Sequence[Qualified], score: FloatArray, *, by_hand: IntArray) -> Merits:
    """Lay out what everyone has earned, a column a tier."""
    return Merits(
        score=score,
        opens=np.column_stack([tier.enters for tier in qualified]),
        keeps=np.column_stack([tier.stays for tier in qualified]),
        set_by_hand=by_hand,
    )


def bound_of(policy: Policy, people: People) -> ParityBound:
    """Return the parity bound over the groups there are."""
    if not policy.parity.namespace:
        return NO_BOUND
    rank = policy.names.index(policy.parity.tier)
    return ParityBound(people.group(policy.parity.namespace), rank, policy.parity.max_gap)


def parity_report(policy: Policy, people: People, given: TierAssignment) -> dict[str, Any] | None:
    """Give each group's share at the tier with its interval, the gap, and what the bound costs."""
    parity = policy.parity
    if not parity.namespace:
        return None
    group, rank = people.group(parity.namespace), policy.names.index(parity.tier)
    holds = given.standing.tier >= rank
    return {
        "namespace": parity.namespace,
        "tier": parity.tier,
        "max_gap": parity.max_gap,
        "gap": given.gap,
        "price": given.parity_price,
        "groups": {
            name: share_interval(int(holds[group == code].sum()), int((group == code).sum()))
            for code, name in enumerate(people.group_names(parity.namespace))
        },
    }
