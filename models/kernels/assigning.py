"""Placing many people at once: `placing.py` over pieces of the rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.kernels.placing import place
from models.kernels.threads import over_pieces
from models.profiles import Assignment, TagProfiles
from models.rows import FloatArray, Rows


def assigned(
    profiles: TagProfiles, rows: Rows, *, prepare: Callable[[Rows], Rows], max_circles: int
) -> Assignment:
    """Place rows, each piece of them made into observations by `prepare`."""
    n = rows.n_rows
    labels, known = np.empty(n, np.int32), np.empty(n, np.int64)
    noise, confidence, margins = np.empty(n), np.empty(n), np.empty(n)

    def work(first: int, piece: Rows) -> Members:
        piece = prepare(piece)
        here = slice(first, first + piece.n_rows)
        known[here] = piece.counts
        table, size = profiles.table, (piece.n_rows, max_circles)
        members = Members(np.full(size, -1, np.int32), np.empty(size))
        place(
            piece.starts, piece.columns.astype(np.int32, copy=False), piece.values,
            table.starts, table.circles, table.gains_by_entry, table.ratios, table.base,
            profiles.grid_weights, profiles.log_priors, profiles.chances, profiles.min_tags,
            labels[here], noise[here], confidence[here], margins[here],
            members.circles, members.weights,
        )  # fmt: skip
        return members

    members = joined(over_pieces(rows, work), profiles.n_circles)
    return Assignment(labels, members, noise, confidence, margins, known)


@dataclass(frozen=True, eq=False)
class Members:
    """Further circles of some rows, shape (n_rows, max_circles) each; -1 fills the places left."""

    circles: npt.NDArray[np.int32]
    weights: FloatArray


def joined(pieces: list[Members], n_circles: int) -> Rows:
    """Put the memberships of the pieces one after the other, without the places left."""
    counts = [np.zeros(1, np.int64)]
    circles, weights = [np.zeros(0, np.int64)], [np.zeros(0)]
    for piece in pieces:
        kept = piece.circles >= 0
        counts.append(kept.sum(axis=1))
        circles.append(piece.circles[kept].astype(np.int64))
        weights.append(piece.weights[kept])
    starts = np.cumsum(np.concatenate(counts))
    return Rows(starts, np.concatenate(circles), np.concatenate(weights), n_circles)
