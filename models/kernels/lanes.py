"""Rows to be fitted as mixtures, listed and then put side by side, one in each lane.

Rows that try about as many circles stand together, so that few lanes are padded. Every array has
memory of its own: of two parts of one the compiler thinks that they may overlap, and makes no
vector code.
"""

import numpy as np

from models.kernels.compiler import part
from models.kernels.mixing import fit, keep, lose
from models.strengths import CROWD_TAGS, PRIOR_TAGS, WORTH_TRYING
from models.tagtable import LANES

WIDTH = 32
"""Most lanes at once."""
MOST_TRIED, MOST_TAGS = 7, 64
"""Circles and tags from which on sizes are not told apart when rows are put side by side."""


@part
def room_for_tries(rows, most, n_slots, n_pairs, n_circles):
    """Make room for so many rows to be fitted: their circles and pairs, sizes and results."""
    room = min(rows, 1)
    circles = (np.zeros(rows + 1, np.int64), np.empty(room * n_slots, np.int64))
    places, tags = np.empty(room * n_pairs, np.int64), np.empty(room * n_pairs, np.int64)
    ratios, weights = np.empty(room * n_pairs), np.empty(room * n_pairs)
    pairs = (np.zeros(rows + 1, np.int64), places, tags, ratios, weights)
    row_of, n_tags, primaries, classes, order = np.empty((5, rows), np.int64)
    sizes = (row_of, n_tags, primaries, classes, order, np.empty(rows))
    found = (np.empty((rows, most), np.int64), np.empty((rows, most)))
    return circles, pairs, sizes, found, np.full(n_circles, -1)


@part
def tried_circles(begin, end, slot_circles, odds, at, circles_tried, place_of):
    """List a row's circles worth trying from `at` on and number them; return where they end.

    Those not worth it get -1; all circles that the row's tags point to are among the slots.
    """
    first = at
    for s in range(begin, end):
        is_tried = odds[s] > WORTH_TRYING
        circles_tried[at] = slot_circles[s]
        place_of[slot_circles[s]] = at - first if is_tried else -1
        at += is_tried
    return at


@part
def tried_pairs(
    begin, end, pair_entries, pair_tokens, pair_weights, circles, ratios, place_of,
    at, places, tags, tag_ratios, tag_weights,
):  # fmt: skip
    """List a row's pairs with circles it tries from `at` on; return where they end and the tags.

    Tags without such a circle are left out, the others numbered from 0.
    """
    n_tags, latest = 0, -1
    for pair in range(begin, end):
        entry, token = pair_entries[pair], pair_tokens[pair]
        place = place_of[circles[entry]]
        is_tried = place >= 0
        n_tags += is_tried & (token != latest)
        latest = token if is_tried else latest
        places[at], tags[at] = place, n_tags - 1
        tag_ratios[at], tag_weights[at] = ratios[entry], pair_weights[pair]
        at += is_tried
    return at, n_tags


@part
def tried(labels, slots, odds, pairs, circles, ratios, totals, tries):
    """List the rows that have a label, with the circles they try; return how many they are."""
    slot_starts, slot_circles, _, _ = slots
    pair_starts, pair_entries, pair_tokens, pair_weights = pairs
    (circle_starts, circles_tried), of_pairs, sizes, _, place_of = tries
    kept_starts, places, tags, tag_ratios, tag_weights = of_pairs
    row_of, n_tags, primaries, classes, _, weights = sizes
    n = 0
    for row in range(len(labels)):
        if labels[row] < 0:
            continue
        first = circle_starts[n]
        last = tried_circles(
            slot_starts[row], slot_starts[row + 1], slot_circles, odds,
            first, circles_tried, place_of,
        )  # fmt: skip
        kept_starts[n + 1], n_tags[n] = tried_pairs(
            pair_starts[row], pair_starts[row + 1], pair_entries, pair_tokens, pair_weights,
            circles, ratios, place_of, kept_starts[n], places, tags, tag_ratios, tag_weights,
        )  # fmt: skip
        row_of[n], primaries[n], weights[n] = row, place_of[labels[row]], totals[row]
        classes[n] = min(last - first, MOST_TRIED) * MOST_TAGS + min(n_tags[n], MOST_TAGS - 1)
        n += 1
        circle_starts[n] = last
    return n


@part
def put_in_order(count, classes, order):
    """Order rows by their size classes (counting sort)."""
    ends = np.zeros((MOST_TRIED + 1) * MOST_TAGS + 1, np.int64)
    for n in range(count):
        ends[classes[n] + 1] += 1
    for c in range(len(ends) - 1):
        ends[c + 1] += ends[c]
    for n in range(count):
        order[ends[classes[n]]] = n
        ends[classes[n]] += 1


@part
def extent(alike, circle_starts, n_tags):
    """Return the most circles and the most tags of some rows."""
    most_circles, most_tags = 0, 0
    for n in alike:
        most_circles = max(most_circles, circle_starts[n + 1] - circle_starts[n])
        most_tags = max(most_tags, n_tags[n])
    return most_circles, most_tags


@part
def fill(alike, circle_starts, circles_tried, chances, totals, priors, strengths, norms, weights):
    """Put rows into lanes, each circle at its share of the odds before any tag."""
    for lane in range(len(alike)):
        n = alike[lane]
        first, prior_sum = circle_starts[n], 0.0
        for t in range(first, circle_starts[n + 1]):
            prior_sum += chances[circles_tried[t]]
        for t in range(first, circle_starts[n + 1]):
            prior = chances[circles_tried[t]]
            priors[t - first, lane], strengths[t - first, lane] = prior, prior / (prior_sum + 1.0)
        totals[lane] = weights[n]
        norms[lane] = totals[lane] + CROWD_TAGS + PRIOR_TAGS * prior_sum


@part
def fill_tags(alike, of_pairs, weights, ratios):
    """Put the rows' tags into the lanes."""
    kept_starts, places, tags, tag_ratios, tag_weights = of_pairs
    for lane in range(len(alike)):
        for pair in range(kept_starts[alike[lane]], kept_starts[alike[lane] + 1]):
            weights[tags[pair], lane] = tag_weights[pair]
            ratios[tags[pair], places[pair], lane] = tag_ratios[pair]


@part
def fitted(count, tries, chances, counts, written, member_circles, member_weights):
    """Fit the rows listed, write their circles row by row; return where they end."""
    (circle_starts, circles_tried), of_pairs, sizes, (found, shares), _ = tries
    row_of, n_tags, primaries, classes, order, row_weights = sizes
    put_in_order(count, classes, order)
    for row in range(len(counts)):
        counts[row] = 0
    for begin in range(0, count, WIDTH):
        alike = order[begin : min(begin + WIDTH, count)]
        width = len(alike) + -len(alike) % LANES
        most_circles, most_tags = extent(alike, circle_starts, n_tags)
        priors = np.zeros((most_circles, width))
        strengths = np.zeros((most_circles, width))
        masses = np.zeros((most_circles, width))
        totals, norms, crowd, hit = np.ones(width), np.ones(width), np.ones(width), np.ones(width)
        weights, ratios = np.zeros((most_tags, width)), np.zeros((most_tags, most_circles, width))
        fill(
            alike, circle_starts, circles_tried, chances,
            totals, priors, strengths, norms, row_weights,
        )  # fmt: skip
        fill_tags(alike, of_pairs, weights, ratios)
        fit(weights, ratios, priors, norms, strengths, masses, crowd, hit)
        if most_circles > 1:
            lose(weights, ratios, totals, strengths, masses, crowd, hit)
        for lane in range(len(alike)):
            n = alike[lane]
            counts[row_of[n]] = keep(
                circle_starts[n], circle_starts[n + 1], circles_tried, primaries[n],
                lane, strengths, masses, row_of[n], found, shares,
            )  # fmt: skip
    for row in range(len(counts)):
        for c in range(counts[row]):
            member_circles[written], member_weights[written] = found[row, c], shares[row, c]
            written += 1
    return written
