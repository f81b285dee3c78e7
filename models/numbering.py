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
        Their numbers >= -2, none of them -1; by default 0, 1, 2, ...

    Attributes
    ----------
    is_exact : bool
        Whether all can be told apart; when two have nearly the same hash, hash all in another way.
    """

    def __init__(self, hashes: Hashes, numbers: Numbers | None = None) -> None:
        bits = max(int(2 * len(hashes)).bit_length(), 1)
        self._shift = 64 - bits
        self._slots = np.zeros(1 << bits, np.uint64)
        given = np.arange(len(hashes), dtype=np.int32) if numbers is None else numbers
        confused = np.zeros(1, np.int64)
        hashing.fill(hashes, given, self._shift, self._slots, confused)
        self.is_exact = not confused[0]

    def of(self, hashes: Hashes) -> Numbers:
        """Return the number behind each hash.

        A hash that was never entered gives -1, but for one in some billions, which may be taken
        for another.
        """
        found = np.empty(len(hashes), np.int32)
        hashing.find(hashes, self._shift, self._slots, found)
        return found
