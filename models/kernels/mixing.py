"""How much of a row each circle explains: the compiled twin of `strengths.mix`, bit for bit.

Rows are fitted side by side, one in each lane, and the last axis of every array is that of the
lanes: the compiler makes vector code of what is done to all of them. Where a row has fewer tags
or circles than its neighbours, its lane holds some of no weight, which add 0.

`weights` are those of the tags, `ratios` by tag and circle how much likelier the circle draws the
tag than the background; `strengths` and `priors` are by circle.
"""

from models.kernels.compiler import log, part
from models.strengths import LEAD, NEEDED, PRIOR_TAGS, STEPS


@part
def leave(strengths, crowd):
    """Write what is left to the background."""
    for lane in range(len(crowd)):
        crowd[lane] = 0.0
    for c in range(len(strengths)):
        for lane in range(len(crowd)):
            crowd[lane] += strengths[c, lane]
    for lane in range(len(crowd)):
        crowd[lane] = max(1.0 - crowd[lane], 1e-9)


@part
def add_hits(strengths, ratios, tag, hit):
    """Write what the circles give to a tag."""
    for lane in range(len(hit)):
        hit[lane] = strengths[0, lane] * ratios[tag, 0, lane]
    for c in range(1, len(strengths)):
        for lane in range(len(hit)):
            hit[lane] += strengths[c, lane] * ratios[tag, c, lane]


@part
def fit(weights, ratios, priors, norms, strengths, masses, crowd, hit):
    """Let the circles share the tags among them and with the crowd."""
    for _ in range(STEPS):
        leave(strengths, crowd)
        masses[:] = 0.0
        for tag in range(len(weights)):
            add_hits(strengths, ratios, tag, hit)
            for lane in range(len(hit)):
                hit[lane] = weights[tag, lane] / (crowd[lane] + hit[lane])
                masses[0, lane] += hit[lane] * ratios[tag, 0, lane]
            for c in range(1, len(masses)):
                for lane in range(len(hit)):
                    masses[c, lane] += hit[lane] * ratios[tag, c, lane]
        for c in range(len(masses)):
            for lane in range(len(hit)):
                mass = strengths[c, lane] * masses[c, lane] + PRIOR_TAGS * priors[c, lane]
                strengths[c, lane] = mass / norms[lane]


@part
def lose(weights, ratios, totals, strengths, losses, crowd, hit):
    """Write the log-likelihood that goes with each circle, the others scaled up in its place."""
    leave(strengths, crowd)
    losses[:] = 0.0
    for tag in range(len(weights)):
        add_hits(strengths, ratios, tag, hit)
        for c in range(len(losses)):
            for lane in range(len(hit)):
                whole = crowd[lane] + hit[lane]
                own = strengths[c, lane] * ratios[tag, c, lane]
                losses[c, lane] += weights[tag, lane] * log(whole / max(whole - own, 1e-9))
    for c in range(len(losses)):
        for lane in range(len(hit)):
            losses[c, lane] += totals[lane] * log(max(1.0 - strengths[c, lane], 1e-9))


@part
def keep(first, last, tried, primary, lane, strengths, losses, row, found, shares):
    """Write the strongest circles a row needs, ascending, the primary ahead of all others.

    The row tries the circles from `first` up to `last`. Returns how many it needs.
    """
    count = last - first
    lead = strengths[primary, lane]
    if count == 1:
        found[row, 0], shares[row, 0] = tried[first], lead
        return 1
    top = lead
    for c in range(count):
        if losses[c, lane] > NEEDED and c != primary:
            top = max(top, strengths[c, lane])
    bound = 0.5 * (lead + top) if top > lead else lead
    for c in range(count):
        is_needed = losses[c, lane] > NEEDED
        losses[c, lane] = min(strengths[c, lane], bound * LEAD) if is_needed else -1.0
    losses[primary, lane] = bound
    written = 0
    for c in range(count):
        own, stronger = losses[c, lane], 0
        for d in range(count):
            stronger += (losses[d, lane] > own) | ((losses[d, lane] == own) & (d < c))
        if own >= 0.0 and stronger < found.shape[1]:
            found[row, written], shares[row, written] = tried[first + c], own
            written += 1
    return written
