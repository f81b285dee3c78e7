"""Scoring asked exposures from the live snapshot: who, what and when in, probabilities out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.shrinkage import IntArray
from segmentation.config import Config
from segmentation.engine import DuckEngine, Engine
from segmentation.events import CONTRACTS
from segmentation.ingest import TableReport, ingest_one
from segmentation.learned import Learned, read_learned
from segmentation.newcontents import read_further
from segmentation.resonance import FOLDER
from segmentation.shareanswers import Answers, answers_of, of_the_crowd
from segmentation.sharelog import open_facts
from segmentation.sharescores import counts_of
from segmentation.sharestate import STATE, Asked, ShareState
from segmentation.sources import find

ASKED = replace(
    CONTRACTS["exposures"],
    columns=tuple(c for c in CONTRACTS["exposures"].columns if c.name != "shared"),
    ordered=True,
)
"""Who sees what and when; whether they share it is asked, not told."""
NOTHING = pa.array([], pa.string())
ANY_TIME = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Scored:
    """The answers in the order asked, and what became of the rows."""

    table: pa.Table
    rows: TableReport
    learned: Learned
    run_id: str

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON holds them."""
        kinds, counts = np.unique(self.table["basis"].to_numpy(), return_counts=True)
        return {
            "run_id": self.run_id,
            "basis": self.learned.basis,
            "base_log_odds": self.learned.base_log_odds,
            "rows_in": self.rows.rows_in,
            "scored": self.rows.valid,
            "bad": self.rows.bad,
            "reasons": self.rows.reasons,
            "answers": dict(zip(kinds.tolist(), counts.tolist(), strict=True)),
        }


def score_exposures(
    snapshot: Path,
    asked: Sequence[str],
    *,
    base: Path,
    config: Config,
    content: Sequence[str] = (),
    why: bool = False,
) -> Scored:
    """Score files of `user_id, content_id, ts` by what a snapshot knew before each `ts`.

    The answers have `user_id, content_id, ts, share_probability, low, high, basis`, in the order
    of the files and their rows; rows that cannot be read are left out and counted. `low` to
    `high` hold the true probability eight times in ten. Whether the files tell an outcome makes
    no difference.

    Parameters
    ----------
    content : sequence of str
        Files that say what contents the snapshot does not know are about, as a run takes them.
    why : bool
        Add the column `reasons`: what speaks for or against a share, the strongest first.

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
        ingest_one(
            CONTRACTS["content"], find(content, base=base), config=config, out=Path(folder),
            engine=engine, latest=ANY_TIME,
        )  # fmt: skip
        answers = answered(engine, snapshot, learned, scratch=Path(folder), why=why)
    return Scored(answers, report, learned, snapshot.name)


def answered(
    engine: Engine, snapshot: Path, learned: Learned, *, scratch: Path, why: bool
) -> pa.Table:
    """Answer the rows of the engine's table `exposures`, of contents `content` may tell of."""
    asked = engine.execute("SELECT user_id, content_id, ts FROM exposures")
    if learned.model is None:
        return tabled(asked, of_the_crowd(learned, len(asked), why=why))
    state = ShareState.open(snapshot / FOLDER / STATE)
    further = read_further(engine, snapshot, state.contents, folder=scratch)
    question = open_question(snapshot, asked, further.names)
    counts = counts_of(
        engine,
        question,
        state,
        contents=further.contents,
        prepare=partial(open_facts, engine, snapshot, further=further.folder),
    )
    return tabled(asked, answers_of(learned.model, learned, counts, question, why=why))


def open_question(snapshot: Path, asked: pa.Table, further: pa.Array = NOTHING) -> Asked:
    """Find the numbers of asked users and contents; -1 for those nobody knows.

    `further` are contents the run did not know, numbered on from those it did.
    """
    folder = snapshot / FOLDER
    people, items = (
        pq.read_table(folder / f"{name}.parquet", columns=columns)
        for name, columns in (("person", ["user_id", "person"]), ("item", ["content_id"]))
    )
    moments = asked["ts"].cast(pa.timestamp("us")).cast(pa.int64())
    names = pa.chunked_array([*items["content_id"].chunks, further])
    return Asked(
        person=numbered(asked["user_id"], people["user_id"], people["person"]),
        item=numbered(asked["content_id"], names, pa.chunked_array([np.arange(len(names))])),
        moment=moments.to_numpy(),
    )


def numbered(asked: pa.ChunkedArray, names: pa.ChunkedArray, number: pa.ChunkedArray) -> IntArray:
    """Return the number of each asked name, -1 for an unknown one."""
    place = pc.index_in(asked, value_set=names.combine_chunks())
    return np.asarray(pc.fill_null(number.take(place), -1).to_numpy(), dtype=np.int64)


def tabled(asked: pa.Table, answers: Answers) -> pa.Table:
    """Put answers beside what was asked; times are UTC."""
    moments = asked["ts"].cast(pa.timestamp("us", tz="UTC"))
    asked = asked.set_column(asked.column_names.index("ts"), "ts", moments)
    for name, values in answers.columns().items():
        asked = asked.append_column(name, values)
    return asked
