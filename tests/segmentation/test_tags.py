"""A facet's matrix: weights by hand, whatever the scale, the order and the files."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.config import Config, FacetConfig, FacetsConfig, PrivacyConfig
from segmentation.engine import DuckEngine
from segmentation.errors import ConfigError
from segmentation.events import CONTRACTS
from segmentation.tags import FacetMatrix, facet_matrix, is_sensitive

AS_OF = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
TYPES = {
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
}


@pytest.fixture(scope="module")
def engine():
    """One engine for all tests of this file."""
    with DuckEngine("1GB", threads=2) as engine:
        yield engine


@pytest.fixture
def facet(engine, tmp_path):
    """Sum a facet over the rows given: events as user, days ago, channel, tag, value, content."""

    def facet(
        events=(), *, labels=(), consent=(), sources=("interest",), sensitive=(), as_of=AS_OF, **how
    ) -> FacetMatrix:
        happened = [
            (
                user,
                None if ago is None else (AS_OF - timedelta(days=ago)).replace(tzinfo=None),
                *what,
            )
            for user, ago, *what in events
        ]
        people = sorted({row[0] for row in (*events, *labels)})
        write(tmp_path, "events", [(*row, None)[:6] for row in happened])
        write(tmp_path, "labels", labels)
        write(tmp_path, "consent", consent)
        pq.write_table(pa.table({"user_id": people}), tmp_path / "people.parquet")
        own = FacetConfig(sources=sources, **{"min_users": 1, "min_tags": 1} | how)
        config = Config(
            facets=FacetsConfig(interest=own), privacy=PrivacyConfig(sensitive_tags=sensitive)
        )
        return facet_matrix(engine, config, "interest", tmp_path, as_of=as_of)

    return facet


def write(folder, table, rows):
    """Write rows as a valid table."""
    columns = CONTRACTS[table].columns
    schema = pa.schema([(column.name, TYPES[column.sql_type]) for column in columns])
    records = [dict(zip(schema.names, row, strict=True)) for row in rows]
    pq.write_table(pa.Table.from_pylist(records, schema=schema), folder / f"{table}.parquet")


def tags_of(matrix: FacetMatrix, person: int) -> set[str]:
    """The tags one person has."""
    return {matrix.tags[tag] for tag in matrix.matrix[[person]].indices}


def weight(matrix: FacetMatrix, person: int, tag: str) -> float:
    """One weight."""
    return matrix.matrix.toarray()[person, matrix.tags.index(tag)]


def test_a_weight_is_value_over_the_usual_halved_by_age(facet):
    """Sixteen times the channel's median counts two; one half-life before the latest event, one."""
    events = [("u1", 30, "browse", "yoga", 48.0), ("u1", 0, "browse", "tea", 3.0)]

    matrix = facet([*events, ("u2", 0, "browse", "tea", 3.0)], half_life_days=30.0)

    assert weight(matrix, 0, "yoga") == pytest.approx(1.0, abs=1e-6)
    assert weight(matrix, 0, "tea") == 1.0


def test_silence_takes_nothing_from_a_taste(facet):
    """People who were here long ago weigh as much as people who are here now."""
    matrix = facet([("u1", 300, "browse", "tea", 1.0), ("u2", 0, "browse", "tea", 1.0)])

    assert weight(matrix, 0, "tea") == weight(matrix, 1, "tea") == 1.0


def test_repeats_add_up_and_one_event_is_clipped(facet):
    """No single event outweighs `clip`, and none is lost below a tenth."""
    events = [("u1", 0, "browse", "tea", 1.0)] * 5
    events += [("u2", 0, "browse", "tea", 1e9), ("u3", 0, "browse", "tea", 1e-9)]

    matrix = facet(events, clip=10.0)

    assert matrix.matrix.toarray().ravel() == pytest.approx([5.0, 10.0, 0.1], abs=1e-6)


def test_tags_of_one_content_share_one_act(facet):
    """Looking at a film of two tags says as much as looking at one tag, each time anew."""
    film = [("u1", 0, "browse", tag, 1.0, "film") for tag in ("love", "war")]
    others = [("u1", 0, "browse", "love", 1.0, "song"), ("u1", 0, "browse", "tea", 1.0)]
    again = [(user, 30, *what) for user, _, *what in film]

    once, twice = facet([*film, *others]), facet([*film, *again, *others], half_life_days=30.0)

    assert [weight(once, 0, tag) for tag in ("love", "tea", "war")] == [1.5, 1.0, 0.5]
    assert [weight(twice, 0, tag) for tag in ("love", "tea", "war")] == [1.75, 1.0, 0.75]


def test_an_event_without_time_is_fresh(facet):
    """A source without times has nothing to forget."""
    matrix = facet([("u1", None, "browse", "tea", 1.0)])

    assert weight(matrix, 0, "tea") == 1.0


def test_returns_are_no_interest(facet):
    """What was sent back adds nothing, what was bought does."""
    matrix = facet(
        [("u1", 0, "purchase", "tea", 9.0), ("u1", 0, "return", "cups", -9.0)],
        sources=("interest", "money"),
    )

    assert matrix.tags == ["tea"]


def test_a_channel_without_a_role_is_interest(facet):
    """Only channels of other roles stay out."""
    matrix = facet([("u1", 0, "podcast", "tea", 1.0), ("u1", 0, "share", "cups", 1.0)])

    assert matrix.tags == ["tea"]


def test_rare_tags_are_left_out_and_reported(facet):
    """A tag of too few users is dropped with its count; light users keep their row."""
    events = [(f"u{n}", 0, "browse", "tea", 1.0) for n in range(3)]
    events += [("u0", 0, "browse", "rare", 1.0), ("u0", 0, "browse", "cups", 1.0)]
    events += [("u1", 0, "browse", "cups", 1.0)]

    matrix = facet(events, min_users=2, min_tags=2)

    assert matrix.tags == ["cups", "tea"]
    assert [(tag.tag, tag.users, tag.reason) for tag in matrix.dropped] == [
        ("rare", 1, "too_few_users")
    ]
    assert matrix.reasons.tolist() == ["", "", "too_few_tags"]
    assert tags_of(matrix, 2) == {"tea"}


def test_who_refused_has_an_empty_row(facet):
    """Nothing of them is summed, not even toward a tag's support."""
    events = [(user, 0, "browse", "tea", 1.0) for user in ("u1", "u2", "u3")]
    consent = [("u1", "segmentation", False), ("u2", "*", False), ("u3", "ads", False)]

    matrix = facet(events, consent=consent)

    assert matrix.reasons.tolist() == ["consent", "consent", ""]
    assert np.diff(matrix.matrix.indptr).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("tag", "patterns", "answer"),
    [
        ("pregnancy", ("pregnancy",), True),
        ("label:health=diabetes", ("label:health=*",), True),
        ("a[1]", ("a[1]",), True),
        ("yoga", ("label:health=*", "pregnancy"), False),
    ],
)
def test_sensitive_tags_are_named_or_matched(tag, patterns, answer):
    """A pattern is a tag or a glob."""
    assert is_sensitive(tag, patterns) is answer


def test_sensitive_tags_never_enter(facet):
    """They are reported without shaping anything."""
    matrix = facet(
        [("u1", 0, "browse", "tea", 1.0), ("u1", 0, "browse", "illness", 1.0)],
        sensitive=("ill*",),
    )

    assert matrix.tags == ["tea"]
    assert matrix.dropped[0].reason == "sensitive"


def test_an_unknown_source_is_named(facet):
    """A typing error in the settings is told with the nearest source."""
    with pytest.raises(ConfigError, match=r"`rythm`.*Did you mean `rhythm`"):
        facet(sources=("rythm",))


@pytest.mark.parametrize(("name", "value"), [("half_life_days", 0.1), ("clip", 5000.0)])
def test_a_setting_that_cannot_be_held_is_named(facet, name, value):
    """The message names the facet, the setting and what it may be."""
    with pytest.raises(ConfigError, match=rf"\[facets.interest\] .*`{name}` must be .*{value}"):
        facet(**{name: value})


def test_labels_become_tags(facet):
    """A label is a tag of its namespace; one that all share tells nothing."""
    labels = [("u1", "household", "mom"), ("u2", "household", "dad")]
    labels += [(user, "planet", "earth") for user in ("u1", "u2")]

    matrix = facet(labels=labels, sources=("labels",))

    assert matrix.tags == ["label:household=dad", "label:household=mom"]
    assert [tag.reason for tag in matrix.dropped] == ["everyone"]


def test_rhythm_names_when_a_person_stands_out(facet):
    """Planted night owls and weekend people are told apart by their hours."""
    nights = [("owl", day + 22.5 / 24, "browse", "t", 1.0) for day in (3, 4, 5, 6)]
    weekends = [("sun", day + 14 / 24, "browse", "t", 1.0) for day in (0, 7, 14, 21)]

    matrix = facet(nights + weekends, sources=("rhythm",))

    assert tags_of(matrix, 0) == {"hour:weekday-night"}
    assert tags_of(matrix, 1) == {"hour:weekend-morning"}


def test_channels_name_what_a_person_uses_more(facet):
    """The crowd's own mix is no habit."""
    events = [("app", 0, "app", "t", 1.0)] * 6 + [("app", 0, "browse", "t", 1.0)] * 6
    events += [("web", 0, "browse", "t", 1.0)] * 12

    matrix = facet(events, sources=("channels",))

    assert tags_of(matrix, 0) == {"channel:app"}
    assert tags_of(matrix, 1) == {"channel:browse"}


def test_tempo_counts_active_days(facet):
    """Many events on one day are one active day; who is hardly ever about has no tempo."""
    events = [("daily", day, "browse", "t", 1.0) for day in range(60)]
    events += [("burst", 1, "browse", "t", 1.0)] * 50
    events += [("monthly", day, "browse", "t", 1.0) for day in (5, 35, 59)]

    matrix = facet(events, sources=("tempo",))

    assert [tags_of(matrix, person) for person in range(3)] == [
        set(),
        {"tempo:daily"},
        {"tempo:monthly"},
    ]


def test_spending_bands_hold_buyers_only(facet):
    """Returns are taken off, equal sums share a band, and who spent nothing has none."""
    spent = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 40.0, "e": 40.0}
    events = [(user, 0, "purchase", "t", value) for user, value in spent.items()]
    events += [("f", 0, "purchase", "t", 5.0), ("f", 0, "return", "t", -5.0)]

    matrix = facet(events, sources=("spending",))

    assert [tags_of(matrix, person) for person in range(6)] == [
        {"spend:low"},
        {"spend:middle"},
        {"spend:high"},
        {"spend:top"},
        {"spend:top"},
        set(),
    ]


def test_habits_need_a_clock_only_where_they_say_so(facet):
    """Without any time there is no rhythm and no tempo, and no error."""
    matrix = facet([("u1", None, "browse", "t", 1.0)] * 3, sources=("rhythm", "tempo"), as_of=None)

    assert matrix.tags == []
    assert matrix.reasons.tolist() == ["too_few_tags"]


def test_a_facet_reads_back_as_it_was_saved(facet, tmp_path):
    """Saving twice gives the same bytes, loading the same facet."""
    matrix = facet([("u1", 0, "browse", "tea", 1.0), ("u2", 1, "browse", "é", 2.0)], min_tags=2)

    matrix.save(tmp_path / "a.npz")
    loaded = FacetMatrix.load(tmp_path / "a.npz")
    loaded.save(tmp_path / "b.npz")

    assert loaded.tags == matrix.tags
    assert loaded.dropped == matrix.dropped
    assert (loaded.matrix.toarray() == matrix.matrix.toarray()).all()
    for suffix in ("npz", "json"):
        saved = [(tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab"]
        assert saved[0] == saved[1]


EVENT = st.tuples(
    st.sampled_from(["u1", "u2", "u3"]),
    st.floats(0, 400) | st.none(),
    st.sampled_from(["browse", "search", "app"]),
    st.sampled_from(["yoga", "tea", "cups"]),
    st.floats(0, 1e6),
)
SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def contents(matrix: FacetMatrix) -> tuple[bytes, ...]:
    """A facet as bytes."""
    parts = (matrix.matrix.data, matrix.matrix.indices, matrix.matrix.indptr, matrix.reasons)
    return (*(part.tobytes() for part in parts), "|".join(matrix.tags).encode())


@SLOW
@given(events=st.lists(EVENT, min_size=1, max_size=15), data=st.data())
def test_the_order_of_events_does_not_change_a_byte(facet, events, data):
    """Sums are the same to the last bit whichever event comes first."""
    shuffled = data.draw(st.permutations(events))

    assert contents(facet(events)) == contents(facet(shuffled))


@SLOW
@given(events=st.lists(EVENT, min_size=1, max_size=15))
def test_a_channel_in_thousands_moves_nobody(facet, events):
    """Multiplying one channel's values by 1,000 leaves every weight where it was."""
    scaled = [
        (user, ago, channel, tag, value * 1000 if channel == "search" else value)
        for user, ago, channel, tag, value in events
    ]

    before, after = facet(events), facet(scaled)

    assert before.tags == after.tags
    assert np.abs(before.matrix.toarray() - after.matrix.toarray()).max(initial=0) <= 1e-4
