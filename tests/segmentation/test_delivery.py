"""Lists of people: every id once, in every form; a delta leads from one run to the next."""

import csv
import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest

from segmentation.delivery import (
    ADD,
    DESTINATIONS,
    TooFew,
    changes_listed,
    changes_of,
    listed,
    require_enough,
)
from segmentation.index import Snapshot
from tests.snapshots import build_snapshot

FORMS = ("ndjson", "csv", "parquet")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs over nearly the same people."""
    folder = tmp_path_factory.mktemp("runs")
    for seed, users in ((0, 300), (1, 320)):
        build_snapshot(folder / str(seed), users=users, seed=seed).close()
    with Snapshot.open(folder / "0") as before, Snapshot.open(folder / "1") as after:
        yield before, after


def read(lines, form):
    """The rows of a list, as dictionaries."""
    whole = b"".join(lines)
    if form == "ndjson":
        return [json.loads(line) for line in whole.splitlines()]
    if form == "csv":
        return list(csv.DictReader(io.StringIO(whole.decode())))
    return pq.read_table(io.BytesIO(whole)).to_pylist()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hash_ids", [False, True])
@pytest.mark.parametrize("text", ["", "tag:yoga", "tag:nobody"])
def test_a_list_holds_everyone_once(runs, form, hash_ids, text):
    """In the order of the audience."""
    audience = runs[0].audience(text)

    rows = read(listed(audience, form, hash_ids=hash_ids), form)

    ids = list(audience.ids())
    if hash_ids:
        ids = [hashlib.sha256(each.encode()).hexdigest() for each in ids]
    assert [row["user_id"] for row in rows] == ids


@pytest.mark.parametrize("form", FORMS)
def test_a_delta_leads_from_one_run_to_the_next(runs, form):
    """What was there, with what left taken out and what came put in, is what is there."""
    before, after = (run.audience("tag:yoga AND NOT tier:gold") for run in runs)

    rows = read(changes_listed(before, after, form, hash_ids=False), form)

    came = {row["user_id"] for row in rows if row["operation"] == ADD}
    left = {row["user_id"] for row in rows if row["operation"] != ADD}
    assert set(before.ids()) - left | came == set(after.ids())
    assert came.isdisjoint(before.ids())
    assert left <= set(before.ids())
    assert came
    assert left


def test_nothing_changed_between_a_run_and_itself(runs):
    """An empty delta is no error."""
    audience = runs[0].audience("tag:yoga")

    assert list(changes_of(audience, audience)) == []


@pytest.mark.parametrize("name", DESTINATIONS)
def test_a_destination_has_a_least_size(runs, name):
    """Below it the list is refused, at it given."""
    destination = DESTINATIONS[name]
    audience = runs[0].audience("")
    people = len(audience)

    if people < destination.minimum:
        with pytest.raises(TooFew, match=f"takes {destination.minimum} people"):
            require_enough(audience, destination)
    else:
        require_enough(audience, destination)
        few = runs[0].audience('user_id = "user-00000"')
        if destination.minimum > 1:
            with pytest.raises(TooFew):
                require_enough(few, destination)
