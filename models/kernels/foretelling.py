"""What circles foretell of tags held back: the loop behind `models.foretelling`, row by row.

A row is weighed by the tags known of it, then asked for the hidden ones. A tag known cannot be
hidden as well, so what circles and crowd give to the known ones is taken out of both.
"""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    PLACES,
    REALS,
    REALS_OUT,
    TABLE,
    TABLE_OUT,
    kernel,
    log,
    part,
)
from models.kernels.evidence import collect, gather
from models.kernels.learning import GRID_POINTS, against_likeliest
from models.kernels.pairs import UNSEEN, WORD, most_pairs

LEAST_LEFT = 1e-9
"""The probability left when some is given away is never less."""
TINY = 1e-300


@part
def believe(cells, count, hits, base, total, grid, grid_logs, log_priors, odds, belonging, signal):
    """Write the probability of each circle, and that part of it in which a further tag is its own.

    Returns the probability of no circle. `cells` comes with the evidence of the circles touched;
    the others differ by their `odds` before any tag alone.
    """
    against_likeliest(cells, count, hits, base, total, grid_logs, log_priors)
    at = count * GRID_POINTS
    usual, own = 0.0, 0.0
    for g in range(GRID_POINTS):
        usual += cells[at + g]
        own += grid[g] * cells[at + g]
    for circle in range(len(odds)):
        belonging[circle], signal[circle] = odds[circle] * usual, odds[circle] * own
    for h in range(count):
        usual, own = 0.0, 0.0
        for g in range(GRID_POINTS):
            usual += cells[h * GRID_POINTS + g]
            own += grid[g] * cells[h * GRID_POINTS + g]
        belonging[hits[h]], signal[hits[h]] = usual, own
    whole = cells[at + GRID_POINTS]
    for circle in range(len(odds)):
        whole += belonging[circle]
    for circle in range(len(odds)):
        belonging[circle] /= whole
        signal[circle] /= whole
    return cells[at + GRID_POINTS] / whole


@part
def told(tag, entries, circles, ratios, background, signal, by_crowd):
    """Return the probability of a tag; `by_crowd` is that of no circle's own."""
    ratio = by_crowd
    for entry in range(entries[tag], entries[tag + 1]):
        ratio += signal[circles[entry]] * ratios[entry]
    return ratio * background[tag]


@part
def spread(tag, entries, circles, ratios, background, lone, signal, shares):
    """Add to `shares` what each circle gives to a tag."""
    for circle in range(len(lone)):
        shares[circle] += lone[circle] * background[tag]
    for entry in range(entries[tag], entries[tag + 1]):
        shares[circles[entry]] += signal[circles[entry]] * ratios[entry] * background[tag]


@part
def without_each(shares, rest, after, times, losses):
    """Add to `losses` by how much the logarithm of a sum falls without each of its parts.

    The sum without a part is added up anew, however large the part is. `after` is room.
    """
    whole = 0.0
    for circle in range(len(shares) - 1, -1, -1):
        after[circle] = whole
        whole += shares[circle]
    before = rest
    for circle in range(len(shares)):
        after[circle] = max(before + after[circle], TINY)
        before += shares[circle]
    for circle in range(len(shares)):
        losses[circle] += times * log((rest + whole) / after[circle])


@kernel(
    PLACES, COLUMNS, REALS, PLACES, COLUMNS,
    PLACES, PLACES, TABLE, REALS, REALS,
    REALS, REALS, REALS, REALS, REALS, REALS,
    REALS_OUT, TABLE_OUT, TABLE_OUT,
)  # fmt: skip
def foretell(
    starts, columns, values, hidden_starts, hidden_columns,
    entries, circles, gains, ratios, base,
    grid, grid_logs, log_priors, odds, background, crowd,
    foretold, belongings, losses,
):  # fmt: skip
    """Write the gain of each row's hidden tags over the crowd, in nats.

    With rows in `belongings` each gets the probabilities of the circles, with rows in `losses`
    (which must come as 0) what the gain loses without each, the others sharing its place.
    """
    n_circles = len(log_priors)
    scores, touched = np.zeros((n_circles, GRID_POINTS)), np.zeros(n_circles // WORD + 1, np.int64)
    room = most_pairs(starts, columns, entries) + UNSEEN
    pair_entries, pair_weights = np.empty(room, np.int64), np.empty(room)
    hits, cells = np.empty(n_circles, np.int64), np.empty((n_circles + 1) * GRID_POINTS + 1)
    belonging, signal, lone = np.empty(n_circles), np.empty(n_circles), np.empty(n_circles)
    shares, after = np.empty(n_circles), np.empty(n_circles)
    for row in range(len(foretold)):
        first, last = starts[row], starts[row + 1]
        total = gather(
            first, last, columns, values, entries, circles, gains, scores, touched,
            pair_entries, pair_weights,
        )  # fmt: skip
        count = collect(scores, touched, base, total, hits, cells)
        alone = believe(
            cells, count, hits, base, total, grid, grid_logs, log_priors, odds, belonging, signal
        )
        if len(belongings):
            belongings[row] = belonging
        by_crowd = alone
        for circle in range(n_circles):
            lone[circle] = belonging[circle] - signal[circle]
            by_crowd += lone[circle]
        known, known_crowd, known_alone = 0.0, 0.0, 0.0
        for at in range(first, last):
            known += told(columns[at], entries, circles, ratios, background, signal, by_crowd)
            known_crowd += crowd[columns[at]]
            known_alone += background[columns[at]]
        begin, end = hidden_starts[row], hidden_starts[row + 1]
        room = log(max(1.0 - known, LEAST_LEFT) / max(1.0 - known_crowd, LEAST_LEFT))
        gain = -room * (end - begin)
        for at in range(begin, end):
            tag = hidden_columns[at]
            by_all = told(tag, entries, circles, ratios, background, signal, by_crowd)
            gain += log(by_all / crowd[tag])
        foretold[row] = gain
        if not len(losses):
            continue
        for at in range(begin, end):
            tag = hidden_columns[at]
            shares[:] = 0.0
            spread(tag, entries, circles, ratios, background, lone, signal, shares)
            without_each(shares, alone * background[tag], after, 1.0, losses[row])
        shares[:] = 0.0
        for at in range(first, last):
            spread(columns[at], entries, circles, ratios, background, lone, signal, shares)
        for circle in range(n_circles):
            shares[circle] = belonging[circle] - shares[circle]
        rest = alone * (1.0 - known_alone)
        without_each(shares, rest, after, -float(end - begin), losses[row])
