"""Sums over people that need one place for each pair of numbers."""

from models.kernels.compiler import (
    COLUMNS,
    PLACES,
    REALS,
    SINGLE_TABLE_OUT,
    TABLE_OUT,
    WHOLE,
    kernel,
)


@kernel(PLACES, COLUMNS, REALS, PLACES, TABLE_OUT)
def add_tags(starts, columns, values, labels, sums):
    """Add each row's values to its label's row of `sums`; labels below 0 are left out."""
    for row in range(len(labels)):
        label = labels[row]
        if label < 0:
            continue
        for at in range(starts[row], starts[row + 1]):
            sums[label, columns[at]] += values[at]


@kernel(PLACES, COLUMNS, PLACES, WHOLE, WHOLE, SINGLE_TABLE_OUT)
def count_pairs(starts, columns, place_of, first, last, counts):
    """Count the rows that have both of two tags, above the diagonal, for the places named.

    `place_of` is each tag's place in `counts`, ascending, -1 for none; only pairs whose lower
    place is from `first` up to `last` are counted.
    """
    for row in range(len(starts) - 1):
        end = starts[row + 1]
        for at in range(starts[row], end):
            place = place_of[columns[at]]
            if place < first:
                continue
            if place >= last:
                break
            for other in range(at + 1, end):
                further = place_of[columns[other]]
                if further >= 0:
                    counts[place, further] += 1.0
