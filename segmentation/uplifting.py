"""Whom a right moves: learned from a campaign drawn by lot, told of everyone in the live run."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.lifecycle import STAGES
from models.uplift import Uplift, fit_uplift, grades, ranking
from segmentation.errors import InputError
from segmentation.export import format_of, write_file
from segmentation.outcomes import read_outcomes
from segmentation.store import Store

FACTS = ("share_propensity", "social_currency", "influence", "value", "stickiness")
"""What is known of a person, beside their stage and their two circles."""


def uplift_of(
    store: Store, outcomes: Path, *, before: str, out: Path | None = None, seed: int = 0
) -> dict[str, Any]:
    """Learn each person's uplift from a campaign's file; write everyone's to `out` where asked.

    What decides an uplift must have been known before the campaign: it is read from the run
    `before`. Those it is told of are described by the live run.

    Raises
    ------
    InputError
        When too few of the campaign's people were known to that run.
    """
    table = read_outcomes(outcomes)
    known = store.table(before, "users")
    place = {user: row for row, user in enumerate(known["user_id"].to_pylist())}
    rows = np.array([place.get(user, -1) for user in table["user_id"]])
    table, rows = table[rows >= 0], rows[rows >= 0]
    circles = circles_in(known)
    treated = table["treated"].to_numpy(dtype=bool)
    outcome = table["outcome"].to_numpy(np.float64)
    try:
        model = fit_uplift(facts_in(known, circles)[rows], treated, outcome, random_state=seed)
    except ValueError as error:
        raise InputError(
            f"Of the people in `{outcomes}` run {before} knows {len(rows):,}. {error}"
        ) from error
    if out is not None:
        live = store.table(store.live_folder().name, "users")
        told = model.predict(facts_in(live, circles))
        everyone = pa.table({"user_id": live["user_id"], "uplift": told})
        write_file(everyone, out, format=format_of(out))
    return report(model, treated, outcome)


def circles_in(users: pa.Table) -> dict[str, int]:
    """Number the primary circles people have, largest numbers last."""
    names = {*users["interest_circle"].to_pylist(), *users["lifestyle_circle"].to_pylist()}
    return {name: number for number, name in enumerate(sorted(names - {None}))}


def facts_in(users: pa.Table, circles: dict[str, int]) -> NDArray[np.float64]:
    """Lay out what is known of people, shape (n_people, n_facts); NaN where nothing is."""
    stages = {name: number for number, name in enumerate(STAGES)}
    numbers = [users[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in FACTS]
    words = (
        ("lifecycle_stage", stages),
        ("interest_circle", circles),
        ("lifestyle_circle", circles),
    )
    coded = [
        np.array([code.get(word, np.nan) for word in users[name].to_pylist()], dtype=np.float64)
        for name, code in words
    ]
    return np.column_stack([*numbers, *coded])


def report(
    model: Uplift, treated: NDArray[np.bool_], outcome: NDArray[np.float64]
) -> dict[str, Any]:
    """Say how good the order is and whether what is foretold comes true, on people not seen."""
    told = model.out_of_fold
    order = ranking(told, treated, outcome, usual=model.usual)
    judged = grades(told, treated, outcome, usual=model.usual)
    return {
        "people": len(told),
        "effect": model.effect,
        "tells_apart": model.tells_apart,
        "qini": order.qini if model.tells_apart else 0.0,
        "qini_error": order.error,
        "slope": judged.slope if model.tells_apart else None,
        "tenths": [
            {"predicted": predicted, "realised": realised, "low": low, "high": high}
            for predicted, realised, low, high in zip(
                judged.predicted.tolist(),
                judged.realised.tolist(),
                judged.low.tolist(),
                judged.high.tolist(),
                strict=True,
            )
        ],
    }
