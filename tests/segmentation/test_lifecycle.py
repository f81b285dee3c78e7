"""Everyone's stage from valid events."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.lifecycle import STAGES
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.errors import ConfigError
from segmentation.lifecycle import lifecycle_stages
from segmentation.records import overlay
from segmentation.tables import conform

GONE = NEWCOMER = len(STAGES)
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = pa.schema(
    {
        "user_id": pa.string(),
        "ts": pa.timestamp("us"),
        "channel": pa.string(),
        "value": pa.float64(),
    }
)
FIRST = ("0-first", 200, "browse")  # long ago, so that a window is the 30 days of the settings


@pytest.fixture(scope="module")
def engine():
    """One engine for all."""
    with DuckEngine("1GB", threads=2) as opened:
        yield opened


@pytest.fixture
def find(engine, tmp_path):
    """Find the lifecycle of events given as (user, days ago, channel)."""

    def found(*events, as_of=AS_OF, previous=None, others=(), settings=(), channels=()):
        rows = [
            {
                "user_id": user,
                "ts": None if days is None else (AS_OF - timedelta(days=days)).replace(tzinfo=None),
                "channel": channel,
                "value": 1.0,
            }
            for user, days, channel in events
        ]
        people = sorted({user for user, _, _ in events} | set(others))
        pq.write_table(pa.Table.from_pylist(rows, EVENTS), tmp_path / "events.parquet")
        pq.write_table(pa.table({"user_id": pa.array(people)}), tmp_path / "people.parquet")
        tables = {"lifecycle": dict(settings), "channels": dict(channels)}
        config = overlay(Config(), tables, "coterie.toml")
        return lifecycle_stages(engine, config, tmp_path, as_of=as_of, previous=previous)

    return found


def stage_by_person(lifecycle):
    """The stages of the lifecycle table by user."""
    rows = lifecycle.table.to_pylist()
    return {row["user_id"]: row["stage"] for row in rows}


def test_each_stage_from_its_own_evidence(find):
    """Six people planted, one for each stage and one who went quiet."""
    stages = stage_by_person(
        find(
            FIRST,
            ("looker", 3, "browse"),
            ("buyer", 3, "purchase"),
            ("repeater", 3, "purchase"),
            ("repeater", 9, "purchase"),
            ("loyal", 3, "purchase"),
            ("loyal", 40, "purchase"),
            ("fan", 3, "share"),
            ("lapsed", 70, "purchase"),
            ("lapsed", 100, "purchase"),
        )
    )

    assert [stages[user] for user in ("looker", "buyer", "repeater", "loyal", "fan")] == list(
        STAGES
    )
    assert stages["lapsed"] == "acquire"


def test_one_basket_of_many_lines_is_one_act(find):
    """Twenty lines on one day are not a repeat."""
    lifecycle = find(FIRST, *[("buyer", 3.5 + line / 1000, "purchase") for line in range(20)])

    assert stage_by_person(lifecycle)["buyer"] == "acquire"


def test_moves_are_counted_from_one_window_earlier(find):
    """One advanced, one fell back, one is new; rows sum to 1 and counts reconcile."""
    lifecycle = find(
        FIRST,
        ("riser", 50, "browse"),
        ("riser", 3, "purchase"),
        ("faller", 35, "share"),
        ("new", 2, "browse"),
    )

    counts = lifecycle.transitions.counts
    assert counts[0, 1] == 1
    assert counts[4, 0] == 1
    assert counts[NEWCOMER, 0] == 1
    assert counts.sum() == lifecycle.table.num_rows
    assert np.allclose(lifecycle.transitions.shares.sum(axis=1), 1.0)


def test_a_previous_run_gives_the_stage_before_and_its_date(find):
    """Unchanged stages keep their date, changed ones get today's, people who left are gone."""
    long_ago = AS_OF - timedelta(days=80)
    previous = pa.table(
        {
            "user_id": ["0-first", "changed", "left"],
            "stage": ["engage", "advocate", "retain"],
            "previous_stage": pa.nulls(3, pa.string()),
            "since": pa.array([long_ago] * 3, pa.timestamp("us", "UTC")),
        }
    )

    lifecycle = find(FIRST, ("changed", 3, "browse"), ("new", 1, "browse"), previous=previous)

    rows = {row["user_id"]: row for row in lifecycle.table.to_pylist()}
    assert rows["0-first"]["since"] == long_ago
    assert (rows["changed"]["previous_stage"], rows["changed"]["since"]) == ("advocate", AS_OF)
    assert rows["new"]["previous_stage"] is None
    assert lifecycle.transitions.counts[3, GONE] == 1
    assert lifecycle.transitions.counts[NEWCOMER, 0] == 1


def test_without_sales_voice_and_sharing_are_acts(find):
    """The nearest thing to a purchase the source has."""
    lifecycle = find(FIRST, ("talker", 40, "like"), ("talker", 3, "comment"))

    assert lifecycle.acts == "comment, like"
    assert stage_by_person(lifecycle)["talker"] == "retain"


def test_where_people_only_look_coming_again_is_an_act(find):
    """One visit engages; visits on later days lead on."""
    stages = stage_by_person(
        find(
            FIRST,
            ("once", 3, "browse"),
            ("twice", 3, "browse"),
            ("twice", 4, "browse"),
            ("often", 3, "browse"),
            ("often", 40, "browse"),
            ("often", 50, "browse"),
        )
    )

    assert [stages[user] for user in ("once", "twice", "often")] == ["engage", "acquire", "retain"]


def test_a_source_without_time_is_one_window(find):
    """Everyone has a stage, nobody a date or a move."""
    lifecycle = find(
        ("a", None, "browse"),
        ("b", None, "purchase"),
        ("c", None, "purchase"),
        ("c", None, "purchase"),
        ("d", None, "share"),
        as_of=None,
    )

    assert list(stage_by_person(lifecycle).values()) == ["engage", "acquire", "nurture", "advocate"]
    assert lifecycle.earlier is None
    assert lifecycle.table["since"].null_count == 4


def test_everyone_has_exactly_one_stage(find):
    """Also people without events, and people whose events have no time."""
    lifecycle = find(FIRST, ("timeless", None, "purchase"), others=["label-only"])

    table = conform(lifecycle.table, "lifecycle")
    assert table.num_rows == 3
    assert table["stage"].null_count == 0
    assert stage_by_person(lifecycle)["timeless"] == "acquire"


def test_evidence_is_what_the_settings_say(find):
    """Three days of comments in two windows retain, and a search advocates."""
    stages = stage_by_person(
        find(
            FIRST,
            *[("talker", days, "comment") for days in (3, 5, 40)],
            *[("quieter", days, "comment") for days in (3, 40)],
            ("seeker", 40, "search"),
            settings={
                "stages": {
                    "retain": {"channels": ["voice"], "days": 3, "windows": 2},
                    "advocate": {"channels": ["search"], "within": 2, "active": False},
                }
            },
        )
    )

    assert [stages[user] for user in ("talker", "quieter", "seeker")] == [
        "retain", "nurture", "advocate",
    ]  # fmt: skip


def test_every_window_of_the_history_is_followed(find):
    """As many as lie in it, at most as many as the settings say; each seen from its own end."""
    events = [FIRST, ("u", 95, "browse"), ("u", 65, "purchase"), ("u", 35, "share")]

    whole = find(*events)
    three = find(*events, settings={"windows": 3})

    at = [moment.stage[1] for moment in whole.moments]
    assert (whole.windows.days, len(whole.moments), len(three.moments)) == (30, 6, 3)
    assert at == [1, 4, 1, 0, -1, -1]


def test_a_returned_purchase_is_no_act(find):
    """An amount paid back makes nobody a customer, and money channels that are none do not."""
    lifecycle = find(FIRST, ("buyer", 3, "purchase"), ("sender", 3, "return"))

    assert lifecycle.acts == "purchase"
    assert stage_by_person(lifecycle)["sender"] == "engage"


def test_the_same_channel_for_two_stages_is_read_once_and_right(find):
    """Evidence may overlap."""
    stages = stage_by_person(
        find(
            FIRST,
            ("buyer", 3, "purchase"),
            ("sharer", 3, "share"),
            ("none", 3, "browse"),
            settings={"stages": {"acquire": {"channels": ["acts", "sharing"]},
                                 "advocate": {"channels": ["purchase"]}}},
        )
    )  # fmt: skip

    assert [stages[user] for user in ("buyer", "sharer", "none")] == [
        "advocate", "acquire", "engage",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"windows": 1}, r"`lifecycle.windows` must be from 2 to 60, got 1"),
        ({"window_days": 0.5}, r"`lifecycle.window_days` must be at least 1, got 0.5"),
        ({"stages": {"retain": {"days": 0}}}, r"`lifecycle.stages.retain.days` .* got 0"),
        (
            {"stages": {"retain": {"within": 1}}},
            r"`lifecycle.stages.retain.within` must be 0 or from 2 .* got 1",
        ),
        (
            {"stages": {"advocate": {"channels": ["sharng"]}}},
            r"`sharng` in `lifecycle.stages.advocate.channels` .*Did you mean `sharing`",
        ),
        ({"asking": ["serch"]}, r"`serch` in `lifecycle.asking` .*Did you mean `search`"),
        ({"stages": {"retian": {}}}, r"`lifecycle.stages.retian`.*Did you mean `retain`"),
        ({"stages": {"retain": {"day": 2}}}, r"`lifecycle.stages.retain.day`.*mean `days`"),
    ],
)
def test_settings_that_cannot_be_are_named(find, settings, message):
    """What is wrong, what was given, and the nearest of what is known."""
    with pytest.raises(ConfigError, match=message):
        find(FIRST, ("u", 3, "share"), settings=settings)


def test_channels_of_ones_own_leave_the_other_settings_standing(find):
    """Who calls searching something else need not also say what asking is."""
    found = find(FIRST, ("a", 3, "viewed"), ("a", 1, "viewed"), channels={"interest": ["viewed"]})

    assert stage_by_person(found)["a"] == "acquire"
