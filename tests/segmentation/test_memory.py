"""What a run remembers of the run before."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from models.mixture import crowd_shares, seeded, whole
from models.rows import Rows
from segmentation.arrays import save_arrays
from segmentation.memory import Memory, aligned
from segmentation.store import Store

RUN = "20261101T000000Z-00000001"


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


@pytest.mark.parametrize(
    ("learn", "relative", "is_whole"), [(seeded, False, False), (whole, True, True)]
)
def test_a_run_remembers_how_profiles_told_circles(tmp_path, learn, relative, is_whole):
    """They say themselves whether they held every tag and how tags weighed."""
    rows = Rows.of(np.repeat(np.eye(2), 40, axis=0))
    found = learn(rows, np.repeat([0, 1], 40), crowd=crowd_shares(rows))
    model = replace(found, relative=relative)
    words = {"circle_ids": ["lifestyle-1", "lifestyle-2"], "tag_names": ["a", "b"]}
    store = Store(tmp_path)
    folder = store.runs_folder / RUN / "models"
    folder.mkdir(parents=True)
    save_arrays(
        folder / "lifestyle.npz", model.to_arrays() | {k: np.array(v) for k, v in words.items()}
    )

    memory = Memory.of(store, RUN, "lifestyle")
    assert (memory.is_whole, memory.is_relative) == (is_whole, relative)
