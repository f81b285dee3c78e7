"""The read side of who carries circles outward: ambassadors and creators by circle, referrals."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from segmentation.bitmaps import NOBODY
from segmentation.index import Snapshot
from segmentation.layout import NONE
from segmentation.seeds import PURPOSE

Row = dict[str, Any]

GUARDED = ("people", "referrals")
TOLD = ("k", "k_low", "k_high", "plain")


class Carriers:
    """Who carries the circles of one snapshot outward."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._rows = {
            what: by_circle(snapshot.folder, what) for what in ("ambassadors", "creators")
        }
        self._report: Row = snapshot.report().get("carrying") or {}

    @property
    def basis(self) -> str:
        """What the chances of ties come from: `shares`, `weighted_cascade` or `none`."""
        return str(self._report.get("ties", {}).get("basis", "none"))

    def ambassadors(self, circle_id: str, *, budget: int, purpose: str | None = PURPOSE) -> Row:
        """The best people of a circle to start from, as many as the budget pays for.

        Of each it is told how many members they are expected to reach beyond those before them.
        Without somebody who left or refuses the others reach no fewer: `reach` stays a lower bound.
        """
        circle = self._snapshot.circle(circle_id)
        rows = list(self._allowed(self._gains(circle_id), purpose))[:budget]
        return {
            "circle_id": circle_id,
            "members": circle["size"],
            "basis": self.basis,
            "guarantee": self._report.get("guarantee", {}).get(circle_id),
            "ambassadors": with_reach(rows),
        }

    def ambassadors_of_all(self, *, budget: int, purpose: str | None = PURPOSE) -> Row:
        """Spend one budget over all interest circles: whoever adds most, wherever they are."""
        circles = [
            each["circle_id"] for each in self._snapshot.circles("interest") if not each["children"]
        ]
        rows = [row for circle in circles for row in self._gains(circle)]
        rows.sort(key=lambda row: (-row["gain"], row["circle_id"], row["rank"]))
        chosen: dict[str, Row] = {}
        for row in self._allowed(rows, purpose):
            if len(chosen) == budget:
                break
            chosen.setdefault(row["user_id"], row)
        return {"basis": self.basis, "ambassadors": with_reach(list(chosen.values()))}

    def creators(self, circle_id: str, *, limit: int, purpose: str | None = PURPOSE) -> Row:
        """Who of a circle makes things and answers, who made most first; and how many do."""
        self._snapshot.circle(circle_id)
        rows = list(self._allowed(self._rows["creators"].get(circle_id, []), purpose))[:limit]
        nothing = {"creators": 0, "share_of_members": 0.0, "works": 0, "comments": 0}
        told = self._report.get("voices", {}).get(circle_id, nothing)
        names = ("user_id", "works", "comments", "echoes")
        return {
            "circle_id": circle_id,
            "voice": told,
            "creators": [
                {"rank": rank, **{name: row[name] for name in names}}
                for rank, row in enumerate(rows, start=1)
            ],
        }

    def referrals(self, *, is_exact: bool) -> Row:
        """K and cycle time of everyone, by circle and by tier; and the tree of referrals."""
        told: Row | None = self._report.get("referrals")
        if told is None:
            return {"horizon_days": None, "overall": None, "circles": {}, "tiers": {}, "tree": None}
        if is_exact:
            return told
        guarded = {
            kind: {
                name: self._guarded(facts, f"referrals {kind} {name}")
                for name, facts in told[kind].items()
            }
            for kind in ("circles", "tiers")
        }
        overall = self._guarded(told["overall"], "referrals")
        return told | guarded | {"overall": overall, "tree": None}

    def _guarded(self, facts: Row, asked: str) -> Row:
        """Figures of a group as callers may know them who may not list members."""
        guard = self._snapshot.guard
        counts = {name: guard.figure(facts[name], f"{asked} {name}").count for name in GUARDED}
        if counts["people"] is None:
            return facts | counts | dict.fromkeys((*TOLD, "cycle_days"))
        return (
            facts
            | counts
            | {name: None if facts[name] is None else round(facts[name], 2) for name in TOLD}
        )

    def _gains(self, circle_id: str) -> Iterator[Row]:
        """A circle's ambassadors, each with what they add to those before."""
        before = 0.0
        for row in self._rows["ambassadors"].get(circle_id, []):
            yield row | {"gain": row["reach"] - before}
            before = row["reach"]

    def _allowed(self, rows: "Iterator[Row] | list[Row]", purpose: str | None) -> Iterator[Row]:
        """The rows of people who are still known and do not refuse the purpose."""
        index = self._snapshot.audiences
        refusing = NOBODY if purpose is None else index.refusing(purpose)
        for row in rows:
            at = self._snapshot.row_of(row["user_id"])
            if at != NONE and int(index.places[at]) not in refusing:
                yield row


def with_reach(rows: list[Row]) -> list[Row]:
    """Ambassadors with their new ranks, and what they and those before reach together."""
    told, reach = [], 0.0
    for rank, row in enumerate(rows, start=1):
        reach += row["gain"]
        named = {name: row[name] for name in ("user_id", "circle_id", "gain")}
        told.append({"rank": rank, **named, "reach": reach})
    return told


def by_circle(folder: Path, what: str) -> dict[str, list[Row]]:
    """A table's rows by circle, by rank; nothing where the run kept no such table."""
    from segmentation.tables import read_table, table_path  # pyarrow, on the read side for this

    if not table_path(folder, what).exists():
        return {}
    rows = read_table(folder, what).to_pylist()
    return {name: list(group) for name, group in groupby(rows, key=lambda row: row["circle_id"])}
