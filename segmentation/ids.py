"""How rows that leave the engine name people and tags: by hashes, so that no text leaves it."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.numbering import Hashes, Numbering, Numbers
from segmentation import queries
from segmentation.engine import Engine
from segmentation.errors import SegmentationError

REFUSED = -2
SALTS = 4  # 64 bits clash once in 40 million times among a million people


class Ids(Protocol):
    """What a query selects to name a row's person and tag, and the numbers behind it."""

    @property
    def columns(self) -> str:
        """Two expressions over `user_id` and `tag`, named `person` and `tag`."""
        ...

    def people(self, column: pa.Array) -> Numbers:
        """The number of each row's person; below 0 for those who do not count."""
        ...

    def tags(self, column: pa.Array) -> Numbers:
        """The number of each row's tag; below 0 for those that do not count."""
        ...


@dataclass(frozen=True, eq=False)
class HashedIds:
    """The people of a run, numbered bytewise, and the tags of a facet.

    `refused` says who refused to be segmented: they have no number.
    """

    refused: npt.NDArray[np.bool_]
    names: list[str]
    columns: str
    _people: Numbering
    _tags: Numbering

    @classmethod
    def of(cls, engine: Engine, tags: str) -> Self:
        """Number the people of the table `people`; `tags` is a query of each `tag, number`.

        Should two of them share a hash, all are hashed anew with another salt.

        Raises
        ------
        SegmentationError
            When people or tags are listed twice, which no salt can tell apart.
        """
        attempts = (cls.salted(engine, tags, salt) for salt in range(SALTS))
        exact = next((ids for ids in attempts if ids.is_exact), None)
        if exact is None:
            raise SegmentationError(
                f"{SALTS} salts in turn gave two people or tags the same hash: the people are not "
                "all different. Run again."
            )
        return exact

    @classmethod
    def salted(cls, engine: Engine, tags: str, salt: int) -> Self:
        """Number people and tags by hashes of one salt."""
        person, tag = (engine.hashed(column, salt=salt) for column in ("user_id", "tag"))
        people = engine.execute(
            f"SELECT {person} AS person, user_id IN ({queries.refusals()}) AS refused "
            "FROM people ORDER BY user_id"
        )
        named = engine.execute(
            f"SELECT tag, number, {tag} AS hashed FROM ({tags}) AS named ORDER BY number"
        )
        refused = people["refused"].to_numpy()
        numbers = np.where(refused, REFUSED, np.arange(len(refused))).astype(np.int32)
        return cls(
            refused,
            named["tag"].to_pylist(),
            f"{person} AS person, {tag} AS tag",
            Numbering(bits(people["person"]), numbers),
            Numbering(bits(named["hashed"]), named["number"].to_numpy().astype(np.int32)),
        )

    @property
    def is_exact(self) -> bool:
        """Whether no two people and no two tags share a hash."""
        return self._people.is_exact and self._tags.is_exact

    def people(self, column: pa.Array) -> Numbers:
        """The number of each row's person; below 0 for those who refused."""
        return self._people.of(bits(column))

    def tags(self, column: pa.Array) -> Numbers:
        """The number of each row's tag; below 0 for those without one."""
        return self._tags.of(bits(column))


def bits(column: pa.Array) -> Hashes:
    """A column of hashes as they are, whether their first bit counts as a sign or not."""
    hashes: Hashes = column.to_numpy().view(np.uint64)
    return hashes
