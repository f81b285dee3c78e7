"""Pairs of a row's tags and the circles holding them, listed once for all that is asked of them.

Most tags are in no signature or in one or two. So two places are written for each tag without
looking, and a processor that guesses where branches lead is hardly ever wrong.
"""

import numpy as np

from models.kernels.compiler import part
from models.tagtable import LANES

UNSEEN = 2
"""Places written for a tag before it is known how many it needs."""
WORD_BITS = 5
WORD = 1 << WORD_BITS
"""Circles marked in one word."""


@part
def most_pairs(starts, columns, entries):
    """The largest number of pairs of tag and circle in any row."""
    most = 0
    for row in range(len(starts) - 1):
        count = 0
        for at in range(starts[row], starts[row + 1]):
            count += entries[columns[at] + 1] - entries[columns[at]]
        most = max(most, count)
    return most


@part
def room_for(starts, entries):
    """Places that suffice for the pairs of any row."""
    longest, most = 0, 0
    for row in range(len(starts) - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    for tag in range(len(entries) - 1):
        most = max(most, entries[tag + 1] - entries[tag])
    return longest * most + UNSEEN


@part
def listed(first, last, columns, values, entries, at, pair_entries, pair_tokens, pair_weights):
    """List a row's pairs from `at` on; return where they end, and the weight of the row.

    A pair is an entry of the table, the row's own entry, and the weight of that.
    """
    total = 0.0
    for token in range(first, last):
        tag, weight = columns[token], values[token]
        total += weight
        entry, end = entries[tag], entries[tag + 1]
        for place in range(UNSEEN):
            pair_entries[at + place] = entry + place
            pair_tokens[at + place] = token
            pair_weights[at + place] = weight
        for place in range(UNSEEN, end - entry):
            pair_entries[at + place] = entry + place
            pair_tokens[at + place] = token
            pair_weights[at + place] = weight
        at += end - entry
    return at, total


@part
def gathered(begin, end, pair_entries, pair_weights, circles, gains, scores, touched):
    """Add a row's evidence up by circle and grid, and mark the circles in words of `touched`."""
    for pair in range(begin, end):
        entry, weight = pair_entries[pair], pair_weights[pair]
        circle = circles[entry]
        touched[circle >> WORD_BITS] |= 1 << (circle & (WORD - 1))
        for g in range(LANES):
            scores[circle, g] += weight * gains[entry, g]


@part
def unmark(touched, at, circles):
    """Write the marked circles into `circles` from `at` on, ascending; return where they end.

    No circle is marked afterwards.
    """
    for word in range(len(touched)):
        left = touched[word]
        touched[word] = 0
        while left:
            circles[at] = word * WORD + lowest(left)
            left &= left - 1
            at += 1
    return at


@part
def lowest(word):
    """The place of a word's lowest mark."""
    return (np.float64(word & -word).view(np.int64) >> 52) - 1023
