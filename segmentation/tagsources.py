"""Where a facet's tags come from: tastes said by events, and habits made of how people live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from segmentation import queries
from segmentation.config import ChannelsConfig, FacetConfig
from segmentation.engine import Engine, literal
from segmentation.errors import ConfigError
from segmentation.habits import HABITS, Habits, nothing

ROLES = ("interest", "sharing", "money", "voice", "invitations")
HABIT_ROWS = "SELECT user_id, tag, weight FROM habit_rows"


@dataclass(frozen=True)
class TagSources:
    """The queries of a facet's sources.

    `tastes` gives `user_id, tag, ts, ratio` or is empty; `habits` gives `user_id, tag, weight`;
    together they have at most `rows` rows. `tagged` are queries whose tags are all there are.
    """

    tastes: str
    habits: str
    tagged: list[str]
    rows: int

    @classmethod
    def of(
        cls,
        engine: Engine,
        settings: FacetConfig,
        channels: ChannelsConfig,
        *,
        as_of: datetime | None,
    ) -> Self:
        """Prepare the sources of a facet; makes the tables `typical` and `habit_rows`.

        Raises
        ------
        ConfigError
            When a source is neither a role nor a habit.
        """
        unknown = [source for source in settings.sources if source not in {*ROLES, *HABITS}]
        if unknown:
            raise ConfigError.unknown_key("the sources of a facet", unknown[0], [*ROLES, *HABITS])
        engine.keep("typical", queries.typical_values())
        engine.keep("habit_rows", habit_rows(settings, channels, as_of=as_of))
        roles = [source for source in settings.sources if source in ROLES]
        is_taste = queries.is_taste(channels_of(roles, channels))
        tastes = queries.tastes(is_taste) if roles else ""
        tagged = [HABIT_ROWS, *([f"SELECT tag FROM events WHERE {is_taste}"] if roles else [])]
        tables = ["habit_rows", *(["events"] if roles else [])]
        rows = sum(int(engine.rows(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in tables)
        return cls(tastes, HABIT_ROWS, tagged, rows)


def habit_rows(settings: FacetConfig, channels: ChannelsConfig, *, as_of: datetime | None) -> str:
    """Return the query of a facet's habits together."""
    habits = Habits(channels.money, as_of, settings.half_life_days)
    queried = [HABITS[source](habits) for source in settings.sources if source in HABITS]
    return " UNION ALL ".join(queried) or nothing()


def channels_of(roles: Sequence[str], channels: ChannelsConfig) -> str:
    """Return the condition on an event's channel; one in no role counts as interest."""
    without = "interest" in roles
    named = [channel for channel, role in channels.roles().items() if (role in roles) != without]
    return among(sorted(named), are_left_out=without)


def among(channels: Sequence[str], *, are_left_out: bool) -> str:
    """Return the condition that an event's channel is one of these, or none of them."""
    listed = ", ".join(literal(channel) for channel in channels) or "''"
    return f"{'NOT ' if are_left_out else ''}events.channel IN ({listed})"
