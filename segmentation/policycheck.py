"""What a rights policy must be so that it can be kept; a fault is named with its line."""

import dataclasses
import itertools
import math
import re
from collections.abc import Iterable
from difflib import get_close_matches

from segmentation.errors import ConfigError
from segmentation.policy import KINDS, STANDARD, Ladder, Measure, Parity, Policy, Tier
from segmentation.tomlfile import Source

SCORES = "Use 0 <= stay <= enter <= 1, and write 80 % as 0.8."
PARTS = ("score", "share", "stickiness")
"""What is never more than 1."""


def check(policy: Policy, source: Source) -> None:
    """Refuse a policy that could not be kept."""
    if not policy.tiers:
        raise ConfigError(f"{source.file} has no tiers. Write at least one [[tiers]] table.")
    check_names(policy, source)
    check_former_names(policy, source)
    for nth, tier in enumerate(policy.tiers):
        check_tier(tier, source, nth)
    check_benefits(policy, source)
    check_ways(policy, source)
    check_ladders(policy, source)
    for nth, (lower, upper) in enumerate(itertools.pairwise(policy.tiers), start=1):
        asks_less = upper.enter < lower.enter or upper.stay < lower.stay
        if asks_less and not (lower.ways or upper.ways):
            what = f"tier `{upper.name}` asks less than `{lower.name}` below it. Ask more."
            raise source.fault(what, "tiers", "enter", nth)
    check_numbers(policy, source)
    check_measures(policy, source)
    check_parity(policy, source)
    if not 0 <= policy.holdout.share < 1:
        what = f"`share` must be at least 0 and less than 1, got {policy.holdout.share:g}."
        raise source.fault(what, "holdout", "share", 0)


def check_names(policy: Policy, source: Source) -> None:
    """Refuse what has no name, or the name of another."""
    ways = [way for tier in policy.tiers for way in tier.ways]
    names = {
        "tiers": list(policy.names),
        "measures": ["score", *STANDARD, *(measure.name for measure in policy.measures)],
        "tiers.ways": [way.name for way in ways],
    }
    for section, every in names.items():
        given = len(every) - (len(STANDARD) + 1 if section == "measures" else 0)
        for nth, name in enumerate(every[len(every) - given :]):
            if not re.fullmatch(r"[\w -]+", name):
                what = f"`name` = {name!r} must be letters, digits, `_`, `-` and spaces."
                raise source.fault(what, section, "name", nth)
            if name in every[: len(every) - given + nth]:
                what = f"`{name}` is the name of another. Give it its own."
                raise source.fault(what, section, "name", nth)


def check_former_names(policy: Policy, source: Source) -> None:
    """Refuse a former name that a tier has now, or that two claim."""
    seen = set(policy.names)
    for nth, tier in enumerate(policy.tiers):
        if tier.was in seen:
            what = f"tier `{tier.name}` was `{tier.was}`, and that is what another is called."
            more = "`was` is for a name that is no more."
            raise source.fault(f"{what} {more}", "tiers", "was", nth)
        seen |= {tier.was} - {""}


def check_tier(tier: Tier, source: Source, nth: int) -> None:
    """Refuse a tier without both kinds of benefit, or that asks more to stay than to enter."""
    if tier.ways and (nth == 0 or tier.enter or tier.stay):
        what = "is open to everyone: it has no ways." if nth == 0 else "has `enter` and ways: "
        more = "" if nth == 0 else "write the score into the ways."
        raise source.fault(f"tier `{tier.name}` {what}{more}", "tiers", "enter", nth)
    if nth == 0 and (tier.enter or tier.stay):
        what = f"tier `{tier.name}` is the lowest, so open to everyone: take out `enter` and `stay`"
        raise source.fault(f"{what}, or write a tier below it.", "tiers", "enter", nth)
    if not 0 <= tier.stay <= tier.enter <= 1:
        asked = f"`stay` = {tier.stay:g} and `enter` = {tier.enter:g}"
        what = f"tier `{tier.name}` has {asked}. {SCORES}"
        raise source.fault(what, "tiers", "enter", nth)
    for kind in KINDS:
        if not any(benefit.kind == kind for benefit in tier.benefits):
            what = f"tier `{tier.name}` has no {kind} benefit. Every tier needs one; it may cost 0."
            raise source.fault(what, "tiers", "name", nth)


def check_benefits(policy: Policy, source: Source) -> None:
    """Refuse a benefit without a name or a cost, or that nobody would ever get."""
    every = [(tier, benefit) for tier in policy.tiers for benefit in tier.benefits]
    for nth, (tier, benefit) in enumerate(every):
        if not benefit.name or not 0 <= benefit.unit_cost < math.inf:
            given = f"`{benefit.name}` with `unit_cost` = {benefit.unit_cost:g}"
            what = f"tier `{tier.name}` has a benefit {given}. Name it; costs are >= 0."
            raise source.fault(what, "tiers.benefits", "unit_cost", nth)
        if benefit.starts and benefit.ends and not benefit.starts < benefit.ends:
            dates = f"starts {benefit.starts} and ends {benefit.ends}"
            what = f"benefit `{benefit.name}` of tier `{tier.name}` {dates}: nobody would get it."
            more = "`ends` is the first day without it."
            raise source.fault(f"{what} {more}", "tiers.benefits", "ends", nth)


def check_ways(policy: Policy, source: Source) -> None:
    """Refuse a way that asks for nothing, for an unknown measure, or more to stay than to enter."""
    known = ("score", *STANDARD, *(measure.name for measure in policy.measures))
    ways = [way for tier in policy.tiers for way in tier.ways]
    for nth, way in enumerate(ways):
        if not way.enter:
            raise source.fault(f"way `{way.name}` has no `enter`.", "tiers.ways", "name", nth)
        for name in way.stay:
            if name not in known:
                what = f"way `{way.name}` asks for `{name}`, which nothing measures."
                raise source.fault(what + near(name, known), "tiers.ways", "enter", nth)
            if name in PARTS and way.enter.get(name, 0) > 1:
                what = f"way `{way.name}` asks for `{name}` = {way.enter[name]:g}, which nobody has"
                raise source.fault(f"{what}: write 80 % as 0.8.", "tiers.ways", "enter", nth)
            if not way.stay[name] <= way.enter.get(name, -math.inf):
                what = f"way `{way.name}` asks more `{name}` to stay than to enter."
                raise source.fault(what, "tiers.ways", "stay", nth)


def check_ladders(policy: Policy, source: Source) -> None:
    """Refuse ladders of unknown tiers, of one circle twice, or that ask more to stay."""
    seen = set()
    for nth, ladder in enumerate(policy.ladders):
        if not ladder.circle or ladder.circle in seen:
            what = f"`circle` = {ladder.circle!r}: each ladder names a circle of its own."
            raise source.fault(what, "ladders", "circle", nth)
        seen.add(ladder.circle)
        for name in (*ladder.enter, *ladder.stay):
            if name not in policy.names[1:]:
                what = f"there is no tier `{name}` above the lowest."
                raise source.fault(what + near(name, policy.names), "ladders", "enter", nth)
        for tier in policy.tiers[1:]:
            if tier.ways and tier.name in {*ladder.enter, *ladder.stay}:
                what = f"tier `{tier.name}` has ways: a ladder is for tiers by score alone."
                raise source.fault(what, "ladders", "enter", nth)
            asked = ladder.stay.get(tier.name, tier.stay), ladder.enter.get(tier.name, tier.enter)
            if not 0 <= asked[0] <= asked[1] <= 1:
                what = f"`{tier.name}` has `stay` = {asked[0]:g} and `enter` = {asked[1]:g}."
                raise source.fault(f"{what} {SCORES}", "ladders", "enter", nth)
        check_rungs(policy, ladder, source, nth)


def check_rungs(policy: Policy, ladder: Ladder, source: Source, nth: int) -> None:
    """Refuse a ladder by which a higher tier asks less than one below it."""
    rungs = [tier for tier in policy.tiers if not tier.ways]
    for key in ("enter", "stay"):
        asks = [getattr(ladder, key).get(rung.name, getattr(rung, key)) for rung in rungs]
        for (lower, less), (upper, more) in itertools.pairwise(zip(rungs, asks, strict=True)):
            if more < less:
                what = f"in `{ladder.circle}` tier `{upper.name}` has `{key}` = {more:g}"
                what = f"{what}, less than `{lower.name}` below it ({less:g}). Ask more."
                raise source.fault(what, "ladders", key, nth)


def check_numbers(policy: Policy, source: Source) -> None:
    """Refuse negative days, weights and budgets, and a budget below the lowest tier's cost."""
    weights = dataclasses.asdict(policy.weights)
    numbers = [("weights", name, weight) for name, weight in weights.items()]
    numbers += [("points", channel, points) for channel, points in policy.points.items()]
    numbers += [("", name, getattr(policy, name)) for name in ("dwell_days", "grace_days")]
    numbers += [("", "notice_days", policy.notice_days)]
    numbers += [("budget", name, getattr(policy.budget, name)) for name in ("per_user", "total")]
    for section, name, number in numbers:
        if not number >= 0:
            place, key = source.place(section, name), f"{section}.{name}".lstrip(".")
            raise ConfigError(f"`{key}` in {place} must be >= 0, got {number:g}.")
    if policy.notice_days > policy.grace_days:
        given = f"{policy.notice_days:g} > {policy.grace_days:g}"
        place = source.place("", "notice_days")
        raise ConfigError(f"In {place}, `notice_days` is more than `grace_days` ({given}).")
    if not any(weights.values()):
        place = source.place("weights", "")
        raise ConfigError(f"Every weight in {place} is 0. Give at least one measure a weight.")
    if policy.budget.per_user < policy.costs()[0]:
        raise ConfigError(
            f"`budget.per_user` in {source.place('budget', 'per_user')} is "
            f"{policy.budget.per_user:g}, less than the lowest tier costs "
            f"({policy.costs()[0]:g}). Raise it or give that tier less."
        )


def check_measures(policy: Policy, source: Source) -> None:
    """Refuse a window of no days, a label that names none, and points nothing earns."""
    for nth, measure in enumerate(policy.measures):
        if not measure.days > 0:
            what = f"`days` of `{measure.name}` must be > 0, got {measure.days:g}."
            raise source.fault(what, "measures", "days", nth)
        for key, window in (("days", "rolling"), ("period", "calendar")):
            if measure.window != window and getattr(measure, key) != getattr(Measure, key):
                given = f'`{key}` of `{measure.name}` goes with `window` = "{window}"'
                what = f'{given}, and it has "{measure.window}".'
                raise source.fault(what, "measures", key, nth)
        if (measure.counts == "label") != ("=" in measure.label):
            what = f'`{measure.name}` needs `counts` = "label" and `label` = "namespace=label".'
            raise source.fault(what, "measures", "label", nth)
        if measure.counts == "points" and not policy.points:
            what = f"`{measure.name}` counts points, but no channel earns any: write [points]."
            raise source.fault(what, "measures", "counts", nth)


def check_parity(policy: Policy, source: Source) -> None:
    """Refuse a bound without groups, on a tier there is not, or that is no share."""
    parity = policy.parity
    if parity == Parity():
        return
    if not parity.namespace:
        raise source.fault("`namespace` says which labels are groups.", "parity", "namespace", 0)
    if parity.tier not in policy.names[1:]:
        what = (
            f"there is no tier `{parity.tier}` above the lowest.{near(parity.tier, policy.names)}"
        )
        raise source.fault(what, "parity", "tier", 0)
    if not 0 <= parity.max_gap <= 1:
        what = f"`max_gap` must be from 0 to 1, got {parity.max_gap:g}."
        raise source.fault(what, "parity", "max_gap", 0)


def near(name: str, known: Iterable[str]) -> str:
    """Ask whether the nearest known name was meant."""
    nearest = get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f" Did you mean `{nearest[0]}`?" if nearest else ""
