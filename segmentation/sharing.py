"""Who shares, what is worth sharing, and how far it carries: the sharing stage of a run."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import parquet

from models.currency import LEVERS, SocialCurrency, social_currency
from models.influence import Influence
from models.sharemodel import Estimate, ShareModel
from models.shrinkage import FloatArray, IntArray
from segmentation.config import Config
from segmentation.engine import Engine
from segmentation.evidence import build_logs
from segmentation.exposures import (
    ExposureReport,
    build_exposures,
    keep_table,
    micros,
)
from segmentation.influence import measure_influence
from segmentation.learned import Learned, keep_learned
from segmentation.levers import SharedTags, build_shared_tags, lever_evidence, tag_worth
from segmentation.progress import Advance, ignore
from segmentation.propensity import RECIPES, Lessons, Verdict, judge, read_lessons, spreads, teach
from segmentation.queries import refusals
from segmentation.sharelog import keep_facts
from segmentation.sharescores import crowd_estimate, score_people
from segmentation.sharestate import STATE
from segmentation.sharetotals import read_state


@dataclass(frozen=True)
class Sharing:
    """What is known of sharing; arrays follow the sorted user ids of `people.parquet`.

    `propensity` is the probability that a user shares a typical content, and `low` to `high` hold
    the true one 80 % of the time. `basis` is `model`, or `pooled` when shares are too few for it,
    or `base_rate` when everybody gets the crowd's rate, or `none` when no exposure is known.
    `levers` (people, 6) sum to `social_currency`; `evidence` holds what they count.
    """

    propensity: FloatArray
    low: FloatArray
    high: FloatArray
    basis: str
    social_currency: FloatArray
    levers: FloatArray
    evidence: FloatArray
    shared: SharedTags
    influence: Influence
    tag_currency: pyarrow.Table
    report: dict[str, Any]


def score_sharing(
    engine: Engine,
    config: Config,
    tables: Path,
    *,
    as_of: datetime | None,
    circles: NDArray[np.int32],
    seed: int = 0,
    kept: Path | None = None,
    progress: Advance = ignore,
) -> Sharing:
    """Score every user's sharing from the valid tables of a run.

    People who refuse the purpose `sharing` teach nothing and are not looked at: they get the
    crowd's rate and no social currency.

    Parameters
    ----------
    tables : Path
        The folder of the valid tables.
    as_of : datetime or None
        The moment scores are for; None when the source has no time.
    circles : ndarray of shape (people,)
        Each person's primary interest circle, -1 for none.
    kept : Path or None
        Where to keep the model, and the facts it reads, for questions after the run.
    """
    labels = np.asarray(circles, dtype=np.int64)
    steps = 4 * labels.size
    seen = prepare(engine, config, tables, as_of=as_of, circles=labels)
    progress(labels.size, steps)
    verdict, scores = _propensity(engine, seen, as_of, labels, seed=seed, kept=kept)
    progress(2 * labels.size, steps)
    worth = tag_worth(engine, config.channels)
    shared = build_shared_tags(engine, config.channels)
    evidence = lever_evidence(engine, shared, channels=config.channels, circles=labels)
    currency = social_currency(evidence)
    progress(3 * labels.size, steps)
    carried = measure_influence(engine, people=labels.size, seed=seed)
    progress(steps, steps)
    return Sharing(
        propensity=scores.probability,
        low=scores.low,
        high=scores.high,
        basis=verdict.basis,
        social_currency=currency.score,
        levers=currency.levers,
        evidence=evidence,
        shared=shared,
        influence=carried,
        tag_currency=worth.table,
        report=_report(seen, verdict, currency, carried) | {"tag_currency_from": worth.basis},
    )


def prepare(
    engine: Engine, config: Config, tables: Path, *, as_of: datetime | None, circles: IntArray
) -> ExposureReport:
    """Put people, exposures and dated facts into the engine; say what exposures there are."""
    engine.register("consent", tables / "consent.parquet")
    registry = parquet.read_table(tables / "people.parquet")
    registry = registry.append_column("person", pyarrow.array(np.arange(registry.num_rows)))
    registry = registry.append_column("circle", pyarrow.array(circles))
    keep_table(engine, "person", registry, consenting())
    seen = build_exposures(engine, config, tables=tables, as_of=as_of)
    build_logs(engine, config.channels)
    return seen


def consenting() -> str:
    """People who did not refuse; everybody keeps their number."""
    return (
        "SELECT person, user_id, circle FROM person_file "
        f"WHERE user_id NOT IN ({refusals('sharing')})"
    )


def _propensity(
    engine: Engine,
    seen: ExposureReport,
    as_of: datetime | None,
    circles: IntArray,
    *,
    seed: int,
    kept: Path | None,
) -> tuple[Verdict, Estimate]:
    lessons = read_lessons(engine)
    verdict = judge(lessons, circles=circles, seed=seed)
    moment = micros(as_of)
    crowd = crowd_estimate(seen.shares, exposures=seen.exposures, people=1)
    model = None
    if verdict.basis in RECIPES and moment is not None:
        model = teach(lessons, verdict.basis, seed=seed)
    if kept is not None:
        keep_learned(kept, learned(verdict, lessons, model, crowd))
    if model is None or moment is None:
        everybody = (np.full(circles.size, one[0]) for one in crowd.columns())
        return verdict, Estimate(*everybody)
    state = read_state(engine, people=circles.size)
    if kept is not None:
        keep_facts(engine, kept)
        state.save(kept / STATE)
    return verdict, score_people(engine, model, state, as_of=moment, people=circles.size)


def learned(
    verdict: Verdict, lessons: Lessons, model: ShareModel | None, crowd: Estimate
) -> Learned:
    """What is kept to answer later questions by."""
    rate, low, high = (float(one[0]) for one in crowd.columns())
    spread = spreads(lessons) if model is None else model.spread
    basis = verdict.basis if model is not None or verdict.basis == "none" else "base_rate"
    return Learned(basis, (rate, low, high), spread, model)


def _report(
    seen: ExposureReport,
    verdict: Verdict,
    currency: SocialCurrency,
    carried: Influence,
) -> dict[str, Any]:
    """Return plain facts that JSON can hold."""
    has_evidence = (currency.levers > 0).mean(axis=0)
    means = currency.levers.mean(axis=0)
    return {
        "basis": verdict.basis,
        "statement": verdict.statement,
        "base_rate": seen.shares / seen.exposures if seen.exposures else 0.0,
        "exposures": asdict(seen),
        **verdict.facts,
        "levers": {
            lever: {"mean": float(mean), "share_of_users": float(share)}
            for lever, mean, share in zip(LEVERS, means, has_evidence, strict=True)
        },
        "influence": {
            "has_ties": bool(carried.score.max(initial=0.0) > 0),
            "largest_reach": float(carried.reach.max(initial=0.0)),
            "median_reach": float(np.median(carried.reach)) if carried.reach.size else 0.0,
        },
    }
