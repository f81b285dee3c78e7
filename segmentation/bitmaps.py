"""Who is in, has or holds what: named sets of places as Roaring bitmaps in one mapped file."""

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pyroaring import FrozenBitMap

from segmentation.registry import Strings, mapped, save_strings

Places: TypeAlias = FrozenBitMap
PlaceArray: TypeAlias = npt.NDArray[np.uint32]
Key: TypeAlias = tuple[str, ...]

NOBODY = FrozenBitMap()
SEPARATOR = "\x1f"
CACHED_BYTES = 32 << 20
FOUND = 4096


class Bitmaps:
    """The bitmaps saved in a folder, each under a key such as `("tier", "gold")`.

    Opening maps files; a bitmap is decoded when first asked for, and the latest are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._names = Strings.open(folder, "bitmap_name")
        self._data = mapped(folder / "bitmaps.npy")
        self._ends = mapped(folder / "bitmap_ends.npy")
        self._sizes = mapped(folder / "bitmap_sizes.npy")
        self._kept: OrderedDict[int, Places] = OrderedDict()
        self._kept_bytes = 0
        self._find = lru_cache(FOUND)(self._search)

    def __contains__(self, key: Key) -> bool:
        return self._find(key) is not None

    def get(self, *key: str) -> Places:
        """The places under a key; nobody's when there is no such key."""
        at = self._find(key)
        return NOBODY if at is None else self._decoded(at)

    def size(self, *key: str) -> int:
        """How many places a key has, without decoding them."""
        at = self._find(key)
        return 0 if at is None else int(self._sizes[at])

    def words(self, *key: str) -> list[str]:
        """What follows after the beginning of a key, sorted bytewise."""
        begin = SEPARATOR.join((*key, ""))
        at, words = self._rank(begin), []
        while at < len(self._names) and (name := self._names[at]).startswith(begin):
            words.append(name.removeprefix(begin))
            at += 1
        return words

    def has_under(self, *key: str) -> bool:
        """Whether any key goes on from the beginning of one."""
        begin = SEPARATOR.join((*key, ""))
        at = self._rank(begin)
        return at < len(self._names) and self._names[at].startswith(begin)

    def _search(self, key: Key) -> int | None:
        name = SEPARATOR.join(key)
        at = self._rank(name)
        return at if at < len(self._names) and self._names[at] == name else None

    def _rank(self, name: str) -> int:
        text, ends = self._names.text, self._names.ends
        return bisect_left(
            range(len(self._names)),
            name.encode("utf-8", "surrogatepass"),
            key=lambda at: bytes(text[ends[at] : ends[at + 1]]),
        )

    def _decoded(self, at: int) -> Places:
        if (kept := self._kept.get(at)) is not None:
            return kept
        packed = bytes(self._data[self._ends[at] : self._ends[at + 1]])
        self._kept[at] = places = FrozenBitMap.deserialize(packed)
        self._kept_bytes += len(packed)
        while self._kept_bytes > CACHED_BYTES and len(self._kept) > 1:
            gone, _ = self._kept.popitem(last=False)
            self._kept_bytes -= self._ends[gone + 1] - self._ends[gone]
        return places


class Amended:
    """Saved bitmaps, some of which are told otherwise since."""

    def __init__(self, saved: Bitmaps, amended: Mapping[Key, Places]) -> None:
        self._saved = saved
        self._amended = amended

    def __contains__(self, key: Key) -> bool:
        return key in self._amended or key in self._saved

    def get(self, *key: str) -> Places:
        """The places under a key; nobody's when there is no such key."""
        places = self._amended.get(key)
        return self._saved.get(*key) if places is None else places

    def size(self, *key: str) -> int:
        """How many places a key has."""
        places = self._amended.get(key)
        return self._saved.size(*key) if places is None else len(places)

    def has_under(self, *key: str) -> bool:
        """Whether any key goes on from the beginning of one."""
        return self._saved.has_under(*key) or any(each[: len(key)] == key for each in self._amended)

    def words(self, *key: str) -> list[str]:
        """What follows after the beginning of a key, sorted bytewise."""
        new = {each[-1] for each in self._amended if each[:-1] == key}
        return (
            sorted({*self._saved.words(*key), *new}, key=str.encode)
            if new
            else (self._saved.words(*key))
        )


def save_bitmaps(folder: Path, sets: Iterable[tuple[Key, PlaceArray]]) -> None:
    """Save sets of places so that `Bitmaps` maps them; equal sets give equal bytes.

    Each set is packed as it comes: all of them at once may be more than fits.
    """
    packed = {
        SEPARATOR.join(key): (bitmap_of(places).serialize(), len(places)) for key, places in sets
    }
    names = sorted(packed, key=str.encode)
    parts = [packed[name][0] for name in names]
    save_strings(folder, "bitmap_name", names)
    np.save(folder / "bitmaps.npy", np.frombuffer(b"".join(parts), dtype=np.uint8))
    ends = np.fromiter(accumulate(map(len, parts), initial=0), np.int64, len(parts) + 1)
    np.save(folder / "bitmap_ends.npy", ends)
    sizes = np.array([packed[name][1] for name in names], np.int64)
    np.save(folder / "bitmap_sizes.npy", sizes)


def bitmap_of(places: npt.NDArray[np.integer]) -> Places:
    """The bitmap of distinct places in any order."""
    return sorted_bitmap(np.sort(places).astype(np.uint32))


def sorted_bitmap(places: PlaceArray) -> Places:
    """The bitmap of ascending places."""
    # From an array of its own kind the bitmap is filled in one call, ten times as fast.
    return FrozenBitMap(array("I", places.tobytes()))


def array_of(places: Places) -> PlaceArray:
    """The places in ascending order."""
    return np.frombuffer(places.to_array(), dtype=np.uint32)
