"""What a row's tags say for each circle they touch: the inner loop of placing and learning.

Every sum runs in the order of `tagtable.gather` and `tagtable.log_sum`: the bits are the same.
"""

from models.kernels.compiler import exp, log, part


@part
def gather(first, last, columns, values, entries, circles, gains, scores, is_hit):
    """Add a row's evidence up by circle and grid; return the row's whole weight."""
    total = 0.0
    for at in range(first, last):
        weight, tag = values[at], columns[at]
        total += weight
        for entry in range(entries[tag], entries[tag + 1]):
            circle = circles[entry]
            is_hit[circle] = True
            for g in range(scores.shape[1]):
                scores[circle, g] += weight * gains[entry, g]
    return total


@part
def collect(scores, is_hit, base, total, hits, cells):
    """Move the touched circles' scores to `cells`, ascending, and clear what they came from.

    Returns how many circles were touched; what every tag says outside a signature is added.
    """
    count, at = 0, 0
    for circle in range(len(is_hit)):
        if not is_hit[circle]:
            continue
        is_hit[circle] = False
        hits[count] = circle
        count += 1
        for g in range(len(base)):
            cells[at] = scores[circle, g] + base[g] * total
            scores[circle, g] = 0.0
            at += 1
    return count


@part
def summed(cells, count, weights, tops):
    """Write log(sum over the grid of weight * exp(cell)) of each circle into `tops`."""
    size = len(weights)
    for h in range(count):
        top = cells[h * size]
        for g in range(1, size):
            top = max(top, cells[h * size + g])
        tops[h] = top
        for g in range(size):
            cells[h * size + g] -= top
    for at in range(count * size):
        cells[at] = exp(cells[at])
    for h in range(count):
        total = 0.0
        for g in range(size):
            total += weights[g] * cells[h * size + g]
        cells[h] = total
    for h in range(count):
        tops[h] += log(cells[h])
