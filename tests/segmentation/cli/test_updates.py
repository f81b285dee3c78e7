"""What `coterie update` says."""

import json

import pytest

from segmentation.cli.app import main
from segmentation.cli.updates import sentence

FACTS = {
    "run_id": "20261102T020000Z-0a1b2c3d",
    "published": True,
    "ingest": {"rows_in": 12_345},
    "update": {
        "of": "20261101T020000Z-00000000",
        "new_people": 1_200,
        "placed_anew": {"interest": 4_000},
    },
}


def test_people_are_told_what_was_done():
    """How many events, into which run, and whom they touched."""
    assert sentence(FACTS) == (
        "Run 20261102T020000Z-0a1b2c3d (live): 12,345 events folded into "
        "20261101T020000Z-00000000; 4,000 people placed anew, 1,200 of them new."
    )


def test_an_update_needs_a_live_run(tmp_path, capsys):
    """The failure is one message that says what to do, and the exit code of bad usage."""
    events = tmp_path / "events.csv"
    events.write_text("user_id,channel,tag\nu1,browse,tea\n", encoding="utf-8")

    with pytest.raises(SystemExit) as stopped:
        main(["update", "--events", str(events), "--store", str(tmp_path / "store"), "--json"])

    assert stopped.value.code == 2
    assert "`coterie run` makes a snapshot" in json.loads(capsys.readouterr().err)["error"]
