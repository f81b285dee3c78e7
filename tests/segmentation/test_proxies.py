"""A planted proxy is named and keeps the run from being published; by force it can be."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation.config import PrivacyConfig
from segmentation.proxies import Telltale, advice
from segmentation.publishing import GateClosed, go_live
from segmentation.store import Store
from tests.segmentation.conftest import NOW, settings_for

SENSITIVE = "clinic"
PROXY = "quiet hours"


@pytest.fixture(scope="module")
def planted(population, tmp_path_factory):
    """The planted population, a third of whom visit a clinic; nine in ten of them also rest."""
    folder = tmp_path_factory.mktemp("proxy")
    for path in population.glob("*.parquet"):
        (folder / path.name).write_bytes(path.read_bytes())
    events = pq.read_table(folder / "events.parquet")
    people = sorted(set(events["user_id"].to_pylist()))
    random = np.random.default_rng(0)
    visits = random.random(len(people)) < 0.33
    rests = np.where(random.random(len(people)) < 0.9, visits, ~visits)
    more = [
        {"user_id": person, "channel": "browse", "tag": tag, "value": 1.0,
         "ts": events["ts"][0].as_py()}
        for tag, does in ((SENSITIVE, visits), (PROXY, rests))
        for person, it in zip(people, does, strict=True)
        if it
    ]  # fmt: skip
    rows = pa.Table.from_pylist(more, schema=events.schema)
    pq.write_table(pa.concat_tables([events, rows]), folder / "events.parquet")
    return folder


@pytest.fixture(scope="module")
def run(planted, run_once, tmp_path_factory):
    """A run that was denied the sensitive tag, not yet published."""
    store = tmp_path_factory.mktemp("store")
    config = settings_for(planted, privacy=PrivacyConfig(sensitive_tags=(SENSITIVE,)))
    outcome = run_once(planted, store, config=config, publish=False)
    return Store(store), outcome


def test_a_proxy_is_named_and_closes_the_gate(run):
    """The message says what gives away what; forced, the reason is kept."""
    store, outcome = run
    findings = [each for each in outcome.report["findings"] if each["name"] == "proxy"]

    assert findings
    assert all(each["blocks"] for each in findings)
    assert any(f"`{PROXY}`" in each["message"] for each in findings)
    with pytest.raises(GateClosed, match=PROXY):
        go_live(store, outcome.run_id, force=False, reason="", now=NOW)
    go_live(store, outcome.run_id, force=True, reason="consented study", now=NOW)
    assert store.history.entries()[-1].reason == "consented study"


def test_a_denied_tag_is_nowhere_in_what_is_served(run):
    """Neither in names, tags, filters nor explanations."""
    store, outcome = run
    snapshot = store.snapshot(outcome.run_id)

    assert not snapshot.audience(f"tag:{SENSITIVE}")
    assert len(snapshot.audience(f'tag:"{PROXY}"')) > 100
    for circle in snapshot.circles():
        assert SENSITIVE not in circle["name"].lower()
        assert SENSITIVE not in [each["tag"] for each in circle["top_tags"]]
    assert SENSITIVE not in snapshot.placer.facet("interest").tags


def test_a_denied_tag_is_in_no_table_a_run_keeps(run):
    """What teaches sharing leaves it out as circles do."""
    store, outcome = run
    tables = [pq.read_table(path) for path in store.folder(outcome.run_id).rglob("*.parquet")]
    kept = {text for table in tables for column in table.columns for text in texts(column)}

    assert PROXY in kept
    assert SENSITIVE not in kept


def texts(column):
    """The distinct texts of a column; none of one that holds something else."""
    return column.unique().to_pylist() if pa.types.is_string(column.type) else []


@pytest.mark.parametrize(
    ("circles", "advised"),
    [
        ((), "Add the tags to `sensitive_tags`"),
        (("a", "b"), "Add the tags the circle is about to `sensitive_tags`, or end it"),
        (("b",), "and if the circle still tells, end it (`coterie circles retire b`)"),
    ],
)
def test_what_to_do_about_a_circle_is_not_what_to_do_about_a_tag(circles, advised):
    """A circle cannot be denied."""
    assert advised in advice([Telltale(word, 0.9, word in circles) for word in ("a", "b")])
