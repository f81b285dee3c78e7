"""What a content would do, read from a snapshot: shares by circle, why, whom it offends, gaps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.resonance import Answer, Gaps, Resonance
from segmentation.answers import Row
from segmentation.arrays import load_arrays

FOLDER = "sharing"
FILE = "resonance.npz"
GAPS = "gap_"
BEST = 3


class ContentResonance:
    """Answers about contents by their tags.

    Parameters
    ----------
    folder : Path
        What a snapshot keeps of sharing. Where nothing was learned, `is_learned` is false and no
        circle is in any answer.
    circles : mapping of circle id to row
        Names and sizes as they are now.
    """

    def __init__(self, folder: Path, circles: Mapping[str, Row]) -> None:
        self._circles = circles
        self.is_learned = (folder / FILE).exists()
        if not self.is_learned:
            return
        arrays = load_arrays(folder / FILE)
        self._found = Resonance.from_arrays(arrays)
        self._circle_ids: list[str] = arrays["circle_ids"].tolist()
        self._tags: list[str] = arrays["tag_names"].tolist()
        self._columns = {tag: column for column, tag in enumerate(self._tags)}
        names = Gaps.__dataclass_fields__
        self._gaps = Gaps(**{name: arrays[f"{GAPS}{name}"] for name in names})

    def answer(self, tags: Sequence[str]) -> Row:
        """Say what each circle would share of a content with these tags; a tag counts once.

        Circles come by expected share rate, the highest first. `best_circles` are the first three,
        `offended_circles` those that would surely share less of it than they usually do.
        """
        named = list(dict.fromkeys(tags))
        if not self.is_learned:
            return {"basis": "none", "tags": named, "unknown_tags": named, "circles": [],
                    "best_circles": [], "offended_circles": []}  # fmt: skip
        columns = [self._columns.get(tag, -1) for tag in named]
        told = self._found.answer(columns)
        order = np.lexsort((np.array(self._circle_ids), -told.rate)).tolist()
        rows = [self._circle(at, named, told) for at in order]
        offended = [row for row in rows if row["lift"]["high"] < 1]
        return {
            "basis": "exposures",
            "tags": named,
            "unknown_tags": [tag for tag, column in zip(named, columns, strict=True) if column < 0],
            "circles": rows,
            "best_circles": [row["circle_id"] for row in rows[:BEST]],
            "offended_circles": [
                row["circle_id"] for row in sorted(offended, key=lambda row: row["lift"]["high"])
            ],
        }

    def gaps(self, circle_id: str | None = None) -> list[Row]:
        """List tags circles would share and are hardly shown, by circle, the surest first."""
        if not self.is_learned:
            return []
        found = self._gaps
        every = range(len(found.circle))
        return [
            self._gap(at) for at in every if circle_id in (None, self._circle_ids[found.circle[at]])
        ]

    def _circle(self, at: int, tags: Sequence[str], told: Answer) -> Row:
        row = self._circles[self._circle_ids[at]]
        size = row["size"]
        rate = estimate(told.rate[at], told.low[at], told.high[at])
        return {
            "circle_id": row["circle_id"],
            "name": row["name"],
            "size": size,
            "expected_share_rate": rate,
            "expected_shares": {name: size * value for name, value in rate.items()},
            "usual_share_rate": float(self._found.usual[at]),
            "lift": estimate(told.lift[at], told.lift_low[at], told.lift_high[at]),
            "base_log_odds": float(told.base[at]),
            "contributions": [
                {"tag": tag, "log_odds": float(part), "error": float(error)}
                for tag, part, error in sorted(
                    zip(tags, told.parts[at], told.part_errors[at], strict=True),
                    key=lambda each: -each[1],
                )
            ],
            "gaps": [gap["tag"] for gap in self.gaps(row["circle_id"])],
        }

    def _gap(self, at: int) -> Row:
        found = self._gaps
        row = self._circles[self._circle_ids[found.circle[at]]]
        return {
            "circle_id": row["circle_id"],
            "name": row["name"],
            "tag": self._tags[found.tag[at]],
            "expected_share_rate": estimate(found.rate[at], found.low[at], found.high[at]),
            "lift": float(found.lift[at]),
            "exposures": int(found.exposures[at]),
            "expected_exposures": float(found.expected[at]),
        }


def estimate(value: Any, low: Any, high: Any) -> dict[str, float]:  # noqa: ANN401 - numpy scalars
    """A figure with the bounds that hold it eight times in ten."""
    return {"estimate": float(value), "low": float(low), "high": float(high)}
