"""Tags that come together say a thing once: the weight of each is shared with its echoes."""

import numpy as np

from models.rows import Rows, add_up, spans
from models.weights import on_grid


def heeded(rows: Rows, echoes: Rows) -> Rows:
    """Return observations whose weights are divided by one plus what of them others echo.

    Parameters
    ----------
    rows : Rows
        Users x tags, observations as `weights.damp_rows` gives them.
    echoes : Rows
        Tags x tags, symmetric: how surely a tag seen beside another is seen because of it, in
        (0, 1] and on the grid, so that sums are exact; no entry where no tag echoes another.

    n tags that are surely each other's echoes weigh as much as one: the effective number of
    correlated observations (Kish 1965, "Survey Sampling").
    """
    if not len(echoes.columns):
        return rows
    count = echoes.counts[rows.columns]
    entry = np.repeat(np.arange(len(rows.columns)), count)
    at = spans(echoes.starts[rows.columns], count)
    width = np.int64(rows.n_columns)
    keys = rows.owners * width + rows.columns
    asked = rows.owners[entry] * width + echoes.columns[at]
    found = np.minimum(np.searchsorted(keys, asked), max(len(keys) - 1, 0))
    is_there = keys[found] == asked
    echoed = add_up(entry[is_there], echoes.values[at[is_there]], len(rows.columns))
    return rows.with_values(on_grid(rows.values / (1.0 + echoed)))
