"""Growing outward on the command line."""

import json

import pytest

from segmentation.cli.app import main
from segmentation.cli.growth import weighed
from tests.service.stores import RUNS, fill


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with two planted runs."""
    return fill(tmp_path_factory.mktemp("store"), RUNS[:2], users=300)


@pytest.fixture
def said(capsys, store):
    """What the program says to some words."""

    def say(*words, code=0):
        with pytest.raises(SystemExit) as stopped:
            main([*map(str, words), "--store", str(store)])
        assert stopped.value.code == code
        told = capsys.readouterr()
        return told.out if code == 0 else told.err

    return say


def test_lookalikes_are_told_and_written(said, tmp_path):
    """The file holds the people the answer counts, with rings beside them."""
    out = tmp_path / "alike.ndjson"

    asked = ("lookalikes", "--audience", 'tag:"gaming" AND tag:"books"')
    facts = json.loads(said(*asked, "--limit", 30, "--out", out, "--json"))
    text = said(*asked, "--limit", 3, "--contact-cost", 2)

    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines == facts["lookalikes"]
    assert len(lines) == 30
    assert facts["rings"][1]["expected_joins"]["joins"] > 0
    assert all(each["user_id"] in text for each in lines[:3])
    assert "interest" in text
    assert "broad" in text


def test_lookalikes_of_a_filter_and_of_a_file_agree(said, tmp_path):
    """Whichever way the same people are named."""
    ids = tmp_path / "ids.csv"
    said("audience", "tier = gold", "--out", ids)

    by_filter = json.loads(said("lookalikes", "--audience", "tier = gold", "--json"))
    by_file = json.loads(said("lookalikes", "--ids", ids, "--json"))

    assert by_filter["lookalikes"] == by_file["lookalikes"]


@pytest.mark.parametrize("words", [[], ["interest-1", "--audience", "tier = gold"]])
def test_one_way_of_naming_people_must_be_given(said, words):
    """None and two are bad usage."""
    assert "one of them" in said("lookalikes", *words, code=2)


def test_crossover_names_partners_and_bridges(said):
    """Best first, for people and for scripts."""
    facts = json.loads(said("crossover", "interest-1", "--bridges", 2, "--limit", 4, "--json"))
    text = said("crossover", "interest-1", "--limit", 4)

    scores = [row["score"] for row in facts["partners"]]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert all(row["circle_id"] in text for row in facts["partners"])
    assert sum(len(row["bridges"]) for row in facts["partners"]) > 0


def test_a_partner_may_be_tags_alone(said):
    """With weights or without."""
    facts = json.loads(said("crossover", "--tags", "gaming=2,gardening,books=1", "--json"))

    assert facts["people"] >= 20
    assert facts["circles"][0]["offered"]["new_reach"] > 0


def test_tags_may_hold_the_sign_of_weights():
    """A label is a tag, not a weight."""
    assert weighed("yoga=2, running,label:household=mom") == {
        "yoga": 2.0,
        "running": 1.0,
        "label:household=mom": 1.0,
    }


def test_ambassadors_of_a_circle_of_all_and_creators(said):
    """Each as a table for people and as JSON for scripts."""
    one = json.loads(said("ambassadors", "--circle", "interest-1", "--budget", 4, "--json"))
    every = json.loads(said("ambassadors", "--budget", 6, "--json"))
    made = json.loads(said("ambassadors", "--circle", "interest-1", "--creators", "--json"))

    assert len(one["ambassadors"]) == 4
    assert len(every["ambassadors"]) == 6
    assert one["ambassadors"][0]["user_id"] in said("ambassadors", "--circle", "interest-1")
    assert made["creators"][0]["user_id"] in said(
        "ambassadors", "--circle", "interest-1", "--creators"
    )
    assert "needs `--circle ID`" in said("ambassadors", "--creators", code=2)


def test_referrals_are_shown(said):
    """K by circle and tier, and the tree."""
    facts = json.loads(said("referrals", "--json"))
    text = said("referrals")

    assert facts["overall"]["k"] == 0.4
    assert "interest-1" in text
    assert "gold" in text
    assert "the largest tree has 9" in text
