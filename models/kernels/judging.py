"""Circles weighed against each other and the background, for some rows at once.

What a circle says of a row stands in one slot, all slots of the rows side by side, a row's with
circles ascending: exponentials and logarithms are taken in long runs, which the compiler turns
into vector code. Every sum runs in the order of `tagtable.gather` and `tagtable.log_sum`: the
bits are the same.
"""

import numpy as np

from models.kernels.compiler import exp, log, part
from models.kernels.pairs import unmark
from models.tagtable import LANES


@part
def collected(scores, touched, base, total, log_priors, at, slot_circles, cells, priors):
    """Move a row's scores into slots from `at` on, and clear what they came from.

    What every tag says outside a signature is added. Returns where slots end.
    """
    end = unmark(touched, at, slot_circles)
    for slot in range(at, end):
        circle = slot_circles[slot]
        for g in range(len(base)):
            cells[g, slot] = scores[circle, g] + base[g] * total
        for g in range(LANES):
            scores[circle, g] = 0.0
        priors[slot] = log_priors[circle]
    return end


@part
def promising(count, cells, priors, least, tops, kept):
    """Move the cells of slots whose log-odds may reach `least` to the front; return how many.

    No log-odds are above the largest cell, which `tops` gets, and the prior together.
    """
    for s in range(count):
        tops[s] = cells[0, s]
    for g in range(1, len(cells)):
        for s in range(count):
            tops[s] = max(tops[s], cells[g, s])
    left = 0
    for s in range(count):
        kept[left] = s
        left += tops[s] + priors[s] >= least
    if left == count:
        return left
    for g in range(len(cells)):
        for k in range(left):
            cells[g, k] = cells[g, kept[k]]
    for k in range(left):
        tops[k] = tops[kept[k]]
    return left


@part
def summed(count, weights, cells, tops, sums):
    """Write log(sum over the grid of weight * exp(cell)) of the first slots into `sums`."""
    for s in range(count):
        sums[s] = 0.0
    for g in range(len(weights)):
        weight = weights[g]
        for s in range(count):
            sums[s] += weight * exp(cells[g, s] - tops[s])
    for s in range(count):
        sums[s] = tops[s] + log(sums[s])


@part
def weighed(count, weights, cells, priors, least, tops, kept, sums, odds):
    """Write the log-odds of each slot, -inf for those that cannot reach `least`."""
    left = promising(count, cells, priors, least, tops, kept)
    summed(left, weights, cells, tops, sums)
    if left == count:
        for s in range(count):
            odds[s] = sums[s] + priors[s]
        return
    for s in range(count):
        odds[s] = -np.inf
    for k in range(left):
        odds[kept[k]] = sums[k] + priors[kept[k]]


@part
def likeliest(begin, end, odds):
    """Return the slot with the largest odds, the first of those alike; -1 where there is none."""
    best, top = -1, -np.inf
    for s in range(begin, end):
        best = s if odds[s] > top else best
        top = max(top, odds[s])
    return best


@part
def believed(margins, starts, odds, room, noise, confidence):
    """Write how probable the background is and how probable the best circle.

    Row r has the slots from `starts[r]` up to `starts[r + 1]`, and `margins[r]` is the largest
    of their odds.
    """
    for row in range(len(margins)):
        shift = max(margins[row], 0.0)
        for s in range(starts[row], starts[row + 1]):
            room[s] = odds[s] - shift
        noise[row], confidence[row] = -shift, margins[row] - shift
    for s in range(starts[len(margins)]):
        room[s] = exp(room[s])
    for row in range(len(margins)):
        noise[row] = exp(noise[row])
    for row in range(len(margins)):
        confidence[row] = exp(confidence[row])
    for row in range(len(margins)):
        inside = 0.0
        for s in range(starts[row], starts[row + 1]):
            inside += room[s]
        whole = noise[row] + inside
        noise[row], confidence[row] = noise[row] / whole, confidence[row] / whole
