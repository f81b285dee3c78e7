"""What a setting may be beyond its type: numbers within bounds, each channel in one role."""

import math
import re
from collections import Counter
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from segmentation.errors import ConfigError


@dataclass(frozen=True)
class Bounds:
    """From `low` to `high`; without the low end itself where `above`."""

    low: float
    high: float = math.inf
    above: bool = False

    def hold(self, value: float) -> bool:
        """Whether a number lies within."""
        return value <= self.high and (value > self.low if self.above else value >= self.low)

    def __str__(self) -> str:
        """Say it in words."""
        low = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        return low if self.high == math.inf else f"{low} and at most {self.high:g}"


SHARE = Bounds(0, 1)
ADDRESS = r"[^\s/:,]+:[0-9]{1,5}"
MASTER = re.compile(rf"local(\[([1-9][0-9]*|\*)\])?|spark://{ADDRESS}(,{ADDRESS})*|yarn|k8s://\S+")
BOUNDS = {
    "input.max_bad_share": SHARE,
    "facets.*.half_life_days": Bounds(0.5),
    "facets.*.clip": Bounds(0.1, 1_000),
    "facets.*.min_users": Bounds(1),
    "facets.*.min_tags": Bounds(1),
    "facets.*.ties": Bounds(0, 10),
    "circles.count": Bounds(1),
    "circles.coverage": Bounds(0, 1, above=True),
    "circles.min_circle_share": Bounds(0, 0.5),
    "circles.max_circles": Bounds(1),
    "circles.resamples": Bounds(0),
    "gates.max_largest_share": Bounds(0, 1, above=True),
    "gates.min_coverage": SHARE,
    "gates.min_stability": SHARE,
    "sharing.horizon_days": Bounds(0, above=True),
    "privacy.min_audience": Bounds(0),
    "store.keep_runs": Bounds(1),
    "store.keep_sent_days": Bounds(0, 36_500),
    "resources.threads": Bounds(1),
}


def check_bounds(settings: Any, file: str) -> None:  # noqa: ANN401 - any record
    """Refuse settings no run could go by, before any work.

    Raises
    ------
    ConfigError
        With the setting, what it may be and what was given.
    """
    for pattern, bounds in BOUNDS.items():
        for name, value in found(settings, pattern):
            if not isinstance(value, str) and not bounds.hold(value):
                raise ConfigError(f"`{name}` in {file} must be {bounds}, got {value:g}.")


def check_roles(channels: Any, file: str) -> None:  # noqa: ANN401 - any record
    """Refuse a channel that two roles name: its events would count as both or as either."""
    roles = {role.name: getattr(channels, role.name) for role in fields(channels)}
    named = Counter(channel for each in roles.values() for channel in set(each))
    for channel, times in named.items():
        if times > 1:
            both = " and ".join(f"`channels.{role}`" for role in roles if channel in roles[role])
            raise ConfigError(
                f'"{channel}" in {file} stands in {both}. Give each channel one role.'
            )


def check_master(master: str, file: str) -> None:
    """Refuse what is no master of Spark."""
    if master and not MASTER.fullmatch(master):
        raise ConfigError(
            f"`resources.spark_master` in {file} must be `local[2]`, `spark://host:7077` or the "
            f"like, got {master!r}."
        )


def found(record: Any, pattern: str, under: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401
    """Return the settings a dotted name stands for; `*` is every key of a table."""
    key, _, rest = pattern.partition(".")
    keys = [field.name for field in fields(record)] if key == "*" else [key]
    pairs = [(f"{under}{name}", getattr(record, name)) for name in keys]
    if not rest:
        return pairs
    return [
        pair
        for name, inner in pairs
        if is_dataclass(inner)
        for pair in found(inner, rest, f"{name}.")
    ]
