"""What is shown and what is kept, read from a snapshot: of everybody, a circle, a user."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.currency import EVENTS, LEVERS
from segmentation.errors import NotFound, StoreError
from segmentation.resonance import FOLDER

CURRENCY, SELVES, LEVER_TABLE = "currency.parquet", "selves.parquet", "levers.parquet"
SURE = 1.96
"""Standard errors from nothing that a tag must be told at."""

Row = dict[str, Any]


class SelfImage:
    """The currency of tags, the two selves of circles and the levers of users, of one snapshot."""

    def __init__(self, snapshot: Path) -> None:
        self._folder = snapshot / FOLDER
        self._run = snapshot.name

    def everybody(self, limit: int) -> Row:
        """The tags people surely show off, and those they surely keep, strongest first."""
        table = self._table(CURRENCY)
        return {
            "run_id": self._run,
            "shown_off": sided(table, "log_odds", "z", limit),
            "kept": sided(table, "log_odds", "z", limit, is_shown=False),
        }

    def circle(self, circle_id: str, limit: int) -> Row:
        """What a circle shares and consumes more than others, and which of the two it is more.

        Raises
        ------
        NotFound
            When no interest circle has this id.
        """
        every = self._table(SELVES)
        table = every.filter(pc.equal(every["circle_id"], circle_id))
        if not table.num_rows:
            raise NotFound.of("circle", circle_id)
        return {
            "run_id": self._run,
            "circle_id": circle_id,
            "projected_self": sided(table, "projected", "projected_z", limit),
            "private_self": sided(table, "private", "private_z", limit),
            "shown_off": sided(table, "currency", "currency_z", limit),
            "kept": sided(table, "currency", "currency_z", limit, is_shown=False),
        }

    def user(self, user_id: str) -> Row:
        """A user's score and what each lever adds, of how many events of which kind.

        Raises
        ------
        NotFound
            When nobody has this id.
        """
        every = self._table(LEVER_TABLE)
        rows = every.filter(pc.equal(every["user_id"], user_id)).to_pylist()
        if not rows:
            raise NotFound.of("user", user_id)
        levers = [
            {"lever": lever, "adds": rows[0][lever], "count": rows[0][f"{lever}_count"],
             "events": EVENTS[lever]}
            for lever in LEVERS
        ]  # fmt: skip
        return {
            "run_id": self._run,
            "user_id": user_id,
            "social_currency": sum(each["adds"] for each in levers),
            "levers": levers,
        }

    def _table(self, name: str) -> pa.Table:
        path = self._folder / name
        if not path.exists():
            raise StoreError(
                f"The run {self._run} was made before this was kept. "
                "Make a run; it can be asked then."
            )
        return pq.read_table(path)


def sided(
    table: pa.Table, log_odds: str, z: str, limit: int, *, is_shown: bool = True
) -> list[Row]:
    """Return the tags that are surely on one side, the surest first."""
    sure = pc.greater(table[z], SURE) if is_shown else pc.less(table[z], -SURE)
    order = [(z, "descending" if is_shown else "ascending"), ("tag", "ascending")]
    rows = table.filter(sure).sort_by(order).slice(0, limit).to_pylist()
    return [
        {"tag": row["tag"], "log_odds": row[log_odds], "z": row[z], "shared": row["shared"],
         "consumed": row["consumed"]}
        for row in rows
    ]  # fmt: skip
