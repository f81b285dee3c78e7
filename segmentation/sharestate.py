"""Where everybody stands in sharing once a run is over: counts of the past, ready to be looked up.

Whoever asks about a moment after every known fact needs no query: the totals are the same for all
of them, and everybody is taken as they stood just after the last fact. To let the days since then
count as idleness would tell nothing and mislead the model, which learned from days it could see.
`counts_before` says the same of that moment, and a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.evidence import USER
from models.shrinkage import FloatArray, IntArray
from segmentation.arrays import map_array

STATE = "state"


@dataclass(frozen=True, eq=False)
class Asked:
    """Who is asked to see what and when; -1 is a stranger or an unknown content."""

    person: IntArray
    item: IntArray
    moment: IntArray


@dataclass(frozen=True, eq=False)
class Contents:
    """What contents are about: author or -1, and the tags of content `i` from `starts[i]` on."""

    author: IntArray
    starts: IntArray
    tag: IntArray

    def __len__(self) -> int:
        return len(self.author)

    def knowing(self, authors: Sequence[int], tags: Sequence[Sequence[int]]) -> "Contents":
        """Know further contents, numbered on from those there are."""
        ends = self.starts[-1] + np.cumsum([len(each) for each in tags], dtype=np.int64)
        return Contents(
            author=np.append(self.author, np.array(authors, dtype=np.int64)),
            starts=np.append(self.starts, ends),
            tag=np.append(self.tag, np.array([tag for each in tags for tag in each], np.int64)),
        )

    def tags_of(self, item: IntArray) -> tuple[IntArray, IntArray]:
        """Return a row and a tag for each tag of each asked content; -1 has none."""
        place = np.maximum(item, 0)
        counts = np.where(item >= 0, np.diff(self.starts)[place], 0)
        row = np.repeat(np.arange(item.size), counts)
        step = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
        return row, np.asarray(self.tag)[self.starts[place[row]] + step]


@dataclass(frozen=True, eq=False)
class ShareState:
    """Totals of everything known, by person, circle, content and tag.

    Attributes
    ----------
    until : ndarray of shape (1,)
        The time of the last fact; only later moments may be asked about.
    circle, latest : ndarray of shape (people,)
        Circle or -1, and the last act, -1 for none.
    totals : ndarray of shape (people, len(USER))
    month : ndarray of shape (people,)
        Acts of the last thirty days.
    taste_starts : ndarray of shape (tags + 1,), taste_person, taste_count : ndarray
        How often people consumed each tag, by tag, then by person.
    cell_circle, cell_item, cell_exposures, cell_shares : ndarray of shape (cells,)
    item_author : ndarray of shape (items,)
        Author or -1.
    topic_starts : ndarray of shape (items + 1,), topic : ndarray
        The tags of each content.
    """

    until: IntArray
    circle: IntArray
    latest: IntArray
    totals: IntArray
    month: IntArray
    taste_starts: IntArray
    taste_person: IntArray
    taste_count: IntArray
    cell_circle: IntArray
    cell_item: IntArray
    cell_exposures: IntArray
    cell_shares: IntArray
    item_author: IntArray
    topic_starts: IntArray
    topic: IntArray

    @classmethod
    def open(cls, folder: Path) -> "ShareState":
        """Map what `save` kept."""
        return cls(**{each.name: map_array(folder / f"{each.name}.npy") for each in fields(cls)})

    def save(self, folder: Path) -> None:
        """Keep each array in a file of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        for each in fields(self):
            np.save(folder / f"{each.name}.npy", getattr(self, each.name))

    @cached_property
    def contents(self) -> Contents:
        """The contents the run knew."""
        return Contents(self.item_author, self.topic_starts, self.topic)

    def counts(self, asked: Asked, contents: Contents | None = None) -> dict[str, FloatArray]:
        """Return the `COUNTS` of every asked row, all of them later than `until`.

        `contents` may know more than the run did: such contents were never seen.
        """
        about = contents or self.contents
        row, tag = about.tags_of(asked.item)
        found = self._user_counts(asked) | self._share_counts(asked, about, row, tag)
        found["user_tag_private"] = self._tastes(asked, row, tag)
        return found | {"moment": np.full(asked.moment.size, float(self.until[0] + 1))}

    def _user_counts(self, asked: Asked) -> dict[str, FloatArray]:
        known = asked.person >= 0
        totals = np.where(known[:, None], self.totals[asked.person], 0).astype(np.float64)
        latest = np.where(known, self.latest[asked.person], -1).astype(np.float64)
        found = {f"user_{name}": totals[:, at] for at, name in enumerate(USER)}
        return found | {
            "user_last_at": np.where(latest >= 0, latest, np.nan),
            "user_events_30d": np.where(known, self.month[asked.person], 0).astype(np.float64),
        }

    def _share_counts(
        self, asked: Asked, about: Contents, row: IntArray, tag: IntArray
    ) -> dict[str, FloatArray]:
        circle = np.where(asked.person >= 0, self.circle[asked.person], -1)
        author = np.where(asked.item >= 0, about.author[asked.item], -1)
        was_known = asked.item < len(self.item_author)
        places = {
            "content": (np.arange(asked.item.size), np.where(was_known, asked.item, -1)),
            "author": (np.arange(asked.item.size), author),
            "tag": (row, tag),
            "circle": (np.arange(asked.item.size), circle),
            "circle_tag": (row, np.where(circle[row] >= 0, circle[row] * self.n_tags + tag, -1)),
        }
        found = {}
        for what in ("exposures", "shares"):
            found[f"crowd_{what}"] = np.full(asked.item.size, self._sums[f"crowd_{what}"][0])
            for name, (rows, keys) in places.items():
                sums = self._sums[f"{name}_{what}"]
                values = np.where(keys >= 0, sums[keys], 0.0)
                found[f"{name}_{what}"] = np.bincount(rows, values, minlength=asked.item.size)
        return found

    def _tastes(self, asked: Asked, row: IntArray, tag: IntArray) -> FloatArray:
        total = np.zeros(asked.item.size)
        for each in np.unique(tag):
            span = slice(self.taste_starts[each], self.taste_starts[each + 1])
            people, times = np.asarray(self.taste_person[span]), np.asarray(self.taste_count[span])
            here = row[tag == each]
            place = np.searchsorted(people, asked.person[here])
            held = place < people.size
            held[held] = people[place[held]] == asked.person[here[held]]
            total[here[held]] += times[place[held]]
        return total

    @property
    def n_tags(self) -> int:
        """How many tags there are."""
        return len(self.taste_starts) - 1

    @cached_property
    def _sums(self) -> Mapping[str, FloatArray]:
        """Exposures and shares by each key; a last entry stands for no key."""
        cell, tag = self.contents.tags_of(np.asarray(self.cell_item))
        circle, author = np.asarray(self.cell_circle), self.item_author[self.cell_item]
        n_circles = int(self.circle.max(initial=-1)) + 1
        every = np.arange(circle.size)
        keys: dict[str, tuple[IntArray, IntArray, int]] = {
            "crowd": (every, np.zeros_like(circle), 1),
            "content": (every, np.asarray(self.cell_item), len(self.item_author)),
            "author": (every, author, int(self.item_author.max(initial=-1)) + 1),
            "tag": (cell, tag, self.n_tags),
            "circle": (every, circle, n_circles),
            "circle_tag": (
                cell,
                np.where(circle[cell] >= 0, circle[cell] * self.n_tags + tag, -1),
                n_circles * self.n_tags,
            ),
        }
        return {
            f"{name}_{what}": summed(rows, key, size, getattr(self, f"cell_{what}"))
            for name, (rows, key, size) in keys.items()
            for what in ("exposures", "shares")
        }


def summed(rows: IntArray, keys: IntArray, size: int, values: IntArray) -> FloatArray:
    """Add values of rows up by key; key -1 belongs nowhere."""
    known = keys >= 0
    weights = np.asarray(values)[rows[known]]
    return np.append(np.bincount(keys[known], weights, minlength=size), 0.0)


def scrub(folder: Path, person: int) -> None:
    """Make a person's totals, tastes and recent acts nothing, in place."""
    tasters = np.load(folder / "taste_person.npy", mmap_mode="r")
    changes: dict[str, tuple[Any, int]] = {
        "totals": (person, 0),
        "latest": (person, -1),
        "circle": (person, -1),
        "month": (person, 0),
        "taste_count": (np.flatnonzero(tasters == person), 0),
    }
    for name, (where, value) in changes.items():
        array = np.load(folder / f"{name}.npy", mmap_mode="r+")
        array[where] = value
        array.flush()
