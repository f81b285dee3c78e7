"""Hashes find their numbers again."""

import numpy as np

from models.kernels.hashing import SPREAD
from models.numbering import Numbering

HASHES = np.random.default_rng(0).integers(0, 1 << 64, 5_000, dtype=np.uint64)


def test_each_hash_finds_its_number():
    """All that were entered, and none that was not."""
    numbering = Numbering(HASHES[:4_000])

    assert numbering.is_exact
    assert (numbering.of(HASHES) == np.where(np.arange(5_000) < 4_000, np.arange(5_000), -1)).all()


def test_hashes_that_meet_in_one_slot_stay_apart():
    """A thousand hashes that all lead to the first slot find a slot each."""
    crowd = np.arange(1_000, dtype=np.uint64) * np.uint64(pow(SPREAD, -1, 1 << 64))

    numbering = Numbering(crowd)

    assert numbering.is_exact
    assert (numbering.of(crowd) == np.arange(1_000)).all()


def test_hashes_that_could_be_confused_are_told():
    """The same slot and the same lower half: one would be found as the other."""
    alike = np.array([5, 5 + (2 << 32)], np.uint64)

    assert not Numbering(alike).is_exact


def test_numbers_may_be_given():
    """A number below -1 marks what is known but does not count."""
    numbering = Numbering(HASHES[:3], np.array([7, -2, 5], np.int32))

    assert numbering.of(HASHES[:4]).tolist() == [7, -2, 5, -1]


def test_a_hash_shared_by_two_is_told():
    """Whoever numbers things must then hash them in another way."""
    assert not Numbering(np.array([3, 1, 3], np.uint64)).is_exact


def test_nothing_is_known_of_an_empty_numbering():
    """No thing, no number."""
    assert Numbering(HASHES[:0]).of(HASHES[:2]).tolist() == [-1, -1]
