"""A year of runs beside what was planted in it: who kept which id, and which events were told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import pandas as pd
from scipy.optimize import linear_sum_assignment

LATEST = 2
"""Months after an event in which a run may still be the first to tell of it."""
FOUND = 0.3
"""Jaccard overlap at which a circle of ours is taken for a planted one."""


@dataclass(frozen=True, eq=False)
class Month:
    """One run: each person's circle, what it told of circles, and who was truly where.

    `circles` and `planted` are primary circles by user id, absent for none; `planted` holds
    people who did something in this month alone, for nobody can know of the others.
    """

    circles: "pd.Series[str]"
    lineage: Sequence[Mapping[str, Any]]
    planted: "pd.Series[str]"


@dataclass(frozen=True)
class Verdict:
    """A planted event, and how many months later a run told of it; None is never.

    Of a circle not found before, which no run could tell of, `was_found` is false.
    """

    month: int
    event: str
    circle: str
    was_found: bool
    lag: int | None


class PlantedEvent(Protocol):
    """A row of the simulator's `lineage_truth`."""

    period: int
    event: str
    circle: str
    from_circles: Sequence[str]


def kept_share(months: Sequence[Month]) -> float:
    """People whose circle kept its id over what free re-matching of each two runs could reach."""
    kept = reached = 0.0
    for before, after in pairwise(months):
        both = shared_people(before.circles, after.circles)
        best = linear_sum_assignment(-both.to_numpy())
        reached += both.to_numpy()[best].sum()
        kept += sum(both.at[name, name] for name in both.index.intersection(both.columns))
    return kept / max(reached, 1.0)


def shared_people(before: "pd.Series[str]", after: "pd.Series[str]") -> pd.DataFrame:
    """Count people by their circle in one run and in another."""
    both = before.to_frame("before").join(after.rename("after"), how="inner")
    return pd.crosstab(both.before, both.after)


def true_share(months: Sequence[Month]) -> float:
    """Like `kept_share`, against the planted circles over the whole year.

    One fixed pairing of ids and planted names for all months, chosen with hindsight, over the
    best pairing chosen afresh each month.
    """
    tables = [shared_people(month.planted, month.circles) for month in months]
    total = sum(tables[1:], tables[0]) if len(tables) == 1 else added(tables)
    afresh = sum(matched(table) for table in tables)
    return matched(total) / max(afresh, 1.0)


def added(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Add tables up by row and column."""
    return pd.concat(tables).groupby(level=0).sum()


def matched(table: pd.DataFrame) -> float:
    """The most people one pairing of rows and columns can hold."""
    counts = table.fillna(0).to_numpy()
    return float(counts[linear_sum_assignment(-counts)].sum())


def ids_of(month: Month) -> dict[str, str]:
    """The id of each planted circle that one of ours shares enough people with."""
    ours = month.circles[month.circles.index.isin(month.planted.index)]
    both = shared_people(month.planted, ours)
    sizes, found = month.planted.value_counts(), ours.value_counts()
    union = sizes[both.index].to_numpy()[:, None] + found[both.columns].to_numpy() - both.to_numpy()
    jaccard = pd.DataFrame(both.to_numpy() / union, both.index, both.columns)
    return {str(name): str(row.idxmax()) for name, row in jaccard.iterrows() if row.max() >= FOUND}


def verdicts(months: Sequence[Month], planted: pd.DataFrame) -> Iterator[Verdict]:
    """Judge every planted event of the second month and later; `planted` is the true lineage."""
    ids = [ids_of(month) for month in months]
    events = planted[(planted.period > 1) & (planted.event != "continued")]
    for row in events.itertuples():
        if row.event == "split" and row.circle in row.from_circles:
            continue  # the parent's half of the same split
        known = [ids[row.period - 2].get(name) for name in named(row)]
        was_found = row.event == "born" or (None not in known and len({*known}) == len(known))
        lag = told_after(row, months, ids) if was_found else None
        yield Verdict(row.period, row.event, row.circle, was_found, lag)


def told_after(
    row: PlantedEvent, months: Sequence[Month], ids: Sequence[Mapping[str, str]]
) -> int | None:
    """Return how many months after a planted event a run told of it."""
    known = ids[row.period - 2]
    before = {known[name] for name in named(row) if name in known}
    for lag, month in enumerate(months[row.period - 1 : row.period + LATEST]):
        now = ids[row.period - 1 + lag].get(row.circle)
        if any(is_told(row.event, told, before, now) for told in month.lineage):
            return lag
    return None


def named(row: PlantedEvent) -> list[str]:
    """The planted circles an event happened to: those it came from, else itself."""
    return [*row.from_circles] or [row.circle]


def is_told(event: str, told: Mapping[str, Any], before: set[str], now: str | None) -> bool:
    """Whether a row of our lineage tells of an event among circles with these ids."""
    if told["event"] != event:
        return False
    if event == "born":
        return now is not None and told["circle_id"] == now
    if event == "merged":
        return before <= set(told["from_ids"])
    if event == "split":
        return set(told["from_ids"]) == before
    return told["circle_id"] in before
