"""The gates stop a result that tells nobody apart, and speak up on weak ones."""

import pytest

from segmentation.config import GatesConfig
from segmentation.quality import FacetQuality, inspect

SOUND = FacetQuality(
    facet="interest",
    circles=3,
    placeable=100,
    largest_share=0.3,
    coverage=0.8,
    stability=(0.9, 0.8, 0.7),
    sizes=(30, 30, 20),
)
NAN = float("nan")


def findings(gates=None, **changes):
    """What the gates find in a sound facet after some changes."""
    facet = FacetQuality(**{**vars(SOUND), **changes})
    return inspect([facet], gates or GatesConfig())


def test_a_sound_facet_passes_without_a_word():
    """Nothing to say is an empty answer."""
    assert findings() == []


def test_a_circle_of_nearly_everyone_blocks():
    """At 60 % of the people who could be placed the result is degenerate."""
    (finding,) = findings(largest_share=0.6)

    assert finding.blocks
    assert finding.name == "degenerate"
    assert "60%" in finding.message


def test_the_bound_on_the_largest_circle_is_a_setting():
    """Who asks for less gets less."""
    (finding,) = findings(GatesConfig(max_largest_share=0.25))

    assert (finding.name, finding.blocks) == ("degenerate", True)


def test_too_few_people_in_circles_block_when_a_floor_is_set():
    """Without a floor any coverage is an answer."""
    assert findings(coverage=0.02) == []
    (finding,) = findings(GatesConfig(min_coverage=0.85))

    assert (finding.name, finding.blocks) == ("coverage", True)
    assert "80.0%" in finding.message


def test_a_facet_nobody_has_tags_in_has_no_floor():
    """A source without labels or times is no failure of coverage."""
    found = findings(
        GatesConfig(min_coverage=0.5),
        circles=0, placeable=0, coverage=0.0, largest_share=0.0, stability=(), sizes=(),
    )  # fmt: skip

    assert [finding.name for finding in found] == ["no_circles"]


def test_circles_at_the_level_of_chance_block():
    """The circle a person is in counts, not how many weak ones there are beside."""
    many_small = findings(stability=(0.9, 0.05, 0.05), sizes=(80, 1, 1))
    one_large = findings(stability=(0.05, 0.9, 0.9), sizes=(80, 1, 1))

    assert not any(finding.blocks for finding in many_small)
    assert [finding.name for finding in one_large if finding.blocks] == ["stability"]


NONE_STAYED = FacetQuality(
    facet="lifestyle",
    circles=0,
    placeable=100,
    largest_share=0.0,
    coverage=0.0,
    stability=(),
    sizes=(),
    fell=0.04,
)


def test_a_facet_whose_circles_fell_is_told_and_blocks_nothing_beside_a_sound_one():
    """The people in the other facet's circles can be shown."""
    (finding,) = inspect([SOUND, NONE_STAYED], GatesConfig())

    assert (finding.name, finding.blocks) == ("no_circles", False)
    assert "No lifestyle circle stays" in finding.message
    assert "0.04" in finding.message


def test_chance_in_every_facet_blocks():
    """A run without any circle, though some were found, has nothing to show."""
    nothing = FacetQuality(**{**vars(NONE_STAYED), "facet": "interest", "fell": None})
    found = inspect([nothing, NONE_STAYED], GatesConfig())

    assert [(each.name, each.facet) for each in found if each.blocks] == [
        ("stability", "lifestyle")
    ]
    assert not any(each.blocks for each in inspect([nothing], GatesConfig()))


@pytest.mark.parametrize(("asked", "blocks"), [(0.80, False), (0.85, True)])
def test_the_stability_asked_is_a_setting(asked, blocks):
    """Over their people the circles have a stability of 0.81."""
    found = findings(GatesConfig(min_stability=asked))

    assert any(finding.blocks for finding in found) == blocks


def test_what_was_not_measured_does_not_block():
    """No resample, no verdict; nor does one circle without people count."""
    assert findings(stability=(NAN, NAN, NAN)) == []
    assert findings(stability=(0.9, 0.9, NAN), sizes=(40, 40, 0)) == []


def test_no_circle_is_told_and_does_not_block():
    """Noise is an answer."""
    (finding,) = findings(circles=0, largest_share=0.0, stability=(), sizes=())

    assert finding.name == "no_circles"
    assert not finding.blocks


def test_nobody_to_place_is_told_apart_from_nothing_to_find():
    """Whoever withdrew their consent, or has no tags, is no crowd to stand out from."""
    (finding,) = findings(
        circles=0, placeable=0, coverage=0.0, largest_share=0.0, stability=(), sizes=()
    )

    assert "nobody has enough tags and consents" in finding.message


@pytest.mark.parametrize(("asked", "told"), [(None, 0), (2, 1), (3, 0), (4, 0), (500, 1)])
def test_another_number_of_circles_than_asked_is_told(asked, told):
    """Three are about three or four, not two nor five hundred."""
    found = findings(asked=asked)

    assert [finding.name for finding in found] == ["count"] * told
    assert not any(finding.blocks for finding in found)
    assert all(f"about {asked} interest circles, found 3" in each.message for each in found)


def test_weak_circles_are_counted():
    """The message says how many of how many."""
    (finding,) = findings(stability=(0.9, 0.5, 0.1))

    assert finding.message.startswith("2 of 3")
    assert not finding.blocks
