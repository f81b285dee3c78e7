"""Placing people: the compiled twin of `profiles.assign_part`, bit for bit."""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    COLUMNS_OUT,
    PLACES,
    PLACES_OUT,
    REAL,
    REALS,
    REALS_OUT,
    TABLE,
    WHOLE,
    kernel,
    part,
)
from models.kernels.judging import believed, collected, likeliest, weighed
from models.kernels.lanes import fitted, room_for_tries, tried
from models.kernels.pairs import WORD, gathered, listed, room_for
from models.tagtable import LANES

ROWS, SLOTS, PAIRS = 512, 4_000, 8_000
"""Rows looked at together, fewer where they have more slots or pairs: what the cache holds."""


@part
def looked_at(begin, starts, columns, values, table, base, log_priors, totals, pairs, slots):
    """List the pairs and the slots of as many rows as are looked at together; return how many."""
    entries, circles, gains, scores, touched = table
    pair_starts, pair_entries, pair_tokens, pair_weights = pairs
    slot_starts, slot_circles, cells, priors = slots
    size = 0
    while size < ROWS and begin + size < len(starts) - 1:
        pair, slot, row = pair_starts[size], slot_starts[size], begin + size
        if pair > PAIRS or slot > SLOTS:
            break
        end, total = listed(
            starts[row], starts[row + 1], columns, values, entries,
            pair, pair_entries, pair_tokens, pair_weights,
        )  # fmt: skip
        gathered(pair, end, pair_entries, pair_weights, circles, gains, scores, touched)
        slot = collected(
            scores, touched, base, total, log_priors, slot, slot_circles, cells, priors
        )
        size += 1
        totals[size - 1], pair_starts[size], slot_starts[size] = total, end, slot
    return size


@part
def labelled(size, starts, min_tags, slot_starts, slot_circles, odds, tops, margins, labels):
    """Write the label of each row, -1 for none, and the largest of its log-odds.

    `margins` gets it where the row has enough tags, else -inf.
    """
    for n in range(size):
        best = likeliest(slot_starts[n], slot_starts[n + 1], odds)
        tops[n] = odds[best] if best >= 0 else -np.inf
        margins[n] = tops[n] if starts[n + 1] - starts[n] >= min_tags else -np.inf
        labels[n] = slot_circles[best] if margins[n] > 0.0 else -1


@kernel(
    PLACES, COLUMNS, REALS,
    PLACES, PLACES, TABLE, REALS, REALS,
    REALS, REALS, REALS, WHOLE, REAL, WHOLE,
    COLUMNS_OUT, REALS_OUT, REALS_OUT, REALS_OUT,
    PLACES_OUT, PLACES_OUT, REALS_OUT,
)  # fmt: skip
def place(
    starts, columns, values,
    entries, circles, gains, ratios, base,
    grid_weights, log_priors, chances, min_tags, least, most,
    labels, noise, confidence, margins,
    counts, member_circles, member_weights,
):  # fmt: skip
    """Place rows and find up to `most` circles of each, written one after the other.

    Without room in `noise` it and its like are left out, and circles whose log-odds cannot reach
    `least` are not weighed.
    """
    n_circles, n_slots = len(log_priors), SLOTS + len(log_priors)
    scores = np.zeros((n_circles, LANES))
    table = (entries, circles, gains, scores, np.zeros(n_circles // WORD + 1, np.int64))
    n_pairs = PAIRS + room_for(starts, entries)
    pair_starts, pair_entries = np.zeros(ROWS + 1, np.int64), np.empty(n_pairs, np.int64)
    pairs = (pair_starts, pair_entries, np.empty(n_pairs, np.int64), np.empty(n_pairs))
    slot_starts, slot_circles = np.zeros(ROWS + 1, np.int64), np.empty(n_slots, np.int64)
    cells, priors = np.empty((len(base), n_slots)), np.empty(n_slots)
    slots = (slot_starts, slot_circles, cells, priors)
    largest, odds, sums = np.empty(n_slots), np.empty(n_slots), np.empty(n_slots)
    kept = np.empty(n_slots, np.int64)
    totals, tops, enough = np.empty(ROWS), np.empty(ROWS), np.empty(ROWS)
    tries = room_for_tries(ROWS if most else 0, most, n_slots, n_pairs, n_circles)
    begin, written = 0, 0
    while begin < len(labels):
        size = looked_at(
            begin, starts, columns, values, table, base, log_priors, totals, pairs, slots
        )
        here = slice(begin, begin + size)
        weighed(slot_starts[size], grid_weights, cells, priors, least, largest, kept, sums, odds)
        labelled(
            size, starts[begin:], min_tags, slot_starts, slot_circles, odds, tops, enough,
            labels[here],
        )  # fmt: skip
        if len(noise):
            margins[here] = enough[:size]
            believed(tops[:size], slot_starts, odds, sums, noise[here], confidence[here])
        if most:
            n_tries = tried(labels[here], slots, odds, pairs, circles, ratios, totals, tries)
            written = fitted(
                n_tries, tries, chances, counts[here], written, member_circles, member_weights
            )
        begin += size
