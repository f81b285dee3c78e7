"""Which row a user has: a mapped hash table from user ids to rows and back."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from segmentation.arrays import map_array

FREE = -1


@dataclass(frozen=True)
class Strings:
    """Many strings in one buffer: string `i` lies between `ends[i]` and `ends[i + 1]`."""

    text: memoryview
    ends: memoryview

    @classmethod
    def open(cls, folder: Path, name: str) -> Self:
        """Map the strings saved under a name."""
        return cls(mapped(folder / f"{name}_text.npy"), mapped(folder / f"{name}_ends.npy"))

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, row: int) -> str:
        return str(self.text[self.ends[row] : self.ends[row + 1]], "utf-8")


@dataclass(frozen=True)
class Registry:
    """The ids of all users, and the slots their hashes point into.

    A user's id hashes to a slot; from there the row is found in this slot or the next taken ones.
    The id itself is compared, so two ids with one hash stay two users.
    """

    ids: Strings
    slots: memoryview
    mask: int

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the registry saved in a folder."""
        ids = Strings.open(folder, "user")
        return cls(ids, mapped(folder / "slots.npy"), _mask(len(ids)))

    def find(self, user_id: str) -> int:
        """Return the row of a user, or -1 when there is none with this id."""
        wanted = user_id.encode("utf-8", "surrogatepass")
        text, ends, slots = self.ids.text, self.ids.ends, self.slots
        slot = _hash(wanted) & self.mask
        while (row := slots[slot]) != FREE:
            if text[ends[row] : ends[row + 1]] == wanted:
                return int(row)
            slot += 1
        return FREE


def row_in_text(ids: Strings, user_id: str) -> int:
    """Return the row of an id by looking all of them through, -1 when it is not there.

    Slots of an earlier version may lead elsewhere than those of today.
    """
    wanted, text, ends = user_id.encode("utf-8", "surrogatepass"), bytes(ids.text), ids.ends
    at = text.find(wanted)
    while at != FREE:
        row = bisect_left(ends, at)
        if row < len(ids) and (ends[row], ends[row + 1]) == (at, at + len(wanted)):
            return row
        at = text.find(wanted, at + 1)
    return FREE


def mapped(path: Path) -> memoryview:
    """Map a saved array for reading one number, or one record's bytes, at a time."""
    array: Any = map_array(path)
    return memoryview(array.view(np.uint8) if array.dtype.names else array)


def save_strings(folder: Path, name: str, strings: Iterable[str]) -> None:
    """Save strings so that `Strings.open` maps them."""
    encoded = [string.encode("utf-8") for string in strings]
    ends = np.fromiter(accumulate(map(len, encoded), initial=0), np.int64, len(encoded) + 1)
    np.save(folder / f"{name}_text.npy", np.frombuffer(b"".join(encoded), dtype=np.uint8))
    np.save(folder / f"{name}_ends.npy", slim(ends))


def slim(numbers: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.signedinteger[Any]]:
    """Numbers from 0 on in the narrowest type, with a sign, that holds them all."""
    return numbers.astype(np.min_scalar_type(-1 - int(numbers.max(initial=0))))


def save_registry(folder: Path, user_ids: Sequence[str]) -> None:
    """Save the ids in row order, and the slots that find them again."""
    save_strings(folder, "user", user_ids)
    np.save(folder / "slots.npy", fill_slots(user_ids))


def fill_slots(user_ids: Sequence[str]) -> npt.NDArray[np.int32]:
    """Place every row in its hash's slot or the first free one after it, at most half full.

    With the users sorted by home slot, user `i` lands at `max(home_j - j, j <= i) + i`: linear
    probing in one pass. Slots run on past the last home instead of wrapping, and end in a free one.
    """
    hashes = np.fromiter(
        (_hash(user_id.encode("utf-8")) for user_id in user_ids), np.uint64, len(user_ids)
    )
    homes = (hashes & np.uint64(_mask(len(user_ids)))).astype(np.int64)
    order = np.argsort(homes, kind="stable")
    steps = np.arange(len(homes))
    places = np.maximum.accumulate(homes[order] - steps) + steps
    size = max(_mask(len(homes)) + 1, int(places[-1]) + 1 if len(places) else 0) + 1
    slots = np.full(size, FREE, dtype=np.int32)
    slots[places] = order
    return slots


def _mask(users: int) -> int:
    return (1 << (2 * users).bit_length()) - 1


def _hash(encoded: bytes) -> int:
    return crc32(encoded)
