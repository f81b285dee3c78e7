"""The sums of a facet's tastes on disk, so that later events fold in without the earlier ones.

Sums are whole numbers by person, tag and window of one half-life (`models.windows`), so folded in
or summed at once, not a bit differs. Each fold adds a layer; columns that did not change are
shared between snapshots as hard links.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.layers import Layer
from models.rows import IntArray
from models.windows import Sums
from segmentation.durable import link
from segmentation.manifest import read_json, write_json

COLUMNS = ("tags", "windows", "amounts")
KINDS = {"tags": np.int32, "windows": np.uint16, "amounts": np.uint32}


@dataclass(frozen=True, eq=False)
class TasteSums:
    """What everyone's events of a facet say, before it is weighed.

    `tags` names the numbers of tags, '' for one that must not be named; `latest` is the time of
    each person's latest event.
    """

    tags: list[str]
    latest: IntArray
    layers: tuple[Layer, ...]

    @classmethod
    def open(cls, folder: Path, facet: str) -> Self:
        """Map what a run or an update kept."""
        facts = read_json(folder / f"{facet}.json")
        layers = tuple(_opened(folder, facet, number) for number in range(facts["layers"]))
        return cls(facts["tags"], np.load(folder / f"{facet}_latest.npy"), layers)

    def save(self, folder: Path, facet: str, *, shared: int = 0, earlier: Path = Path()) -> None:
        """Keep the sums; the first `shared` layers have their columns in the folder `earlier`."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, layer in enumerate(self.layers):
            np.save(_path(folder, facet, number, "people"), layer.people)
            for column in ("starts", *COLUMNS):
                target = _path(folder, facet, number, column)
                if number < shared:
                    link(_path(earlier, facet, number, column), target)
                else:
                    np.save(target, getattr(layer.sums, column))
        _save_facts(folder, facet, self.tags, self.latest, len(self.layers))


class SumsWriter:
    """Writes the sums of all people as one layer, part by part as they come.

    `tags` are the names of the tags; what belongs to a tag without a name is not kept.
    """

    def __init__(self, folder: Path, facet: str, *, tags: list[str], latest: IntArray) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._facet, self._tags, self._latest = folder, facet, tags, latest
        self._is_named = np.array([tag != "" for tag in tags], dtype=bool)
        self._counts = np.zeros(len(latest), np.int64)
        self._columns = {name: GrowingColumn(_path(folder, facet, 0, name), KINDS[name])
                         for name in COLUMNS}  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for column in self._columns.values():
            column.close()
        if kind is None:
            self._finish()

    def add(self, first: int, sums: Sums) -> None:
        """Take the sums of consecutive people."""
        counts = np.diff(sums.starts)
        named = self._is_named[sums.tags]
        if not named.all():
            owners = np.repeat(np.arange(len(counts)), counts)
            counts = np.bincount(owners[named], minlength=len(counts))
        self._counts[first : first + len(counts)] = counts
        for name, column in self._columns.items():
            values = getattr(sums, name)
            column.append(values if named.all() else values[named])

    def _finish(self) -> None:
        people = np.flatnonzero(self._counts)
        starts = np.concatenate([[0], np.cumsum(self._counts[people])])
        np.save(_path(self._folder, self._facet, 0, "people"), people.astype(np.int32))
        np.save(_path(self._folder, self._facet, 0, "starts"), starts)
        _save_facts(self._folder, self._facet, self._tags, self._latest, 1)


class GrowingColumn:
    """An `.npy` file whose length is known only once all is written."""

    def __init__(self, path: Path, kind: npt.DTypeLike) -> None:
        path.unlink(missing_ok=True)  # another snapshot may know the file by another name
        self._file, self._kind, self._length = path.open("wb"), np.dtype(kind), 0
        self._write_header()

    def append(self, values: npt.NDArray[Any]) -> None:
        """Write more values."""
        self._file.write(np.ascontiguousarray(values).data)
        self._length += len(values)

    def close(self) -> None:
        """Say in the header how many there are; numpy leaves room there for any length."""
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        described = np.lib.format.dtype_to_descr(self._kind)
        header = {"descr": described, "fortran_order": False, "shape": (self._length,)}
        np.lib.format.write_array_header_1_0(self._file, header)


def _opened(folder: Path, facet: str, number: int) -> Layer:
    people = np.load(_path(folder, facet, number, "people"))
    starts = np.load(_path(folder, facet, number, "starts"))
    columns = (_mapped(_path(folder, facet, number, column)) for column in COLUMNS)
    return Layer(people, Sums(starts, *columns))


def _mapped(path: Path) -> npt.NDArray[Any]:
    """Map a column as a plain array, which compiled loops take."""
    return np.asarray(np.load(path, mmap_mode="r"))


def _path(folder: Path, facet: str, number: int, column: str) -> Path:
    return folder / f"{facet}_{number}_{column}.npy"


def _save_facts(folder: Path, facet: str, tags: list[str], latest: IntArray, layers: int) -> None:
    np.save(folder / f"{facet}_latest.npy", latest)
    write_json(folder / f"{facet}.json", {"tags": tags, "layers": layers})
