"""How likely everyone is to share now, asked of what people usually see."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pyarrow

from models.evidence import features
from models.sharemodel import Estimate, ShareModel
from models.shrinkage import (
    FloatArray,
    IntArray,
    rate_posterior,
    shrink,
)
from segmentation.engine import Engine
from segmentation.evidence import as_floats, counts_before
from segmentation.exposures import DAY, keep_table
from segmentation.learned import LEVEL
from segmentation.sharestate import Asked, Contents, ShareState

TYPICAL_CONTENTS, TYPICAL_DAYS = 8, 30


def score_people(
    engine: Engine, model: ShareModel, state: ShareState, *, as_of: int, people: int
) -> Estimate:
    """Return each person's mean probability of sharing a few typical contents at `as_of`.

    People the engine's table `person` does not have are scored by the crowd's rate alone.
    """
    items = typical_contents(engine, as_of)
    known = as_floats(engine.execute("SELECT person FROM person ORDER BY person"), "person")
    asked = Asked(
        person=np.repeat(known.astype(np.int64), items.size),
        item=np.tile(items, known.size),
        moment=np.full(known.size * items.size, as_of + 1),
    )
    counts = counts_of(engine, asked, state)
    shares = counts["user_shares"][:: items.size]
    scored = model.average(features(counts), each=items.size, shares=shares, level=LEVEL)
    return _spread_out(scored, known.astype(np.int64), crowd=model.base_rate, people=people)


def counts_of(
    engine: Engine,
    asked: Asked,
    state: ShareState,
    *,
    contents: Contents | None = None,
    prepare: Callable[[], None] | None = None,
) -> dict[str, FloatArray]:
    """Return the `COUNTS` of asked rows: looked up where no fact is later, else by query.

    `contents` may know more than the run did; `prepare` makes the facts readable, those about
    such contents too, where a query is needed.
    """
    late = asked.moment > state.until[0]
    if late.all():
        return state.counts(asked, contents)
    if prepare is not None:
        prepare()
    earlier = Asked(*(getattr(asked, each.name)[~late] for each in fields(Asked)))
    keep_asked(engine, earlier)
    found = counts_before(engine, "asked")
    if not late.any():
        return found
    after = Asked(*(getattr(asked, each.name)[late] for each in fields(Asked)))
    later = state.counts(after, contents)
    whole = {name: np.empty(late.size) for name in found}
    for name, values in whole.items():
        values[~late], values[late] = found[name], later[name]
    return whole


def keep_asked(engine: Engine, asked: Asked) -> None:
    """Hold asked rows in the engine as the table `asked`."""
    columns = {"person": asked.person, "item": asked.item}
    table = pyarrow.table(
        {"row": np.arange(asked.moment.size), "moment": asked.moment}
        | {name: pyarrow.array(values, mask=values < 0) for name, values in columns.items()}
    )
    keep_table(engine, "asked", table, "SELECT * FROM asked_file")


def typical_contents(engine: Engine, as_of: int) -> IntArray:
    """Choose contents at even steps through the last month's exposures, ordered by share rate."""
    rows = engine.execute(f"""
        SELECT item, count(*) AS exposures, sum(shared) AS shares FROM exposure
        WHERE moment > {as_of} - {TYPICAL_DAYS * DAY}
           OR NOT EXISTS (SELECT 1 FROM exposure WHERE moment > {as_of} - {TYPICAL_DAYS * DAY})
        GROUP BY item ORDER BY item""")
    item, exposures, shares = (as_floats(rows, name) for name in ("item", "exposures", "shares"))
    rate = shrink(shares, trials=exposures, toward=shares.sum() / exposures.sum(), strength=100.0)
    order = np.lexsort((item, rate))
    steps = (np.arange(TYPICAL_CONTENTS) + 0.5) / TYPICAL_CONTENTS * exposures.sum()
    places = np.searchsorted(np.cumsum(exposures[order]), steps)
    return np.asarray(item[order][places], dtype=np.int64)


def crowd_estimate(shares: int, *, exposures: int, people: int) -> Estimate:
    """Give everybody the crowd's rate and the interval that rate is known within.

    Without any exposure that is 0, between 0 and 1: nothing is known.
    """
    if exposures == 0:
        return Estimate(np.zeros(people), np.zeros(people), np.ones(people))
    belief = rate_posterior(shares, trials=exposures, level=LEVEL)
    values = (np.full(people, value) for value in (belief.mean, belief.low, belief.high))
    return Estimate(*values)


def _spread_out(scored: Estimate, known: IntArray, *, crowd: float, people: int) -> Estimate:
    """Place the scores of known people among all; the others get the crowd's rate."""
    values = [np.full(people, crowd) for _ in range(3)]
    for value, part in zip(values, scored.columns(), strict=True):
        value[known] = part
    return Estimate(*values)
