"""The gate stops a result that tells nobody apart, and speaks up on weak ones."""

from segmentation.quality import FacetQuality, inspect

SOUND = FacetQuality(
    facet="interest", circles=3, largest_share=0.3, coverage=0.8, stability=(0.9, 0.8, 0.7)
)


def findings(**changes):
    """What the gate finds in a sound facet after some changes."""
    return inspect([FacetQuality(**{**vars(SOUND), **changes})])


def test_a_sound_facet_passes_without_a_word():
    """Nothing to say is an empty answer."""
    assert findings() == []


def test_a_circle_of_nearly_everyone_blocks():
    """At 60 % of all people the result is degenerate."""
    (finding,) = findings(largest_share=0.6)

    assert finding.blocks
    assert finding.name == "degenerate"
    assert "60%" in finding.message


def test_no_circle_is_told_and_does_not_block():
    """Noise is an answer."""
    (finding,) = findings(circles=0, largest_share=0.0, stability=())

    assert finding.name == "no_circles"
    assert not finding.blocks


def test_weak_circles_are_counted():
    """The message says how many of how many."""
    (finding,) = findings(stability=(0.9, 0.5, 0.1))

    assert finding.message.startswith("2 of 3")
    assert not finding.blocks
