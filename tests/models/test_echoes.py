"""Tags that come together count once."""

import numpy as np
import pytest

from models.echoes import heeded
from models.observations import heeded_rows
from models.rows import Rows
from models.weights import on_grid

BUNDLE = np.array([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], dtype=float)


def test_sure_echoes_weigh_as_much_as_one_tag():
    """Three tags of one bundle are one piece of evidence, a tag beside them another."""
    rows = heeded(Rows.of(np.array([[1.0, 1.0, 1.0, 1.0]])), Rows.of(BUNDLE))

    assert rows.values[:3].sum() == pytest.approx(1.0, abs=1e-3)
    assert rows.values[3] == 1.0


def test_a_tag_whose_echoes_are_not_there_keeps_its_weight():
    """Only what the person has is counted, and half an echo takes a third."""
    people = Rows.of(np.array([[1.0, 0, 0, 1.0], [0, 0, 0, 0], [0, 1.0, 1.0, 0]]))

    assert heeded(people, Rows.of(BUNDLE)).values.tolist() == [1.0, 1.0, 0.5, 0.5]
    halves = heeded(people, Rows.of(BUNDLE / 2)).values
    assert halves.tolist() == on_grid(np.array([1.0, 1.0, 2 / 3, 2 / 3])).tolist()


def test_without_echoes_nothing_changes():
    """Neither for people nor for nobody."""
    people = Rows.of(np.array([[1.0, 2.0, 0, 1.0]]))
    none = Rows.of(np.zeros((4, 4)))

    assert heeded(people, none) is people
    assert heeded_rows(people, none) is people
    assert not len(heeded(Rows.of(np.zeros((0, 4))), Rows.of(BUNDLE)).values)


@pytest.mark.parametrize("seed", range(4))
def test_compiled_and_numpy_share_alike(seed):
    """The same bits for thousands of people in pieces."""
    rng = np.random.default_rng(seed)
    table = on_grid(rng.random((60, 60)) * (rng.random((60, 60)) < 0.2))
    echoes = Rows.of(np.triu(table, 1) + np.triu(table, 1).T)
    people = Rows.of(rng.random((9_000, 60)) * (rng.random((9_000, 60)) < 0.3))

    one, other = heeded(people, echoes), heeded_rows(people, echoes)

    assert one.values.tobytes() == other.values.tobytes()
    assert one.columns.tobytes() == other.columns.astype(one.columns.dtype).tobytes()
