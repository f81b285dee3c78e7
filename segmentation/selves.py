"""What each circle shows of itself and what it keeps: tags shared beside tags consumed."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.currency import LEVERS, selves, tag_currency
from models.shrinkage import FloatArray, IntArray
from segmentation.engine import Engine
from segmentation.evidence import as_floats
from segmentation.levers import SharedTags


def selves_table(
    engine: Engine,
    shared: SharedTags,
    *,
    circles: IntArray,
    circle_ids: Sequence[str],
    tags: Sequence[str],
) -> pa.Table:
    """Lay out the projected and the private self of each circle, a row for each circle and tag.

    Columns: `circle_id, tag, shared, consumed`, then log-odds with z of the circle's sharing
    against everybody else's (`projected`), of its consuming against everybody else's (`private`),
    and of its sharing against its own consuming (`currency`). Only the given tags are told; pairs
    neither shared nor consumed have no row.
    """
    told, used = counts(engine, shared, circles, len(circle_ids), tags)
    sides = {"projected": selves(told), "private": selves(used)}
    columns: dict[str, FloatArray] = {}
    for name, found in sides.items():
        columns[name] = np.array([each.log_odds for each in found])
        columns[f"{name}_z"] = np.array([each.z for each in found])
    own = [tag_currency(row, consumed=other) for row, other in zip(told, used, strict=True)]
    columns["currency"] = np.array([each.log_odds for each in own])
    columns["currency_z"] = np.array([each.z for each in own])
    circle, tag = np.nonzero(told + used)
    return pa.table(
        {
            "circle_id": pa.array(circle_ids, pa.string()).take(pa.array(circle)),
            "tag": pa.array(tags, pa.string()).take(pa.array(tag)),
            "shared": told[circle, tag].astype(np.int64),
            "consumed": used[circle, tag].astype(np.int64),
        }
        | {name: values.reshape(told.shape)[circle, tag] for name, values in columns.items()}
    )


def counts(
    engine: Engine,
    shared: SharedTags,
    circles: IntArray,
    n_circles: int,
    tags: Sequence[str],
) -> tuple[FloatArray, FloatArray]:
    """Return how often each circle shared and consumed each of the tags."""
    column = {tag: at for at, tag in enumerate(tags)}
    place = np.array([column.get(name, -1) for name in shared.names], dtype=np.int64)
    told, used = np.zeros((2, n_circles, len(tags)))
    home, theme = circles[shared.person], place[shared.theme]
    inside = (home >= 0) & (theme >= 0)
    np.add.at(told, (home[inside], theme[inside]), shared.count[inside])
    rows = engine.execute("""
        SELECT circle, theme, count(*) AS n FROM act JOIN person USING (person)
        WHERE private = 1 AND circle >= 0 GROUP BY circle, theme""")
    theme = place[as_floats(rows, "theme").astype(np.int64)]
    inside = theme >= 0
    home = as_floats(rows, "circle").astype(np.int64)
    np.add.at(used, (home[inside], theme[inside]), as_floats(rows, "n")[inside])
    return told, used


def told_of(currency: pa.Table, tags: Sequence[str]) -> pa.Table:
    """Return the currency of tags that may be told: those of the facet."""
    return currency.filter(pc.is_in(currency["tag"], value_set=pa.array(tags, pa.string())))


def levers_table(user_ids: Sequence[str], levers: FloatArray, evidence: FloatArray) -> pa.Table:
    """Lay out what each lever adds to everybody's score, and the count it rests on."""
    counts = {f"{name}_count": evidence[:, at] for at, name in enumerate(LEVERS)}
    adds = {name: levers[:, at] for at, name in enumerate(LEVERS)}
    return pa.table({"user_id": pa.array(user_ids, pa.string()), **adds, **counts})
