"""What a run remembers of the run before."""

import numpy as np
from scipy import sparse

from segmentation.memory import Memory, aligned


def test_without_a_run_before_there_is_nothing():
    """No seed, but as wide as the tags."""
    assert Memory().seeds(["a", "b"]).shape == (0, 2)


def test_seeds_are_shares_of_the_tags_still_there():
    """A tag gone is left out and the rest adds up to 1; a circle without tags is empty."""
    profiles = sparse.csr_array(np.array([[0.25, 0.25, 0.5], [0.0, 0.0, 1.0]]))

    seeds = Memory(["interest-1", "interest-2"], profiles, ["b", "c", "gone"]).seeds(
        ["a", "b", "c"]
    )

    assert seeds.tolist() == [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0]]


def test_profiles_move_to_the_columns_of_other_tags():
    """Tags that are gone are left out, new ones are empty."""
    profiles = sparse.csr_array(np.array([[0.25, 0.75]]))

    moved = aligned(profiles, ["b", "gone"], to=["a", "b"])

    assert moved.toarray().tolist() == [[0.0, 0.25]]
