"""How far look-alikes are reached: the most alike first, and how similarity falls with reach."""

from dataclasses import dataclass

import numpy as np

from models.rows import BoolArray, FloatArray, IntArray

REACHES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Reach:
    """The most alike `people` of the candidates, `share` of them all.

    `similarity` is that of the least alike among them and `lift` how many times likelier one of
    them is to be like a seed than anybody of the candidates.
    """

    people: int
    share: float
    similarity: float
    lift: float


def most_alike(scores: FloatArray, candidates: BoolArray) -> IntArray:
    """The candidates, the most alike first, of equals the lower row."""
    rows = np.flatnonzero(candidates)
    return rows[np.argsort(-scores[rows], kind="stable")]


def reach_curve(similarity: FloatArray) -> list[Reach]:
    """How similarity falls as more of the candidates are reached, most alike first."""
    falling = np.sort(similarity)[::-1]
    points = np.unique(np.ceil(np.array(REACHES) * len(falling)).astype(np.int64))
    return [reach_at(falling, int(people)) for people in points if people]


def reach_at(falling: FloatArray, people: int) -> Reach:
    """The point of the curve after so many people; similarities fall."""
    least = float(falling[people - 1])
    share = people / len(falling)
    return Reach(people, share, least, (1.0 - least) / share)
