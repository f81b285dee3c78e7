"""What people are measured by for their rights, kept with a run so that a policy can be tried."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from segmentation.arrays import load_arrays, save_arrays
from segmentation.config import FACETS, Facet
from segmentation.durable import replacing

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MEASURES, LABELS, NOTICES = "merits.npz", "labels.parquet", "notices.ndjson"
LABEL_SCHEMA = pa.schema(
    [("user_id", pa.string()), ("namespace", pa.string()), ("label", pa.string())]
)


@dataclass(frozen=True)
class People:
    """Everyone, and what a policy may look at; arrays in the order of `user_ids`.

    `measures` maps the standard measures, and the keys of what policies count, to numbers (NaN:
    not known). `circles` holds primary circles, null for none; `labels` a row for each label.
    """

    user_ids: pa.Array
    measures: Mapping[str, FloatArray]
    circles: Mapping[Facet, pa.Array]
    labels: pa.Table

    def __len__(self) -> int:
        return len(self.user_ids)

    @classmethod
    def of_run(cls, folder: Path, users: pa.Table, *, erased: IntArray) -> Self:
        """Read the people of a finished run; `users` is its table of that name.

        `erased` are the rows of people who are in that table no more.
        """
        measures = load_arrays(folder / MEASURES)
        return cls(
            user_ids=users["user_id"].combine_chunks(),
            measures={name: np.delete(values, erased) for name, values in measures.items()},
            circles={name: users[f"{name}_circle"].combine_chunks() for name in FACETS},
            labels=pq.read_table(folder / LABELS),
        )

    def save(self, folder: Path) -> None:
        """Keep what a snapshot's own tables do not hold, in the order of its `users`."""
        order = pc.sort_indices(self.user_ids).to_numpy()
        save_arrays(folder / MEASURES, {name: by[order] for name, by in self.measures.items()})
        pq.write_table(self.labels, folder / LABELS, compression="zstd")

    def group(self, namespace: str) -> IntArray:
        """Number everyone's label of a namespace, in the order of the labels; -1 has none."""
        rows = self.labels.filter(pc.equal(self.labels["namespace"], namespace)).sort_by("label")
        names = pc.unique(rows["label"])
        place = pc.index_in(self.user_ids, rows["user_id"].combine_chunks())
        of_row = np.asarray(pc.index_in(rows["label"], names).to_numpy(), dtype=np.int64)
        found = np.asarray(pc.fill_null(place, -1), dtype=np.int64)
        return np.where(found >= 0, np.append(of_row, -1)[found], -1)

    def group_names(self, namespace: str) -> list[str]:
        """The labels of a namespace, in the order `group` numbers them."""
        rows = self.labels.filter(pc.equal(self.labels["namespace"], namespace)).sort_by("label")
        names: list[str] = pc.unique(rows["label"]).to_pylist()
        return names

    def company(self, facet: Facet) -> IntArray:
        """Number everyone's primary circle; those in none are company for each other."""
        encoded = pc.fill_null(self.circles[facet], "").dictionary_encode()
        return np.asarray(encoded.indices.to_numpy(), dtype=np.int64)

    def in_circle(self, circle_id: str) -> NDArray[np.bool_]:
        """Whether each person's primary circle of either facet is this one."""
        inside = np.zeros(len(self), dtype=bool)
        for circles in self.circles.values():
            inside |= np.asarray(pc.fill_null(pc.equal(circles, circle_id), False), dtype=bool)
        return inside


def carry_on(live: Path, folder: Path, *, before: pa.Array, now: pa.Array) -> None:
    """Keep what a run decided rights by for the same people among those `now` known.

    Of people the run did not know nothing is known yet; both lists are in the order of users.
    """
    if not live.is_dir():
        return
    folder.mkdir()
    place = pc.fill_null(pc.index_in(now, before), -1).to_numpy()
    found = load_arrays(live / MEASURES)
    moved = {name: np.where(place >= 0, values[place], np.nan) for name, values in found.items()}
    save_arrays(folder / MEASURES, moved)
    for path in sorted(live.iterdir()):
        if path.name != MEASURES:
            shutil.copy(path, folder / path.name)


def erase_from(folder: Path, user_id: str, row: int) -> None:
    """Scrub a person, who is in a row of the users, out of what is kept here."""
    if not folder.is_dir():
        return
    measures = load_arrays(folder / MEASURES)
    for values in measures.values():
        values[row] = np.nan
    save_arrays(folder / MEASURES, measures)
    labels = pq.read_table(folder / LABELS)
    others = labels.filter(pc.not_equal(labels["user_id"], user_id))
    with replacing(folder / LABELS) as beside:
        pq.write_table(others, beside, compression="zstd")
    lines = (folder / NOTICES).read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if orjson.loads(line)["user_id"] != user_id]
    with replacing(folder / NOTICES) as beside:
        beside.write_bytes(b"".join(kept))
