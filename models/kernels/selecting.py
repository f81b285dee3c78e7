"""Some of the rows, or some of their entries: copies made in one go."""

from models.kernels.compiler import (
    COLUMNS,
    COLUMNS_OUT,
    FLAGS,
    PLACES,
    PLACES_OUT,
    REALS,
    REALS_OUT,
    kernel,
)


@kernel(PLACES, COLUMNS, REALS, PLACES, PLACES, COLUMNS_OUT, REALS_OUT)
def copy_rows(starts, columns, values, chosen, to, columns_to, values_to):
    """Copy the chosen rows to where `to` says they begin."""
    for i in range(len(chosen)):
        at = to[i]
        for entry in range(starts[chosen[i]], starts[chosen[i] + 1]):
            columns_to[at], values_to[at] = columns[entry], values[entry]
            at += 1


@kernel(PLACES, COLUMNS, REALS, FLAGS, PLACES_OUT, COLUMNS_OUT, REALS_OUT)
def copy_entries(starts, columns, values, kept, to, columns_to, values_to):
    """Copy the entries kept one after the other; `to` gets where each row ends."""
    at = 0
    for row in range(len(starts) - 1):
        for entry in range(starts[row], starts[row + 1]):
            if kept[entry]:
                columns_to[at], values_to[at] = columns[entry], values[entry]
                at += 1
        to[row + 1] = at
