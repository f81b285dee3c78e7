"""How likely everybody is to share one content, and why: the read side of the sharing model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.shrinkage import IntArray
from segmentation.contents import PURPOSE, Content
from segmentation.errors import NotFound
from segmentation.index import Snapshot
from segmentation.learned import Learned, read_learned
from segmentation.resonance import FOLDER
from segmentation.seeds import allowed
from segmentation.shareanswers import Answers, answers_of, of_the_crowd
from segmentation.sharestate import STATE, Asked, Contents, ShareState


@dataclass(frozen=True, eq=False)
class Placed:
    """A content's number among `contents`, and which of its tags the run does not know."""

    item: int
    contents: Contents
    unknown_tags: list[str]


@dataclass(frozen=True, eq=False)
class Listed:
    """Answers for everybody, or the likeliest, as a table."""

    table: pa.Table
    run_id: str
    learned: Learned
    unknown_tags: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON holds them."""
        counted = self.table["basis"].value_counts().to_pylist()
        return {
            "run_id": self.run_id,
            "basis": self.learned.basis,
            "base_log_odds": self.learned.base_log_odds,
            "scored": self.table.num_rows,
            "unknown_tags": self.unknown_tags,
            "answers": {row["values"]: row["counts"] for row in counted},
        }


class Appeal:
    """How likely people are to share one content, as they stood after all a run knew.

    Raises
    ------
    StoreError
        When the snapshot kept no model of sharing.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._learned: Learned = read_learned(snapshot.folder)
        self._folder = snapshot.folder / FOLDER

    def everyone(self, purpose: str | None = PURPOSE) -> IntArray:
        """The rows of everyone who was not erased and does not refuse the purpose, ascending."""
        return allowed(self._snapshot, purpose)

    def answers(self, content: Content, rows: IntArray, *, why: bool = False) -> Answers:
        """Answer for the people in some rows of the snapshot; -1 is a stranger.

        Raises
        ------
        NotFound
            When the content is named by an id the run does not know.
        """
        model = self._learned.model
        if model is None:
            return of_the_crowd(self._learned, len(rows), why=why)
        placed = self.find(content)
        asked = Asked(
            person=np.where(rows >= 0, self._person[rows], -1),
            item=np.full(len(rows), placed.item),
            moment=np.full(len(rows), self._state.until[0] + 1),
        )
        counts = self._state.counts(asked, placed.contents)
        return answers_of(model, self._learned, counts, asked, why=why)

    def find(self, content: Content) -> Placed:
        """Find a content, or make one of its tags.

        Only the tags circles are made of are known: no others, such as sensitive ones.
        """
        known = self._state.contents
        if content.content_id is not None:
            return Placed(self._item(content.content_id), known, [])
        themes = numbers(self._themes, "tag", content.tags, "theme")
        tags = dict(zip(content.tags, themes.tolist(), strict=True))
        about = {tag: at for tag, at in tags.items() if at >= 0 and tag in self._open_tags}
        missing = [tag for tag in tags if tag not in about]
        author = int(numbers(self._items, "author", [content.author], "author_code")[0])
        if not about and author < 0:
            return Placed(-1, known, missing)
        contents = known.knowing([author], [list(about.values())])
        return Placed(len(known), contents, missing)

    def facts(
        self,
        content: Content,
        *,
        user_ids: Sequence[str] = (),
        limit: int = 100,
        purpose: str | None = PURPOSE,
    ) -> dict[str, Any]:
        """Answer as JSON, with reasons: the people named, or else the likeliest to share it."""
        everyone, missing = self.everyone(purpose), []
        if user_ids:
            found = {name: self._snapshot.row_of(name) for name in dict.fromkeys(user_ids)}
            may = np.isin(list(found.values()), everyone).tolist()
            missing = [name for name, is_open in zip(found, may, strict=True) if not is_open]
            rows = np.array(list(found.values()), dtype=np.int64)[may]
        else:
            rows = everyone[likeliest(self.answers(content, everyone))[:limit]]
        answers = self.answers(content, rows, why=True)
        known = self._learned.model is not None
        return {
            "run_id": self._snapshot.run_id,
            "basis": self._learned.basis,
            "content_id": content.content_id,
            "unknown_tags": self.find(content).unknown_tags if known else [],
            "base_log_odds": self._learned.base_log_odds,
            "users": self.told(rows, answers),
            "missing": missing,
        }

    def told(self, rows: IntArray, answers: Answers) -> list[dict[str, Any]]:
        """Name the people answered for, each with the answer."""
        ids = self._snapshot.audiences.registry.ids
        columns = {name: column.to_pylist() for name, column in answers.columns().items()}
        return [
            {
                "user_id": ids[row],
                "share_probability": {
                    "estimate": columns["share_probability"][at],
                    "low": columns["low"][at],
                    "high": columns["high"][at],
                },
                "basis": columns["basis"][at],
                "reasons": columns["reasons"][at],
            }
            for at, row in enumerate(rows.tolist())
        ]

    def listed(
        self,
        asked: Sequence[Content],
        *,
        best: int | None = None,
        why: bool = False,
        purpose: str | None = PURPOSE,
    ) -> Listed:
        """Answer for everybody content by content, the likeliest first; or for the best alone."""
        rows = self.everyone(purpose)
        parts = [self._part(content, rows, best, why) for content in asked]
        known = self._learned.model is not None
        unknown = [tag for one in asked for tag in self.find(one).unknown_tags] if known else []
        table = pa.concat_tables(parts)
        return Listed(table, self._snapshot.run_id, self._learned, unknown)

    def _part(self, content: Content, rows: IntArray, best: int | None, why: bool) -> pa.Table:
        answers = self.answers(content, rows, why=why and best is None)
        places = likeliest(answers)[:best]
        columns = {name: column.take(places) for name, column in answers.columns().items()}
        if why and best is not None:
            columns = self.answers(content, rows[places], why=True).columns()
        named = pa.array([content.content_id], pa.string()).take(pa.array(np.zeros_like(places)))
        users = self._ids.take(pa.array(rows[places])).cast(pa.string())
        return pa.table({"user_id": users, "content_id": named} | columns)

    @cached_property
    def _state(self) -> ShareState:
        return ShareState.open(self._folder / STATE)

    @cached_property
    def _ids(self) -> pa.Array:
        """Everybody's id by row; its text lies where the index has it mapped."""
        ids = self._snapshot.audiences.registry.ids
        ends = pa.py_buffer(np.asarray(ids.ends, np.int64))
        return pa.LargeStringArray.from_buffers(len(ids), ends, pa.py_buffer(ids.text))

    @cached_property
    def _person(self) -> IntArray:
        """Everybody's number in the facts by row, -1 for whoever is not in them."""
        people = pq.read_table(self._folder / "person.parquet", columns=["user_id", "person"])
        names = people["user_id"].cast(pa.large_string()).combine_chunks()
        number = people["person"].take(pc.index_in(self._ids, value_set=names))
        return np.asarray(pc.fill_null(number, -1).to_numpy(), dtype=np.int64)

    @cached_property
    def _open_tags(self) -> frozenset[str]:
        return frozenset(self._snapshot.placer.facet("interest").tags)

    def _item(self, content_id: str) -> int:
        item = int(numbers(self._items, "content_id", [content_id], "item")[0])
        if item < 0:
            raise NotFound.of("content", content_id)
        return item

    @cached_property
    def _items(self) -> pa.Table:
        return pq.read_table(self._folder / "item.parquet")

    @cached_property
    def _themes(self) -> pa.Table:
        return pq.read_table(self._folder / "theme.parquet")


def numbers(told: pa.Table, column: str, names: Sequence[str | None], number: str) -> IntArray:
    """The numbers of some names in a table, -1 for an unknown one."""
    values = told[column].combine_chunks()
    place = pc.index_in(pa.array(names, pa.string()), value_set=values, skip_nulls=True)
    return np.asarray(pc.fill_null(told[number].take(place), -1).to_numpy(), dtype=np.int64)


def likeliest(answers: Answers) -> IntArray:
    """The places of the answers, the most probable first, of equals the earlier."""
    return np.argsort(-answers.said.probability, kind="stable")
