"""What a row's tags say for each circle they touch: the inner loop of learning and foretelling.

Pairs of tag and circle are listed before they are added up: see `pairs`.
"""

from models.kernels.compiler import part
from models.kernels.pairs import UNSEEN, WORD, WORD_BITS, unmark


@part
def gather(
    first, last, columns, values, entries, circles, gains, scores, touched,
    pair_entries, pair_weights,
):  # fmt: skip
    """Add a row's evidence up by circle and grid; return the row's whole weight.

    The circles are marked in words of `touched`; the last two are room for the row's pairs.
    """
    total, end = 0.0, 0
    for at in range(first, last):
        weight, tag = values[at], columns[at]
        entry, count = entries[tag], entries[tag + 1] - entries[tag]
        total += weight
        for place in range(UNSEEN):
            pair_entries[end + place], pair_weights[end + place] = entry + place, weight
        for place in range(UNSEEN, count):
            pair_entries[end + place], pair_weights[end + place] = entry + place, weight
        end += count
    for pair in range(end):
        entry, weight = pair_entries[pair], pair_weights[pair]
        circle = circles[entry]
        touched[circle >> WORD_BITS] |= 1 << (circle & (WORD - 1))
        for g in range(scores.shape[1]):
            scores[circle, g] += weight * gains[entry, g]
    return total


@part
def collect(scores, touched, base, total, hits, cells):
    """Move the touched circles' scores to `cells`, ascending, and clear what they came from.

    Returns how many circles were touched; what every tag says outside a signature is added.
    """
    count, at = unmark(touched, 0, hits), 0
    for hit in range(count):
        circle = hits[hit]
        for g in range(len(base)):
            cells[at] = scores[circle, g] + base[g] * total
            scores[circle, g] = 0.0
            at += 1
    return count
