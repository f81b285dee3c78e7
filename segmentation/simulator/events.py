"""Events by number, before they become rows of words."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from segmentation.simulator.lifestyles import CHANNELS
from segmentation.simulator.randomness import FloatArray, IntArray

ALL_CHANNELS = (*CHANNELS, "purchase", "refer", "return", "share")


@dataclass(frozen=True)
class Events:
    """Rows of the events table by number: `channel` indexes `ALL_CHANNELS`, `content` may be -1."""

    user: IntArray
    ts: IntArray
    channel: IntArray
    tag: IntArray
    value: FloatArray
    content: IntArray


def joined(*parts: Events) -> Events:
    """Return several sets of events as one."""
    names = [field.name for field in fields(Events)]
    return Events(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def chosen(events: Events, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Events:
    """Return some of the events, by a mask or in an order."""
    return Events(*(getattr(events, field.name)[rows] for field in fields(Events)))
