"""Ids lead to rows and rows to ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import registry
from segmentation.registry import Registry, save_registry

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def saved(folder, ids):
    """Save a registry and map it again."""
    save_registry(folder, ids)
    return Registry.open(folder)


@given(ids=st.lists(TEXT, unique=True, max_size=60), stranger=TEXT)
def test_every_id_leads_to_its_row(tmp_path_factory, ids, stranger):
    """Any text will do, and only ids given are found."""
    found = saved(tmp_path_factory.mktemp("ids"), ids)

    assert [found.find(user_id) for user_id in ids] == list(range(len(ids)))
    assert [found.ids[row] for row in range(len(found.ids))] == ids
    assert (found.find(stranger) == -1) == (stranger not in ids)


def test_ids_with_one_hash_stay_apart(tmp_path, monkeypatch):
    """The id itself is compared: a collision costs a look, never a mix-up."""
    monkeypatch.setattr(registry, "_hash", lambda encoded: 5)
    ids = [f"user-{number}" for number in range(40)]

    found = saved(tmp_path, ids)

    assert [found.find(user_id) for user_id in ids] == list(range(40))
    assert found.find("user-40") == -1


def test_slots_are_at_most_half_full(tmp_path):
    """So that a look-up stays short."""
    slots = registry.fill_slots([f"user-{number}" for number in range(5000)])

    assert np.count_nonzero(slots >= 0) == 5000
    assert len(slots) >= 10_000


@pytest.mark.parametrize("size", [0, 1, 2])
def test_the_last_slot_is_free(size):
    """A look-up always comes to an end."""
    assert registry.fill_slots([str(number) for number in range(size)])[-1] == -1
