"""The rights policy: tiers, what they ask, what they give, what they may cost."""

import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from segmentation.errors import NotFound
from segmentation.templates import TEMPLATES

BUILT_IN = TEMPLATES / "rights.toml"
Kind = Literal["material", "spiritual"]
KINDS: tuple[Kind, ...] = ("material", "spiritual")
STANDARD = ("value", "share", "stickiness", "influence", "tenure")
"""The measures every run takes; a policy may count others."""
Counts = Literal["spend", "points", "visits", "shares", "invitations", "label"]
Window = Literal["lifetime", "rolling", "calendar", "anniversary"]
Period = Literal["year", "quarter", "month"]
Among = Literal["everyone", "interest", "lifestyle"]


@dataclass(frozen=True, kw_only=True)
class Benefit:
    """Something a tier gives, from the day it `starts` to the day before it `ends`."""

    name: str = ""
    kind: Kind = "material"
    unit_cost: float = 0.0
    starts: date | None = None
    ends: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether people get this benefit on that day."""
        begun = self.starts is None or self.starts <= day
        return begun and (self.ends is None or day < self.ends)

    def to_dict(self) -> dict[str, Any]:
        """The benefit as JSON."""
        return dataclasses.asdict(self) | {
            "starts": self.starts.isoformat() if self.starts else None,
            "ends": self.ends.isoformat() if self.ends else None,
        }


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something counted of each person over a window of time, for ways to ask for.

    `rolling` is the last `days`. `calendar` is this `period` or the one before, whichever counts
    more, so that what was earned holds to the end of the next; `anniversary` likewise in years
    from a person's first event. `label` is `namespace=label` and counts 1 for those who have it.
    """

    name: str = ""
    counts: Counts = "spend"
    window: Window = "lifetime"
    days: float = 365.0
    period: Period = "year"
    label: str = ""

    def key(self, points: Mapping[str, float]) -> str:
        """What is counted, whatever it is called: what a run keeps its counts under."""
        earned = sorted(points.items()) if self.counts == "points" else []
        over = {"rolling": f"{self.days:g} days", "calendar": self.period}.get(self.window, "")
        parts = [self.counts, self.label, self.window, over, *(f"{a}:{b:g}" for a, b in earned)]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way into a tier: everything in `enter` must be reached, and in `stay` to keep it.

    Both map a measure, or `score`, to the least that will do.
    """

    name: str = ""
    enter: dict[str, float] = field(default_factory=dict)
    stay: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One rung: the score that opens it, the score that keeps it, and its own benefits.

    With `ways`, any one of them opens the tier instead of the score. Whoever held the tier called
    what it `was` holds this one, since then.
    """

    name: str = ""
    was: str = ""
    enter: float = 0.0
    stay: float = 0.0
    ways: tuple[Way, ...] = ()
    benefits: tuple[Benefit, ...] = ()

    @property
    def every_way(self) -> tuple[Way, ...]:
        """The ways into the tier; the score alone where none is written."""
        by_score = Way(name="score", enter={"score": self.enter}, stay={"score": self.stay})
        return self.ways or (by_score,)

    def to_dict(self) -> dict[str, Any]:
        """The tier as JSON, with its own benefits."""
        content = dataclasses.asdict(self)
        if not self.was:  # policies without other names keep their version
            del content["was"]
        return content | {"benefits": [benefit.to_dict() for benefit in self.benefits]}


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Other scores for the people of one circle: tier names to the least that will do."""

    circle: str = ""
    enter: dict[str, float] = field(default_factory=dict)
    stay: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What all benefits of a period may cost: so much a person, one sum, or the smaller."""

    per_user: float = math.inf
    total: float = math.inf

    def amount(self, n_people: int) -> float:
        """The money there is for so many people."""
        return min(self.per_user * n_people, self.total)


@dataclass(frozen=True, kw_only=True)
class Parity:
    """A bound on how far groups may lie apart: the share of each with `tier` or higher.

    The groups are the labels of one namespace; people without one are in no group.
    """

    namespace: str = ""
    tier: str = ""
    max_gap: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """The share of everyone that no campaign reaches, so that all of them can be measured."""

    share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much each measure counts in the score."""

    value: float = 0.0
    share: float = 0.0
    stickiness: float = 0.0
    influence: float = 0.0
    tenure: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A whole rights policy, tiers from the lowest to the highest.

    The score says what share of people stand lower, `among` everyone or those of one's own
    circle. `points` are earned by each event of a channel, or each unit of money.
    """

    dwell_days: float = 0.0
    grace_days: float = 0.0
    notice_days: float = 0.0
    among: Among = "everyone"
    budget: Budget = field(default_factory=Budget)
    weights: Weights = field(default_factory=Weights)
    parity: Parity = field(default_factory=Parity)
    holdout: Holdout = field(default_factory=Holdout)
    points: dict[str, float] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    tiers: tuple[Tier, ...] = ()

    @classmethod
    def load(cls, path: Path | None = None) -> "Policy":
        """Read a policy file, or the built-in policy of four tiers when none is named."""
        from segmentation.policyfile import read_policy  # it makes policies, so it imports this

        return read_policy(path or BUILT_IN)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tiers, lowest first."""
        return tuple(tier.name for tier in self.tiers)

    @property
    def version(self) -> str:
        """A short hash of what the policy says; comments and layout do not change it."""
        content = json.dumps(self._content(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def benefits_of(self, tier: str, day: date | None = None) -> tuple[Benefit, ...]:
        """What a tier gives on a day (None: of any date): its own benefits, then those below."""
        if tier not in self.names:
            raise NotFound.of("tier", tier)
        reached = self.tiers[: self.names.index(tier) + 1]
        every = itertools.chain.from_iterable(rung.benefits for rung in reversed(reached))
        return tuple(benefit for benefit in every if day is None or benefit.holds_on(day))

    def costs(self, day: date | None = None) -> tuple[float, ...]:
        """The expected cost of one person in each tier on a day, lowest tier first."""
        return tuple(
            math.fsum(benefit.unit_cost for benefit in self.benefits_of(name, day))
            for name in self.names
        )

    def to_dict(self, day: date | None = None) -> dict[str, Any]:
        """The policy as JSON; each tier lists all it gives on that day, with its cost."""
        content = self._content()
        for row, cost in zip(content["tiers"], self.costs(day), strict=True):
            given = self.benefits_of(row["name"], day)
            row |= {"cost": cost, "benefits": [benefit.to_dict() for benefit in given]}
        return {"version": self.version, **content, "reasons": self.reasons()}

    def reasons(self) -> dict[str, str]:
        """The words for the reason codes that the ways of this policy add."""
        ways = itertools.chain.from_iterable(tier.ways for tier in self.tiers)
        return {f"way_{way.name}": said(way.name, way.stay) for way in ways}

    def _content(self) -> dict[str, Any]:
        content = dataclasses.asdict(self)
        if self.holdout == Holdout():  # policies from before it keep their version
            del content["holdout"]
        content["budget"] = {
            name: amount for name, amount in content["budget"].items() if math.isfinite(amount)
        }
        content["tiers"] = [tier.to_dict() | {"rank": n} for n, tier in enumerate(self.tiers)]
        return content


def said(name: str, least: dict[str, float]) -> str:
    """Say what a way asks for, as one would read it aloud."""
    asked = " and ".join(
        f"{measure.replace('_', ' ')} of {number:g} or more" for measure, number in least.items()
    )
    return f"Qualified by the way \u201c{name}\u201d: {asked}."
