"""Placing people: the compiled twin of `profiles.assign_part`, bit for bit."""

import numpy as np

from models.kernels.compiler import (
    COLUMN_TABLE_OUT,
    COLUMNS,
    COLUMNS_OUT,
    PLACES,
    REALS,
    REALS_OUT,
    TABLE,
    TABLE_OUT,
    WHOLE,
    exp,
    kernel,
)
from models.kernels.evidence import collect, gather, summed
from models.kernels.mixing import candidates, listed, mix, most_pairs


@kernel(
    PLACES, COLUMNS, REALS,
    PLACES, PLACES, TABLE, REALS, REALS,
    REALS, REALS, REALS, WHOLE,
    COLUMNS_OUT, REALS_OUT, REALS_OUT, REALS_OUT, COLUMN_TABLE_OUT, TABLE_OUT,
)  # fmt: skip
def place(
    starts, columns, values,
    entries, circles, gains, ratios, base,
    grid_weights, log_priors, chances, min_tags,
    labels, noise, confidence, margins, member_circles, member_weights,
):  # fmt: skip
    """Place rows; with room in `member_circles` (rows x most) find their further circles too.

    `member_circles` must come filled with -1.
    """
    n_circles, n_grid = len(log_priors), len(base)
    scores, is_hit = np.zeros((n_circles, n_grid)), np.zeros(n_circles, np.bool_)
    hits, cells = np.empty(n_circles, np.int64), np.empty(n_circles * n_grid)
    odds, parts = np.empty(n_circles), np.empty(n_circles)
    room = most_pairs(starts, columns, entries) if member_circles.shape[1] else 0
    try_of, ratio_of = np.empty(room, np.int64), np.empty(room)
    weight_of, is_last = np.empty(room), np.empty(room, np.bool_)
    shares = np.empty(room)
    weights, mass, loss = np.empty(n_circles), np.empty(n_circles), np.empty(n_circles)
    place_of = np.full(n_circles, -1)
    for row in range(len(labels)):
        first, last = starts[row], starts[row + 1]
        total = gather(first, last, columns, values, entries, circles, gains, scores, is_hit)
        count = collect(scores, is_hit, base, total, hits, cells)
        summed(cells, count, grid_weights, odds)
        best, top = -1, -np.inf
        for h in range(count):
            odds[h] += log_priors[hits[h]]
            if odds[h] > top:
                best, top = hits[h], odds[h]
        shift = max(top, 0.0)
        for h in range(count):
            parts[h] = exp(odds[h] - shift)
        crowd, inside = exp(-shift), 0.0
        for h in range(count):
            inside += parts[h]
        noise[row] = crowd / (crowd + inside)
        confidence[row] = exp(top - shift) / (crowd + inside)
        enough = last - first >= min_tags
        margins[row] = top if enough else -np.inf
        labels[row] = best if enough and top > 0.0 else -1
        if labels[row] >= 0 and member_circles.shape[1]:
            tried = candidates(hits, odds, count, best, place_of)
            pairs = listed(
                first, last, columns, values, entries, circles, ratios, place_of,
                try_of, ratio_of, weight_of, is_last,
            )  # fmt: skip
            mix(
                row, total, hits, tried, chances, best, try_of, ratio_of, weight_of, is_last, pairs,
                place_of, weights, mass, loss, shares, member_circles, member_weights,
            )  # fmt: skip
