"""The loops behind `models.partition`: events parked by person, then sorted and added up there.

A part holds `1 << local_bits` people. Its events lie in a chain of blocks; each is a cell (the
person within the part, the tag, the amount) and a window. Two counting sorts, by tag and then by
person, put a part in order while it fits into the processor's cache (Knuth, vol. 3, 5.2.5).
"""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    COLUMNS_OUT,
    COUNTS,
    COUNTS_OUT,
    KEYS,
    KEYS_OUT,
    PLACES,
    PLACES_OUT,
    SHORTS,
    SHORTS_OUT,
    WHOLE,
    kernel,
    part,
)

BLOCK = 4096
"""Events of one block: all its columns are whole pages of memory."""
AMOUNT_BITS = 32
AMOUNT = (1 << AMOUNT_BITS) - 1
WINDOWS = 1 << 16


@part
def write(tag, window, total, written, tags, windows, amounts):
    """Write a sum after the first `written` entries; return how many there are then."""
    while total > 0:
        tags[written], windows[written] = tag, window
        amounts[written] = np.uint32(min(total, AMOUNT))
        total -= AMOUNT
        written += 1
    return written


@kernel(
    COLUMNS, COLUMNS, SHORTS, COUNTS, WHOLE, WHOLE,
    KEYS_OUT, SHORTS_OUT, PLACES_OUT, PLACES_OUT, PLACES_OUT, PLACES_OUT,
)  # fmt: skip
def park(
    people, tags, windows, amounts, local_bits, tag_bits,
    cells, cell_windows, sizes, last_blocks, earlier_blocks, used,
):  # fmt: skip
    """Append events to their people's parts; a person or tag below 0 is passed over."""
    local = (1 << local_bits) - 1
    for i in range(len(people)):
        person, tag = np.int64(people[i]), np.int64(tags[i])
        if person < 0 or tag < 0:
            continue
        part = person >> local_bits
        place = sizes[part] & (BLOCK - 1)
        if place == 0:
            earlier_blocks[used[0]] = last_blocks[part]
            last_blocks[part] = used[0]
            used[0] += 1
        at = last_blocks[part] * BLOCK + place
        key = np.uint64((person & local) << tag_bits | tag)
        cells[at] = key << np.uint64(AMOUNT_BITS) | np.uint64(amounts[i])
        cell_windows[at] = windows[i]
        sizes[part] += 1


@kernel(
    KEYS, SHORTS, PLACES, WHOLE, WHOLE, WHOLE,
    KEYS_OUT, SHORTS_OUT, KEYS_OUT, SHORTS_OUT,
    PLACES_OUT, COLUMNS_OUT, SHORTS_OUT, COUNTS_OUT,
)  # fmt: skip
def add_up(
    cells, cell_windows, blocks, size, tag_bits, n_tags,
    first, first_windows, second, second_windows,
    starts, tags, windows, amounts,
):  # fmt: skip
    """Sum the cells of a part's `blocks`, the last of which may be part empty.

    `starts` has one place more than the part has people; entries ascend by person, tag, window.
    A sum beyond 32 bits takes several entries. `first` and `second` are room to sort in.
    """
    shift = np.uint64(AMOUNT_BITS)
    is_tag = np.uint64((1 << tag_bits) - 1)
    local = np.uint64(AMOUNT_BITS + tag_bits)
    ends = np.zeros(n_tags + 1, np.int64)
    for b in range(len(blocks)):
        for at in range(blocks[b] * BLOCK, blocks[b] * BLOCK + min(BLOCK, size - b * BLOCK)):
            ends[np.int64(cells[at] >> shift & is_tag) + 1] += 1
    for tag in range(n_tags):
        ends[tag + 1] += ends[tag]
    for b in range(len(blocks)):
        for at in range(blocks[b] * BLOCK, blocks[b] * BLOCK + min(BLOCK, size - b * BLOCK)):
            tag = np.int64(cells[at] >> shift & is_tag)
            first[ends[tag]], first_windows[ends[tag]] = cells[at], cell_windows[at]
            ends[tag] += 1
    n_people = len(starts) - 1
    ends = np.zeros(n_people + 1, np.int64)
    for at in range(size):
        ends[np.int64(first[at] >> local) + 1] += 1
    for person in range(n_people):
        ends[person + 1] += ends[person]
    for at in range(size):
        person = np.int64(first[at] >> local)
        second[ends[person]], second_windows[ends[person]] = first[at], first_windows[at]
        ends[person] += 1
    table, seen = np.zeros(WINDOWS, np.int64), np.empty(WINDOWS, np.int64)
    written, at = 0, 0
    starts[0] = 0
    for person in range(n_people):
        while at < ends[person]:
            key, count = second[at] >> shift, 0
            while at < ends[person] and second[at] >> shift == key:
                window = np.int64(second_windows[at])
                if table[window] == 0:
                    place = count
                    while place > 0 and seen[place - 1] > window:
                        seen[place] = seen[place - 1]
                        place -= 1
                    seen[place] = window
                    count += 1
                table[window] += np.int64(second[at] & np.uint64(AMOUNT))
                at += 1
            for i in range(count):
                tag, window = np.int32(key & is_tag), np.uint16(seen[i])
                written = write(tag, window, table[seen[i]], written, tags, windows, amounts)
                table[seen[i]] = 0
        starts[person + 1] = written
