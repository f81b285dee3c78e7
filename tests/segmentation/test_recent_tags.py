"""Events of one call weigh what the batch makes of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.kernels.windows import NO_TIME
from models.partition import Partition
from models.windows import Forgetting
from segmentation.recent_tags import Act, Tastes
from segmentation.summing import weigh_all

TAGS = ("yoga", "cars", "books")
TYPICAL = {"browse": 1.0, "purchase": 19.5}
ACTS = st.builds(
    Act,
    channel=st.sampled_from(["browse", "purchase", "unheard of"]),
    tag=st.sampled_from(TAGS),
    value=st.floats(0, 1e6) | st.integers(0, 50).map(float),
    at=st.none() | st.datetimes(datetime(1990, 1, 2), datetime(2026, 11, 1)).map(
        lambda moment: moment.replace(tzinfo=UTC)
    ) | st.just(datetime(2026, 10, 1, tzinfo=UTC)),
    content_id=st.sampled_from([None, "film", "song"]),
)  # fmt: skip


def tastes(**changed):
    """A facet that reads everything but shares."""
    facts = {"channels": ("share",), "are_left_out": True, "typical": TYPICAL}
    return Tastes(**facts | {"half_life_days": 30.0, "clip": 10.0} | changed)


def batch(acts, half_life, clip):
    """The weights the compiled kernels give one person."""
    forgetting = Forgetting(half_life, clip)
    at = np.array([NO_TIME if act.at is None else micros(act.at) for act in acts], np.int64)
    ratios = np.array([act.value / TYPICAL.get(act.channel, np.inf) for act in acts])
    ratios = np.sqrt(np.sqrt(ratios))
    ratios /= [max(acts_alike(act, acts), 1) for act in acts]
    tags = np.array([TAGS.index(act.tag) for act in acts], np.int32)
    partition = Partition(n_people=1, n_tags=len(TAGS), n_events=len(acts))
    nobody_else = np.zeros(len(acts), np.int32)
    partition.see(nobody_else, at)
    partition.add(nobody_else, tags, forgetting.place(at, ratios))
    weighed = weigh_all(partition, forgetting, threads=1)
    return {TAGS[tag]: weight for tag, weight in zip(weighed.tags, weighed.weights, strict=True)}


def acts_alike(act, acts):
    """How many rows an act on a content has; none for one on no content."""
    return act.content_id is not None and sum(each.look == act.look for each in acts)


def micros(moment):
    """Microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@settings(deadline=None, max_examples=300)
@given(acts=st.lists(ACTS, min_size=1, max_size=30), half_life=st.sampled_from([0.5, 30.0, 90.0]))
def test_a_person_s_weights_are_those_of_the_batch(acts, half_life):
    """To the last bit, in any order, with and without times."""
    assert tastes(half_life_days=half_life).weigh(acts) == batch(acts, half_life, 10.0)


@pytest.mark.parametrize(
    ("channels", "are_left_out", "reads"),
    [(("share",), True, {"browse", "x"}), (("share", "browse"), False, {"browse", "share"})],
)
def test_a_facet_reads_its_channels(channels, are_left_out, reads):
    """Those it names, or all but those; and never a negative amount."""
    facet = tastes(channels=channels, are_left_out=are_left_out)

    for channel in ("browse", "share", "x"):
        assert facet.reads(Act(channel=channel, tag="yoga")) == (channel in reads)
        assert not facet.reads(Act(channel=channel, tag="yoga", value=-1.0))


def test_what_a_content_is_about_shares_one_act():
    """Three tags of a film looked at once count together as one tag looked at on its own."""
    film = [Act(channel="browse", tag=tag, content_id="film") for tag in TAGS]
    twice = [*film, *(replace(act, at=datetime(2026, 10, 1, tzinfo=UTC)) for act in film)]

    assert tastes().weigh(film) == pytest.approx(dict.fromkeys(TAGS, 1 / 3), abs=1e-5)
    assert tastes().weigh(twice) == pytest.approx(dict.fromkeys(TAGS, 2 / 3), abs=1e-5)
    assert tastes().weigh([replace(act, content_id=None) for act in film]) == dict.fromkeys(TAGS, 1)
