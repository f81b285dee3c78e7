"""What feeds the levers, and what tags are worth."""

import numpy as np
import pytest

from models.currency import LEVERS
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.levers import build_shared_tags, lever_evidence, tag_worth
from segmentation.sharing import prepare
from tests.sharing_tables import AS_OF, day, write_tables

CHANNELS = Config().channels


@pytest.fixture
def opened(tmp_path):
    """Write tables and open them in an engine, with circles for the people."""
    with DuckEngine() as engine:

        def run(*, people=("a", "b", "c"), circles=(0, 0, -1), **tables):
            write_tables(tmp_path, people=people, **tables)
            prepare(engine, Config(), tmp_path, as_of=AS_OF, circles=np.array(circles))
            return engine

        yield run


def counted(engine, circles=(0, 0, -1)):
    """The evidence of each lever by name."""
    shared = build_shared_tags(engine, CHANNELS)
    evidence = lever_evidence(engine, shared, channels=CHANNELS, circles=np.array(circles))
    return {lever: evidence[:, place].tolist() for place, lever in enumerate(LEVERS)}


def events(user, channel, *, times=1, tag="x", value=1.0, content=None):
    """Several like events."""
    return [(user, day(n), channel, tag, value, content) for n in range(times)]


@pytest.mark.parametrize(
    ("lever", "channel"), [("conversation", "comment"), ("utility", "purchase"),
                           ("advocacy", "refer")]
)  # fmt: skip
def test_each_lever_counts_its_own_events(opened, lever, channel):
    """Three events of the lever's channel are three pieces of evidence, for that lever alone."""
    engine = opened(events=events("b", channel, times=3))

    evidence = counted(engine)

    assert evidence.pop(lever) == [0, 3, 0]
    assert all(values == [0, 0, 0] for values in evidence.values())


def test_returns_are_no_utility(opened):
    """Sending something back is not using it."""
    engine = opened(events=events("a", "return", value=-9.0))

    assert counted(engine)["utility"] == [0, 0, 0]


def test_affiliation_counts_ties_inside_the_circle(opened):
    """A tie within the circle counts for both ends once, one outside for nobody."""
    engine = opened(edges=[("a", "b", None), ("b", "a", day(1)), ("a", "c", None)])

    assert counted(engine)["affiliation"] == [1, 1, 0]


def test_information_counts_different_contents(opened):
    """Sharing the same content twice informs once."""
    shares = events("a", "share", times=2, content="k") + events("a", "share", content="l")
    engine = opened(events=shares)

    assert counted(engine)["information"] == [2, 0, 0]


def test_identity_counts_shares_in_the_circles_character(opened):
    """Only shares of what one's own circle shows off are in character."""
    people, circles = ("a", "b", "c", "d"), (0, 1, 1, -1)
    told = (
        events("a", "share", times=40, tag="x")
        + events("a", "share", times=5, tag="y")
        + events("b", "share", times=40, tag="y")
        + events("c", "share", times=3, tag="x")
        + events("d", "share", times=7, tag="x")
    )
    engine = opened(people=people, circles=circles, events=told)

    assert counted(engine, circles)["identity"] == [40, 40, 0, 0]


def test_shared_exposures_stand_in_for_share_events(opened):
    """Without a single share event the tags of shared contents are what was shared."""
    engine = opened(
        exposures=[("a", "k", day(1), 1), ("a", "l", day(2), 0)],
        content=[("k", "x", None, None), ("l", "y", None, None)],
    )

    assert counted(engine)["information"] == [1, 0, 0]


def test_currency_rests_on_exposures_when_enough_were_shared(opened):
    """A tag shared at each sight ranks above one never shared, however often shown."""
    seen = [("a", "k", day(n / 10), 1) for n in range(250)]
    seen += [("b", "l", day(n / 10), 0) for n in range(900)]
    engine = opened(
        exposures=seen, content=[("k", "pride", None, None), ("l", "guilt", None, None)]
    )

    worth = tag_worth(engine, CHANNELS)

    assert worth.basis == "exposures"
    assert worth.table.column("tag").to_pylist() == ["pride", "guilt"]


def test_currency_rests_on_events_otherwise(opened):
    """With few exposures, share events stand against consumption."""
    told = events("a", "share", times=9, tag="pride") + events("a", "browse", times=9, tag="guilt")
    engine = opened(events=told)

    worth = tag_worth(engine, CHANNELS)

    assert worth.basis == "events"
    assert (
        worth.table.to_pylist()[0] | {"tag": "pride", "shared": 9, "consumed": 0}
        == (worth.table.to_pylist()[0])
    )
