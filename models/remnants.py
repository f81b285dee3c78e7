"""Circles that silent people alone hold up: what is left of a circle others have left.

Whoever is silent stays where they were. Of a circle that dies, or that becomes part of another,
they would keep a likeness for months, and nobody could tell that the circle is no more.
"""

from dataclasses import dataclass

import numpy as np

from models.lineage import GOES_ON, MOST
from models.rows import BoolArray, IntArray

SILENT = 0.5
"""Share of the usual share of people about below which a circle is one of silent people."""
WITNESSES = 5
"""People about of an earlier circle who can tell by leaving that it is no more."""


@dataclass(frozen=True, eq=False)
class Past:
    """What is known of people from before; both (n_users,).

    `circles` are their primary circles in the run before, below 0 for none; `about` says who was
    about since.
    """

    circles: IntArray
    about: BoolArray

    def of(self, people: IntArray) -> "Past":
        """Return what is known of some of them."""
        return Past(self.circles[people], self.about[people])


def remnants(past: Past, labels: IntArray, *, count: int) -> IntArray:
    """Name the circles of silent people that no earlier circle goes on in.

    An earlier circle goes on while those of its people who are about stay, or while hardly any
    of them is about at all: a season in which a circle is silent does not end it.

    Parameters
    ----------
    labels : ndarray of shape (n_users,)
        The new primary circle of the same people; below 0 for none.
    count : int
        Number of new circles.
    """
    is_placed = labels >= 0
    about = past.about
    if not about[is_placed].any():
        return np.zeros(0, dtype=np.int64)
    people = np.bincount(labels[is_placed], minlength=count)
    active = np.bincount(labels[is_placed & about], minlength=count)
    silent = np.flatnonzero(active < SILENT * about[is_placed].mean() * people)
    kept = [goes_on(past, labels == circle) for circle in silent]
    return np.asarray(silent[~np.array(kept, dtype=bool)], dtype=np.int64)


def goes_on(past: Past, inside: BoolArray) -> bool:
    """Whether an earlier circle most of these people come from goes on among them."""
    came = past.circles[inside]
    if not (came >= 0).any():
        return False
    origin = int(np.bincount(came[came >= 0]).argmax())
    witnesses = (past.circles == origin) & past.about
    if np.count_nonzero(came == origin) < MOST * len(came):
        return False
    told = int(np.count_nonzero(witnesses))
    return told < WITNESSES or bool(np.count_nonzero(witnesses & inside) >= GOES_ON * told)
