"""Drawing who is held out of an audience: by circle, by what is known of people, by a hash."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.holdout import Draw, draw_holdout
from segmentation.audience import AudienceIndex
from segmentation.bitmaps import Places, array_of
from segmentation.conditions import MEASURES
from segmentation.index import Snapshot

INTEREST = "interest-"


@dataclass(frozen=True)
class Drawn:
    """The people of an audience with the arm of each, their circle ("" for none) and worth."""

    user_ids: list[str]
    draw: Draw
    circles: list[str]
    worth: NDArray[np.float64]

    @property
    def held_out(self) -> int:
        """How many are held out."""
        return int(self.draw.held.sum())


def draw_from(snapshot: Snapshot, places: Places, *, share: float, salt: str) -> Drawn:
    """Hold out a share of the people at some places; the salt and who they are decide."""
    index, at = snapshot.audiences, array_of(places)
    user_ids = list(index.ids(places))
    circles = circles_at(index)[at]
    names, strata = np.unique(circles, return_inverse=True)
    measures = np.column_stack([index.measures[name].at(at) for name in MEASURES])
    draw = draw_holdout(
        keys_of(user_ids, salt), strata.astype(np.int64), share=share, covariates=measures
    )
    worth = measures[:, MEASURES.index("value")]
    return Drawn(user_ids, draw, [str(names[number]) for number in strata], worth)


def circles_at(index: AudienceIndex) -> NDArray[np.str_]:
    """Everyone's primary interest circle by place, empty for none."""
    words = [word for word in index.bitmaps.words("primary") if word.startswith(INTEREST)]
    found = np.zeros(len(index.rows), dtype=f"U{max(map(len, words), default=1)}")
    for word in words:
        found[array_of(index.bitmaps.get("primary", word))] = word
    return found


def keys_of(user_ids: Iterable[str], salt: str) -> NDArray[np.uint64]:
    """A number for each person that only the salt and their id decide."""
    key = salt.encode()[:64]
    digests = b"".join(
        hashlib.blake2b(user_id.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
        for user_id in user_ids
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
