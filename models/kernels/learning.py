"""What people say about the circles, each of their tags judged by the others alone.

Exponentials are taken in long runs, and the grid has a size known beforehand: the compiler turns
both into vector code.
"""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    PLACES,
    PLACES_OUT,
    REAL,
    REALS,
    REALS_OUT,
    TABLE,
    TABLE_OUT,
    exp,
    kernel,
    log,
    part,
)
from models.kernels.evidence import collect, gather
from models.kernels.pairs import UNSEEN, WORD, most_pairs

GRID_POINTS = 6
"""Most shares of signal that profiles may tell apart when they learn."""


@part
def against_likeliest(cells, count, hits, base, total, grid_logs, log_priors):
    """Turn a row's evidence into probabilities over the likeliest; return the log of that one.

    After the circles touched, `cells` gets those of a circle not touched, one a grid point, its
    prior left out, and that of the crowd.
    """
    top, at = 0.0, 0
    for h in range(count):
        for g in range(GRID_POINTS):
            cells[at] += grid_logs[g] + log_priors[hits[h]]
            top = max(top, cells[at])
            at += 1
    for g in range(GRID_POINTS):
        cells[at + g] = base[g] * total + grid_logs[g]
    cells[at + GRID_POINTS] = 0.0
    for n in range(at + GRID_POINTS + 1):
        cells[n] = exp(cells[n] - top)
    return top


@part
def weigh(cells, count, hits, base, total, grid_logs, log_priors, everyone, odds):
    """Turn a row's evidence into weights against the likeliest; return the log of that one.

    The circles not touched count together. `odds` are the circles' before any tag, `everyone`
    their sum.
    """
    top = against_likeliest(cells, count, hits, base, total, grid_logs, log_priors)
    left = everyone
    for h in range(count):
        left -= odds[hits[h]]
    for g in range(GRID_POINTS):
        cells[count * GRID_POINTS + g] *= max(left, 0.0)
    return top


@part
def tally(cells, count, hits, sure_above, sizes, grid):
    """Add a row to the sizes of circles and grid points; return its whole weight and its circle.

    The circle is the one with more than `sure_above` of the weight, else -1.
    """
    whole, sure = 0.0, -1
    for at in range((count + 1) * GRID_POINTS + 1):
        whole += cells[at]
    for h in range(count):
        mass = 0.0
        for g in range(GRID_POINTS):
            mass += cells[h * GRID_POINTS + g]
            grid[g] += cells[h * GRID_POINTS + g] / whole
        sizes[hits[h]] += mass / whole
        if mass > sure_above * whole:
            sure = hits[h]
    return whole, sure


@part
def place_among(usual, weight):
    """Where a weight stands among the usual ones, -1 for nowhere."""
    for place in range(len(usual)):
        if usual[place] == weight:
            return place
    return -1


@part
def exponents(tag, weight, entries, gains, base, factors, at):
    """Write the logarithms of what takes a tag out of a row's evidence; return where they end.

    Those outside signatures come first, then those in each of its own.
    """
    for g in range(GRID_POINTS):
        factors[at + g] = -weight * base[g]
    at += GRID_POINTS
    for entry in range(entries[tag], entries[tag + 1]):
        for g in range(GRID_POINTS):
            factors[at + g] = -weight * (base[g] + gains[entry, g])
        at += GRID_POINTS
    return at


@part
def divisors(first, last, columns, values, entries, gains, base, apart, usual, factors):
    """Write what takes a part of each tag out of a row's evidence, unless its weight is usual.

    Tags that no signature holds are left out.
    """
    at = 0
    for token in range(first, last):
        weight, tag = values[token], columns[token]
        if entries[tag] < entries[tag + 1] and place_among(usual, weight) < 0:
            at = exponents(tag, apart * weight, entries, gains, base, factors, at)
    for n in range(at):
        factors[n] = exp(factors[n])


@kernel(PLACES, TABLE, REALS, REALS, TABLE_OUT)
def divide_by(entries, gains, base, usual, table):
    """Write a row of `table` for each usual weight: what takes each tag out of any evidence.

    Tag t begins at (`entries[t]` + t) times the points of the grid.
    """
    for place in range(len(usual)):
        factors, weight = table[place], usual[place]
        at = 0
        for tag in range(len(entries) - 1):
            at = exponents(tag, weight, entries, gains, base, factors, at)
        for n in range(at):
            factors[n] = exp(factors[n])


@part
def drawn_alone(entry, crowd, cell, shares, cells, by_grid, factors, at):
    """Return what a tag's only entry draws, and the weights of all without the tag: see `drawn`."""
    mass, norm = 0.0, crowd
    for g in range(GRID_POINTS):
        left = cells[cell + g] * factors[at + GRID_POINTS + g]
        norm += max(by_grid[g] - cells[cell + g], 0.0) * factors[at + g] + left
        mass += left * shares[entry, g]
    return mass, norm


@part
def drawn(start, end, circles, shares, cells, place_of, sums, factors, at, draws):
    """Write into `draws` what each entry of a tag draws of the weights without that tag.

    `sums` comes with the weights of all circles by grid and leaves with those without the tag,
    the crowd's left out; the tag's factors begin at `at`.
    """
    for entry in range(start, end):
        cell = place_of[circles[entry]] * GRID_POINTS
        for g in range(GRID_POINTS):
            sums[g] -= cells[cell + g]
    for g in range(GRID_POINTS):
        sums[g] = max(sums[g], 0.0) * factors[at + g]
    for entry in range(start, end):
        cell, mass = place_of[circles[entry]] * GRID_POINTS, 0.0
        at += GRID_POINTS
        for g in range(GRID_POINTS):
            left = cells[cell + g] * factors[at + g]
            sums[g] += left
            mass += left * shares[entry, g]
        draws[entry - start] = mass


@kernel(
    PLACES, COLUMNS, REALS,
    PLACES, PLACES, TABLE, TABLE, REALS,
    REALS, REALS, REALS, REAL, REAL, REALS, TABLE,
    REALS_OUT, REALS_OUT, REALS_OUT, REALS_OUT, REALS_OUT, PLACES_OUT,
)  # fmt: skip
def learn(
    starts, columns, values,
    entries, circles, gains, shares, base,
    grid_logs, log_priors, odds, sure_above, apart, usual, usual_factors,
    entry_mass, crowd_mass, sizes, grid, log_odds, sure,
):  # fmt: skip
    """Add up what rows say; without room in `crowd_mass` the masses of tags are left out.

    `apart` is the part of a tag that is taken out of the evidence before it is judged by the rest,
    `usual_factors` are those `divide_by` makes of that part of the `usual` weights. `log_odds` gets
    each row's log-likelihood beyond that of the crowd, its prior included.
    """
    n_circles = len(log_priors)
    scores, touched = np.zeros((n_circles, GRID_POINTS)), np.zeros(n_circles // WORD + 1, np.int64)
    hits, cells = np.empty(n_circles, np.int64), np.empty((n_circles + 1) * GRID_POINTS + 1)
    by_grid, sums, draws = np.empty(GRID_POINTS), np.empty(GRID_POINTS), np.empty(n_circles)
    place_of = np.empty(n_circles, np.int64)
    room = most_pairs(starts, columns, entries)
    pair_entries, pair_weights = np.empty(room + UNSEEN, np.int64), np.empty(room + UNSEEN)
    factors = np.empty(2 * GRID_POINTS * room if len(crowd_mass) else 0)
    known = usual_factors.reshape(usual_factors.size)
    everyone = odds.sum()
    for row in range(len(sure)):
        first, last = starts[row], starts[row + 1]
        total = gather(
            first, last, columns, values, entries, circles, gains, scores, touched,
            pair_entries, pair_weights,
        )  # fmt: skip
        count = collect(scores, touched, base, total, hits, cells)
        top = weigh(cells, count, hits, base, total, grid_logs, log_priors, everyone, odds)
        whole, sure[row] = tally(cells, count, hits, sure_above, sizes, grid)
        log_odds[row] = log(whole) + top
        if not len(crowd_mass):
            continue
        for h in range(count):
            place_of[hits[h]] = h
        for g in range(GRID_POINTS):
            by_grid[g] = 0.0
            for h in range(count + 1):
                by_grid[g] += cells[h * GRID_POINTS + g]
        crowd, at = cells[(count + 1) * GRID_POINTS], 0
        divisors(first, last, columns, values, entries, gains, base, apart, usual, factors)
        for token in range(first, last):
            weight, tag = values[token], columns[token]
            start, end = entries[tag], entries[tag + 1]
            if start == end:
                crowd_mass[tag] += weight
                continue
            place = place_among(usual, weight)
            is_usual = place >= 0
            begin = place * usual_factors.shape[1] + (start + tag) * GRID_POINTS if is_usual else at
            at += 0 if is_usual else (end - start + 1) * GRID_POINTS
            if end == start + 1:
                cell = place_of[circles[start]] * GRID_POINTS
                if is_usual:
                    draws[0], norm = drawn_alone(
                        start, crowd, cell, shares, cells, by_grid, known, begin
                    )
                else:
                    draws[0], norm = drawn_alone(
                        start, crowd, cell, shares, cells, by_grid, factors, begin
                    )
            else:
                for g in range(GRID_POINTS):
                    sums[g] = by_grid[g]
                if is_usual:
                    drawn(start, end, circles, shares, cells, place_of, sums, known, begin, draws)
                else:
                    drawn(start, end, circles, shares, cells, place_of, sums, factors, begin, draws)
                norm = crowd
                for g in range(GRID_POINTS):
                    norm += sums[g]
            taken = 0.0
            for entry in range(start, end):
                share = draws[entry - start] / max(norm, 1e-300)
                entry_mass[entry] += weight * share
                taken += share
            crowd_mass[tag] += weight * max(1.0 - taken, 0.0)
