"""Whether something harmless gives away something sensitive."""

import numpy as np

from models.rows import BoolArray, FloatArray, Rows, add_up

FEWEST = 30
"""People on either side without whom nothing can be said."""


def telltale(holds: Rows, sensitive: BoolArray) -> FloatArray:
    """Say how well having each column tells who is sensitive, as AUC, shape (n_columns,).

    Guessing by a yes or no, the area under the curve is (1 + |hit rate - false alarms|) / 2: 0.5
    tells nothing, 1 everything. Too few people on a side, and it is 0.5 throughout.
    """
    inside = int(sensitive.sum())
    outside = len(sensitive) - inside
    if min(inside, outside) < FEWEST:
        return np.full(holds.n_columns, 0.5)
    columns = holds.columns.astype(np.int64)
    has = (holds.values > 0).astype(np.float64)
    by_sensitive = sensitive[holds.owners]
    hits = add_up(columns, has * by_sensitive, holds.n_columns) / inside
    alarms = add_up(columns, has * ~by_sensitive, holds.n_columns) / outside
    return np.asarray((1.0 + np.abs(hits - alarms)) / 2.0)
