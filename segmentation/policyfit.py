"""Whether a policy fits the people it is for: their circles, groups, channels, and the budget."""

from collections.abc import Collection
from datetime import date

from segmentation.errors import ConfigError
from segmentation.policy import Policy
from segmentation.policycheck import near
from segmentation.tomlfile import Source


def check_circles(policy: Policy, source: Source, circles: Collection[str]) -> None:
    """Refuse ladders of circles that a run has never had."""
    for nth, ladder in enumerate(policy.ladders):
        if ladder.circle not in circles:
            what = f"the live run has no circle `{ladder.circle}`."
            more = "`coterie export circles --out FILE` lists them."
            raise source.fault(f"{what} {more}", "ladders", "circle", nth)


def check_groups(policy: Policy, source: Source, namespaces: Collection[str]) -> None:
    """Refuse parity of groups that a run has never had."""
    named = policy.parity.namespace
    if named and named not in namespaces:
        hint = near(named, namespaces) or " It had no labels: run again with them."
        what = f"nobody in the live run has a label of the namespace `{named}`.{hint}"
        raise source.fault(what, "parity", "namespace", 0)


def check_channels(policy: Policy, source: Source, channels: Collection[str]) -> None:
    """Refuse points of a channel that no event is of and no role names."""
    for channel in policy.points:
        if channel not in channels:
            what = f"no event has the channel `{channel}`, and no role of [channels] names it."
            known = ", ".join(sorted(channels))
            more = f"{near(channel, channels)} There are: {known}."
            raise source.fault(f"{what}{more}", "points", channel, 0)


def check_budget(policy: Policy, source: Source, *, people: int, day: date | None) -> None:
    """Refuse a budget that cannot pay what everybody gets."""
    lowest, cost = policy.names[0], policy.costs(day)[0]
    needed, given = cost * people, policy.budget.amount(people)
    if needed <= given:
        return
    key = "total" if given == policy.budget.total else "per_user"
    place = source.place("budget", key)
    raise ConfigError(
        f"`budget.{key}` in {place} is {getattr(policy.budget, key):,g}, less than tier "
        f"`{lowest}` costs, which everybody has: {people:,} people at {cost:,g} are {needed:,g}. "
        "Raise the budget or give that tier less."
    )
