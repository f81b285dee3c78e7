"""`coterie audience` says how many, who, and why so many."""

import json

import pytest

from segmentation.cli.app import main
from segmentation.store import Store
from tests.service.stores import fill

FILTER = 'circle = "interest-1" AND NOT tier = "member"'


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with one planted run."""
    return fill(tmp_path_factory.mktemp("store"), ("20261101T020000Z-00000001",), users=200)


def said(capsys, *words):
    """What the program says to some words."""
    with pytest.raises(SystemExit) as stopped:
        main(["audience", *map(str, words)])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def test_a_count_is_a_number_alone(store, capsys):
    """So that a script can read it."""
    count = len(Store(store).snapshot().audience(FILTER))

    assert said(capsys, FILTER, "--count", "--store", store) == f"{count}\n"
    assert json.loads(said(capsys, FILTER, "--count", "--json", "--store", store))["count"] == count


def test_every_part_is_shown_with_its_count(store, capsys):
    """As the snapshot explains it."""
    explanation = Store(store).snapshot().audience(FILTER).explain()

    facts = json.loads(said(capsys, FILTER, "--json", "--store", store))
    text = said(capsys, FILTER, "--store", store)

    assert facts["explanation"] == explanation
    for part in explanation["parts"]:
        assert f"{part['count']}" in text
        assert part["text"] in text


@pytest.mark.parametrize("purpose", [None, "ads"])
def test_the_ids_written_are_the_audience(store, capsys, tmp_path, purpose):
    """But for those who refused the purpose."""
    snapshot = Store(store).snapshot()
    refused = snapshot.audiences.refusing("ads") if purpose else ()
    hidden = set(snapshot.audiences.ids(refused)) if purpose else set()
    words = ["--purpose", purpose] if purpose else []

    said(capsys, FILTER, "--out", tmp_path / "ids.ndjson", "--store", store, *words)

    lines = (tmp_path / "ids.ndjson").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["user_id"] for line in lines]
    assert ids == [each for each in snapshot.audience(FILTER).ids() if each not in hidden]
    assert len(ids) > 10


def test_an_error_shows_the_place(store, capsys):
    """With a mark below the filter."""
    with pytest.raises(SystemExit) as stopped:
        main(["audience", "tag:x AND tear = gold", "--store", str(store)])

    assert stopped.value.code == 2
    shown = capsys.readouterr().err.splitlines()
    assert shown[1].index("tear") == shown[2].index("^")
