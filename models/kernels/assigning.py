"""Placing many people at once: `placing.py` over pieces of the rows."""

from dataclasses import dataclass

import numpy as np

from models.kernels.placing import place
from models.kernels.threads import over_pieces
from models.observations import damped_piece, heeded_piece
from models.profiles import Assignment, Belonging, Labels, TagProfiles
from models.rows import FloatArray, IntArray, Rows
from models.strengths import WORTH_TRYING

ROUNDING = 1e-6
"""By how much a bound on log-odds may fall short of them."""


def assigned(
    profiles: TagProfiles, rows: Rows, *, unit: float | None, max_circles: int
) -> Assignment:
    """Place rows: observations already, or raw weights of which `unit` makes them."""
    n = rows.n_rows
    odds = Odds(np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.int64))
    found = belonging(profiles, rows, unit=unit, max_circles=max_circles, odds=odds)
    return Assignment(
        found.labels, found.members, odds.noise, odds.confidence, odds.margins, odds.known
    )


@dataclass(frozen=True, eq=False)
class Odds:
    """What stands behind labels, as in `Assignment`."""

    noise: FloatArray
    confidence: FloatArray
    margins: FloatArray
    known: IntArray


def belonging(
    profiles: TagProfiles,
    rows: Rows,
    *,
    unit: float | None,
    max_circles: int,
    odds: Odds | None = None,
) -> Belonging:
    """Write labels and find memberships; `odds` are filled where they are asked for.

    Where they are not, circles that can neither be a label nor worth trying are left out.
    """
    labels = np.empty(rows.n_rows, np.int32)
    least = -np.inf if odds else (WORTH_TRYING if max_circles else 0.0) - ROUNDING

    def work(first: int, piece: Rows) -> Members:
        if unit is not None:
            damped = damped_piece(piece, unit=unit, relative=profiles.relative)
            piece = heeded_piece(damped, profiles.echoes)
        here = slice(first, first + piece.n_rows)
        told = (odds.noise[here], odds.confidence[here], odds.margins[here]) if odds else NOTHING
        if odds:
            odds.known[here] = piece.counts
        return placed(profiles, piece, least, max_circles, labels[here], told)

    return Belonging(labels, joined(over_pieces(rows, work), profiles.n_circles))


NOTHING = (np.empty(0), np.empty(0), np.empty(0))


def placed(
    profiles: TagProfiles,
    piece: Rows,
    least: float,
    max_circles: int,
    labels: Labels,
    told: tuple[FloatArray, FloatArray, FloatArray],
) -> "Members":
    """Place some rows; `told` gets noise, confidence and margins if it has room."""
    table, most = profiles.table, min(max_circles, profiles.n_circles)
    size = piece.n_rows * most
    members = Members(np.zeros(piece.n_rows, np.int64), np.empty(size, np.int64), np.empty(size))
    place(
        piece.starts, piece.columns.astype(np.int32, copy=False), piece.values,
        table.starts, table.circles, table.gains_in_lanes, table.ratios, table.base,
        profiles.grid_weights, profiles.log_priors, profiles.chances, profiles.min_tags,
        least, most, labels, *told, members.counts, members.circles, members.weights,
    )  # fmt: skip
    found = int(members.counts.sum())
    return Members(members.counts, members.circles[:found].copy(), members.weights[:found].copy())


@dataclass(frozen=True, eq=False)
class Members:
    """How many circles some rows have, and these one after the other."""

    counts: IntArray
    circles: IntArray
    weights: FloatArray


def joined(pieces: list[Members], n_circles: int) -> Rows:
    """Put the memberships of the pieces one after the other."""
    counts = np.concatenate([np.zeros(1, np.int64), *(piece.counts for piece in pieces)])
    circles = [np.zeros(0, np.int64), *(piece.circles for piece in pieces)]
    weights = [np.zeros(0), *(piece.weights for piece in pieces)]
    return Rows(np.cumsum(counts), np.concatenate(circles), np.concatenate(weights), n_circles)
