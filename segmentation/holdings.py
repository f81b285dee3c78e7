"""Who holds which word: users by tag, or by purpose they refuse, column by column."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Holdings:
    """Words, and the rows of the users table that hold each: those of word `i` lie between
    `ends[i]` and `ends[i + 1]` of `rows`.
    """

    words: list[str]
    ends: Rows
    rows: Rows

    @classmethod
    def none(cls) -> Self:
        """Nobody holds anything."""
        return cls([], np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64))

    @classmethod
    def of_matrices(cls, matrices: Iterable[tuple["sparse.csr_array", list[str]]]) -> Self:
        """Take a word as held where a users x words matrix is not zero; words may repeat."""
        pairs: dict[str, Rows] = {}
        for matrix, words in matrices:
            columns = matrix.tocsc()
            for at, word in enumerate(words):
                held = columns.indices[columns.indptr[at] : columns.indptr[at + 1]]
                pairs[word] = np.union1d(pairs.get(word, held), held)
        return cls.of_sets(pairs)

    @classmethod
    def of_sets(cls, sets: dict[str, Rows]) -> Self:
        """Gather sets of rows by word."""
        words = sorted(sets)
        counts = [len(sets[word]) for word in words]
        rows = np.concatenate([np.zeros(0, np.int64), *(sets[word] for word in words)])
        return cls(words, np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]), rows)

    def __iter__(self) -> Iterator[tuple[str, Rows]]:
        for at, word in enumerate(self.words):
            yield word, self.rows[self.ends[at] : self.ends[at + 1]]
