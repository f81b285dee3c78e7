"""The loops behind `models.windows`: events into windows, and windows back into weights."""

import numpy as np

from models.kernels.compiler import (
    COLUMNS,
    COLUMNS_OUT,
    COUNTS,
    COUNTS_OUT,
    PLACES,
    PLACES_OUT,
    REAL,
    REALS,
    REALS_OUT,
    SHORTS,
    SHORTS_OUT,
    kernel,
)
from models.weights import UNIT

NO_TIME = -(1 << 63)
TIMELESS = (1 << 16) - 1
FIRST_MOMENT = 631_152_000_000_000
LEAST_RATIO = 0.1
PARTS = 1e6  # ratios keep so many parts of one, so that the unit of a channel does not show
FORGOTTEN = 1074  # halved more often, nothing is left of a number
HALVES = 0.5 ** np.arange(FORGOTTEN + 1)


@kernel(PLACES, REALS, REAL, REAL, SHORTS_OUT, COUNTS_OUT, PLACES_OUT)
def place(at, ratios, half_life, clip, windows, amounts, outside):
    """Write the window and the amount of each event; `outside[0]` counts times without a window."""
    for i in range(len(at)):
        ratio = np.floor(ratios[i] * PARTS + 0.5) / PARTS
        ratio = UNIT * min(max(ratio, LEAST_RATIO), clip)
        windows[i] = TIMELESS
        if at[i] != NO_TIME:
            since = (at[i] - FIRST_MOMENT) / half_life
            window = np.floor(since)
            if not 0.0 <= window < TIMELESS:
                outside[0] += 1
                continue
            windows[i] = np.uint16(window)
            ratio *= np.exp2(since - window)
        amounts[i] = np.uint32(np.rint(ratio))


@kernel(COLUMNS, PLACES, PLACES_OUT)
def keep_latest(people, at, latest):
    """Raise each person's latest time to that of their events; people below 0 are nobody."""
    for i in range(len(at)):
        person = people[i]
        if person >= 0 and at[i] > latest[person]:
            latest[person] = at[i]


@kernel(
    PLACES, COLUMNS, SHORTS, COUNTS, PLACES, REAL, REALS,
    PLACES_OUT, COLUMNS_OUT, REALS_OUT,
)  # fmt: skip
def weigh(
    starts, tags, windows, amounts, latest, half_life, halves,
    out_starts, out_tags, weights,
):  # fmt: skip
    """Write the weight of each tag as seen from the person's latest event; 0 is left out."""
    written = 0
    out_starts[0] = 0
    for person in range(len(latest)):
        since = (latest[person] - FIRST_MOMENT) / half_life
        last = np.int64(np.floor(since))
        part = np.exp2(last - since)
        at = starts[person]
        while at < starts[person + 1]:
            tag, total, timeless, before = tags[at], 0.0, 0.0, last
            while at < starts[person + 1] and tags[at] == tag:
                if windows[at] == TIMELESS:
                    timeless += amounts[at]
                else:
                    window = np.int64(windows[at])
                    if total > 0.0:
                        total *= halves[min(window - before, FORGOTTEN)]
                    total += amounts[at]
                    before = window
                at += 1
            units = np.rint(total * halves[min(last - before, FORGOTTEN)] * part + timeless)
            if units > 0.0:
                out_tags[written] = tag
                weights[written] = units / UNIT
                written += 1
        out_starts[person + 1] = written


@kernel(PLACES_OUT, COLUMNS_OUT, REALS_OUT, COLUMNS)
def renumber(starts, tags, weights, numbers):
    """Give every entry's tag its new number, in place; tags whose number is below 0 go."""
    at, written = starts[0], 0
    for person in range(len(starts) - 1):
        while at < starts[person + 1]:
            number = numbers[tags[at]]
            if number >= 0:
                tags[written], weights[written] = number, weights[at]
                written += 1
            at += 1
        starts[person + 1] = written
