"""Scoring asked exposures from the live snapshot: who, what and when in, probabilities out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.evidence import features
from models.sharemodel import Estimate, bounded
from models.shrinkage import IntArray, spread_left
from segmentation.config import Config
from segmentation.engine import DuckEngine, Engine
from segmentation.events import CONTRACTS
from segmentation.ingest import TableReport, ingest_one
from segmentation.resonance import FOLDER
from segmentation.sharelog import STATE, Learned, open_facts, read_learned
from segmentation.sharescores import LEVEL, counts_of
from segmentation.sharestate import Asked, ShareState
from segmentation.sources import find

ASKED = replace(
    CONTRACTS["exposures"],
    columns=tuple(c for c in CONTRACTS["exposures"].columns if c.name != "shared"),
    ordered=True,
)
"""Who sees what and when; whether they share it is asked, not told."""
Flags = npt.NDArray[np.bool_]
ANY_TIME = datetime(9999, 12, 31, tzinfo=UTC)
STRANGERS = {
    (True, True): "{basis}",
    (True, False): "{basis}, new content",
    (False, True): "{basis}, new user",
    (False, False): "base_rate",
}
"""What an answer rests on, by whether the user and the content are known."""


@dataclass(frozen=True)
class Scored:
    """The answers in the order asked, and what became of the rows."""

    table: pa.Table
    rows: TableReport
    basis: str
    run_id: str

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON holds them."""
        kinds, counts = np.unique(self.table["basis"].to_numpy(), return_counts=True)
        return {
            "run_id": self.run_id,
            "basis": self.basis,
            "rows_in": self.rows.rows_in,
            "scored": self.rows.valid,
            "bad": self.rows.bad,
            "reasons": self.rows.reasons,
            "answers": dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
        }


def score_exposures(snapshot: Path, asked: Sequence[str], *, base: Path, config: Config) -> Scored:
    """Score files of `user_id, content_id, ts` by what a snapshot knew before each `ts`.

    The answers have `user_id, content_id, ts, share_probability, low, high, basis`, in the order
    of the files and their rows; rows that cannot be read are left out and counted. `low` to
    `high` hold the true probability eight times in ten. Whether the files tell an outcome makes
    no difference.

    Raises
    ------
    InputError
        When a file is missing, is not what it claims, or too many of its rows are bad.
    StoreError
        When the snapshot kept no model of sharing.
    """
    learned = read_learned(snapshot)
    resources = config.resources
    with (
        TemporaryDirectory() as folder,
        DuckEngine(
            resources.memory_limit,
            threads=resources.threads,
            temp_directory=Path(folder) / "spill",
        ) as engine,
    ):
        report = ingest_one(
            ASKED, find(asked, base=base), config=config, out=Path(folder),
            engine=engine, latest=ANY_TIME,
        )  # fmt: skip
        answers = answered(engine, snapshot, learned)
    return Scored(answers, report, learned.basis, snapshot.name)


def answered(engine: Engine, snapshot: Path, learned: Learned) -> pa.Table:
    """Answer the rows of the engine's table `exposures`."""
    asked = engine.execute("SELECT user_id, content_id, ts FROM exposures")
    if learned.model is None:
        return tabled(asked, crowd_answers(learned, len(asked)), [learned.basis] * len(asked))
    question = open_question(snapshot, asked)
    state = ShareState.open(snapshot / FOLDER / STATE)
    counts = counts_of(engine, question, state, prepare=partial(open_facts, engine, snapshot))
    past = np.column_stack([counts["user_shares"], counts["content_shares"]])
    said = learned.model.estimate(features(counts), shares=past, level=LEVEL)
    users, contents = question.person >= 0, question.item >= 0
    whole = with_crowd(said, learned, strangers=~(users | contents))
    return tabled(asked, whole, bases(learned.basis, users, contents))


def open_question(snapshot: Path, asked: pa.Table) -> Asked:
    """Find the numbers of asked users and contents; -1 for those the run does not know."""
    folder = snapshot / FOLDER
    people, items = (
        pq.read_table(folder / f"{name}.parquet", columns=columns)
        for name, columns in (("person", ["user_id", "person"]), ("item", ["content_id", "item"]))
    )
    moments = asked["ts"].cast(pa.timestamp("us")).cast(pa.int64())
    return Asked(
        person=numbered(asked["user_id"], people["user_id"], people["person"]),
        item=numbered(asked["content_id"], items["content_id"], items["item"]),
        moment=moments.to_numpy(),
    )


def numbered(asked: pa.ChunkedArray, names: pa.ChunkedArray, number: pa.ChunkedArray) -> IntArray:
    """Return the number of each asked name, -1 for an unknown one."""
    place = pc.index_in(asked, value_set=names.combine_chunks())
    return np.asarray(pc.fill_null(number.take(place), -1).to_numpy(), dtype=np.int64)


def with_crowd(said: Estimate, learned: Learned, *, strangers: Flags) -> Estimate:
    """Put the crowd's rate where neither the user nor the content is known."""
    crowd = crowd_answers(learned, strangers.size)
    pairs = zip(said.columns(), crowd.columns(), strict=True)
    return Estimate(*(np.where(strangers, theirs, mine) for mine, theirs in pairs))


def crowd_answers(learned: Learned, rows: int) -> Estimate:
    """Return the crowd's rate, as unsure as it is of one user and one content.

    Without any exposure it is 0, between 0 and 1.
    """
    rate, low, high = (np.full(1, value) for value in learned.crowd)
    if learned.basis != "none":
        spread = spread_left(learned.spread, shares=np.zeros((1, 1))).sum(axis=1)
        wide = bounded(rate, relative_variance=spread, level=LEVEL)
        low, high = np.minimum(wide.low, low), np.maximum(wide.high, high)
    return Estimate(*(np.repeat(value, rows) for value in (rate, low, high)))


def bases(basis: str, users: Flags, contents: Flags) -> list[str]:
    """Say of each row what its answer rests on."""
    words = {known: text.format(basis=basis) for known, text in STRANGERS.items()}
    return [words[pair] for pair in zip(users.tolist(), contents.tolist(), strict=True)]


def tabled(asked: pa.Table, said: Estimate, basis: list[str]) -> pa.Table:
    """Put answers beside what was asked; times are UTC."""
    moments = asked["ts"].cast(pa.timestamp("us", tz="UTC"))
    asked = asked.set_column(asked.column_names.index("ts"), "ts", moments)
    names = ("share_probability", "low", "high")
    for name, values in zip(names, said.columns(), strict=True):
        asked = asked.append_column(name, pa.array(values))
    return asked.append_column("basis", pa.array(basis, pa.string()))
