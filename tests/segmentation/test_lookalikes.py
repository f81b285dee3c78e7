"""Look-alikes of a snapshot: whom they leave out, and what the run before tells of joining."""

import json

import numpy as np
import pytest

from segmentation import seeds
from segmentation.database import open_database
from segmentation.erasure import erase
from segmentation.errors import InputError, UsageError
from segmentation.lookalikes import Expansion
from segmentation.rings import joined_since, rings_of
from segmentation.store import Store
from tests.service.stores import NOW, RUNS, fill
from tests.snapshots import build_snapshot

CIRCLE = "interest-1"
TASTE = 'tag:"gaming" AND tag:"books"'


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A planted snapshot."""
    with build_snapshot(tmp_path_factory.mktemp("planted") / "run") as opened:
        yield opened


def listed(expansion):
    """All look-alikes of an expansion."""
    return [each["user_id"] for each in expansion.facts(10_000)["lookalikes"]]


def members_of(snapshot, circle):
    """The members of a circle."""
    return {each["user_id"] for each in snapshot.members(circle, limit=10_000)}


@pytest.mark.parametrize("circle", ["interest-1", "lifestyle-2", "interest-90"])
def test_members_and_who_refuses_are_no_lookalikes(snapshot, circle):
    """Of everyone else with a tag nobody is left out, the most alike first."""
    expansion = Expansion.of(snapshot, seeds.of_circle(snapshot, circle), purpose="email")
    refusing = set(snapshot.audiences.ids(snapshot.audiences.refusing("email")))
    members = members_of(snapshot, circle)

    facts = expansion.facts(10_000)

    similarity = [each["similarity"] for each in facts["lookalikes"]]
    assert similarity == sorted(similarity, reverse=True)
    assert not set(listed(expansion)) & (refusing | members)
    assert (
        len(similarity)
        == facts["candidates"]
        == 500 - len(refusing | members) - untagged(expansion)
    )
    assert facts["seeds_taught"] == len(members - refusing) < facts["seeds"] == len(members)


def untagged(expansion):
    """How many of those who may be asked have no tag at all."""
    crowd = seeds.allowed(expansion.snapshot, expansion.purpose)
    outside = np.setdiff1d(crowd, expansion.seeds.rows)
    return int(np.isnan(expansion.scores[outside]).sum())


def test_whoever_refuses_teaches_nothing(snapshot):
    """A refusal moves every other person's score, as if the seed had not been one."""
    start = seeds.of_circle(snapshot, CIRCLE)
    refusing = snapshot.audiences.refusing("ads")
    rows = snapshot.audiences.rows[np.array(refusing.to_array())]
    willing = seeds.Seeds(np.setdiff1d(start.rows, rows), start.facets)

    whole = Expansion.of(snapshot, start, purpose="ads")
    less = Expansion.of(snapshot, willing, purpose="ads")

    assert len(willing.rows) < len(start.rows)
    assert np.array_equal(whole.scores, less.scores, equal_nan=True)


def test_a_filter_and_its_ids_are_the_same_seeds(snapshot):
    """Whichever way people are named; ids nobody has are counted."""
    asked = snapshot.audience('tier = "gold"')
    ids = [*asked.ids(), "nobody"]

    by_filter = Expansion.of(snapshot, seeds.of_audience(asked))
    by_ids = Expansion.of(snapshot, seeds.of_ids(snapshot, ids))

    assert listed(by_filter) == listed(by_ids)
    assert by_ids.facts(0)["seeds_unknown"] == 1
    assert by_ids.facts(0)["seeds"] == len(asked)


def test_too_few_seeds_are_refused(snapshot):
    """Nineteen people teach nothing that holds for others."""
    few = list(snapshot.audience("").ids(limit=19))

    with pytest.raises(UsageError, match="at least 20 people"):
        Expansion.of(snapshot, seeds.of_ids(snapshot, few))


def test_the_erased_are_in_no_answer(tmp_path):
    """Neither as look-alikes nor among the seeds."""
    store = Store(fill(tmp_path / "store", RUNS[:1], users=200))
    with store.snapshot() as snapshot:
        before = Expansion.of(snapshot, seeds.of_circle(snapshot, CIRCLE))
        seed = next(iter(members_of(snapshot, CIRCLE)))
        gone = [listed(before)[0], seed]
        database = open_database(store.path)

        for user_id in gone:
            erase(store, database, user_id, now=NOW)
        after = Expansion.of(snapshot, seeds.of_circle(snapshot, CIRCLE))

        assert gone[0] not in listed(after)
        assert after.facts(0)["seeds"] == before.facts(0)["seeds"] - 1
        database.dispose()


def test_joins_are_told_by_the_run_before(tmp_path):
    """Everyone who is among the seeds now and was a candidate then is counted once."""
    store = Store(fill(tmp_path / "store", RUNS[:2], users=300))
    now, before = store.snapshot(RUNS[1]), store.snapshot(RUNS[0])

    def seeds_in(run):
        return seeds.of_audience(run.audience(TASTE))

    then = Expansion.of(before, seeds_in(before))
    came = set(now.audience(TASTE).ids()) & set(listed(then))

    joined = joined_since(before, now, seeds_in, purpose=seeds.PURPOSE)
    rings = rings_of(Expansion.of(now, seeds_in(now)), joined, contact_cost=2.0)

    assert sum(each.joined for each in joined) == len(came) > 0
    assert sum(each.people for each in joined) == len(listed(then))
    assert rings[0]["expected_joins"] is None
    assert rings[1]["people"] > 20
    for ring in rings[1:]:
        told = ring["expected_joins"]
        assert ring["cost_per_join"] == pytest.approx(2.0 * told["contacts_per_join"])


def test_a_circle_that_was_not_there_foretells_nothing(tmp_path):
    """No claim without evidence."""
    store = Store(fill(tmp_path / "store", RUNS[:2], users=60))
    now, before = store.snapshot(RUNS[1]), store.snapshot(RUNS[0])

    assert joined_since(
        before, now, lambda run: seeds.of_ids(run, ["nobody"]), purpose=None
    ) is None  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ids.txt", "user_id\na\n奢 b\n"),
        ("ids.csv", "a\n奢 b\n"),
        ("ids.csv", '"similarity","user_id"\n0.5,"a"\n0.4,"奢 b"\n'),
        ("ids.ndjson", '{"user_id":"a"}\n{"user_id":"奢 b"}\n'),
    ],
)
def test_ids_are_read_from_a_file(tmp_path, name, text):
    """One a line, with a header or without, or an object a line."""
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert seeds.read_ids(tmp_path / name) == ["a", "奢 b"]


def test_a_file_without_ids_is_refused(tmp_path):
    """The message names the file."""
    (tmp_path / "ids.ndjson").write_text(json.dumps({"person": 1}), encoding="utf-8")

    with pytest.raises(InputError, match=r"ids\.ndjson"):
        seeds.read_ids(tmp_path / "ids.ndjson")
