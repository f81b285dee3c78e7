"""People's way window by window, read from the valid events: what the stages are found by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from models.lifecycle import STAGES, Course, IntArray, Rule, Trail
from segmentation.config import ChannelsConfig, Config, EvidenceConfig
from segmentation.customers import habits_at, has_sales, horizon_of
from segmentation.engine import Engine, literal
from segmentation.errors import ConfigError
from segmentation.people import timestamp

ACTS, ANYTHING = "acts", "anything"
MOST_WINDOWS = 60
ALMOST = 0.05  # what the first window of a history may lack
BEYOND = 1_000_000  # the day of what has no date: further back than any window


@dataclass(frozen=True)
class Windows:
    """How time is cut: whole days a window, how many lie inside the history, and up to when.

    Without any time there is one window, and `as_of` is None.
    """

    days: int
    count: int
    as_of: datetime | None


def windows_of(engine: Engine, config: Config, tables: Path, *, as_of: datetime | None) -> Windows:
    """Cut the history into windows of whole days, counted back from the day of `as_of`."""
    if as_of is None:
        return Windows(0, 1, None)
    habits = habits_at(engine, tables, as_of)
    length = horizon_of(habits, config)
    if length == 0:
        return Windows(0, 1, None)
    days = max(round(length), 1)
    history = float(habits.tenure_days[habits.seen].max(initial=0.0))
    whole = int(history / days + ALMOST)
    return Windows(days, int(np.clip(whole, 2, config.lifecycle.windows)), as_of)


def rules_of(config: Config) -> dict[str, Rule]:
    """Read the evidence for each stage.

    Raises
    ------
    ConfigError
        When a figure cannot be: no day or window, or more windows than are looked back on.
    """
    require(2 <= config.lifecycle.windows <= MOST_WINDOWS, "windows", config.lifecycle.windows,
            f"from 2 to {MOST_WINDOWS}")  # fmt: skip
    require(config.lifecycle.window_days >= 1, "window_days", config.lifecycle.window_days,
            "at least 1")  # fmt: skip
    rules = {}
    for stage in STAGES[1:]:
        asked = evidence_of(config, stage)
        for name in ("days", "windows"):
            require(getattr(asked, name) >= 1, f"stages.{stage}.{name}", getattr(asked, name),
                    "at least 1")  # fmt: skip
        require(asked.within == 0 or asked.windows <= asked.within <= MOST_WINDOWS,
                f"stages.{stage}.within", asked.within,
                f"0 or from {asked.windows} (the windows asked for) to {MOST_WINDOWS}")  # fmt: skip
        rules[stage] = Rule(
            days=asked.days, windows=asked.windows, within=asked.within, active=asked.active
        )
    return rules


def evidence_of(config: Config, stage: str) -> EvidenceConfig:
    """Return the evidence asked for a stage."""
    asked: EvidenceConfig = getattr(config.lifecycle.stages, stage)
    return asked


def require(is_so: bool, key: str, given: float, wanted: str) -> None:
    """Refuse a setting of the lifecycle that cannot be."""
    if not is_so:
        raise ConfigError(f"`lifecycle.{key}` must be {wanted}, got {given:g}.")


def read_course(
    engine: Engine, config: Config, tables: Path, *, windows: Windows, acts: tuple[str, ...]
) -> Course:
    """Read everyone's way over the windows and as far back as the rules look.

    `acts` are the channels of what means more than looking; where there are none, coming again on
    a later day is an act.
    """
    register(engine, tables)
    rules = rules_of(config)
    columns = windows.count + max(1, *(rule.within for rule in rules.values()))
    named = channels_named(engine, config, acts)
    kinds = sorted({kind for kind in named.values() if kind is not None})
    money = config.channels.money
    rows = engine.execute(
        course_sql(kinds, windows=windows, columns=columns, acts=acts, money=money)
    )
    people = int(engine.rows("SELECT count(*) FROM people")[0][0])
    place = rows["person"].to_numpy(), rows["win"].to_numpy()

    def trail(kind: tuple[str, ...] | None) -> Trail:
        name = ANYTHING if kind is None else f"kind{kinds.index(kind)}"
        return laid_out(rows, name, place, shape=(people, columns + 1))

    return Course(
        anything=trail(None),
        acts={stage: trail(named[stage]) for stage in rules},
        asking=trail(named["asking"]),
        less={stage: 1 for stage in rules if named[stage] is None},
    )


def register(engine: Engine, tables: Path) -> None:
    """Make the events and everyone's row known to the engine."""
    engine.register("events", tables / "events.parquet")
    engine.register("people", tables / "people.parquet")


def acts_of(engine: Engine, config: Config, tables: Path) -> tuple[str, ...]:
    """Return the channels whose events mean more than looking; none means any event does."""
    if has_sales(engine, config, tables):
        return tuple(channel for channel in config.channels.money if channel != "return")
    roles = config.channels
    meant = {*roles.voice, *roles.sharing, *roles.invitations}
    return tuple(channel for channel in used_channels(engine) if channel in meant)


def used_channels(engine: Engine) -> list[str]:
    """Return the channels that occur, by name."""
    used = engine.rows("SELECT DISTINCT channel FROM events ORDER BY channel")
    return [channel for (channel,) in used]


def known_channels(engine: Engine, config: Config, tables: Path) -> list[str]:
    """Return the channels that occur or that a role names, by name."""
    register(engine, tables)
    return sorted({*used_channels(engine), *config.channels.roles()})


def channels_named(
    engine: Engine, config: Config, acts: tuple[str, ...]
) -> dict[str, tuple[str, ...] | None]:
    """Return the channels each stage and `asking` look at; None is any event at all."""
    roles = config.channels
    # A word that comes with the program stays one when the settings name other channels.
    known = {*used_channels(engine), *roles.roles(), *ChannelsConfig().roles()}
    words = {role: getattr(roles, role) for role in vars(roles)} | {ACTS: acts}

    def resolved(names: Iterable[str], setting: str) -> tuple[str, ...]:
        found: set[str] = set()
        for name in names:
            if name not in words and name not in known:
                raise ConfigError.unknown_key(f"`lifecycle.{setting}`", name, [*words, *known])
            found |= set(words.get(name, (name,)))
        return tuple(sorted(found))

    asked: dict[str, tuple[str, ...] | None] = {
        stage: None
        if not acts and evidence_of(config, stage).channels == (ACTS,)
        else resolved(evidence_of(config, stage).channels, f"stages.{stage}.channels")
        for stage in STAGES[1:]
    }
    return asked | {"asking": resolved(config.lifecycle.asking, "asking")}


def course_sql(
    kinds: list[tuple[str, ...]],
    *,
    windows: Windows,
    columns: int,
    acts: tuple[str, ...],
    money: tuple[str, ...],
) -> str:
    """Return SQL for the days and windows with each kind of act, by person and window.

    A day lies in one window alone. Without time every act is a day of its own, all in one window.
    """
    if windows.as_of is None:
        day, window = ("row_number() OVER ()" if acts else "0"), "0"
    else:
        today = f"CAST({timestamp(windows.as_of)} AS DATE)"
        day = f"coalesce({today} - CAST(ts AS DATE), {BEYOND})"
        window = f"day // {windows.days}"
    flags = {f"kind{nth}": among(kind, money) for nth, kind in enumerate(kinds)}
    marks = "".join(f", bool_or({flag}) AS {name}" for name, flag in flags.items())
    kept = (ANYTHING, *flags)
    daily = "".join(f", count(*) FILTER ({name}) AS {name}" for name in kept)
    counts = "".join(
        f", CAST(sum({name}) AS INTEGER) AS {name}_days"
        f", CAST(count(*) FILTER ({name} > 0 AND is_dated) AS INTEGER) AS {name}_windows"
        for name in kept
    )
    return f"""
        WITH person AS (
            SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS person FROM people
        ), dated AS (
            SELECT person, channel, value, {day} AS day FROM events JOIN person USING (user_id)
        ), days AS (
            SELECT person, day, TRUE AS {ANYTHING}{marks} FROM dated GROUP BY person, day
        ), windows AS (
            SELECT person, {window} AS place, day < {BEYOND} AS is_dated{daily}
            FROM days GROUP BY person, place, is_dated
        )
        SELECT person, least(place, {columns}) AS win{counts} FROM windows GROUP BY person, win
        """


def among(channels: tuple[str, ...], money: tuple[str, ...]) -> str:
    """Return SQL asking whether an event is of these channels; money paid back is no act."""
    if not channels:
        return "FALSE"
    one, paid = (", ".join(map(literal, names)) for names in (channels, money or ("",)))
    return f"channel IN ({one}) AND (value > 0 OR channel NOT IN ({paid}))"


def laid_out(
    rows: pa.Table, name: str, place: tuple[IntArray, IntArray], *, shape: tuple[int, int]
) -> Trail:
    """Spread counts by person and window over everybody; whoever is in no row did nothing."""
    days, windows = (np.zeros(shape, dtype=np.int32) for _ in range(2))
    days[place] = rows[f"{name}_days"].to_numpy()
    windows[place] = rows[f"{name}_windows"].to_numpy()
    return Trail(days, windows)
