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
def likelihood_of(pair, count, tag_of, try_of, ratio_of, weights, crowd):
    """Where the pairs of a tag end, and how likely the tag is, relative to the background."""
    hit, end = 0.0, pair
    while end < count and tag_of[end] == tag_of[pair]:
        hit += weights[try_of[end]] * ratio_of[end]
        end += 1
    return end, crowd + hit


@part
def keep(tried, best, weights, loss, strengths, place_of, member_circles, member_weights):
    """Write the strongest circles a row needs, ascending; the primary leads them."""
    lead = weights[place_of[best]]
    top = lead
    for c in range(len(tried)):
        if loss[c] > NEEDED:
            top = max(top, weights[c])
    bound = 0.5 * (lead + top) if top > lead else lead
    for c in range(len(tried)):
        if tried[c] == best:
            strengths[c] = bound
        elif loss[c] > NEEDED:
            strengths[c] = min(weights[c], bound * LEAD)
        else:
            strengths[c] = -1.0
    written = 0
    for c in range(len(tried)):
        place_of[tried[c]] = -1
        if strengths[c] < 0.0:
            continue
        stronger = 0
        for d in range(len(tried)):
            tie = strengths[d] == strengths[c] and d < c
            if strengths[d] > strengths[c] or tie:
                stronger += 1
        if stronger < len(member_circles):
            member_circles[written] = tried[c]
            member_weights[written] = strengths[c]
            written += 1


@part
def mix(
    first, last, columns, values, entries, circles, ratios, total,
    tried, chances, best, pairs, place_of, scratch,
    member_circles, member_weights,
):  # fmt: skip
    """Fit one row as a mixture of the circles tried and the crowd; write those it needs."""
    tag_of, try_of, ratio_of = pairs
    count = 0
    for at in range(first, last):
        for entry in range(entries[columns[at]], entries[columns[at] + 1]):
            if place_of[circles[entry]] >= 0:
                tag_of[count], try_of[count] = at, place_of[circles[entry]]
                ratio_of[count] = ratios[entry]
                count += 1
    weights, mass = scratch[0], scratch[1]
    prior_sum = 0.0
    for c in range(len(tried)):
        prior_sum += chances[tried[c]]
    for c in range(len(tried)):
        weights[c] = chances[tried[c]] / (prior_sum + 1.0)
    norm = total + CROWD_TAGS + PRIOR_TAGS * prior_sum
    for _ in range(STEPS):
        mass[: len(tried)] = 0.0
        crowd, pair = crowd_weight(weights, len(tried)), 0
        while pair < count:
            end, likelihood = likelihood_of(pair, count, tag_of, try_of, ratio_of, weights, crowd)
            for p in range(pair, end):
                c = try_of[p]
                mass[c] += values[tag_of[p]] * (weights[c] * ratio_of[p] / likelihood)
            pair = end
        for c in range(len(tried)):
            weights[c] = (mass[c] + PRIOR_TAGS * chances[tried[c]]) / norm
    loss = scratch[2]
    loss[: len(tried)] = 0.0
    crowd, pair = crowd_weight(weights, len(tried)), 0
    while pair < count:
        end, likelihood = likelihood_of(pair, count, tag_of, try_of, ratio_of, weights, crowd)
        for p in range(pair, end):
            c = try_of[p]
            without = max(likelihood - weights[c] * ratio_of[p], 1e-9)
            loss[c] += values[tag_of[p]] * log(likelihood / without)
        pair = end
    for c in range(len(tried)):
        loss[c] += total * log(max(1.0 - weights[c], 1e-9))
    keep(tried, best, weights, loss, scratch[3], place_of, member_circles, member_weights)
