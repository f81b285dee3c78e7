"""What a row's tags say for each circle they touch: the inner loop of learning."""

from models.kernels.compiler import part


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
