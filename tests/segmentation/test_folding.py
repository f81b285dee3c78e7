"""Events folded in later say the same as events summed at once, to the last bit."""

from datetime import timedelta
from itertools import count

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.layers import rows_together
from segmentation.config import Config, FacetConfig, FacetsConfig
from segmentation.engine import DuckEngine
from segmentation.folding import MOST_LAYERS, Reading, fold
from segmentation.queries import is_taste
from segmentation.tags import facet_matrix, forgetting_of
from segmentation.tastesums import TasteSums
from tests.segmentation.test_tags import AS_OF, write

SETTINGS = FacetConfig(sources=("interest",), min_users=1, min_tags=1)
CONFIG = Config(facets=FacetsConfig(interest=SETTINGS))
NAMES = [f"u{number:02d}" for number in range(12)]


@pytest.fixture(scope="module")
def engine():
    """One engine for all tests of this file."""
    with DuckEngine("1GB", threads=2) as engine:
        yield engine


@pytest.fixture
def summed(engine, tmp_path):
    """Keep the sums of some events, as a run does."""

    folders = (tmp_path / f"sums{number}" for number in count())

    def summed(events, *, people=NAMES, sensitive=()) -> TasteSums:
        lay_out(tmp_path, events, people)
        sums = next(folders)
        config = CONFIG if not sensitive else denying(sensitive)
        facet_matrix(engine, config, "interest", tmp_path, as_of=AS_OF, kept_sums=sums)
        return TasteSums.open(sums, "interest")

    return summed


@pytest.fixture
def folded(engine, tmp_path):
    """Fold some events into sums kept before."""

    def folded(earlier, events, *, people=NAMES, moved=None, denied=(), typical=None):
        lay_out(tmp_path, events, people)
        for table in ("events", "people", "consent"):
            engine.register(table, tmp_path / f"{table}.parquet")
        reading = Reading(
            forgetting_of(SETTINGS, "interest"),
            is_taste("events.channel IN ('browse', 'search')"),
            {"browse": 1.0} if typical is None else typical,
            lambda tag: tag in denied,
        )
        where = np.arange(len(earlier.latest)) if moved is None else moved
        return fold(
            engine, earlier, reading, moved=where.astype(np.int32), scratch=tmp_path, threads=2
        )

    return folded


def lay_out(folder, events, people):
    """Write the valid tables of some events: user, days ago, tag."""
    rows = [
        (user, (AS_OF - timedelta(days=ago)).replace(tzinfo=None), "browse", tag, 1.0, None)
        for user, ago, tag in events
    ]
    write(folder, "events", rows)
    write(folder, "labels", [])
    write(folder, "consent", [])
    pq.write_table(pa.table({"user_id": people}), folder / "people.parquet")


def denying(tags):
    """Settings that deny some tags."""
    return Config(facets=CONFIG.facets, privacy=type(CONFIG.privacy)(sensitive_tags=tuple(tags)))


def events_of(n, seed=0):
    """Random events over ten half-lives."""
    rng = np.random.default_rng(seed)
    return [
        (NAMES[rng.integers(len(NAMES))], float(rng.uniform(0, 300)), f"t{rng.integers(9)}")
        for _ in range(n)
    ]


def contents(sums: TasteSums) -> tuple[bytes, ...]:
    """All rows of some sums, laid together, as bytes."""
    everyone = np.arange(len(sums.latest), dtype=np.int32)
    together = rows_together(sums.layers, everyone)
    columns = (together.starts, together.tags, together.windows, together.amounts, sums.latest)
    return tuple(column.tobytes() for column in columns)


@pytest.mark.parametrize("batches", [1, 3, MOST_LAYERS + 3])
def test_no_split_of_the_events_shows(summed, folded, batches):
    """Folded in one batch or in many, early or late events first: the same sums."""
    events = events_of(120)
    every_tag = [("u00", 300.0, f"t{number}") for number in range(9)]

    found = summed(every_tag)
    for batch in range(batches):
        found = folded(found, events[batch::batches]).sums

    assert contents(found) == contents(summed(every_tag + events))


def test_only_those_the_events_speak_of_are_touched(summed, folded):
    """Their rows are named, nobody else's."""
    earlier = summed(events_of(60))

    found = folded(earlier, [("u03", 0.0, "t1"), ("u07", 0.0, "t2"), ("u07", 1.0, "t2")])

    assert found.touched.tolist() == [3, 7]


def test_new_people_move_the_others(summed, folded):
    """Who comes in between takes a row, and the rows below keep what they say."""
    earlier = summed([("b", 0.0, "tea"), ("d", 0.0, "cups")], people=["b", "d"])

    found = folded(
        earlier, [("c", 0.0, "tea")], people=["a", "b", "c", "d"], moved=np.array([1, 3])
    ).sums

    at_once = summed(
        [("b", 0.0, "tea"), ("d", 0.0, "cups"), ("c", 0.0, "tea")], people=["a", "b", "c", "d"]
    )
    assert contents(found) == contents(at_once)


def test_who_is_gone_leaves_nothing(summed, folded):
    """Sums of a person without a place are dropped for good."""
    earlier = summed([("b", 0.0, "tea"), ("d", 0.0, "cups")], people=["b", "d"])

    found = folded(earlier, [("d", 1.0, "tea")], people=["d"], moved=np.array([-1, 0]))

    at_once = summed([("d", 0.0, "cups"), ("d", 1.0, "tea")], people=["d"])
    assert contents(found.sums) == contents(at_once)
    assert found.shared == 0


def test_a_denied_tag_is_neither_kept_nor_folded_in(summed, folded):
    """Its name is nowhere, nor any sum of it."""
    earlier = summed([("u01", 0.0, "tea"), ("u01", 0.0, "ill")], sensitive=["ill"])

    found = folded(earlier, [("u01", 0.0, "ill"), ("u02", 0.0, "sick")], denied=("ill", "sick"))

    assert found.sums.tags == ["", "tea"]
    assert sum(len(layer.sums.tags) for layer in found.sums.layers) == 1


def test_a_new_channel_is_set_against_its_own_usual_value(summed, folded):
    """What the run knew stays, what it did not is measured on the new events."""
    earlier = summed(events_of(10))

    found = folded(earlier, events_of(10, seed=1), typical={"search": 4.0})

    assert found.typical == {"browse": 1.0, "search": 4.0}


def test_layers_that_did_not_change_are_shared_on_disk(summed, folded, tmp_path):
    """A later snapshot's columns are the very files of the earlier one, and read the same."""
    earlier = summed(events_of(60))
    found = folded(earlier, events_of(5, seed=1))

    found.sums.save(tmp_path / "next", "interest", shared=found.shared, earlier=tmp_path / "sums0")

    files = [tmp_path / folder / "interest_0_amounts.npy" for folder in ("sums0", "next")]
    assert files[0].samefile(files[1])
    assert contents(TasteSums.open(tmp_path / "next", "interest")) == contents(found.sums)
