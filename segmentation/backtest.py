"""Windows that are over, foretold from before them: what came, and how sure one more can be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import spearmanr

from models.reach import Forecast
from models.recurrence import next_band
from segmentation.forecasting import FEWEST, Lesson, Look, Past, foretold, lesson_of
from segmentation.manifest import iso
from segmentation.spending import among

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Row = dict[str, Any]
WINDOWS = 8
MOST_CUSTOMERS = 20_000


@dataclass(frozen=True)
class Window:
    """A window that is over, of some customers: what was foretold, what came, how many held.

    `held` counts intervals that held what came, of the `reaching` ones that are more than nothing.
    """

    until: str
    customers: int
    foretold: float
    spent: float
    reaching: int
    held: int


def held_out(last: Look, before: Look, *, horizon_days: float) -> Row | None:
    """Judge the last horizon, foretold from before it, beside the usual guesses."""
    if before.came is None or len(last.spent) < FEWEST:
        return None
    found = foretold(last, lesson_of(before, horizon_days=horizon_days))
    inside, is_open = holds(found, last.spent), found.high > 0
    return {
        "customers": len(last.spent),
        "spent": float(last.spent.sum()),
        "forecast": judged(found.expected, last.spent),
        "last_month": judged(before.came[last.purchases.bought], last.spent),
        "rfm": judged(rfm_score(last), last.spent),
        "coverage": float(inside.mean()),
        "coverage_where_open": float(inside[is_open].mean()) if is_open.any() else None,
    }


def holds(found: Forecast, spent: FloatArray) -> BoolArray:
    """Whether each interval holds what was spent."""
    inside: BoolArray = (found.low <= spent) & (spent <= found.high)
    return inside


def judged(guess: FloatArray, spent: FloatArray) -> dict[str, float]:
    """Compare a guess with what was spent: its sum, its error, and how it orders customers."""
    told_apart = len(np.unique(guess)) > 1 and len(np.unique(spent)) > 1
    top = np.argsort(-guess, kind="stable")[: max(len(guess) // 10, 1)]
    return {
        "sum": float(guess.sum()),
        "mean_absolute_error": float(np.abs(guess - spent).mean()),
        "rank_correlation": float(spearmanr(guess, spent).statistic) if told_apart else 0.0,
        "share_of_spend_in_best_tenth": float(spent[top].sum() / max(spent.sum(), 1e-12)),
    }


def rfm_score(look: Look) -> FloatArray:
    """The usual score: quintiles of recency, frequency and money added up."""
    bought, columns = look.purchases.bought, look.purchases.columns
    parts = (columns[name][bought] for name in ("last_us", "days", "amount"))
    ranks = [np.argsort(np.argsort(part, kind="stable"), kind="stable") for part in parts]
    score: FloatArray = sum(1.0 + rank * 5 // len(rank) for rank in ranks) + np.zeros(len(ranks[0]))
    return score


def windows_before(past: Past) -> list[Window]:
    """Foretell up to so many windows that are over, the last first, each from before it alone.

    Of some thousand customers drawn by their ids: a window's luck is shared by all of them.
    """
    with TemporaryDirectory() as folder:
        some = replace(past, tables=sampled(past, Path(folder)))
        looks = [some.look(1)]
        found = []
        for back in range(2, WINDOWS + 2):
            looks.append(some.look(back))
            lesson = lesson_of(looks[-1], horizon_days=past.horizon_days)
            if lesson.correction is None:
                break
            end = past.as_of - (back - 2) * timedelta(days=past.horizon_days)
            found.append(window_of(looks[-2], lesson, until=iso(end)))
    return found


def sampled(past: Past, folder: Path) -> Path:
    """Write the money events of some customers."""
    past.engine.register("events", past.tables / "events.parquet")
    by_hash = past.engine.hashed("user_id", salt=0)
    money = f"SELECT user_id, ts, channel, value FROM events WHERE {among(past.channels)}"
    some = f"SELECT DISTINCT user_id FROM ({money}) ORDER BY {by_hash} LIMIT {MOST_CUSTOMERS}"
    past.engine.write(f"{money} AND user_id IN ({some})", folder / "events.parquet")
    past.engine.register("events", folder / "events.parquet")
    people = "SELECT DISTINCT user_id FROM events ORDER BY user_id"
    past.engine.write(people, folder / "people.parquet")
    return folder


def window_of(look: Look, lesson: Lesson, *, until: str) -> Window:
    """Foretell a window and see what came."""
    found = foretold(look, lesson)
    is_open = found.high > 0
    return Window(
        until=until,
        customers=len(look.spent),
        foretold=float(found.expected.sum()),
        spent=float(look.spent.sum()),
        reaching=int(is_open.sum()),
        held=int(holds(found, look.spent)[is_open].sum()),
    )


def one_more(windows: Sequence[Window], *, expected: float) -> Row:
    """How much of the coming window may hold, and what all may spend in it, four times in five.

    Customers share a month's luck: more of them tell no more of it, only more months do.
    """
    held = next_band([logit((w.held + 0.5) / (w.reaching + 1.0)) for w in windows])
    spent = next_band(
        [np.log(w.spent / w.foretold) for w in windows if min(w.spent, w.foretold) > 0]
    )
    return {
        "held": held and [float(expit(held.low)), float(expit(held.high))],
        "total": spent and [expected * float(np.exp(end)) for end in (spent.low, spent.high)],
    }
