"""Settings and decisions put into the terms of one fit."""

import numpy as np
import pytest
from scipy import sparse

from segmentation.config import GuideConfig
from segmentation.guiding import given_names, given_up, wishes_of
from segmentation.memory import Memory
from segmentation.rulings import Decision

TAGS = ["tea", "coffee", "yoga", "running"]
MEMORY = Memory(
    ["interest-1", "interest-2"],
    sparse.csr_array(np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75]])),
    TAGS,
)


def asked(guide=None, decisions=(), facet="interest"):
    """The wishes of a facet."""
    memory = MEMORY if facet == "interest" else Memory()
    tags = TAGS if facet == "interest" else ["label:age=old"]
    return wishes_of(facet, tags, memory, guide or GuideConfig(), decisions)


def decision(kind, *circles, name=None, number=1):
    """A decision about circles that were like the ones remembered."""
    signatures = {
        circle: MEMORY.shares(circle) for circle in circles if circle in MEMORY.circle_ids
    }
    return Decision(
        number=number, kind=kind, circles=circles, run_id="r", at="t", name=name,
        signatures={} if kind == "rename" else signatures,
    )  # fmt: skip


def test_words_become_signatures():
    """An id stands for the remembered circle, a tag for itself."""
    (wish,) = asked(GuideConfig(together=(("interest-2", "tea"),))).wishes

    assert wish.rows.tolist() == [[0.0, 0.0, 0.25, 0.75], [1.0, 0.0, 0.0, 0.0]]
    assert wish.keys == ("interest-2",)


def test_seeds_are_one_signature():
    """As likely each."""
    (wish,) = asked(GuideConfig(seeds=(("tea", "yoga"),))).wishes

    assert wish.rows.tolist() == [[0.5, 0.0, 0.5, 0.0]]


def test_three_kept_apart_are_three_pairs():
    """Every two of them."""
    assert len(asked(GuideConfig(apart=(("tea", "coffee", "yoga"),))).wishes) == 3


def test_another_facets_words_are_not_this_ones():
    """No wish and no conflict in a facet that has none of the tags."""
    guide = GuideConfig(apart=(("tea", "coffee"),), frozen=("interest-1",))

    other = asked(guide, facet="lifestyle")

    assert (other.wishes, other.conflicts) == ([], [])


@pytest.mark.parametrize(
    "guide",
    [
        GuideConfig(seeds=(("tea", "opera"),)),
        GuideConfig(together=(("interest-1", "interest-77"),)),
        GuideConfig(frozen=("interest-77",)),
    ],
)
def test_what_is_not_known_is_named(guide):
    """No wish is made of half of what was asked."""
    found = asked(guide)

    assert found.wishes == []
    assert "opera" in found.conflicts[0] or "interest-77" in found.conflicts[0]


def test_together_and_apart_at_once_is_a_contradiction():
    """The answer names the pair."""
    guide = GuideConfig(together=(("tea", "coffee"),), apart=(("coffee", "tea"),))

    assert asked(guide).conflicts == ["coffee and tea are asked to be together and apart."]


def test_a_decision_speaks_of_circles_as_they_were_and_as_they_are():
    """A merger knows its parts by what they were like, and its outcome by what it has become."""
    (wish,) = asked(decisions=[decision("merge", "interest-1", "interest-2")]).wishes

    assert len(wish.rows) == 4
    assert wish.keys == ("interest-1",)


def test_names_given_count_by_the_last_and_say_nothing_denied():
    """A name that says a denied tag is not given."""
    made = [
        decision("rename", "interest-1", name="First", number=1),
        decision("rename", "interest-1", name="Second", number=2),
        decision("rename", "interest-2", name="Lovers of yoga", number=3),
    ]

    assert given_names(made, TAGS, ["yoga"]) == {"interest-1": "Second"}


def test_an_id_is_given_up_where_its_circle_was_retired_or_joined():
    """Not where the wish to join could not be granted, and never that of the circle joined."""
    decisions = [
        decision("merge", "interest-1", "interest-2"),
        decision("retire", "interest-5", number=2),
        decision("split", "interest-6", "interest-7", number=3),
    ]
    guide = GuideConfig(together=(("tea", "interest-3", "interest-4"),))

    assert given_up(guide, decisions, ["", "interest-1", "interest-3"]) - {"tea"} == {
        "interest-2",
        "interest-4",
        "interest-5",
    }
    assert given_up(guide, decisions, [""]) == {"interest-5"}
