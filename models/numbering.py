"""From 64-bit hashes to numbers: each looked up in a table made beforehand."""

import numpy as np
import numpy.typing as npt

from models.kernels import hashing

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]


class Numbering:
    """The numbers behind hashes.

    Parameters
    ----------
    hashes : ndarray of shape (n_things,)
        64-bit hashes.
    numbers : ndarray of shape (n_things,), optional
        Their numbers, none of them -1; by default 0, 1, 2, ...

    Attributes
    ----------
    is_exact : bool
        Whether no two things share a hash; when some do, hash them in another way.
    """

    def __init__(self, hashes: Hashes, numbers: Numbers | None = None) -> None:
        bits = max(int(2 * len(hashes)).bit_length(), 1)
        self._shift = 64 - bits
        self._keys = np.zeros(1 << bits, np.uint64)
        self._numbers = np.full(1 << bits, hashing.FREE, np.int32)
        given = np.arange(len(hashes), dtype=np.int32) if numbers is None else numbers
        twice = np.zeros(1, np.int64)
        hashing.fill(hashes, given, self._shift, self._keys, self._numbers, twice)
        self.is_exact = not twice[0]

    def of(self, hashes: Hashes) -> Numbers:
        """Return the number behind each hash; -1 for things unknown."""
        found = np.empty(len(hashes), np.int32)
        hashing.find(hashes, self._shift, self._keys, self._numbers, found)
        return found
