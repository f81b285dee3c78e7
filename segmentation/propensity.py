"""Teach the sharing model on settled exposures, test it on the last of them, score everybody."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.evidence import FEATURES, features
from models.propensity import SharePropensity
from models.reliability import Quality, gain_score, quality, reliability
from models.sharemodel import ShareModel, pooled_model
from models.shrinkage import (
    FloatArray,
    IntArray,
    prior_strength,
    relative_spread,
    shrink,
)
from segmentation.engine import Engine
from segmentation.evidence import as_floats, counts_before
from segmentation.exposures import keep

TRAIN, CALIBRATION = 0.6, 0.2
LEAST_SHARES = 20
LEAST_GAIN = 1.645
LEAST_POOLED_GAIN = (
    1.0  # pooled rates that tell nothing are calibrated flat and lose: noise passes rarely
)
POOLED = FEATURES.index("all_lifts")
LARGE_CIRCLE = 1_000
RECIPES = ("model", "pooled")
"""Ways to learn, the most demanding first."""


@dataclass(frozen=True)
class Lessons:
    """Settled exposures in time order with what was known before each."""

    X: FloatArray
    shared: FloatArray
    moment: IntArray
    person: IntArray
    item: IntArray
    counts: Mapping[str, FloatArray]

    @property
    def groups(self) -> IntArray:
        """The user and the content of each row, shape (n, 2)."""
        return np.column_stack([self.person, self.item])


@dataclass(frozen=True)
class Split:
    """Where calibration and test begin; exposures of one moment are never parted."""

    calibration: int
    test: int


@dataclass(frozen=True)
class Verdict:
    """Whether the model may be used, why, and the figures it was judged by."""

    basis: str
    statement: str
    facts: dict[str, Any]


def read_lessons(engine: Engine) -> Lessons:
    """Take every settled exposure as a lesson; needs the logs of `build_logs`."""
    keep(engine, "lesson", "SELECT * FROM exposure WHERE settled")
    rows = engine.execute("SELECT * FROM lesson ORDER BY row")
    counts = counts_before(engine, "lesson")
    return Lessons(
        X=features(counts),
        shared=as_floats(rows, "shared"),
        moment=as_floats(rows, "moment").astype(np.int64),
        person=as_floats(rows, "person").astype(np.int64),
        item=as_floats(rows, "item").astype(np.int64),
        counts=counts,
    )


def split_by_time(moment: IntArray) -> Split:
    """Cut sorted moments into the first 60 %, the next 20 % and the last 20 %."""
    cuts = [int(share * moment.size) for share in (TRAIN, TRAIN + CALIBRATION)]
    first, second = (int(np.searchsorted(moment, moment[cut])) for cut in cuts)
    return Split(calibration=first, test=second)


def judge(lessons: Lessons, *, circles: IntArray, seed: int) -> Verdict:
    """Teach on earlier exposures, test on later ones, and compare with knowing less.

    `circles` gives each person's circle, -1 for none.
    """
    shares = int(lessons.shared.sum())
    if shares < LEAST_SHARES:
        return _too_few(shares, lessons.shared.size)
    split = split_by_time(lessons.moment)
    past, test = slice(0, split.test), slice(split.test, None)
    outcomes, base_rate = lessons.shared[test], float(lessons.shared[past].mean())
    facts: dict[str, Any] = {"split": _split_facts(lessons.shared, split)}
    if base_rate == 0 or outcomes.sum() == 0:
        statement = "All shares lie on one side of the test border, so nothing can be tested."
        return Verdict("base_rate", statement, facts)
    said = rates_of("model", lessons, known=past, asked=test, split=split, seed=seed)
    figures = _figures(outcomes, said, base_rate, circles[lessons.person[test]])
    known_less = baselines(lessons, split, base_rate) | {
        "pooled": rates_of("pooled", lessons, known=past, asked=test, split=split, seed=seed)
    }
    facts["baselines"] = {
        name: quality(outcomes, probabilities=rate, base_rate=base_rate).to_dict()
        for name, rate in known_less.items()
    }
    if figures["gain_score"] >= LEAST_GAIN:
        statement = (
            f"Tested on {int(outcomes.sum()):,} later shares, the model beats the crowd's rate."
        )
        return Verdict("model", statement, facts | figures)
    pooled = judge_pooled(lessons, split, circles=circles, seed=seed)
    return pooled_or_nothing(facts, figures, pooled, int(outcomes.sum()))


def judge_pooled(
    lessons: Lessons, split: Split, *, circles: IntArray, seed: int
) -> dict[str, Any] | None:
    """Judge pooled rates on all after the training part, for so few shares; None where none is.

    They have three numbers to fit, so the part that calibrates the model can test them.
    """
    past, later = slice(0, split.calibration), slice(split.calibration, None)
    shared = lessons.shared
    if shared[past].sum() == 0 or shared[later].sum() == 0:
        return None
    said = rates_of("pooled", lessons, known=past, asked=later, split=split, seed=seed)
    homes = circles[lessons.person[later]]
    return _figures(shared[later], said, float(shared[past].mean()), homes)


def pooled_or_nothing(
    facts: dict[str, Any],
    model: dict[str, Any],
    pooled: dict[str, Any] | None,
    test_shares: int,
) -> Verdict:
    """Take pooled rates where they gain, the crowd's rate otherwise."""
    if pooled is None or pooled["gain_score"] < LEAST_POOLED_GAIN:
        statement = (
            f"On {test_shares:,} later shares the model did no better than the crowd's rate "
            "beyond chance, so everybody gets that rate."
        )
        return Verdict("base_rate", statement, facts | model)
    is_sure = pooled["gain_score"] >= LEAST_GAIN
    statement = (
        f"{test_shares:,} later shares are too few for the model. The pooled rates of user, "
        "content, tags and circle come closer than the crowd's rate"
        + (", beyond chance." if is_sure else ", though chance may explain by how much.")
    )
    return Verdict("pooled", statement, facts | pooled)


def rates_of(
    recipe: str, lessons: Lessons, *, known: slice, asked: slice, split: Split, seed: int
) -> FloatArray:
    """Return what a recipe that knows some lessons says of others."""
    share = 1 - split.calibration / split.test
    model = fit(recipe, lessons, known, calibration_share=share, seed=seed)
    return model.probability(lessons.X[asked])


def fit(
    recipe: str, lessons: Lessons, rows: slice, *, calibration_share: float, seed: int
) -> ShareModel:
    """Fit one of the `RECIPES` on some lessons."""
    X, shared, groups = lessons.X[rows], lessons.shared[rows], lessons.groups[rows]
    if recipe == "pooled":
        return pooled_model(X, outcomes=shared, groups=groups, column=POOLED)
    model = SharePropensity(calibration_share=calibration_share, random_state=seed)
    return model.fit(X, shared, groups=groups).model_


def baselines(lessons: Lessons, split: Split, base_rate: float) -> dict[str, FloatArray]:
    """Return three ways of knowing less, for the test rows, each pulled toward the base rate."""
    past, test = slice(0, split.test), slice(split.test, None)
    rates = {"base_rate": np.full(lessons.shared[test].size, base_rate)}
    for name, keys in (("user", lessons.person), ("content", lessons.item)):
        strength = prior_strength(
            np.bincount(keys[past], weights=lessons.shared[past]).astype(np.float64),
            trials=np.bincount(keys[past]).astype(np.float64),
        )
        shares, trials = (
            lessons.counts[f"{name}_{what}"][test] for what in ("shares", "exposures")
        )
        rates[f"{name}_rate"] = shrink(shares, trials=trials, toward=base_rate, strength=strength)
    return rates


def teach(lessons: Lessons, recipe: str, *, seed: int) -> ShareModel:
    """Fit the recipe that was judged on all settled exposures; the last quarter calibrates."""
    share = CALIBRATION / (TRAIN + CALIBRATION)
    return fit(recipe, lessons, slice(None), calibration_share=share, seed=seed)


def spreads(lessons: Lessons) -> FloatArray:
    """Say how far users and contents differ in their rates; as `ShareModel` does."""
    if lessons.shared.size == 0:
        return np.zeros(2)
    return np.array(
        [relative_spread(lessons.shared, groups=each) for each in lessons.groups.T],
        dtype=np.float64,
    )


def _figures(
    outcomes: FloatArray, said: FloatArray, base_rate: float, circles: IntArray
) -> dict[str, Any]:
    bins = reliability(outcomes, probabilities=said)
    return {
        "test": quality(outcomes, probabilities=said, base_rate=base_rate).to_dict(),
        "gain_score": gain_score(outcomes, probabilities=said, base_rate=base_rate),
        "reliability": [
            {"predicted": float(p), "observed": float(o), "rows": int(n)}
            for p, o, n in zip(bins.predicted, bins.observed, bins.rows, strict=True)
        ],
        "circles": _by_circle(outcomes, said, base_rate, circles),
    }


def _by_circle(
    outcomes: FloatArray, said: FloatArray, base_rate: float, circles: IntArray
) -> dict[str, Any]:
    names, rows = np.unique(circles[circles >= 0], return_counts=True)
    figures: dict[int, Quality] = {
        int(name): quality(
            outcomes[circles == name], probabilities=said[circles == name], base_rate=base_rate
        )
        for name in names[rows >= LARGE_CIRCLE]
    }
    return {str(name): asdict(figure) for name, figure in figures.items()}


def _split_facts(shared: FloatArray, split: Split) -> dict[str, dict[str, int]]:
    parts = np.split(shared, [split.calibration, split.test])
    return {
        name: {"rows": int(part.size), "shares": int(part.sum())}
        for name, part in zip(("train", "calibration", "test"), parts, strict=True)
    }


def _too_few(shares: int, exposures: int) -> Verdict:
    if exposures == 0:
        return Verdict("none", "No exposure is known, so nothing can be said of sharing.", {})
    statement = (
        f"{shares:,} shares among {exposures:,} settled exposures are too few to learn from, "
        "so everybody gets the crowd's rate."
    )
    return Verdict("base_rate", statement, {})
