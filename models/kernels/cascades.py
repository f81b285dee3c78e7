"""Cascades over ties that carry with a probability each, and people who stand in most of them."""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    COLUMNS_OUT,
    KEYS,
    PLACES,
    PLACES_OUT,
    REALS,
    WHOLE,
    kernel,
    scrambled,
)

CERTAIN = 2.0**-53  # a 53-bit number times this lies in [0, 1)


@kernel(PLACES, COLUMNS, REALS, PLACES, COLUMNS, KEYS, PLACES_OUT, COLUMNS_OUT, PLACES_OUT)
def spread(starts, neighbours, chances, root_starts, roots, keys, marks, reached, ends):
    """Let a cascade run from each group of roots; write whom it reached, and where each ends.

    `ends[0]` holds how many cascades were run before, which also tells their marks apart;
    cascade i draws from `keys[i]` alone, so that it is the same in any batch. Where `reached`
    cannot hold a whole cascade, it and those after it are left out: `ends` stays -1 for them.
    """
    filled, before = 0, ends[0]
    ends[0] = 0
    for cascade in range(len(keys)):
        begin, mark, draw = filled, before + cascade + 1, keys[cascade]
        for at in range(root_starts[cascade], root_starts[cascade + 1]):
            person = roots[at]
            if marks[person] == mark:
                continue
            if filled == len(reached):
                return
            marks[person] = mark
            reached[filled] = person
            filled += 1
        looked = begin
        while looked < filled:
            person = reached[looked]
            looked += 1
            for at in range(starts[person], starts[person + 1]):
                other = neighbours[at]
                if marks[other] == mark:
                    continue
                draw += np.uint64(1)
                if np.float64(scrambled(draw) >> np.uint64(11)) * CERTAIN >= chances[at]:
                    continue
                if filled == len(reached):
                    return
                marks[other] = mark
                reached[filled] = other
                filled += 1
        ends[cascade + 1] = filled


@kernel(PLACES, COLUMNS, PLACES, PLACES, WHOLE, PLACES_OUT, PLACES_OUT, PLACES_OUT)
def cover(starts, members, set_starts, sets, count, gains, is_met, chosen):
    """Choose people one by one, each in the most sets that nobody chosen before is in.

    Set s holds `members[starts[s]:starts[s + 1]]`; person p is in
    `sets[set_starts[p]:set_starts[p + 1]]`, and `gains[p]` begins as their number. It ends as how
    many sets p would add, -1 for the chosen. Of equal people the lower number is chosen.
    """
    for place in range(count):
        best = 0
        for person in range(1, len(gains)):
            if gains[person] > gains[best]:
                best = person
        chosen[place] = best
        for at in range(set_starts[best], set_starts[best + 1]):
            if is_met[sets[at]]:
                continue
            is_met[sets[at]] = 1
            for other in range(starts[sets[at]], starts[sets[at] + 1]):
                gains[members[other]] -= 1
        gains[best] = -1
