"""Named sets come back from their file as they went in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation import bitmaps
from segmentation.bitmaps import Bitmaps, array_of, bitmap_of, save_bitmaps

KEYS = st.tuples(
    st.sampled_from(["tag", "tier"]), st.text(st.characters(codec="utf-8"), max_size=8)
)
SETS = st.dictionaries(KEYS, st.sets(st.integers(0, 200_000), max_size=50), max_size=20)


def arrays(sets):
    """Sets as arrays of places."""
    return {key: np.array(sorted(places), np.uint32) for key, places in sets.items()}


@settings(deadline=None)
@given(sets=SETS)
def test_each_set_is_found_under_its_key(tmp_path_factory, sets):
    """With its size told without decoding it; other keys have nobody."""
    folder = tmp_path_factory.mktemp("sets")
    save_bitmaps(folder, arrays(sets).items())

    opened = Bitmaps(folder)

    for key, places in sets.items():
        assert set(opened.get(*key)) == places
        assert opened.size(*key) == len(places)
        assert key in opened
    assert not opened.get("tag", "no such key of eight letters")
    for kind in ("tag", "tier"):
        assert opened.words(kind) == sorted(
            (key[1] for key in sets if key[0] == kind), key=str.encode
        )


def test_equal_sets_give_equal_bytes(tmp_path):
    """Whatever the order of keys and places."""
    sets = {("tag", "a"): np.array([3, 1, 2]), ("tag", "b"): np.arange(10_000)}
    for name, given_sets in (("one", sets), ("two", dict(reversed(sets.items())))):
        (tmp_path / name).mkdir()
        save_bitmaps(tmp_path / name, given_sets.items())

    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_is_kept_decoded_is_bounded(tmp_path, monkeypatch):
    """However many sets are asked for, and each is right."""
    monkeypatch.setattr(bitmaps, "CACHED_BYTES", 1000)
    sets = {("tag", str(at)): np.arange(at, 40_000, 7) for at in range(20)}
    save_bitmaps(tmp_path, sets.items())
    opened = Bitmaps(tmp_path)

    for _ in range(2):
        for key, places in sets.items():
            assert np.array_equal(array_of(opened.get(*key)), places)

    assert len(opened._kept) <= 2


@pytest.mark.parametrize("places", [[], [5], [9, 2, 70_000]])
def test_a_bitmap_and_an_array_are_the_same_places(places):
    """In ascending order."""
    assert array_of(bitmap_of(np.array(places, np.int64))).tolist() == sorted(places)
