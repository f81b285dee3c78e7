"""Arrays are kept without pickle, whole or not at all."""

import numpy as np
import pytest

from segmentation.arrays import load_arrays, save_arrays


def test_arrays_come_back_as_they_were(tmp_path):
    """Numbers, words and empty arrays keep type and value."""
    kept = {"numbers": np.array([1.5, np.nan]), "words": np.array(["ä", ""]), "none": np.zeros(0)}

    save_arrays(tmp_path / "a.npz", kept)
    back = load_arrays(tmp_path / "a.npz")

    assert back.keys() == kept.keys()
    for name, array in kept.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype


def test_equal_arrays_give_equal_bytes(tmp_path):
    """A file says nothing of when it was written."""
    for name in ("a.npz", "b.npz"):
        save_arrays(tmp_path / name, {"x": np.arange(3)})

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_objects_are_refused_and_leave_nothing(tmp_path):
    """What would need pickle is not written."""
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        save_arrays(tmp_path / "a.npz", {"x": np.array([object()])})

    assert list(tmp_path.iterdir()) == []
