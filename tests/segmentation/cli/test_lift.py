"""Campaigns from the command line."""

import csv
import json

import pytest

from segmentation.cli.app import main
from tests.service.stores import RUNS, fill


@pytest.fixture
def coterie(tmp_path, capsys):
    """Run one command on a store of its own and read its answer."""
    store = fill(tmp_path / "store", RUNS[:2], users=200)

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--store", str(store), "--json"])
        run.code = ended.value.code
        return json.loads(capsys.readouterr().out or "{}")

    return run


START = ("--share", "0.3", "--deviation", "1", "--effect", "1")


def test_from_beginning_a_campaign_to_what_it_added(coterie, tmp_path):
    """Arms to a file, outcomes from a file, the lift with its interval, the end."""
    made = coterie("lift", "start", "spring", *START)["campaign_id"]
    arms, outcomes = tmp_path / "arms.csv", tmp_path / "outcomes.csv"
    written = coterie("lift", "arms", made, "--out", str(arms))
    with arms.open(encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    with outcomes.open("w", encoding="utf-8") as file:
        file.write("user_id,outcome\n")
        for number, row in enumerate(people):
            lift = 2.0 * (row["arm"] == "treated")
            file.write(f"{row['user_id']},{number % 3 + lift}\n")

    noted = coterie("lift", "note", made, "--outcomes", str(outcomes))
    found = coterie("lift", "read", made)

    held = sum(row["arm"] == "held_out" for row in people)
    assert (written["held_out"], written["treated"]) == (held, len(people) - held)
    assert noted == {"kept": len(people), "unknown": 0}
    assert found["overall"]["lift"] == pytest.approx(2.0, abs=0.7)
    assert coterie("lift", "extend", made)["added"] == 0
    assert coterie("lift", "end", made)["ended"] is not None
    assert [row["name"] for row in coterie("lift", "list")["campaigns"]] == ["spring"]
    coterie("lift", "extend", made)
    assert coterie.code == 2


def test_a_design_without_power_is_bad_usage(coterie):
    """Exit code 2, and nothing is begun."""
    coterie("lift", "start", "spring", "--share", "0.1", "--deviation", "9", "--effect", "0.1")

    assert coterie.code == 2
    assert coterie("lift", "list") == {"campaigns": []}


def test_the_holdout_of_everyone_needs_its_share_said_somewhere(coterie):
    """Neither here nor in the policy."""
    coterie("lift", "start", "all", "--everyone", "--deviation", "1", "--effect", "1")
    assert coterie.code == 2

    coterie("lift", "start", "all", "--everyone", *START)
    assert coterie.code == 0
