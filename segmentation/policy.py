"""The rights policy: tiers, what they ask, what they give, what they may cost."""

import dataclasses
import hashlib
import itertools
import json
import math
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

from segmentation.config import overlay
from segmentation.errors import ConfigError, NotFound
from segmentation.templates import TEMPLATES

BUILT_IN = TEMPLATES / "rights.toml"
Kind = Literal["material", "spiritual"]
KINDS: tuple[Kind, ...] = ("material", "spiritual")
REQUIRED = ("name", "kind", "unit_cost")


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
class Tier:
    """One rung: the score that opens it, the score that keeps it, and its own benefits."""

    name: str = ""
    enter: float = 0.0
    stay: float = 0.0
    benefits: tuple[Benefit, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What all benefits of a period may cost: so much a person, one sum, or the smaller."""

    per_user: float = math.inf
    total: float = math.inf

    def amount(self, n_people: int) -> float:
        """The money there is for so many people."""
        return min(self.per_user * n_people, self.total)


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
    """A whole rights policy, tiers from the lowest to the highest."""

    dwell_days: float = 0.0
    grace_days: float = 0.0
    budget: Budget = field(default_factory=Budget)
    weights: Weights = field(default_factory=Weights)
    tiers: tuple[Tier, ...] = ()

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read a policy file, or the built-in policy of four tiers when none is named."""
        file = path or BUILT_IN
        try:
            text = file.read_text(encoding="utf-8")
            table = tomllib.loads(text)
        except FileNotFoundError as error:
            raise ConfigError(
                f"There is no policy file {file}. `coterie init` writes one."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} is not valid TOML: {error}.") from error
        return cls.from_table(table, file=str(file), text=text)

    @classmethod
    def from_table(cls, table: dict[str, Any], *, file: str, text: str = "") -> Self:
        """Build a policy from parsed TOML and check that it makes sense."""
        source = Source(file, text)
        tiers = tuple(
            read_tier(row, source) for row in source.rows(table.get("tiers", []), "tiers")
        )
        rest = {key: value for key, value in table.items() if key != "tiers"}
        policy = dataclasses.replace(overlay(cls(), rest, file), tiers=tiers)
        check(policy, source)
        return policy

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
        return {"version": self.version, **content}

    def _content(self) -> dict[str, Any]:
        content = dataclasses.asdict(self)
        content["budget"] = {
            name: amount for name, amount in content["budget"].items() if math.isfinite(amount)
        }
        content["tiers"] = [
            dataclasses.asdict(tier)
            | {"rank": rank, "benefits": [benefit.to_dict() for benefit in tier.benefits]}
            for rank, tier in enumerate(self.tiers)
        ]
        return content


@dataclass(frozen=True)
class Source:
    """The file a policy was read from, to say where a fault lies."""

    file: str
    text: str

    def rows(self, value: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401 - TOML is untyped
        """Return an array of tables, or say how to write one."""
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            return value
        raise ConfigError(f"`{name}` in {self.file} must be tables, written [[{name}]].")

    def fault(self, tier: str, what: str) -> ConfigError:
        """An error naming the tier and, when the text is known, the line that names it."""
        named = re.search(rf'^\s*name\s*=\s*["\']{re.escape(tier)}["\']', self.text, re.MULTILINE)
        line = f", line {self.text.count(chr(10), 0, named.end()) + 1}" if named else ""
        return ConfigError(f"Tier `{tier}` in {self.file}{line} {what}")


def read_tier(row: dict[str, Any], source: Source) -> Tier:
    """Read one tier and its benefits; unknown keys and wrong types are named."""
    under = f"tiers.{row.get('name', '?')}."
    rows = source.rows(row.get("benefits", []), "tiers.benefits")
    benefits = tuple(
        overlay(Benefit(), benefit, source.file, f"{under}benefits.") for benefit in rows
    )
    for missing in (key for benefit in rows for key in REQUIRED if key not in benefit):
        raise source.fault(str(row.get("name", "?")), f"has a benefit without `{missing}`. Add it.")
    own = {key: value for key, value in row.items() if key != "benefits"}
    return dataclasses.replace(overlay(Tier(), own, source.file, under), benefits=benefits)


def check(policy: Policy, source: Source) -> None:
    """Refuse a policy that could not be kept: its tiers, its weights and its budget."""
    if not policy.tiers:
        raise ConfigError(f"{source.file} has no tiers. Write at least one [[tiers]] table.")
    for tier in policy.tiers:
        check_tier(tier, source)
    if len(set(policy.names)) < len(policy.names):
        raise ConfigError(f"Two tiers in {source.file} have one name. Name each differently.")
    for lower, upper in itertools.pairwise(policy.tiers):
        if upper.enter < lower.enter or upper.stay < lower.stay:
            raise source.fault(upper.name, f"asks less than `{lower.name}` below it. Ask more.")
    check_numbers(policy, source.file)


def check_tier(tier: Tier, source: Source) -> None:
    """Refuse a tier without both kinds of benefit, or that asks more to stay than to enter."""
    if not tier.name:
        raise ConfigError(f"A tier in {source.file} has no `name`. Give it one.")
    if not 0 <= tier.stay <= tier.enter <= 1:
        asked = f"`stay` = {tier.stay:g} and `enter` = {tier.enter:g}"
        raise source.fault(tier.name, f"has {asked}. Use 0 <= stay <= enter <= 1.")
    for kind in KINDS:
        if not any(benefit.kind == kind for benefit in tier.benefits):
            raise source.fault(tier.name, f"has no {kind} benefit. Every tier needs one.")
    for benefit in tier.benefits:
        if not benefit.name or not 0 <= benefit.unit_cost < math.inf:
            given = f"`{benefit.name}` with `unit_cost` = {benefit.unit_cost:g}"
            raise source.fault(tier.name, f"has a benefit {given}. Name it; costs are >= 0.")


def check_numbers(policy: Policy, file: str) -> None:
    """Refuse negative days, weights and budgets, and a budget below the lowest tier's cost."""
    weights = dataclasses.asdict(policy.weights)
    numbers = {f"weights.{name}": weight for name, weight in weights.items()} | {
        "dwell_days": policy.dwell_days,
        "grace_days": policy.grace_days,
        "budget.per_user": policy.budget.per_user,
        "budget.total": policy.budget.total,
    }
    for name, number in numbers.items():
        if not number >= 0:
            raise ConfigError(f"`{name}` in {file} must be >= 0, got {number:g}.")
    if not any(weights.values()):
        raise ConfigError(f"Every weight in {file} is 0. Give at least one measure a weight.")
    if policy.budget.per_user < policy.costs()[0]:
        raise ConfigError(
            f"`budget.per_user` in {file} is {policy.budget.per_user:g}, less than the lowest "
            f"tier costs ({policy.costs()[0]:g}). Raise it or give that tier less."
        )
