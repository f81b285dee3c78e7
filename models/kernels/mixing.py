"""How much of a row each circle explains: the compiled twin of `strengths.mix`, bit for bit.

Compiled functions call only what stands above them.
"""

from models.kernels.compiler import log, part
from models.strengths import CROWD_TAGS, LEAD, NEEDED, PRIOR_TAGS, STEPS, WORTH_TRYING


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
def candidates(hits, odds, count, best, place_of):
    """Keep in `hits` the circles worth trying and number them; return how many."""
    tried = 0
    for h in range(count):
        if odds[h] > WORTH_TRYING:
            hits[tried] = hits[h]
            place_of[hits[h]] = tried
            tried += 1
    return tried


@part
def crowd_weight(weights, count):
    """What is left to the crowd."""
    inside = 0.0
    for c in range(count):
        inside += weights[c]
    return max(1.0 - inside, 1e-9)


@part
def listed(first, last, columns, values, entries, circles, ratios, place_of,
    try_of, ratio_of, weight_of, is_last,
):  # fmt: skip
    """List the pairs of a row's tags with the circles tried; return how many.

    A pair is the place of its circle, its ratio, the tag's weight and whether it ends the tag.
    """
    count = 0
    for at in range(first, last):
        before = count
        for entry in range(entries[columns[at]], entries[columns[at] + 1]):
            if place_of[circles[entry]] >= 0:
                try_of[count], ratio_of[count] = place_of[circles[entry]], ratios[entry]
                weight_of[count], is_last[count] = values[at], False
                count += 1
        if count > before:
            is_last[count - 1] = True
    return count


@part
def explain(try_of, ratio_of, weight_of, is_last, count, weights, crowd, mass):
    """Add to `mass` the tags' worth of the row that each circle accounts for."""
    hit, start = 0.0, 0
    for p in range(count):
        hit += weights[try_of[p]] * ratio_of[p]
        if is_last[p]:
            likelihood = crowd + hit
            for q in range(start, p + 1):
                share = weights[try_of[q]] * ratio_of[q] / likelihood
                mass[try_of[q]] += weight_of[q] * share
            hit, start = 0.0, p + 1


@part
def lose(try_of, ratio_of, weight_of, is_last, count, weights, crowd, primary, loss):
    """Add to `loss` the log-likelihood that goes with each further circle's part of the tags."""
    hit, start = 0.0, 0
    for p in range(count):
        hit += weights[try_of[p]] * ratio_of[p]
        if is_last[p]:
            likelihood = crowd + hit
            for q in range(start, p + 1):
                if try_of[q] == primary:
                    continue
                without = max(likelihood - weights[try_of[q]] * ratio_of[q], 1e-9)
                loss[try_of[q]] += weight_of[q] * log(likelihood / without)
            hit, start = 0.0, p + 1


@part
def keep(
    row, tried, count, best, weights, loss, strengths, place_of, member_circles, member_weights
):
    """Write the strongest circles a row needs, ascending; the primary leads them."""
    lead = weights[place_of[best]]
    top = lead
    for c in range(count):
        if loss[c] > NEEDED and tried[c] != best:
            top = max(top, weights[c])
    bound = 0.5 * (lead + top) if top > lead else lead
    for c in range(count):
        if tried[c] == best:
            strengths[c] = bound
        elif loss[c] > NEEDED:
            strengths[c] = min(weights[c], bound * LEAD)
        else:
            strengths[c] = -1.0
    written = 0
    for c in range(count):
        place_of[tried[c]] = -1
        if strengths[c] < 0.0:
            continue
        stronger = 0
        for d in range(count):
            tie = strengths[d] == strengths[c] and d < c
            if strengths[d] > strengths[c] or tie:
                stronger += 1
        if stronger < member_circles.shape[1]:
            member_circles[row, written] = tried[c]
            member_weights[row, written] = strengths[c]
            written += 1


@part
def explain_alone(ratio_of, weight_of, count, chance, norm, parts):
    """Return the weight of the only circle tried; `parts` is room."""
    weight = chance / (chance + 1.0)
    for _ in range(STEPS):
        crowd, mass = max(1.0 - weight, 1e-9), 0.0
        for p in range(count):
            hit = weight * ratio_of[p]
            parts[p] = weight_of[p] * (hit / (crowd + hit))
        for p in range(count):
            mass += parts[p]
        weight = (mass + PRIOR_TAGS * chance) / norm
    return weight


@part
def mix(
    row, total, tried, n_tried, chances, best, try_of, ratio_of, weight_of, is_last, count,
    place_of, weights, mass, loss, parts, member_circles, member_weights,
):  # fmt: skip
    """Fit one row as a mixture of the circles tried and the crowd; write those it needs."""
    if n_tried == 1:
        chance = chances[best]
        norm = total + CROWD_TAGS + PRIOR_TAGS * chance
        member_circles[row, 0] = best
        member_weights[row, 0] = explain_alone(ratio_of, weight_of, count, chance, norm, parts)
        place_of[best] = -1
        return
    prior_sum = 0.0
    for c in range(n_tried):
        prior_sum += chances[tried[c]]
    for c in range(n_tried):
        weights[c] = chances[tried[c]] / (prior_sum + 1.0)
    norm = total + CROWD_TAGS + PRIOR_TAGS * prior_sum
    for _ in range(STEPS):
        for c in range(n_tried):
            mass[c] = 0.0
        crowd = crowd_weight(weights, n_tried)
        explain(try_of, ratio_of, weight_of, is_last, count, weights, crowd, mass)
        for c in range(n_tried):
            weights[c] = (mass[c] + PRIOR_TAGS * chances[tried[c]]) / norm
    for c in range(n_tried):
        loss[c] = 0.0
    if n_tried > 1:
        crowd, primary = crowd_weight(weights, n_tried), place_of[best]
        lose(try_of, ratio_of, weight_of, is_last, count, weights, crowd, primary, loss)
        for c in range(n_tried):
            loss[c] += total * log(max(1.0 - weights[c], 1e-9))
    keep(row, tried, n_tried, best, weights, loss, mass, place_of, member_circles, member_weights)
